"""Make the page of a benchmark from its result: ``docs/benchmarks/NAME.md`` from ``NAME.json``.

The text of a page is a template in ``benchmarks/templates``, with the result's fields in braces. Run as a script,
this module makes all pages anew.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.form import RESULTS, ROOT, Result, read_result
from benchmarks.running import run
from tellmark.files import replacing

TEMPLATES = ROOT / "benchmarks" / "templates"


def write_page(path: Path) -> Path:
    """Write the page beside the result at `path`."""
    page = path.with_suffix(".md")
    with replacing(page) as file:
        file.write(page_of(read_result(path)).encode())
    return page


def page_of(result: Result) -> str:
    """The text of a result's page."""
    template = (TEMPLATES / f"{result.name}.md").read_text(encoding="utf-8")
    return template.format_map(
        result.model_dump() | {"provenance": provenance(result), "kinds_table": kinds_table(result)}
    )


def results_with_template() -> list[Path]:
    """Results whose pages are made here."""
    return [path for path in sorted(RESULTS.glob("*.json")) if (TEMPLATES / f"{path.stem}.md").exists()]


def kinds_table(result: Result) -> str:
    """How every kind of stolen model fared, as a table."""
    lines = [
        "| kind | models | matched, mean (sd) | AUC (95 %) | true positives | median queries | verdicts |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, kind in result.kinds.items():
        area = "" if kind.auc is None else f"{kind.auc:.3f}"
        if kind.auc_ci95 is not None:
            area += f" ({kind.auc_ci95[0]:.2f}-{kind.auc_ci95[1]:.2f})"
        rates = ", ".join(f"{rate:.2f} at α = {level}" for level, rate in kind.tpr.items())
        queries = "" if kind.median_queries is None else f"{kind.median_queries:g}"
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in kind.verdicts.items() if count)
        lines.append(
            f"| {name} | {kind.models} | {kind.transfer_mean:.3f} ({kind.transfer_sd:.3f}) | {area} | {rates} | "
            f"{queries} | {verdicts} |"
        )
    return "\n".join(lines)


def provenance(result: Result) -> str:
    """Where the figures come from."""
    machine = result.machine
    return (
        f"Run by `{result.command}` on {result.date:%d %B %Y}, commit `{result.commit}`, seed {result.seed}, on "
        f"{machine.cpu} with {machine.cores} cores and {machine.memory_gib:g} GiB, {machine.system}, "
        f"Python {machine.python}. All settings are in [{result.name}.json]({result.name}.json)."
    )


def main() -> None:
    """Make every page anew."""
    for path in results_with_template():
        print(write_page(path).relative_to(ROOT))


if __name__ == "__main__":
    run(main)
