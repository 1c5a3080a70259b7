"""Every detector by its name, with every setting in its `repr`."""

import dataclasses

import pytest

from tellmark.errors import InvalidInput
from tellmark.theft.lab.detectors.base import Detector, Watermark
from tellmark.theft.lab.detectors.catalogue import DETECTORS, detector_named

NAMES = [
    "tellmark",
    "tellmark-paper",
    "tellmark-copy",
    "tellmark-derived",
    "tellmark-distilled",
    "source-errors",
    "natural-inputs",
    "boundary-points",
    "backdoor-scratch",
    "backdoor-pretrained",
]


def test_all_are_found_by_their_names():
    assert [one.name for one in DETECTORS] == NAMES
    assert [detector_named(name) for name in NAMES] == list(DETECTORS)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda one: one.name)
def test_each_keeps_to_the_interface(detector):
    values = {field.name: getattr(detector, field.name) for field in dataclasses.fields(detector)}
    assert isinstance(detector, Detector)
    assert repr(detector) == f"{type(detector).__name__}({', '.join(f'{k}={v!r}' for k, v in values.items())})"


def test_only_a_watermark_has_a_source_of_its_own():
    marking = [one.name for one in DETECTORS if isinstance(one, Watermark)]
    assert marking == ["backdoor-scratch", "backdoor-pretrained"]


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(InvalidInput, match="unknown detector 'boundary-point'; did you mean 'boundary-points'"):
        detector_named("boundary-point")
