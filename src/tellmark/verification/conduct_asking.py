"""The suspect as a verification asks it: triggers hidden among decoys, repeated, and framed by controls."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tellmark.errors import BudgetSpent, InvalidInput, ModelError
from tellmark.models.base import Model
from tellmark.models.wrappers.decoys import DecoyModel
from tellmark.models.wrappers.repeats import RepeatingModel
from tellmark.types import Batch
from tellmark.verification.conduct import Conduct
from tellmark.verification.drift import Controls, Drift
from tellmark.verification.endings import failure_in_words


@dataclass(frozen=True)
class Surroundings:
    """What is asked beside the triggers, and in the end tells what it saw.

    Attributes
    ----------
    suspect : Model
        To be asked the triggers.
    decoys : DecoyModel or None
    repeats : RepeatingModel or None
    controls : Controls or None
    """

    suspect: Model
    decoys: DecoyModel | None = None
    repeats: RepeatingModel | None = None
    controls: Controls | None = None

    def drift(self) -> tuple[Drift | None, str | None]:
        """Ask the controls once more: what became of them, or why that is not known. Neither where there are none."""
        if self.controls is None:
            return None, None
        try:
            return self.controls.at_end(), None
        except (ModelError, BudgetSpent) as error:
            return None, "the budget was spent" if isinstance(error, BudgetSpent) else failure_in_words(error)


def surrounded(
    model: Model, conduct: Conduct, *, controls: Batch, decoys: Batch, most_decoys: int | None, key: bytes
) -> Surroundings:
    """Ask the controls, and put around the model what hides and repeats triggers.

    Parameters
    ----------
    model : Model
    conduct : Conduct
    controls, decoys : Batch
        Natural inputs.
    most_decoys : int or None
        Decoys at most; None sets no limit.
    key : bytes
        32 bytes.

    Raises
    ------
    ModelError, BudgetSpent
        If the controls have no answer.
    """
    asked = Controls(model, controls) if conduct.controls else None
    hiding = repeating = None
    if conduct.decoys:
        model = hiding = DecoyModel(model, decoys, share=conduct.decoys, key=key, most=most_decoys)
    if conduct.repeats:
        model = repeating = RepeatingModel(model, conduct.repeats, key=key)
    return Surroundings(model, hiding, repeating, asked)


def shares(allowed: int | None, conduct: Conduct) -> tuple[int | None, int | None]:
    """Of the queries allowed, how many are for triggers, and how many for decoys.

    Raises
    ------
    InvalidInput
        If none is left for triggers.
    """
    if allowed is None:
        return None, None
    free = allowed - 3 * conduct.controls - conduct.repeats
    if free < 1:
        raise InvalidInput(f"a budget of {allowed} queries leaves none for triggers beside repeats and controls")
    triggers = max(1, math.floor(free * (1 - conduct.decoys)))
    return triggers, free - triggers
