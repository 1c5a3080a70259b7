"""``torch:package.module:factory?weights=w.safetensors``."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from tellmark.errors import ModelError
from tellmark.models.answers import first_line
from tellmark.models.importing import import_callable
from tellmark.models.spec import ModelSpec
from tellmark.models.torch.devices import resolve_device
from tellmark.models.torch.module import TorchModel
from tellmark.models.torch.weights import fit_weights, read_weights


def from_spec(spec: ModelSpec) -> TorchModel:
    """Call the factory, load the weights into the module it returns, and put it on the device.

    Raises
    ------
    TellmarkError
        If the factory or the weights are not what they should be.
    """
    spec.allow("weights")
    device = resolve_device(spec.device)
    module = made_by(spec.target)
    if "weights" in spec.options:
        path = Path(spec.options["weights"])
        fit_weights(module, read_weights(path, trust=spec.trust), name=spec.target, path=path)
    return TorchModel(
        module.eval().to(device),
        name=spec.target,
        device=device,
        classes=spec.classes,
        preprocessing=spec.preprocessing,
        batch_size=spec.batch_size,
    )


def made_by(target: str) -> nn.Module:
    """The module that the factory at ``package.module:factory`` returns.

    Raises
    ------
    TellmarkError
        If there is no such factory, it fails, or returns something else.
    """
    factory = import_callable(target)
    try:
        module = factory()
    except Exception as error:
        raise ModelError(f"{target}() failed: {type(error).__name__}: {first_line(error)}") from error
    if not isinstance(module, nn.Module):
        raise ModelError(f"{target}() returns a {type(module).__name__}, not a torch.nn.Module")
    return module
