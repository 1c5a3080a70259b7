"""``package.module:attribute``, imported as a server imports its application."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tellmark.errors import InvalidInput, ModelError
from tellmark.models.answers import first_line


def import_callable(target: str) -> Callable[..., Any]:
    """The function or class that `target` names; the current directory is searched last.

    The module runs when it is imported: name only code of your own.

    Raises
    ------
    InvalidInput
        If `target` is not ``package.module:attribute``.
    ModelError
        If there is no such module or attribute, the module fails, or the attribute cannot be called.
    """
    module_name, colon, path = target.partition(":")
    if not colon or not module_name or not path:
        raise InvalidInput(f"code is named PACKAGE.MODULE:ATTRIBUTE, not {target!r}")
    found: Any = _import(module_name)
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            raise ModelError(f"the module {module_name} has no attribute {path!r}")
        found = getattr(found, attribute)
    if not callable(found):
        raise ModelError(f"{target} is a {type(found).__name__}, which cannot be called")
    return found


def _import(name: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        # Last, lest a file beside the model be imported in place of a library.
        sys.path.append(here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise ModelError(f"no module named {name!r} in {here} or among the installed packages") from error
        raise ModelError(f"importing {name} failed: {first_line(error)}") from error
    except Exception as error:
        raise ModelError(f"importing {name} failed: {type(error).__name__}: {first_line(error)}") from error
