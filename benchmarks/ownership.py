"""Which thefts are noticed, by Tellmark and by other detectors: the theft lab's results as a benchmark.

``make bench-ownership`` runs the preset `small`, or goes on with it, in ``results/small``: hours on two cores. To keep
the results of labs that are through, such as those of `paper` on a GPU: ``python -m benchmarks.ownership FOLDER …``.
Writes ``docs/benchmarks/ownership-NAME.json``, the page and the figure beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.form import RESULTS, ROOT, Result
from benchmarks.running import progress, run
from tellmark.theft.lab.publishing import publish
from tellmark.theft.lab.reading import read_configuration
from tellmark.theft.lab.results import Results
from tellmark.theft.lab.running import run_lab
from tellmark.theft.lab.zoo import cache_folder

PRESET = "small"


def named(result: Result) -> Result:
    """The result of a lab under the name of its benchmark."""
    return result.model_copy(update={"name": f"ownership-{result.name}"})


def keep(folders: Sequence[Path], where: Path = RESULTS) -> list[Path]:
    """Write result, page and figure of every lab.

    Raises
    ------
    FileError
        If a lab is not through, or something cannot be written.
    """
    return [path for folder in folders for path in publish(named(Results(folder).summary()), where)]


def main(folders: Sequence[str]) -> None:
    """Keep the results in these folders, or run the preset and keep its results."""
    if not folders:
        folder = ROOT / "results" / PRESET
        found = run_lab(read_configuration(PRESET), folder, cache_folder(), command=f"tellmark lab run {PRESET}")
        for name, reason in found.failures.items():
            progress(f"{name}: {reason}")
    for path in keep([Path(one) for one in folders] or [ROOT / "results" / PRESET]):
        print(path)


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
