"""Tables, page and figure say what the results say."""

from __future__ import annotations

import pytest

from tellmark.errors import InvalidInput
from tellmark.theft.lab.figure import draw, save_figure
from tellmark.theft.lab.form import (
    DetectorResult,
    HardestTwins,
    InnocentKind,
    Innocents,
    Machine,
    Result,
    StolenKind,
)
from tellmark.theft.lab.page import markdown
from tellmark.theft.lab.provenance import now
from tellmark.theft.lab.table import details, overview, terms_table, twins_table
from tellmark.theft.lab.terms import RULE, TierTerms, terms_of

COPY = StolenKind(
    models=1, transfer_mean=1.0, transfer_sd=0.0, auc=1.0, auc_ci95=(0.5, 1.0), tpr={"0.01": 1.0}, accuracy_lost=0.0
)
SOFT = StolenKind(
    models=3,
    transfer_mean=0.7512,
    transfer_sd=0.05,
    auc=0.92,
    auc_ci95=(0.7, 1.0),
    tpr={"0.01": 0.67},
    median_queries=41.0,
    verdicts={"supports": 2, "does not support": 0, "inconclusive": 1},
    accuracy_lost=0.031,
    hardest_twins=HardestTwins(kind="same", auc=0.8, auc_ci95=(0.5, 0.95)),
    known=True,
)
UNTOLD = Innocents(models=8, false_claims=1, rate_ci95=(0.01, 0.53))
TWINS = Innocents(
    **UNTOLD.model_dump(exclude={"kinds", "transfer_mean", "transfer_sd"}),
    transfer_mean=0.41,
    transfer_sd=0.02,
    kinds={
        "same": InnocentKind(models=5, false_claims=1, rate_ci95=(0.01, 0.72), transfer_mean=0.42, transfer_sd=0.01),
        "other-data": InnocentKind(
            models=3, false_claims=0, rate_ci95=(0.0, 0.71), transfer_mean=0.39, transfer_sd=0.03
        ),
    },
)
TERMS = terms_of(
    [
        TierTerms(
            name="copy",
            questions=60,
            references=6,
            null_limit=0.412,
            most_matches=24,
            method="logit-normal",
            content=0.95,
            confidence=0.95,
        ),
        TierTerms(name="distilled", questions=60, references=1),
    ],
    alpha=0.01,
    beta=0.05,
    shadows={"distilled-soft": 4},
)


def result(**changes):
    fields = {
        "name": "toy",
        "command": "tellmark lab run toy.toml",
        "commit": "none",
        "date": now(),
        "machine": Machine(cpu="a processor", cores=2, memory_gib=8.0, system="Linux", python="3.11.7"),
        "seed": 1,
        "settings": {
            "in_full": {"thefts": {"int8": {"class": "alteration"}, "distill-soft": {"class": "extraction"}}},
            "rule_of_exclusion": "below 0.3",
            "failed_to_learn": [{"name": "thief noise 1", "role": "thief", "accuracy": 0.1}],
            "not_made": {"thief jacobian 1": "its worker died 2 times: killed by signal 9"},
        },
        "detectors": {
            "ours": DetectorResult(kinds={"distill-soft": SOFT, "int8": COPY}, innocents=TWINS, terms=TERMS),
            "theirs": DetectorResult(kinds={"int8": COPY}, innocents=UNTOLD),
        },
        "figures": {"accuracy/source": 0.81, "overhead": 0.021, "seconds/bare": 1234.5},
    }
    return Result(**(fields | changes))


def test_detectors_stand_side_by_side():
    table = overview(result())
    assert table.header == ("theft", "models", "accuracy lost", "ours", "theirs")
    assert table.rows == (
        ("distill-soft", "3", "+0.031", "0.920", ""),
        ("int8", "1", "+0.000", "1.000", "1.000"),
        ("twins: same", "5", "", "1/5", ""),
        ("twins: other-data", "3", "", "0/3", ""),
        ("twins: all", "8", "", "1/8", "1/8"),
    )
    assert table.last == 3


