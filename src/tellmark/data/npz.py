"""NumPy archives: one array of inputs, and perhaps labels and class names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from tellmark.data.archive import open_archive
from tellmark.data.columns import Columns, dataset_from_columns
from tellmark.data.damage import damage_reported
from tellmark.data.dataset import Dataset
from tellmark.data.labels import encode_labels, encode_positions
from tellmark.data.limits import check_room
from tellmark.data.origin import Origin, listed, quoted
from tellmark.data.pixels import as_images
from tellmark.errors import DataError, InvalidInput
from tellmark.spaces import ImageSpace

INPUT_ARRAYS = ("x", "inputs", "images", "data")
LABEL_ARRAYS = ("y", "labels", "target")
CLASS_ARRAYS = ("classes",)


def read_npz(path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None) -> Dataset:
    """Images, a table or texts, by the dimensions of the array of inputs.

    Parameters
    ----------
    label_column : str or None
        The name of the array of labels, where it is none of `LABEL_ARRAYS`.

    Raises
    ------
    InvalidInput
        If `label_column` is a number: arrays have names only.
    """
    if isinstance(label_column, int):
        raise InvalidInput(f"{path.name} holds named arrays: name the one with the labels as label_column")
    origin = Origin(path.name)
    with open_archive(path) as archive:
        inputs_name = _find(archive, INPUT_ARRAYS, origin)
        if inputs_name is None:
            raise DataError(
                f"{path.name} has no array named {listed(INPUT_ARRAYS)}; it has {listed(_array_names(archive))}"
            )
        data = _unlabelled(_read(archive, inputs_name, origin), origin)
        classes_name = _find(archive, CLASS_ARRAYS, origin)
        own_classes = None if classes_name is None else _class_names(_read(archive, classes_name, origin), origin)
        labels_name = label_column or _find(archive, LABEL_ARRAYS, origin)
        if labels_name is None:
            return replace(data, classes=tuple(classes or own_classes or ()))
        labels = _label_values(_read(archive, labels_name, origin), labels_name, origin)
    if len(labels) != len(data):
        raise DataError(f"{path.name} has {len(data)} inputs and {len(labels)} labels")
    if own_classes is None:
        return data.with_labels(*encode_labels(labels, classes=classes, origin=origin))
    codes, names = encode_positions(labels, classes=own_classes, origin=origin)
    if classes is None:
        return data.with_labels(codes, names)
    return data.with_labels(*encode_labels([names[code] for code in codes], classes=classes, origin=origin))


def _array_names(archive: ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _find(archive: ZipFile, known: Sequence[str], origin: Origin) -> str | None:
    """The array that has one of the known names, in any case."""
    found = [name for name in _array_names(archive) if name.casefold() in known]
    if len(found) > 1:
        raise DataError(f"{origin.file} has several arrays that could be meant: {listed(found)}; keep one of them")
    return found[0] if found else None


def _read(archive: ZipFile, name: str, origin: Origin) -> NDArray[Any]:
    if name not in _array_names(archive):
        raise DataError(f"{origin.file} has no array {quoted(name)}; it has {listed(_array_names(archive))}")
    place = f"{origin.file}, array {quoted(name)}"
    member = archive.getinfo(f"{name}.npy")
    check_room(member.file_size, what=f"{place}, unpacked,")
    with damage_reported(place, "array"), archive.open(member) as file:
        if _holds_objects(file):
            raise DataError(
                f"{place} holds Python objects, which run code when unpickled, and is not opened; store numbers, or "
                "texts as a string array: array.astype(str)"
            )
    with damage_reported(place, "array"), archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    if array.size == 0 or array.dtype.itemsize == 0:
        raise DataError(f"{place} is empty")
    return array


def _holds_objects(file: IO[bytes]) -> bool:
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    read_header = readers.get(np.lib.format.read_magic(file))
    return read_header is not None and read_header(file)[2].hasobject


def _unlabelled(inputs: NDArray[Any], origin: Origin) -> Dataset:
    kind, dimensions = inputs.dtype.kind, inputs.ndim
    if dimensions in (3, 4):
        images = as_images(inputs, origin)
        height, width, channels = images.shape[1:]
        return Dataset(images, None, (), ImageSpace(height=height, width=width, channels=channels), origin.file)
    if dimensions == 2 and kind in "biuf":
        names = tuple(str(position) for position in range(inputs.shape[1]))
        return dataset_from_columns(Columns(names, tuple(inputs.T), origin), label=None, classes=None)
    if dimensions == 1 and kind == "U":
        columns = Columns(("text",), (_strings(inputs, origin),), origin)
        return dataset_from_columns(columns, label=None, classes=None)
    raise DataError(
        f"{origin.file} has inputs of type {inputs.dtype} and shape {inputs.shape}, which are neither images "
        "(3 or 4 dimensions), a table (2, numbers) nor texts (1, strings)"
    )


def _label_values(labels: NDArray[Any], name: str, origin: Origin) -> NDArray[Any] | list[str]:
    column = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if column.ndim != 1 or column.dtype.kind not in "biufU":
        raise DataError(
            f"{origin.file}, array {quoted(name)}, has type {labels.dtype} and shape {labels.shape}; "
            "labels are one class number or one class name for each input"
        )
    return _strings(column, origin) if column.dtype.kind == "U" else column


def _class_names(names: NDArray[Any], origin: Origin) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind not in "iuU":
        raise DataError(f"{origin.file}, array 'classes', has type {names.dtype}; give one string for each class")
    written = tuple(name.strip() for name in _strings(names, origin)) if names.dtype.kind == "U" else ()
    written = written or tuple(str(number) for number in names.tolist())
    if len(set(written)) < len(written):
        raise DataError(f"{origin.file}, array 'classes', names a class twice")
    return written


def _strings(array: NDArray[Any], origin: Origin) -> list[str]:
    with damage_reported(origin.file, "array of strings"):
        return array.tolist()
