"""Tellmark: prove that a model was stolen from yours, without retraining or changing it.

>>> import tellmark as tm
>>> tm.__all__
['Dataset', 'Mark', 'TellmarkError', 'Verification', 'load_data', 'load_mark', 'load_model', 'mark', 'verify']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tellmark._version import __version__ as __version__

if TYPE_CHECKING:
    from tellmark.api import load_data, load_mark, load_model, mark, verify
    from tellmark.data.dataset import Dataset
    from tellmark.errors import TellmarkError
    from tellmark.triggers.mark import Mark
    from tellmark.verification.result import Verification

__all__ = [
    "Dataset",
    "Mark",
    "TellmarkError",
    "Verification",
    "load_data",
    "load_mark",
    "load_model",
    "mark",
    "verify",
]

_HOMES = {
    "Dataset": "tellmark.data.dataset",
    "Mark": "tellmark.triggers.mark",
    "TellmarkError": "tellmark.errors",
    "Verification": "tellmark.verification.result",
}


def __getattr__(name: str) -> Any:  # imported when first used: `tellmark --help` needs none of it
    if name not in __all__:
        raise AttributeError(f"module 'tellmark' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "tellmark.api")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
