"""From a spec string, or from an object in memory, to a model."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.base import Model
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.registry import loader_of
from tellmark.models.spec import ModelSpec, parse_spec

_ADAPTERS = {
    ("torch.nn", "Module"): "tellmark.models.torch.module:from_module",
    ("sklearn.base", "BaseEstimator"): "tellmark.models.sklearn.model:from_estimator",
}
"""For objects in memory: the class, and the function that adapts its instances."""


def load_model(
    spec_or_object: object,
    *,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] | None = None,
    trust: bool = False,
    device: str | None = None,
    batch_size: int | None = None,
) -> Model:
    """Load a model that answers queries.

    Parameters
    ----------
    spec_or_object : str or object
        ``torch:package.module:factory?weights=w.safetensors``, ``export:model.pt2``, ``onnx:model.onnx``,
        ``sklearn:model.skops``, ``callable:package.module:function``, ``recorded:answers.csv``, or a kind that a
        plug-in brings. After ``?`` come ``key=value`` pairs joined by ``&``: ``scale``, ``mean=.5,.5,.5``,
        ``std``, ``resize=32x32`` (height x width), ``channels=rgb|bgr``, ``layout=nchw|nhwc``,
        ``classes=cat,dog``, ``device``, ``batch_size``.

        Or an object: a ``torch.nn.Module``, a fitted scikit-learn classifier, a function from a batch to labels
        or scores, or a model already loaded, which is returned as it is.
    preprocessing : Preprocessing, optional
        How uint8 images become the model's input; takes the place of what the string says.
    classes : sequence of str, optional
        Class names in the order of the model's output; likewise.
    trust : bool
        Open files that run code when opened (pickle). Give it for files of your own only.
    device : str, optional
        Such as ``cpu`` or ``cuda:0``; a GPU is used where there is one.
    batch_size : int, optional
        Inputs asked at a time; chosen by memory when left out.

    Returns
    -------
    Model
        A `PerturbableModel` where the weights can be reached.

    Raises
    ------
    InvalidInput
        If the string has another form, or names an unknown kind or key.
    FileError
        If a file is missing.
    UnsafeFile
        If a file would run code when opened, and `trust` is false.
    ModelError
        If the model cannot be loaded.
    MissingExtra
        If its framework is not installed.
    """
    given = ModelSpec(
        kind="",
        target="",
        preprocessing=preprocessing,
        classes=None if classes is None else tuple(classes),
        device=device,
        batch_size=batch_size,
        trust=trust,
    )
    if isinstance(spec_or_object, (str, os.PathLike)):
        spec = _overridden(parse_spec(os.fspath(spec_or_object)), given)
        return _checked(loader_of(spec.kind)(spec), spec.kind)
    if isinstance(spec_or_object, Model):
        if replace(given, trust=False) != ModelSpec(kind="", target=""):
            raise InvalidInput("this model is loaded already; give its settings to the call that loads it")
        return spec_or_object
    return _adapter_of(spec_or_object)(spec_or_object, given)


def _overridden(spec: ModelSpec, given: ModelSpec) -> ModelSpec:
    """The spec with what was given beside it, where something was."""
    return replace(
        spec,
        preprocessing=spec.preprocessing if given.preprocessing is None else given.preprocessing,
        classes=spec.classes if given.classes is None else given.classes,
        device=spec.device if given.device is None else given.device,
        batch_size=spec.batch_size if given.batch_size is None else given.batch_size,
        trust=given.trust,
    )


def _adapter_of(thing: object) -> Callable[[object, ModelSpec], Model]:
    for (module, name), function in _ADAPTERS.items():
        # An instance can exist only if the module of its class was imported before.
        owner = sys.modules.get(module)
        if owner is not None and isinstance(thing, getattr(owner, name)):
            return _imported(function)
    if callable(thing):
        return _imported("tellmark.models.function:from_function")
    raise InvalidInput(
        f"a {type(thing).__name__} is no model: give a spec such as onnx:model.onnx, a torch.nn.Module, "
        f"a scikit-learn classifier, or a function from a batch to labels or scores"
    )


def _imported(name: str) -> Callable[[object, ModelSpec], Model]:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _checked(model: object, kind: str) -> Model:
    if not isinstance(model, Model):
        raise ModelError(f"the plug-in for models of kind {kind} returned a {type(model).__name__}, which is no model")
    return model
