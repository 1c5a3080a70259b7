"""The digest of a set of named tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch

from tellmark.digests import canonical_json
from tellmark.types import Digest

_PIECE = 1 << 22


def digest_tensors(tensors: Mapping[str, torch.Tensor]) -> Digest:
    """Digest over names, types, shapes and values, in the order of names, whatever file they came from."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        if not isinstance(tensor, torch.Tensor):  # extra state, which is no weight
            continue
        total.update(canonical_json([name, str(tensor.dtype), list(tensor.shape)]))
        flat = tensor.detach().reshape(-1)
        for start in range(0, flat.numel(), _PIECE):
            piece = flat[start : start + _PIECE].cpu().contiguous()
            total.update(piece.view(torch.uint8).numpy().tobytes())
    return Digest("sha256:" + total.hexdigest())
