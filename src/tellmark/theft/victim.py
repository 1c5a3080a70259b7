"""A model that is stolen from, beside the data of its thief, both in one order of classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tellmark.data.dataset import Dataset
from tellmark.errors import InvalidInput, Mismatch, NotPerturbable
from tellmark.models.base import Model
from tellmark.models.classes import AlignedModel, aligned
from tellmark.models.preprocessing import Preprocessing
from tellmark.spaces import TextSpace

if TYPE_CHECKING:
    from torch import nn

    from tellmark.models.torch.module import TorchModel

_FEW = 16


@dataclass(frozen=True)
class Victim:
    """A source, and what its thief knows.

    Attributes
    ----------
    model : Model
        The source; its answers are positions in `classes`.
    data : Dataset
        The thief's, with labels in the order of `classes`; without labels where those in the file are others.
    classes : tuple of str or None
        In the order of the source's output; None where nobody names them.
    width : int
        How many classes the source has.
    own_labels : Dataset
        The thief's data as they are in the file, for a thief who has classes of his own.
    """

    model: Model
    data: Dataset
    classes: tuple[str, ...] | None
    width: int
    own_labels: Dataset

    @property
    def preprocessing(self) -> Preprocessing:
        """Of the source; the default where it has none."""
        return self.model.info.preprocessing or Preprocessing()

    def weights(self, attack: str) -> nn.Module:
        """The source's network in single precision, in which networks are trained; not to be changed.

        Raises
        ------
        NotPerturbable
            If it cannot be had, or not in a form that can be trained.
        """
        from tellmark.models.torch.behind import network_behind

        network = network_behind(self.model)
        if network is None:
            raise NotPerturbable(
                f"{attack} changes the source's weights, and {self.model!r} gives none that can be trained: name the "
                f"source as torch:package.module:factory?weights=w.safetensors, or take an attack that needs its "
                f"answers alone, such as distill-soft"
            )
        return _in_single_precision(network.module)

    def copied(self, evasion: str) -> nn.Module:
        """The source's network as it is, not to be changed.

        Raises
        ------
        NotPerturbable
            If it is no network of PyTorch.
        """
        found = torch_model_behind(self.model)
        if found is None:
            raise NotPerturbable(
                f"{evasion} is put before a copy of the source, and {self.model!r} is no network of PyTorch: name it "
                f"as torch: or export:, or put the evasion before a network that was stolen from it, as "
                f"stolen:FOLDER"
            )
        return _in_single_precision(found.module)


def torch_model_behind(model: Model) -> TorchModel | None:
    """The network of a ``torch:``, ``export:`` or ``stolen:`` model, aligned or not; None for every other model."""
    from tellmark.models.torch.module import TorchModel

    while isinstance(model, AlignedModel):
        model = model.unaligned
    return model if isinstance(model, TorchModel) else None


def victim_of(source: Model, data: Dataset) -> Victim:
    """The source and the thief's data in one order of classes: that of the source, where it names its classes.

    Raises
    ------
    InvalidInput
        If the data are texts, or nobody tells how many classes there are.
    ModelError
        If the source cannot take the data.
    """
    if isinstance(data.space, TextSpace):
        raise InvalidInput(f"{data.name} holds texts: networks are stolen with images, or with rows of a table")
    known = _in_order_of(source.info.classes, data)
    model, classes = source, source.info.classes
    if classes is None and known.classes:
        model, classes = aligned(source, known.classes), known.classes
    try:
        return Victim(model, known, classes, _width(model, known, classes), data)
    except Mismatch:  # the source has more classes than the data name, or fewer: they are of another domain
        bare = _without_labels(data)
        return Victim(source, bare, None, _width(source, bare, None), data)


def _in_order_of(classes: tuple[str, ...] | None, data: Dataset) -> Dataset:
    """The data with labels in this order, without any where their classes are others."""
    if classes is None or data.classes == classes:
        return data
    if set(classes) != set(data.classes):
        return _without_labels(data)
    return data.in_order_of(classes)


def _without_labels(data: Dataset) -> Dataset:
    return replace(data, labels=None, classes=())


def _width(model: Model, data: Dataset, classes: tuple[str, ...] | None) -> int:
    answers = model.query(data.inputs[:_FEW])
    if answers.scores is not None:
        return answers.scores.shape[1]
    if classes is None:
        raise InvalidInput(
            "neither the source nor the data name the classes, and the source answers with labels alone: name them "
            "with --classes a,b,c"
        )
    return len(classes)


def _in_single_precision(module: nn.Module) -> nn.Module:
    import copy

    import torch

    kinds = {one.dtype for one in (*module.parameters(), *module.buffers()) if one.is_floating_point()}
    return module if kinds <= {torch.float32} else copy.deepcopy(module).float()
