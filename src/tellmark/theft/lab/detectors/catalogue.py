"""All detectors, by the names under which they are asked for."""

from __future__ import annotations

from tellmark.models.spec import unknown_name
from tellmark.theft.lab.detectors.backdoor import Backdoor
from tellmark.theft.lab.detectors.base import Detector
from tellmark.theft.lab.detectors.boundary_points import BoundaryPoints
from tellmark.theft.lab.detectors.natural_inputs import NaturalInputs
from tellmark.theft.lab.detectors.source_errors import SourceErrors
from tellmark.theft.lab.detectors.tellmark_mark import TellmarkMark
from tellmark.theft.lab.detectors.tellmark_recipes import COPY, DERIVED, DISTILLED, PAPER

DETECTORS: tuple[Detector, ...] = (
    TellmarkMark(),
    PAPER,
    COPY,
    DERIVED,
    DISTILLED,
    SourceErrors(),
    NaturalInputs(),
    BoundaryPoints(),
    Backdoor("scratch"),
    Backdoor("pretrained"),
)
"""With their default settings, which are those of their papers; `dataclasses.replace` makes others of them."""


def detector_named(name: str) -> Detector:
    """The detector with this name.

    Raises
    ------
    InvalidInput
        If there is none; the nearest name is proposed.
    """
    for detector in DETECTORS:
        if detector.name == name:
            return detector
    raise unknown_name("detector", name, (detector.name for detector in DETECTORS))
