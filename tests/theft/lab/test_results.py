"""The folder of results: times add up over runs, and what was kept comes back."""

import pytest

from tellmark.theft.lab.results import Results


def test_the_overhead_is_what_workers_took_beyond_bare_training(tmp_path):
    results = Results(tmp_path)
    assert results.clock().overhead is None
    results.add_times(bare=0.0, busy=1.0)
    assert results.clock().overhead is None
    results.add_times(bare=60.0, busy=61.0)
    results.add_times(bare=40.0, busy=42.0)
    assert results.clock().overhead == pytest.approx(0.04)
