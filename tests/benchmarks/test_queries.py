"""What is compared asks the same questions and gets the same answers; the figures are differences a query."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
import pytest

from benchmarks.queries import Race, figures_of
from benchmarks.query_loop import COLUMNS, QUERIES, WAYS, Spent, measured, prepared
from benchmarks.query_server import CLASSES, serving


@pytest.mark.parametrize("way", WAYS)
def test_each_way_gets_the_same_answers(way):
    rows = np.random.default_rng(5).normal(size=(9, COLUMNS)).round(4)
    with serving() as port, ExitStack() as stack:
        spent = measured(prepared(way, rows, port, stack), queries=8, settled=3)
    assert spent.labels == rows[:, :CLASSES].argmax(axis=1).sum()
    assert min(spent.wall, spent.processor, spent.memory_early, spent.memory) > 0


def test_figures_are_medians_of_what_a_query_takes_beyond_the_bare_library():
    def spent(milliseconds, grown):
        seconds = milliseconds * QUERIES / 1000
        return Spent(wall=2 * seconds, processor=seconds, memory_early=2**20, memory=(1 + grown) * 2**20, labels=0)

    bare, adapter, transcript = [1, 2, 9], [4, 3, 10], [5, 6, 30]
    race = Race(
        {
            "bare": [spent(each, 0) for each in bare],
            "adapter": [spent(each, 1) for each in adapter],
            "transcript": [spent(each, 4) for each in transcript],
        },
        disk=[3.0, 1.0, 2.0],
        loads=[1.0, 1.0, 1.0],
    )
    figures = figures_of(race)
    assert figures["bare_processor_ms"] == pytest.approx(2)
    assert figures["adapter_processor_ms"] == pytest.approx(1)  # of 3, 1, 1
    assert figures["adapter_wall_ms"] == pytest.approx(2)
    assert figures["transcript_processor_ms"] == pytest.approx(4)  # of 4, 4, 21
    assert (figures["bare_growth_mib"], figures["adapter_growth_mib"], figures["transcript_growth_mib"]) == (0, 1, 4)
    assert figures["disk_wall_ms"] == 2
