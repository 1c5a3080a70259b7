"""Many models, named where one model could be: by a folder, or by a pattern of file names."""

from __future__ import annotations

from dataclasses import replace
from glob import has_magic
from pathlib import Path

from tellmark.errors import FileError
from tellmark.models.spec import KIND_OF_SUFFIX, ModelSpec, parse_spec

WEIGHTS = ".safetensors"


def each_model(text: str) -> list[str]:
    """The specs of the models that `text` names, in the order of their files' names.

    A folder stands for every model file in it whose suffix tells its kind (``.onnx``, ``.pt2``, ``.skops``).
    ``torch:package.module:factory?weights=FOLDER`` stands for one model for each ``.safetensors`` file in the
    folder. Where no file has that very name, ``*`` and ``[…]`` in the name of a model's file, or of its weights,
    stand for what they do in a shell. Anything else is the spec of one model.

    Raises
    ------
    FileError
        If no model is there.
    InvalidInput
        If the spec has another form.
    """
    if _is_folder(text):
        return _in_folder(Path(text))
    spec = parse_spec(text)
    if "weights" in spec.options:
        return [str(one) for one in _with_each_weights(spec, spec.options["weights"])] or [text]
    if _is_pattern(spec.target):
        return [str(replace(spec, target=path)) for path in _matching(spec.target)]
    return [text]


def _with_each_weights(spec: ModelSpec, weights: str) -> list[ModelSpec]:
    """One spec for each file of weights; none where a single one is named."""
    if _is_folder(weights):
        paths = sorted(str(path) for path in Path(weights).iterdir() if path.suffix == WEIGHTS)
        if not paths:
            raise FileError(f"{weights} holds no {WEIGHTS} file: name a folder of weights, or one file")
    elif _is_pattern(weights):
        paths = _matching(weights)
    else:
        return []
    return [replace(spec, options={**spec.options, "weights": path}) for path in paths]


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except OSError:  # a name longer than any file's
        return False


def _is_pattern(name: str) -> bool:
    try:
        return has_magic(name) and not Path(name).exists()
    except OSError:
        return False


def _matching(pattern: str) -> list[str]:
    anchor = Path(pattern).anchor
    paths = sorted(str(path) for path in Path(anchor).glob(pattern.removeprefix(anchor)))
    if not paths:
        raise FileError(f"no file is named like {pattern}: check the pattern, and put it in quotes")
    return paths


def _in_folder(folder: Path) -> list[str]:
    specs = [
        f"{KIND_OF_SUFFIX[path.suffix]}:{path}" for path in sorted(folder.iterdir()) if path.suffix in KIND_OF_SUFFIX
    ]
    if not specs:
        weights = any(path.suffix == WEIGHTS for path in folder.iterdir())
        advice = f"; give weights as torch:package.module:factory?weights={folder}" if weights else ""
        raise FileError(f"{folder} holds no model ({', '.join(KIND_OF_SUFFIX)}){advice}")
    return specs