def test_one_kind_of_twin_takes_one_row():
    alone = DetectorResult(kinds={"int8": COPY}, innocents=UNTOLD)
    assert overview(result(detectors={"theirs": alone})).rows[-1] == ("twins", "8", "", "1/8")


def test_a_detector_by_itself_shows_all_that_was_measured():
    table = details("ours", result().detectors["ours"], ["0.01"])
    soft = dict(zip(table.header, table.rows[0], strict=True))
    assert soft["matched, mean (sd)"] == "0.751 (0.050)"
    assert soft["AUC (95 %)"] == "0.920 (0.70-1.00)"
    assert (soft["TPR at 0.01"], soft["queries"], soft["supports"], soft["inconclusive"]) == ("0.67", "41", "2", "1")
    assert soft["AUC, hardest twins (95 %)"] == "0.800 (0.50-0.95) same"
    assert soft["in shadows"] == "yes"
    copy = dict(zip(table.header, table.rows[1], strict=True))
    assert (copy["matched, mean (sd)"], copy["AUC, hardest twins (95 %)"], copy["in shadows"]) == ("1.000", "", "")


def test_terms_and_twins_have_tables_of_their_own():
    assert terms_table(TERMS).rows == (
        ("copy", "60", "0.412", "24", "logit-normal", "6", "0.95", "0.95"),
        ("distilled", "60", "", "", "", "1", "", ""),
    )
    assert twins_table(TWINS).rows == (
        ("same", "5", "0.420 (0.010)", "1", "0.01-0.72"),
        ("other-data", "3", "0.390 (0.030)", "0", "0.00-0.71"),
        ("all", "8", "0.410 (0.020)", "1", "0.01-0.53"),
    )


def test_the_page_states_the_terms_of_every_detector():
    page = markdown(result())
    assert "1 of 8 twins were claimed (95 %: 0.01-0.53); stated bound 0.0595." in page
    assert "α = 0.01, β = 0.05. It was prepared with shadows: distilled-soft (4)." in page
    assert "| copy | 60 | 0.412 | 24 | logit-normal | 6 | 0.95 | 0.95 |" in page


def test_the_page_explains_every_column():
    """Each of them is set in italics in the list of what they mean; verdicts are explained by the rule."""
    page = markdown(result(settings={"rule_of_verdicts": RULE}))
    table = details("ours", result().detectors["ours"], ["0.01"])
    for column in ("matched", "AUC", "AUC, hardest twins", "queries", "accuracy lost", "in shadows", "claimed", "θ₀"):
        assert f"*{column}*:" in page
        assert column in ("claimed", "θ₀") or any(name.startswith(column) for name in table.header)
    for verdict in ("supports", "does not support", "inconclusive"):
        assert f"`{verdict}`" in page


def test_the_page_shows_the_figure_that_lies_beside_it():
    assert "](toy.svg)" not in markdown(result())
    assert "](toy.svg)" in markdown(result(), figure="toy.svg")


def test_the_page_tells_who_was_left_out_and_why():
    page = markdown(result())
    assert "| distill-soft | 3 | +0.031 | 0.920 |  |" in page
    assert "- thief noise 1 failed to learn: accuracy 0.100" in page
    assert "- thief jacobian 1 is missing: its worker died 2 times: killed by signal 9" in page
    assert "Around 1234 seconds of bare training and theft the lab took 2.1% more." in page


def test_the_same_results_give_the_same_figure(tmp_path):
    for name in ("a.svg", "b.svg"):
        save_figure(result(), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_figure_has_a_panel_for_each_detector_and_a_dot_for_each_area():
    ours, theirs = draw(result()).axes
    labels = [label.get_text() for label in ours.get_yticklabels()]
    assert labels == ["Extracted through the API", "distill-soft", "Stolen weights, changed", "int8"]
    dots = [[line for line in axes.get_lines() if line.get_marker() == "o"] for axes in (ours, theirs)]
    assert [float(line.get_xdata()[0]) for line in dots[0]] == [0.92, 1.0]
    assert len(dots[1]) == 1
    assert "false claims 1/8" in ours.get_title()


def test_nothing_is_not_drawn():
    with pytest.raises(InvalidInput, match="nothing to draw"):
        draw(result(detectors={}))
