"""The sentences follow from the figures, and say what cannot be told."""

import pytest

from tellmark.demo.remarks import remarks
from tellmark.demo.result import Row
from tellmark.demo.story import with_gaps
from tellmark.verification.result import Verification


def verification(matches, verdict="inconclusive"):
    return Verification(
        triggers=100,
        queries=100,
        matches=matches,
        rate=matches / 100,
        confidence=0.95,
        interval=(0, 1),
        matching=(matches, matches),
        null_rate=None,
        alpha=0.01,
        p_value=None,
        p_value_opposite=None,
        verdict=verdict,
        reasons=(),
        recipe_digest="sha256:0",
        model_digest=None,
        order_seed=0,
        order_given=False,
    )


def row(name, kind, matches, *, accuracy=0.98, verdict="inconclusive"):
    return Row(name, kind, "made by hand", accuracy, verification(matches, verdict))


def rows(thieves, twins, **changes):
    everyone = [row("source", "source", 100, **changes)]
    everyone += [row(name, "thief", matches) for name, matches in thieves.items()]
    everyone += [row(f"twin {k}", "twin", matches, **changes) for k, matches in enumerate(twins, start=1)]
    return with_gaps(tuple(everyone))


def said(*args, constant_matches=20, **changes):
    return " ".join(remarks(rows(*args, **changes), constant_matches=constant_matches))


def test_gaps_are_measured_from_the_highest_twin():
    found = rows({"a": 90, "b": 62, "c": 70}, [60, 70, 65])
    assert [(one.gap, one.distinguishable) for one in found] == [
        (None, None),
        (20, True),
        (-8, False),
        (0, False),
        (None, None),
        (None, None),
        (None, None),
    ]


def test_thief_far_above_the_twins():
    text = said({"int8 copy": 99}, [60, 70, 65])
    assert "The int8 copy matched 99 of 100 triggers, the closest twin 70: 29 more" in text
    assert "the twins differ by 10 among themselves" in text
    assert "chance" not in text
    assert "The int8 copy matched more often than every twin." in text


def test_thief_above_the_twins_by_less_than_they_differ():
    assert "5 more, but the twins differ by 10 among themselves, so this may well be chance" in said(
        {"distilled copy": 75}, [60, 70]
    )


@pytest.mark.parametrize("matches", [70, 12])
def test_thief_that_cannot_be_told_from_a_twin(matches):
    text = said({"distilled copy": matches}, [60, 70])
    assert f"matched {matches} of 100 triggers, the closest twin 70: on this data the method cannot tell it" in text
    assert "No thief matched more often than every twin." in text


def test_strength_is_what_the_number_of_twins_allows():
    assert "of 3 twins with probability up to 1/4" in said({"a": 99}, [1, 2, 3])
    assert "of 1 twin with probability up to 1/2" in said({"a": 99}, [1])


def test_several_thieves_are_named_together():
    assert "The a, the b and the c matched more often" in said({"a": 9, "b": 8, "c": 7}, [1, 2])


def test_constant_answers_are_named():
    assert "93 of 100 triggers bear one and the same label" in said({"a": 9}, [1], constant_matches=93)


def test_loss_of_accuracy_is_told():
    broken = row("pruned copy", "thief", 40, accuracy=0.455)
    kept = row("int8 copy", "thief", 40, accuracy=0.97)
    everyone = with_gaps((row("source", "source", 100), broken, kept, row("twin 1", "twin", 30)))
    text = remarks(everyone, constant_matches=20)
    assert [("45.5 % against the source's 98.0 %" in line) for line in text if "copy matched 40" in line] == [
        True,
        False,
    ]


def test_verdicts_are_spoken_of_only_as_they_are():
    assert "Every verdict is inconclusive" in said({"a": 9}, [1, 2])
    assert "Every verdict" not in said({"a": 9}, [1, 2], verdict="supports")
