"""Where PyTorch computes, and how much memory there is."""

from __future__ import annotations

import torch

from tellmark.errors import InvalidInput
from tellmark.models.batching import GPU_INPUTS, Room


def resolve_device(device: str | None) -> torch.device:
    """The device named, or a GPU where there is one.

    Raises
    ------
    InvalidInput
        If there is no such device.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
        torch.zeros(1, device=found).item()  # which fails on the device meta as well: it holds no numbers
    except Exception as error:
        raise InvalidInput(f"PyTorch has no device {device!r} here; use device=cpu") from error
    return found


def room_on(device: torch.device) -> Room:
    """The space for activations: bounded by the caches on a CPU, by free memory on a GPU."""
    if device.type != "cuda":
        return Room()
    return Room(available=lambda: torch.cuda.mem_get_info(device)[0], working_set=None, most=GPU_INPUTS)
