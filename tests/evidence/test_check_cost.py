"""What a check costs grows with the number of triggers and no faster: counted in calls, not in seconds.

``python -m evidence.test_check_cost`` in ``tests`` measures the processor time for 1,000 triggers.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

import judged_bundles
import opened_triggers
from judged_bundles import judge_key, owners_files, panel, predicate, registration, written
from tellmark.evidence.bundle import bundle_files
from tellmark.evidence.check import check_files
from tellmark.evidence.judging import judge
from toys import images

CALLS_PER_TRIGGER = 4000
"""Of Python functions and of built-in ones; a second is about three million of them."""


def judged(folder, triggers):
    """The files of a bundle whose triggers are all opened and asked of a suspect, the source and another model."""
    registered = registration(predicate(triggers=triggers))
    judge(written(folder, owners_files(registered, counts=((triggers,),))), panel(triggers=triggers), judge_key())
    return bundle_files(folder)


def calls(files):
    """How many calls a check makes."""
    count = 0

    def counting(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    check_files(files)  # whatever is made once
    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        check_files(files)
    finally:
        sys.setprofile(before)
    return count


def without_natural_errors(patch):
    """Of which two among many would be one item of the few."""
    patch.setattr(opened_triggers, "SORTS", ("mixup", "same-class", "mixup"))


def test_a_check_takes_so_many_calls_for_each_trigger_and_no_more(tmp_path, monkeypatch):
    without_natural_errors(monkeypatch)
    monkeypatch.setattr("os.fsync", lambda handle: None)
    few, many = (calls(judged(tmp_path / str(triggers), triggers)) for triggers in (30, 120))
    for_each = (many - few) / 90
    assert 0 < for_each < CALLS_PER_TRIGGER
    assert many < 4 * few


def main() -> None:
    """Measure."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        without_natural_errors(patch)
        patch.setattr("os.fsync", lambda handle: None)
        patch.setitem(opened_triggers.DATA, "small images", images(1797, classes=4, height=8, width=8))
        files = judged(Path(folder, "bundle"), 1000)
        outcome, seconds = check_files(files).outcome, []
        for _ in range(5):
            start = time.process_time()
            check_files(files)
            seconds.append(time.process_time() - start)
    size = sum(map(len, files.values()))
    sys.stdout.write(
        f"1000 triggers, {judged_bundles.__name__}, three models, {size / 1e6:.1f} MB: {outcome}, "
        f"{np.median(seconds):.2f} s of processor time ({min(seconds):.2f} to {max(seconds):.2f})\n"
    )


if __name__ == "__main__":
    main()
