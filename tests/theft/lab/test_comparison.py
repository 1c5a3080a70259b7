"""Where Tellmark is behind is computed from the results, and said."""

from __future__ import annotations

import pytest

from tellmark.theft.lab.comparison import best_recipes, goals, standings
from tellmark.theft.lab.form import DetectorResult, InnocentKind, Innocents, Machine, Result, StolenKind
from tellmark.theft.lab.losses import goals_reached, where_tellmark_loses
from tellmark.theft.lab.provenance import now
from tellmark.theft.lab.terms import TierTerms, terms_of

CLASSES = {"soft": "extraction", "rgt": "extraction", "int8": "alteration"}
TERMS = terms_of(
    [TierTerms(name="t", questions=60, references=6, most_matches=20, content=0.95, confidence=0.95)],
    alpha=0.01,
    beta=0.05,
)
TWINS = Innocents(models=11, false_claims=1, rate_ci95=(0.002, 0.41))


def kind(area, supports=0):
    verdicts = {"supports": supports, "does not support": 0, "inconclusive": 2 - supports}
    return StolenKind(models=2, transfer_mean=0.5, transfer_sd=0.1, auc=area, auc_ci95=(0.0, 1.0), verdicts=verdicts)


def result(innocents=TWINS, **areas):
    """Areas by detector, whose names are written with underscores, and by kind of theft."""
    detectors = {
        name.replace("_", "-"): DetectorResult(
            kinds={theft: one if isinstance(one, StolenKind) else kind(one) for theft, one in some.items()},
            innocents=innocents,
            terms=TERMS,
        )
        for name, some in areas.items()
    }
    return Result(
        name="toy",
        command="",
        commit="none",
        date=now(),
        machine=Machine(cpu="a processor", cores=2, memory_gib=8.0, system="Linux", python="3.11.7"),
        seed=1,
        settings={"in_full": {"thefts": {name: {"class": one} for name, one in CLASSES.items()}}},
        detectors=detectors,
        figures={},
    )


MIXED = {
    "tellmark_copy": {"soft": 0.7, "rgt": 0.6, "int8": 1.0},
    "tellmark_distilled": {"soft": 0.97, "rgt": 0.8, "int8": 0.9},
    "tellmark_paper": {"soft": 0.8, "rgt": 0.8, "int8": 0.995},
    "source_errors": {"soft": 0.95, "rgt": 0.9, "int8": 1.0},
}


def test_the_best_recipe_is_found_for_every_theft_and_the_papers_is_a_rival():
    found = result(**MIXED)
    assert best_recipes(found) == {
        "soft": "tellmark-distilled",
        "rgt": "tellmark-distilled",
        "int8": "tellmark-copy",
    }
    assert {one.rival for one in standings(found, best_recipes(found))} == {"tellmark-paper", "source-errors"}


def test_behind_level_and_settled_are_told_apart():
    found = {(one.kind, one.rival): one for one in standings(result(**MIXED), best_recipes(result(**MIXED)))}
    assert found["rgt", "source-errors"].behind
    level = found["rgt", "tellmark-paper"]
    assert (level.behind, level.ahead) == (False, False)
    settled = found["int8", "source-errors"]
    assert (settled.behind, settled.ahead) == (False, True)
    assert found["soft", "source-errors"].ahead


def test_goals_name_every_miss():
    ahead, weights, claims = goals(result(**MIXED))
    assert ahead.misses == (
        "rgt: tellmark-distilled 0.800, level with tellmark-paper 0.800",
        "rgt: tellmark-distilled 0.800, behind source-errors 0.900",
    )
    assert (weights.misses, weights.judged) == ((), 1)
    assert claims.misses == ()
    said = goals_reached(result(**MIXED))
    assert said.count("- Missed: ") == 1
    assert said.count("- Reached: ") == 2


def test_stolen_weights_below_the_goal_are_named():
    weights = goals(result(tellmark_copy={"int8": 0.98, "soft": 0.5}))[1]
    assert weights.misses == ("int8: 0.980 (tellmark-copy)",)


def test_claims_beyond_the_bound_are_named_for_every_kind_of_twin():
    beyond = InnocentKind(models=4, false_claims=3, rate_ci95=(0.19, 0.99))
    twins = Innocents(models=8, false_claims=3, rate_ci95=(0.08, 0.76), kinds={"same": beyond})
    claims = goals(result(innocents=twins, source_errors={"soft": 0.9}))[2]
    assert claims.misses == (
        "source-errors: 3 of 8 twins were claimed, and the bound is 0.0595",
        "source-errors: 3 of 4 twins (same) were claimed, and the bound is 0.0595",
    )


def test_a_goal_names_only_rivals_that_are_there():
    (ahead, *_) = goals(result(tellmark_copy={"soft": 0.9}, source_errors={"soft": 0.8}))
    assert "larger AUC than source-errors on every kind" in ahead.words
    assert ahead.words.endswith("(tellmark-paper is not in this lab)")


def test_a_lab_without_rivals_is_not_judged():
    assert "- Not judged" in goals_reached(result(tellmark_copy={"soft": 1.0}))
    assert "was compared with no other detector" in where_tellmark_loses(result(tellmark_copy={"soft": 1.0}))


def test_losses_are_said_kind_by_kind():
    said = where_tellmark_loses(result(**MIXED))
    assert "is behind another detector in AUC on 1 of 3 kinds of theft:" in said
    assert "| rgt | tellmark-distilled 0.800 | source-errors 0.900 |" in said
    assert "| soft |" not in said


def test_a_default_mark_is_compared_without_hindsight():
    said = where_tellmark_loses(result(tellmark={"soft": 0.8, "int8": 1.0}, natural_inputs={"soft": 0.9, "int8": 1.0}))
    assert "With a mark as it comes (`tellmark`) Tellmark is behind another detector in AUC on 1 of 2" in said
    assert "| soft | tellmark 0.800 | natural-inputs 0.900 |" in said


def test_ranks_without_verdicts_are_said():
    said = where_tellmark_loses(result(tellmark={"soft": kind(1.0), "int8": kind(1.0, supports=2)}))
    assert "`tellmark` claims 2 of 4 stolen models; none of soft." in said


@pytest.mark.parametrize("areas", [{"source_errors": {"soft": 0.9}}, {}])
def test_a_lab_without_tellmark_says_so(areas):
    assert where_tellmark_loses(result(**areas)) == "Tellmark is not among the detectors of this lab."
