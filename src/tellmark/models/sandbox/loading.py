"""From a spec string to a model in a sandbox."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.sandbox.confinement import Confinement, strongest
from tellmark.models.sandbox.limits import Limits
from tellmark.models.sandbox.model import SandboxedModel
from tellmark.models.sandbox.process import Process
from tellmark.models.sandbox.view import view_of
from tellmark.models.spec import ModelSpec, parse_spec

KINDS = ("torch", "export", "onnx", "sklearn", "stolen")
"""Those whose models are files."""


def load_sandboxed(
    spec: str,
    *,
    preprocessing: Preprocessing | None = None,
    classes: Sequence[str] | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    limits: Limits | None = None,
    accept_network: bool = False,
    confinement: Confinement | None = None,
) -> SandboxedModel:
    """Load a model of unknown origin in a process of its own, which has limits and no network; for Linux.

    The file is opened by the same readers as without a sandbox, which run nothing that it holds. The sandbox is for
    what these cannot promise: native code that hostile bytes lead astray, memory, and time.

    Parameters
    ----------
    spec : str
        Of a kind in `KINDS`. With ``torch:`` the factory is code of your own, and is looked for in the current folder
        and among the installed packages.
    preprocessing, classes, batch_size :
        As for `tellmark.load_model`.
    device : str, optional
        ``cpu`` or nothing: no device is handed to the process.
    limits : Limits, optional
    accept_network : bool
        Whether a process that reaches the network will do, where it cannot be cut off.
    confinement : Confinement, optional
        The strongest that works here when left out.

    Returns
    -------
    SandboxedModel
        To be closed when it is no longer needed; as a context manager it closes itself.

    Raises
    ------
    InvalidInput
        If the spec names no file, or another device.
    ModelError
        If the network cannot be cut off, or the process ends, hangs or takes more than its limits.
    TellmarkError
        As of `tellmark.load_model`.
    """
    if sys.platform != "linux":
        raise ModelError(f"the sandbox works on Linux alone, not on {sys.platform}; use a container without network")
    given = _checked(parse_spec(spec), device)
    model = replace(
        given,
        preprocessing=preprocessing or given.preprocessing,
        classes=given.classes if classes is None else tuple(classes),
        batch_size=given.batch_size if batch_size is None else batch_size,
    )
    limits = limits or Limits()
    view = view_of(model)
    chosen = confinement or strongest(view, accept_network=accept_network)
    process = Process(chosen.command(view), view.variables, limits, model.target)
    try:
        return SandboxedModel(process, model, limits=limits, confinement=chosen.words)
    except BaseException:
        process.close()
        raise


def _checked(spec: ModelSpec, device: str | None) -> ModelSpec:
    if spec.kind not in KINDS:
        raise InvalidInput(
            f"the sandbox is for models in files ({', '.join(KINDS)}), and {spec.kind}: names none; leave --sandbox out"
        )
    if (device or spec.device or "cpu") != "cpu":
        raise InvalidInput("in the sandbox models are asked on the processor alone: leave the device out, or give cpu")
    return spec
