"""How a benchmark's script is run: what the user must mend is said in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tellmark.errors import TellmarkError


def run(main: Callable[[], None]) -> None:
    """Run `main`; a `TellmarkError` becomes its message and exit code 2."""
    try:
        main()
    except TellmarkError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def progress(text: str) -> None:
    """Say how far the benchmark has come."""
    print(text, file=sys.stderr, flush=True)
