"""Weights from a file, read without running anything that the file holds."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from zipfile import ZipFile, is_zipfile

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from tellmark.errors import InvalidInput, ModelError, UnsafeFile
from tellmark.files import open_to_read
from tellmark.models.answers import first_line
from tellmark.models.memory import available_memory

_WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under which training loops keep the weights, beside the optimiser's state."""

_CHECKPOINT_STARTS = (b"PK", b"\x80")
"""A zip archive, or a bare pickle as PyTorch before 1.6 wrote it."""


def read_weights(path: Path, *, trust: bool = False) -> dict[str, torch.Tensor]:
    """Named tensors from ``.safetensors``, or from a ``.pt``, ``.pth`` or ``.bin`` checkpoint.

    A checkpoint is opened with ``weights_only=True``, which builds tensors and plain containers only.

    Raises
    ------
    FileError
        If there is no such file.
    UnsafeFile
        If a checkpoint needs more than that and `trust` is false.
    ModelError
        If the file is damaged, of another kind, or holds no named tensors.
    """
    with open_to_read(path) as file:
        start = file.read(2)
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if path.suffix not in (".pt", ".pth", ".bin"):
        raise InvalidInput(f"weights are read from .safetensors, .pt, .pth or .bin, not from {path.name}")
    if not start.startswith(_CHECKPOINT_STARTS):
        raise ModelError(f"{path} is no PyTorch checkpoint; save one with torch.save(model.state_dict(), path)")
    return _state_dict(_checkpoint(path, trust=trust), path)


def fit_weights(module: nn.Module, weights: Mapping[str, torch.Tensor], *, name: str, path: Path) -> None:
    """Load `weights` into `module`, all of them and nothing else.

    Raises
    ------
    ModelError
        If names or shapes differ, of which the message names the first few, or the module refuses the values.
    """
    wanted = {key: value for key, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
    given = _without_prefix(weights, wanted)
    both = [key for key in wanted if key in given]
    faults = [
        *_listed("missing", sorted(wanted.keys() - given.keys())),
        *_listed("unexpected", sorted(given.keys() - wanted.keys())),
        *_listed("of another shape", [key for key in both if given[key].shape != wanted[key].shape]),
        *_listed("complex", [key for key in both if given[key].is_complex() and not wanted[key].is_complex()]),
    ]
    if faults:
        raise ModelError(f"{path.name} does not fit the module that {name} returns: {'; '.join(faults)}")
    try:
        module.load_state_dict(given, strict=False)
    except Exception as error:
        raise ModelError(
            f"{path.name} cannot be loaded into the module that {name} returns: {first_line(error)}"
        ) from error


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path} is no complete safetensors file: {first_line(error)}") from error


def _checkpoint(path: Path, *, trust: bool) -> object:
    try:
        _check_room(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except pickle.UnpicklingError as error:
        if not trust:
            raise UnsafeFile(
                f"{path} holds more than tensors: it is a pickle that would run code when opened. "
                f"Save the weights alone, as .safetensors or with torch.save(model.state_dict(), path), "
                f"or, if you trust whoever wrote it, give --trust"
            ) from error
    except Exception as error:
        raise ModelError(f"{path} is no complete checkpoint: {first_line(error)}") from error
    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:
        raise ModelError(f"{path} cannot be opened: {type(error).__name__}: {first_line(error)}") from error


def _check_room(path: Path) -> None:
    """Members of an archive may be compressed, which `torch.save` never does: a small file may hold a lot."""
    if not is_zipfile(path):
        return
    with ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > available_memory() // 2:
        raise ModelError(f"{path} unpacks to {size / 2**30:.1f} GiB, more than half of the memory that is free")


def _state_dict(content: object, path: Path) -> dict[str, torch.Tensor]:
    content = _unwrapped(content)
    if isinstance(content, nn.Module):
        content = content.state_dict()
    if isinstance(content, Mapping):
        pairs = cast("Mapping[Any, Any]", content)
        tensors = {str(key): value for key, value in pairs.items() if isinstance(value, torch.Tensor)}
        if tensors:
            _check_plain(tensors, path)
            return tensors
    raise ModelError(f"{path} holds no named tensors; save them with torch.save(model.state_dict(), path)")


def _unwrapped(content: object) -> object:
    """What lies below the names that training loops give it, each of them at most once."""
    for _ in _WRAPPERS:
        if not isinstance(content, Mapping):
            break
        inner = [cast("Mapping[str, object]", content).get(wrapper) for wrapper in _WRAPPERS]
        content = next((found for found in inner if isinstance(found, (Mapping, nn.Module))), content)
    return content


def _check_plain(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    for name, tensor in tensors.items():
        plain = tensor.layout == torch.strided and not (tensor.is_nested or tensor.is_quantized or tensor.is_meta)
        if not plain:
            raise ModelError(
                f"{path} holds {name[:80]!r} as a sparse, quantised, nested or empty (meta) tensor; "
                f"save it as an ordinary one"
            )


def _without_prefix(weights: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Drop the ``module.`` that parallel training puts before every name."""
    prefix = "module."
    if all(key.startswith(prefix) for key in weights) and not any(key.startswith(prefix) for key in wanted):
        return {key.removeprefix(prefix): value for key, value in weights.items()}
    return dict(weights)


def _listed(what: str, names: list[str], *, most: int = 3) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return [f"{what}: {', '.join(names[:most])}{more}"]
