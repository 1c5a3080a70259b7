"""Questions are the triggers' inputs, to the last bit, in the order of asking, without their labels."""

from __future__ import annotations

import csv
import os
import stat
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from golden.make_marks import golden_mark
from planned_marks import tier
from tellmark.digests import digest_input
from tellmark.errors import FileError, InvalidInput
from tellmark.models.loading import load_model
from tellmark.spaces import ImageSpace
from tellmark.verification.order import asking_order, tier_orders
from tellmark.verification.questions import write_questions
from tellmark.verification.session import verify

KINDS = ("image", "table", "text")


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def inputs_in(folder):
    """What the files hold, in the order of answers.csv."""
    answers = read(folder / "answers.csv")
    if "file" in answers[0]:
        return [np.asarray(Image.open(folder / row["file"])) for row in answers]
    if "text" in answers[0]:
        return [row["text"] for row in answers]
    rows = {row.pop("row"): row for row in read(folder / "rows.csv")}
    return [np.array(list(rows[row["row"]].values()), dtype=float) for row in answers]


@pytest.mark.parametrize("kind", KINDS)
def test_the_inputs_can_be_read_back_to_the_last_bit(tmp_path, kind):
    mark = golden_mark(kind)
    written = write_questions(mark, tmp_path / "asked", order_seed=3)
    expected = mark.triggers.inputs(asking_order(5, seed=3))
    found = inputs_in(tmp_path / "asked")
    assert written.count == len(found) == 5
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["image", "table"])
def test_each_question_bears_its_digest(tmp_path, kind):
    write_questions(golden_mark(kind), tmp_path / "asked")
    named = [row["input"] for row in read(tmp_path / "asked" / "answers.csv")]
    assert named == [digest_input(one) for one in inputs_in(tmp_path / "asked")]


@pytest.mark.parametrize("kind", KINDS)
def test_answers_filled_in_count_as_asked(tmp_path, kind):
    mark = golden_mark(kind)
    written = write_questions(mark, tmp_path / "asked", max_queries=4, order_seed=1)
    asked = asking_order(5, seed=1)[:4]
    labels = [mark.public.source.classes[label] for label in mark.triggers.labels[asked]]
    labels[0] = next(name for name in mark.public.source.classes if name != labels[0])
    answers = read(tmp_path / "asked" / "answers.csv")
    with (tmp_path / "asked" / "answers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(answers[0]))
        writer.writeheader()
        writer.writerows(row | {"label": label} for row, label in zip(answers, labels, strict=True))
    suspect = load_model(f"recorded:{tmp_path}/asked/answers.csv")
    found = verify(mark, suspect, max_queries=written.count, order_seed=written.order_seed)
    assert (found.matches, found.queries) == (3, 4)


def test_values_have_the_columns_digits_and_rows_their_names(tmp_path):
    write_questions(golden_mark("table"), tmp_path / "asked")
    rows = read(tmp_path / "asked" / "rows.csv")
    assert list(rows[0]) == ["row", "age", "income", "β"]
    assert {len(row["income"].partition(".")[2]) for row in rows} == {2}
    assert {row["age"] for row in rows} == {"30", "41", "0", "99", "7"}


def test_the_budget_and_the_order_are_those_of_verify(tmp_path, make_mark, rote):
    mark = make_mark(9)
    suspect = rote(mark, 9)
    found = verify(mark, suspect, max_queries=4)
    write_questions(mark, tmp_path / "asked", max_queries=4, order_seed=found.order_seed)
    asked = [one.view("<u4").item() for one in inputs_in(tmp_path / "asked")]
    assert asked == suspect.asked


def test_an_order_is_drawn_afresh_and_told(tmp_path, make_mark):
    mark = make_mark(50)
    first, second = (write_questions(mark, tmp_path / name) for name in "ab")
    assert first.order_seed != second.order_seed
    write_questions(mark, tmp_path / "c", order_seed=first.order_seed)
    texts = {name: (tmp_path / name / "answers.csv").read_text() for name in "abc"}
    assert texts["a"] == texts["c"] != texts["b"]


def test_no_label_is_written_and_the_folder_is_the_owners(tmp_path):
    write_questions(golden_mark("text"), tmp_path / "asked")
    assert {row["label"] for row in read(tmp_path / "asked" / "answers.csv")} == {""}
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "asked").stat().st_mode) == 0o700


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_of_up_to_four_channels_are_lossless(tmp_path, channels):
    mark = with_images(np.random.default_rng(0).integers(0, 256, (5, 6, 7, channels), dtype=np.uint8))
    write_questions(mark, tmp_path / "asked", order_seed=0)
    expected = mark.triggers.inputs(asking_order(5, seed=0))
    for one, other in zip(inputs_in(tmp_path / "asked"), expected, strict=True):
        np.testing.assert_array_equal(one.reshape(6, 7, channels), other)


