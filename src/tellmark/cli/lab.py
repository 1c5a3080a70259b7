"""`tellmark lab`: steal your own model in every way, and see which detector notices."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from tellmark.cli.options import AsJson, Device

app = typer.Typer(
    name="lab",
    help="Make stolen models and twins, let every detector examine them, and compare.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def run(
    lab: Annotated[
        str, typer.Argument(metavar="LAB", help="A TOML file, or one of the presets smoke, small, strong and paper.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the results.", show_default="results/ and the lab's name"),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that train and examine, each on one thread.")] = 2,
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after so many minutes; the same command goes on.", show_default="no limit"),
    ] = None,
    device: Device = None,
) -> None:
    """Run LAB: train, steal, examine, sum up; or go on where an earlier run stopped, however it ended.

    Networks are kept in the folder that TELLMARK_CACHE names, ~/.cache/tellmark otherwise, and are made once.
    """
    from tellmark.cli.progress import progress_bars
    from tellmark.report.lab import print_run
    from tellmark.theft.lab.reading import read_configuration
    from tellmark.theft.lab.running import run_lab
    from tellmark.theft.lab.zoo import cache_folder

    configuration = read_configuration(lab)
    folder = output or Path("results", configuration.name)
    command = ["tellmark", "lab", "run", lab]
    with progress_bars() as progress:
        found = run_lab(
            configuration,
            folder,
            cache_folder(),
            workers=workers,
            minutes=minutes,
            device=device,
            command=shlex.join(command),
            progress=progress,
        )
    print_run(found, folder, command=shlex.join([*command, *(["-o", str(output)] if output else [])]))


@app.command()
def table(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder of a lab that is through.")],
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the whole page in Markdown and nothing else.")
    ] = False,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the results into this file, .svg or .png.", show_default=False)
    ] = None,
) -> None:
    """Show what a lab found: how well each detector tells each kind of theft from twins, and what it claims falsely."""
    from tellmark.report.lab import print_markdown, print_results
    from tellmark.report.terminal import print_json
    from tellmark.theft.lab.figure import save_figure
    from tellmark.theft.lab.results import Results

    kept = Results(results)
    result = kept.summary()
    if figure is not None:
        save_figure(result, figure)
    if as_json:
        print_json(result.model_dump(mode="json", by_alias=True))
    elif as_markdown:
        print_markdown(result, figure=kept.figure())
    else:
        print_results(result)
