"""A scikit-learn estimator from a file, read without running anything that the file holds."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

import skops.io

from tellmark.errors import InvalidInput, ModelError, UnsafeFile
from tellmark.files import open_to_read
from tellmark.models.answers import first_line
from tellmark.models.memory import available_memory
from tellmark.models.sklearn.extent import loaded_bytes, stored_bytes
from tellmark.models.sklearn.intact import are_intact, support_vector_machines

_HARMLESS = {
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
}
"""Types of scikit-learn that skops leaves to its user to judge: they hold numbers, and trees are looked through."""

_PICKLES = (".pkl", ".pickle", ".joblib")


def read_estimator(path: Path, *, trust: bool = False) -> object:
    """The object in a ``.skops`` file, or with `trust` in a pickle.

    Raises
    ------
    FileError
        If there is no such file.
    UnsafeFile
        If the file would take more than half of the free memory; or if `trust` is false and the file is a
        pickle, names types that are not known to be harmless, or holds arrays that could lead astray.
    ModelError
        If the file is damaged.
    """
    with open_to_read(path):
        pass
    if path.suffix in _PICKLES:
        return _pickled(path, trust=trust)
    if path.suffix != ".skops":
        raise InvalidInput(f"a scikit-learn model is read from a .skops file, not from {path.name}")
    try:
        _check_size(path)
        named = skops.io.get_untrusted_types(file=path)
        unknown = sorted(set(named) - _HARMLESS)
        if unknown and not trust:
            raise UnsafeFile(
                f"{path} holds types that could run code when loaded: {', '.join(unknown[:5])}. "
                f"If you trust whoever wrote it, give --trust"
            )
        content = skops.io.load(path, trusted=named)
    except UnsafeFile:
        raise
    except BadZipFile as error:
        raise ModelError(f"{path} is no complete file of skops") from error
    except Exception as error:
        raise ModelError(f"{path} cannot be loaded: {type(error).__name__}: {first_line(error)}") from error
    if not trust:
        _check_arrays(content, path)
    return content


def _check_size(path: Path) -> None:
    """Whether what the file holds, and what is made of it, fits into memory; before any of it is made."""
    with ZipFile(path) as archive:
        _check_room(stored_bytes(archive), path)
        _check_room(loaded_bytes(archive), path)


def _check_room(size: int, path: Path) -> None:
    if size > available_memory() // 2:
        raise UnsafeFile(f"{path} unpacks to {size / 2**30:.1f} GiB, more than half of the memory that is free")


def _check_arrays(content: object, path: Path) -> None:
    if machines := support_vector_machines(content):
        raise UnsafeFile(
            f"{path} holds {', '.join(machines)}, whose arrays could crash the program if somebody tampered with "
            f"them; if you trust whoever wrote it, give --trust"
        )
    if not are_intact(content):
        raise UnsafeFile(f"{path} holds a tree whose nodes point outside it: the file is damaged or was tampered with")


def _pickled(path: Path, *, trust: bool) -> object:
    if not trust:
        raise UnsafeFile(
            f"{path} is a pickle, which runs code when opened. Save the model with skops.io.dump(model, "
            f"'{path.stem}.skops'), or, if you trust whoever wrote it, give --trust"
        )
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:
        raise ModelError(f"{path} cannot be opened: {type(error).__name__}: {first_line(error)}") from error
