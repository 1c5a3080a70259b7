"""How the size of the noise and the cap on labels bear on telling thieves from twins, on handwritten digits.

Usage: python -m benchmarks.noise [--seeds 10 11 12 13 14]

Writes docs/benchmarks/noise.json and noise.md. For each seed one source, its thieves and three twins, as in
`tellmark demo`; each source is marked once with every setting.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.form import RESULTS, Result, checked_out_commit, now, read_result, this_machine, write_result
from tellmark.api import load_model, mark, verify
from tellmark.demo.cast import Cast
from tellmark.demo.settings import DemoSettings
from tellmark.documents import Document
from tellmark.errors import SelectionFailed
from tellmark.files import replacing
from tellmark.theft.training import one_thread


class Setting(Document):
    """One way of marking: everything else is the default of `tellmark.mark`."""

    noise: str
    sigma: float | str
    max_label_share: float

    @property
    def name(self) -> str:
        """As the figures call it."""
        return f"{self.noise} {self.sigma} share {self.max_label_share:g}"


SETTINGS = [
    Setting(noise=noise, sigma=sigma, max_label_share=share)
    for share in (1.0, 0.5)
    for noise, sigma in (
        ("relative", 0.005),
        ("relative", 0.01),
        ("relative", 0.02),
        ("relative", 0.03),
        ("relative", "auto"),
        ("absolute", 0.008),
    )
]


@dataclass(frozen=True)
class Outcome:
    """Matching rates of one mark: by thief, and of the twins."""

    thieves: dict[str, float]
    twins: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11, 12, 13, 14])
    seeds = parser.parse_args().seeds
    outcomes: dict[str, list[Outcome]] = {setting.name: [] for setting in SETTINGS}
    with one_thread():
        for seed in seeds:
            for name, outcome in outcomes_of(Cast(seed, DemoSettings())):
                outcomes[name].append(outcome)
                print(seed, name, outcome, file=sys.stderr)
    result = Result(
        name="noise",
        command=f"python {shlex.join(sys.argv)}" if len(sys.argv) > 1 else "make bench-noise",
        commit=checked_out_commit(),
        date=now(),
        machine=this_machine(),
        seed=seeds[0],
        settings={"seeds": seeds, "triggers": 100, "proxies": 64, "data": "scikit-learn digits, as in tellmark demo"},
        figures={key: value for name, found in outcomes.items() for key, value in figures(name, found, len(seeds))},
    )
    write_result(result)
    write_page()


def outcomes_of(cast: Cast) -> Iterator[tuple[str, Outcome]]:
    """Every setting's outcome with one cast; a setting that finds too few triggers has none."""
    source = cast.source()
    thieves = {thief.name: load_model(thief.network) for thief in cast.thieves(source.network)}
    twins = [load_model(twin.network) for twin in cast.twins()]
    for setting in SETTINGS:
        try:
            made = mark(source.network, cast.digits.holdout, seed=cast.seed, **setting.model_dump())
        except SelectionFailed as failure:
            print(cast.seed, setting.name, failure, file=sys.stderr)
            continue
        rates = {name: verify(made, thief).rate for name, thief in thieves.items()}
        yield setting.name, Outcome(rates, [verify(made, twin).rate for twin in twins])


def figures(name: str, found: list[Outcome], seeds: int) -> Iterator[tuple[str, float]]:
    """Means over the seeds for which the setting found its triggers, and how many these are."""
    yield f"{name}: seeds marked", len(found)
    if not found:
        return
    yield f"{name}: twins", float(np.mean([rate for one in found for rate in one.twins]))
    yield f"{name}: closest twin", float(np.mean([max(one.twins) for one in found]))
    for thief in found[0].thieves:
        yield f"{name}: {thief}", float(np.mean([one.thieves[thief] for one in found]))
        above = sum(one.thieves[thief] > max(one.twins) for one in found)
        yield f"{name}: {thief} above every twin", above / seeds


def write_page() -> None:
    """docs/benchmarks/noise.md, from the JSON beside it."""
    result = read_result(RESULTS / "noise.json")
    with replacing(RESULTS / "noise.md") as file:
        file.write(page(result).encode())


def page(result: Result) -> str:
    """The result as a page."""
    thieves = ("fine-tuned copy", "half-pruned copy", "int8 copy", "distilled copy")
    seeds = len(result.settings["seeds"])
    header = f"| noise | cap | marked | twins | closest twin | {' | '.join(thieves)} |"
    ruler = f"|---|--:|--:|{'--:|' * (2 + len(thieves))}"
    table = "\n".join([header, ruler, *(row(result, setting, thieves, seeds) for setting in SETTINGS)])
    return f"""# Noise and the cap on labels
How large should the noise on the weights be, and how many triggers may bear one label? Each cell is a mean
matching rate over the seeds; in brackets, for how many of the {seeds} seeds the thief matched more often than each
of three twins.

{table}

- *cap*: the largest share of triggers that may bear one label (`--max-label-share`). Without it most triggers on
  this data bear the same one: blurs of digits look like that digit to every network.
- *marked*: for how many seeds the hold-out data held 100 such triggers.
- *auto*: the largest noise under which the source keeps its accuracy. Triggers that withstand much noise are
  those that every good network answers alike.

Small networks on small data, {seeds} of them: differences of a few hundredths mean nothing. The defaults of
`tellmark mark` (relative 0.02, cap 0.5) were chosen on other seeds, 0 to 2.

Seeds {", ".join(map(str, result.settings["seeds"]))}; {result.date:%Y-%m-%d}; {result.machine.cpu},
{result.machine.cores} cores; `{result.command}`. Figures: [noise.json](noise.json).
"""


def row(result: Result, setting: Setting, thieves: tuple[str, ...], seeds: int) -> str:
    """One line of the table."""
    found = {
        key.removeprefix(f"{setting.name}: "): value
        for key, value in result.figures.items()
        if key.startswith(f"{setting.name}: ")
    }
    head = f"| {setting.noise} {setting.sigma} | {setting.max_label_share:g} | {found['seeds marked']:.0f} of {seeds} |"
    if "twins" not in found:
        return f"{head}{' |' * (2 + len(thieves))}"
    cells = [f"{found['twins']:.2f}", f"{found['closest twin']:.2f}"]
    cells += [f"{found[thief]:.2f} ({seeds * found[f'{thief} above every twin']:.0f})" for thief in thieves]
    return f"{head} {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
