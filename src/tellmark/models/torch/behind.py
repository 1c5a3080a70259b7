"""The network behind a model, for those who make other networks of it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from tellmark.models.base import Model
from tellmark.models.classes import AlignedModel
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.torch.module import TorchModel


@dataclass(frozen=True)
class Network:
    """A module, and what it takes to ask it.

    Attributes
    ----------
    module : nn.Module
        To be copied, not to be changed.
    preprocessing : Preprocessing
    classes : tuple of str or None
        Class names in the order of the module's output, which a model aligned with other classes does not
        keep; None where nobody has named them.
    """

    module: nn.Module
    preprocessing: Preprocessing
    classes: tuple[str, ...] | None


def network_behind(model: Model) -> Network | None:
    """The network of a ``torch:`` model or of a module in memory, aligned or not; None for every other model.

    Exported programs are left out: they are fixed in evaluation mode.
    """
    classes = None
    while isinstance(model, AlignedModel):
        classes, model = model.info.classes, model.unaligned
    if not isinstance(model, TorchModel) or model.info.kind != "torch":
        return None
    return Network(model.module, model.info.preprocessing or Preprocessing(), model.info.classes or classes)
