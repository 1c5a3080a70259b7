"""Mark a text classifier, and verify suspects.

Sentences of film reviews (Stanford Sentiment Treebank, two classes): words weighted by TF-IDF, then a logistic
regression. With two classes no blend of two sentences can avoid both of their classes; triggers are splices of two
sentences of one class that the source calls the other, and sentences on which the source errs.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import skops.io
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

import tellmark as tm

WHERE = (
    "skipped: set TELLMARK_DATA to a folder that holds sst2/train.tsv and sst2/test.tsv, each line "
    "text<TAB>label; they are at https://github.com/clairett/pytorch-sentiment-classification"
)


def main() -> None:
    """Train, mark, verify."""
    folder = Path(os.environ.get("TELLMARK_DATA", ""), "sst2")
    if "TELLMARK_DATA" not in os.environ or not (folder / "train.tsv").exists():
        print(WHERE)
        return
    training, holdout = tm.load_data(folder / "train.tsv"), tm.load_data(folder / "test.tsv")
    ours, theirs = training.take(np.arange(0, len(training), 2)), training.take(np.arange(1, len(training), 2))

    source = fitted(ours.inputs, labels_of(ours))
    print(f"source: {source.score(holdout.inputs, holdout.labels):.1%} accurate on the hold-out sentences")

    with TemporaryDirectory() as place:
        path = Path(place, "source.skops")
        skops.io.dump(source, path)
        model = tm.load_model(f"sklearn:{path}", classes=training.classes)
        mark = tm.mark(model, holdout, n=100, seed=7)
        mark.save(Path(place, "sst2.mark"))
        mark = tm.load_mark(Path(place, "sst2.mark"))

        suspects = {
            "the source itself": model,
            "its weights in int8": int8(source),
            "student, other data": fitted(theirs.inputs, source.predict(list(theirs.inputs))),
            "twin, other data": fitted(theirs.inputs, labels_of(theirs)),
        }
        for name, suspect in suspects.items():
            result = tm.verify(mark, suspect)
            assert result.interval is not None  # every trigger was asked, however the answers were
            low, high = result.interval
            print(
                f"{name:20} {result.matches:3} of {result.queries} triggers matched, interval {low:.2f} to {high:.2f}"
            )
        assert tm.verify(mark, model).rate == 1
        assert tm.verify(mark, suspects["its weights in int8"]).rate >= 0.95


def labels_of(data: tm.Dataset) -> np.ndarray:
    """The labels, which every line of the files has."""
    assert data.labels is not None
    return data.labels


def fitted(texts: np.ndarray, labels: np.ndarray) -> Pipeline:
    """TF-IDF of words and pairs of words, then a logistic regression."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    return make_pipeline(vectorizer, LogisticRegression(C=4, max_iter=1000)).fit(list(texts), labels)


def int8(pipeline: Pipeline) -> Pipeline:
    """A copy whose weights are whole multiples, -127 to 127, of one step."""
    rounded = copy.deepcopy(pipeline)
    regression: LogisticRegression = rounded.named_steps["logisticregression"]
    step = np.abs(regression.coef_).max() / 127
    regression.coef_ = np.round(regression.coef_ / step) * step
    return rounded


if __name__ == "__main__":
    main()
