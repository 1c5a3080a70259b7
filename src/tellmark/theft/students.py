"""Untrained networks for thieves who distil: the user's own, or one made to fit the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tellmark.data.dataset import Dataset
from tellmark.errors import InvalidInput
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.spec import ModelSpec, parse_spec
from tellmark.spaces import ImageSpace, TableSpace
from tellmark.theft.student_networks import ImageNetwork, TableNetwork

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Student:
    """How a thief's network comes about.

    Attributes
    ----------
    factory : callable
        Makes an untrained network: from what `preprocessing` makes of images, or from rows, to logits.
    name : str
        In descriptions.
    preprocessing : Preprocessing
    device : str or None
        None takes a GPU where there is one.
    """

    factory: Callable[[], nn.Module]
    name: str
    preprocessing: Preprocessing
    device: str | None = None


def student_for(spec: str | None, data: Dataset, *, classes: int, preprocessing: Preprocessing | None) -> Student:
    """The student that `spec` names, or the built-in one for the kind of `data`.

    Parameters
    ----------
    spec : str or None
        ``torch:package.module:factory``, without weights. Its preprocessing, where it names none, is the source's.
    data : Dataset
        Images or a table.
    classes : int
        Outputs of the built-in student.
    preprocessing : Preprocessing or None
        The source's. The built-in student takes its normalisation, and images in the size of `data`.

    Raises
    ------
    InvalidInput
        If the spec is of another form, or the data are texts.
    """
    if isinstance(data.space, ImageSpace | TableSpace):
        source = preprocessing or Preprocessing()
        return _built_in(data, classes, source) if spec is None else _named(parse_spec(spec), source)
    raise InvalidInput(
        f"{data.name} holds {data.space}, for which no student can be trained here: train it elsewhere, and supply "
        f"it with --shadow"
    )


def _named(spec: ModelSpec, source: Preprocessing) -> Student:
    if spec.kind != "torch" or spec.options or spec.classes or spec.batch_size:
        raise InvalidInput(
            f"a student is named torch:package.module:factory, which makes it untrained, without weights and classes, "
            f"not {str(spec)!r}"
        )
    return Student(NamedNetwork(spec.target), f"student {spec.target}", spec.preprocessing or source, spec.device)


def _built_in(data: Dataset, classes: int, source: Preprocessing) -> Student:
    if isinstance(data.space, ImageSpace):
        network = ImageNetwork(data.space.height, data.space.width, data.space.channels, classes)
        plain = source.model_copy(update={"layout": "nchw", "resize": None})
        return Student(network, "built-in student for images", plain)
    spread = data.inputs.std(axis=0)
    spread[spread == 0] = 1
    return Student(TableNetwork(data.inputs.mean(axis=0), spread, classes), "built-in student for tables", source)


@dataclass(frozen=True)
class NamedNetwork:
    """What the factory at `target`, ``package.module:factory``, makes."""

    target: str

    def __call__(self) -> nn.Module:
        """The network.

        Raises
        ------
        ModelError
            If there is no such factory, it fails, or returns something else.
        """
        from tellmark.models.torch.factory import made_by

        return made_by(self.target)
