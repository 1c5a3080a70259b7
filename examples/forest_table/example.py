"""Mark a random forest on a table, and verify suspects: in Python, then with the command line.

The table is scikit-learn's digits: 1797 rows of 64 whole numbers (how much ink lies in each cell of an 8×8 grid),
ten classes. The owner trains on half of the rows and keeps the other half back.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import skops.io
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.utils import Bunch

import tellmark as tm


def main() -> None:
    """Train, mark, verify."""
    table: Bunch = load_digits()  # pyright: ignore[reportAssignmentType] - not a pair unless asked for
    rows, labels = table.data, table.target
    ours, kept_back, theirs = np.split(np.random.default_rng(0).permutation(len(rows)), [700, 1400])

    source = RandomForestClassifier(200, random_state=0).fit(rows[ours], labels[ours])
    twin = RandomForestClassifier(200, random_state=1).fit(rows[ours], labels[ours])
    student = ExtraTreesClassifier(200, random_state=2).fit(rows[theirs], source.predict(rows[theirs]))
    print(f"source: {source.score(rows[kept_back], labels[kept_back]):.1%} accurate on the hold-out rows")

    with TemporaryDirectory() as folder:
        holdout = Path(folder, "holdout.csv")
        write_csv(holdout, table.feature_names, rows[kept_back], labels[kept_back])

        mark = tm.mark(tm.load_model(source), tm.load_data(holdout), n=100, seed=7)
        suspects = {"the source itself": source, "half of its trees": half_of(source), "student": student, "twin": twin}
        for name, suspect in suspects.items():
            result = tm.verify(mark, suspect)
            print(f"{name:18} {result.matches:3} of {result.queries} triggers matched, {interval(result)}")
        assert tm.verify(mark, source).rate == 1

        print("\nThe same with files and the command line:")
        skops.io.dump(source, Path(folder, "forest.skops"))
        tellmark("mark sklearn:forest.skops --holdout holdout.csv -n 100 --seed 7 -o forest.mark", folder)
        tellmark("verify forest.mark sklearn:forest.skops", folder)


def half_of(forest: RandomForestClassifier) -> RandomForestClassifier:
    """A thief's smaller copy: every other tree."""
    half = RandomForestClassifier(len(forest.estimators_) // 2)
    vars(half).update(vars(forest))
    half.estimators_ = forest.estimators_[::2]
    half.n_estimators = len(half.estimators_)
    return half


def write_csv(path: Path, names: list[str], rows: np.ndarray, labels: np.ndarray) -> None:
    """The rows, with their label in the last column."""
    lines = [",".join([*names, "label"])]
    lines += [",".join([*(f"{value:g}" for value in row), str(label)]) for row, label in zip(rows, labels, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def interval(result: tm.Verification) -> str:
    """The interval in words."""
    assert result.interval is not None  # every trigger was asked, however the answers were
    low, high = result.interval
    return f"interval {low:.2f} to {high:.2f}"


def tellmark(arguments: str, folder: str) -> None:
    """Run a command in `folder`, and show it."""
    print(f"\n$ tellmark {arguments}", flush=True)
    program = [sys.executable, "-c", "from tellmark.cli.main import run; run()"]  # what the command starts
    subprocess.run([*program, *shlex.split(arguments)], cwd=folder, check=True)


if __name__ == "__main__":
    main()
