"""All that a measurement or a finding depends on, in one digest: what was kept on other grounds holds no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tellmark.digests import digest_json
from tellmark.theft.lab.detectors.questions import BETA, CONFIDENCE, CONTENT
from tellmark.theft.lab.skill import Skill
from tellmark.theft.lab.subjects import Subject
from tellmark.theft.lab.suspects import Suspect
from tellmark.types import Digest

if TYPE_CHECKING:
    from tellmark.theft.lab.workplace import Workplace

PROCEDURE = 1
"""Raised when a change to the package changes what is measured or found about the same networks."""


def grounds_of_measurement(place: Workplace, subject: Subject) -> Digest:
    """The model, the source that it is compared with, and the test data.

    Raises
    ------
    FileError
        If one of the two networks is not in the zoo.
    """
    source = place.plan.lineages[subject.lineage].source
    return digest_json(
        {
            "procedure": PROCEDURE,
            "model": subject.address,
            "weights": place.zoo.card(subject.job.address).weights,
            "source": place.zoo.card(source.address).weights,
            "test": place.data.test.digest,
        }
    )


def grounds_of_preparation(place: Workplace, detector: str, skill: Skill) -> Digest:
    """The detector with its settings; the source, references and shadows as they were made; data and protocol.

    References and shadows that could not be made, or failed to learn, have no part in it: a detector that was prepared
    without one of them is prepared anew when it is there.

    Raises
    ------
    FileError
        If the source is not in the zoo.
    """
    lineage, zoo = place.plan.lineage_of(detector), place.zoo
    return digest_json(
        {
            "procedure": PROCEDURE,
            "detector": repr(place.plan.detectors[detector]),
            "source": zoo.card(lineage.source.address).weights,
            "references": [zoo.card(job.address).weights for job in skill.of_jobs(place.plan.references)],
            "shadows": {
                family: [zoo.card(job.address).weights for job in skill.of_jobs(jobs)]
                for family, jobs in lineage.shadows.items()
            },
            "holdout": place.data.holdout.digest,
            "test": place.data.test.digest,
            "preprocessing": place.data.preprocessing.model_dump(mode="json"),
            "queries": place.lab.protocol.queries,
            "levels": [place.lab.protocol.alpha, BETA, CONTENT, CONFIDENCE],
            "seed": str(place.lab.seed),  # JSON's whole numbers end at 2^53
        }
    )


def grounds_of_finding(place: Workplace, prepared: Digest, suspect: Suspect) -> Digest:
    """The detector as it was prepared, and the suspect.

    Raises
    ------
    FileError
        If its network is not in the zoo.
    """
    return digest_json(
        {
            "prepared": prepared,
            "suspect": suspect.address,
            "weights": place.zoo.card(suspect.job.address).weights,
        }
    )
