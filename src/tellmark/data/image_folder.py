"""Images sorted into one folder per class, on disk or in a zip archive (the ImageFolder layout)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from zipfile import ZipFile

from tellmark.data.archive import open_archive, read_member
from tellmark.data.dataset import Dataset
from tellmark.data.image_decoding import IMAGE_SUFFIXES, ImageFile, decode_images
from tellmark.data.labels import encode_labels
from tellmark.data.limits import MAX_FILE_BYTES
from tellmark.data.origin import Origin
from tellmark.errors import DataError, InvalidInput
from tellmark.spaces import ImageSpace

_DEEPEST = 8


def read_image_folder(
    path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None
) -> Dataset:
    """Images below a folder: ``class/name.png``, or ``name.png`` for images without labels."""
    path = path if path.name else path.resolve()  # "." has no name to call it by
    return _dataset(_files_below(path), path.name, label_column=label_column, classes=classes)


def read_image_zip(
    path: Path, *, label_column: str | int | None = None, classes: Sequence[str] | None = None
) -> Dataset:
    """Images in a zip archive, laid out as in a folder. Nothing is unpacked to disk."""
    with open_archive(path) as archive:
        return _dataset(_files_in(archive, path.name), path.name, label_column=label_column, classes=classes)


def _dataset(
    found: Iterable[ImageFile], name: str, *, label_column: str | int | None, classes: Sequence[str] | None
) -> Dataset:
    if label_column is not None:
        raise InvalidInput(f"{name} holds images, whose labels are their folders: leave label_column out")
    files = sorted(filter(_is_image, found), key=lambda file: file.parts)
    if not files:
        raise DataError(f"{name} holds no images ({', '.join(IMAGE_SUFFIXES)})")
    folders = _class_folders(files, name)
    images = decode_images(files)
    height, width, channels = images.shape[1:]
    data = Dataset(images, None, tuple(classes or ()), ImageSpace(height=height, width=width, channels=channels), name)
    if folders is None:
        return data
    return data.with_labels(*encode_labels(folders, classes=classes, origin=Origin(name, "image")))


def _class_folders(files: Sequence[ImageFile], name: str) -> list[str] | None:
    """The class folder of each image; None where images lie in no folder."""
    if all(len(file.parts) == 1 for file in files):
        return None
    levels = zip(*(file.parts[:-2] for file in files), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    stray = next((file for file in files if len(file.parts) != shared + 2), None)
    if stray is not None:
        raise DataError(
            f"{name} is not laid out as class/image: {stray.place} lies elsewhere; "
            "point at the folder whose folders are the classes"
        )
    return [file.parts[-2] for file in files]


def _is_image(file: ImageFile) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in file.parts)
    return not hidden and file.parts[-1].lower().endswith(IMAGE_SUFFIXES)


def _files_below(root: Path) -> Iterator[ImageFile]:
    for folder, _, names in os.walk(root, followlinks=True, onerror=_raise):
        parts = Path(folder).relative_to(root).parts
        if len(parts) > _DEEPEST:
            raise DataError(f"{root.name} nests folders more than {_DEEPEST} deep; point at the class folders' parent")
        for name in names:
            yield ImageFile(
                (*parts, name), "/".join((root.name, *parts, name)), partial(_read_file, Path(folder, name))
            )


def _files_in(archive: ZipFile, file: str) -> Iterator[ImageFile]:
    for member in archive.infolist():
        parts = tuple(part for part in member.filename.replace("\\", "/").split("/") if part)
        if parts and not member.is_dir():
            place = "/".join((file, *parts))
            yield ImageFile(parts, place, partial(read_member, archive, member, place=place, limit=MAX_FILE_BYTES))


def _read_file(path: Path) -> bytes:
    if not path.is_file():
        raise DataError(f"{path} is no regular file, or leads to none; remove it")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(f"{path} has {path.stat().st_size:,} bytes, and at most {MAX_FILE_BYTES:,} are read")
    return path.read_bytes()


def _raise(error: OSError) -> None:
    raise error
