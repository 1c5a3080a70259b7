"""`tellmark demo`: the whole story on small real data."""

from __future__ import annotations

from typing import Annotated

import typer

from tellmark.cli.options import AsJson


def command(
    seed: Annotated[int, typer.Option(help="Decides every random choice of the story.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Train a small source on handwritten digits, mark it, steal it four ways, and verify thieves and innocents.

    Takes about a minute on one core and downloads nothing.
    """
    from tellmark.cli.progress import progress_bars
    from tellmark.demo.story import tell
    from tellmark.report.story import print_story
    from tellmark.report.terminal import print_json

    with progress_bars() as progress:
        story = tell(seed=seed, progress=progress)
    if as_json:
        print_json(story.to_json())
    else:
        print_story(story)