def with_images(pixels):
    mark = golden_mark("image")
    height, width, channels = pixels.shape[1:]
    space = ImageSpace(height=height, width=width, channels=channels)
    public = mark.public.model_copy(update={"holdout": mark.public.holdout.model_copy(update={"space": space})})
    return replace(mark, public=public, triggers=replace(mark.triggers, inputs=lambda positions: pixels[positions]))


def test_more_channels_than_png_knows_are_refused(tmp_path):
    mark = with_images(np.zeros((5, 6, 7, 5), dtype=np.uint8))
    with pytest.raises(InvalidInput, match="images of 5 channels cannot be written as PNG"):
        write_questions(mark, tmp_path / "asked")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("max_queries", [0, -1])
def test_a_budget_that_asks_nothing_is_refused(tmp_path, max_queries):
    with pytest.raises(InvalidInput, match="at least 1"):
        write_questions(golden_mark("text"), tmp_path / "asked", max_queries=max_queries)


def test_an_existing_folder_is_not_touched(tmp_path):
    with pytest.raises(InvalidInput, match="exists: choose a new folder"):
        write_questions(golden_mark("text"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(FileError, match="nowhere does not exist, create it first"):
        write_questions(golden_mark("text"), tmp_path / "nowhere" / "asked")


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_half_of_the_questions_are_never_left_behind(tmp_path, failure):
    mark = golden_mark("image")
    triggers = replace(mark.triggers, inputs=lambda positions: (_ for _ in ()).throw(failure))
    with pytest.raises((KeyboardInterrupt, FileError), match="|no space left"):
        write_questions(replace(mark, triggers=triggers), tmp_path / "asked")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def tiered(make_tiers):
    return make_tiers(
        tier("copy", 60, references=(20, 22, 24, 25)),
        tier("derived", 4),
        tier("distilled", 80, references=(20, 22, 24, 25)),
    )


def record(folder, mark, suspect):
    """Fill in what the suspect answers to the images in the files."""
    answers = read(folder / "answers.csv")
    labels = suspect.query(np.array(inputs_in(folder))[..., None]).labels
    with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(answers[0]))
        writer.writeheader()
        names = (mark.public.source.classes[label] for label in labels)
        writer.writerows(row | {"label": name} for row, name in zip(answers, names, strict=True))
    return load_model(f"recorded:{folder}/answers.csv")


@pytest.mark.parametrize("method", ["sequential", "fixed"])
@pytest.mark.parametrize("matching", [(60, 0, 0), (0, 4, 80), (0, 0, 0), (30, 2, 30)])
@pytest.mark.parametrize("budget", [5, 30, None])
def test_with_tiers_whatever_the_answers_the_questions_asked_are_there(
    tmp_path, tiered, rote, method, matching, budget
):
    suspect = rote(tiered, matching)
    written = write_questions(tiered, tmp_path / "asked", max_queries=budget, order_seed=7)
    assert written.count == sum(min(size, budget or size) for size in (60, 4, 80))
    recorded = record(tmp_path / "asked", tiered, suspect)
    chosen = {"method": method, "max_queries": budget, "order_seed": 7}
    found, direct = verify(tiered, recorded, **chosen), verify(tiered, suspect, **chosen)
    assert found == direct
    if (method, matching, budget) == ("sequential", (0, 4, 80), 30):
        assert found.verdict == "supports"


def test_with_tiers_each_has_its_own_order(tmp_path, tiered):
    write_questions(tiered, tmp_path / "asked", max_queries=5, order_seed=7)
    positions = [int(np.ascontiguousarray(one).view("<u4")[0, 0]) for one in inputs_in(tmp_path / "asked")]
    copy, derived, distilled = tier_orders(tiered.public, seed=7)
    assert positions == [*copy[:5], *derived, *distilled[:5]]
