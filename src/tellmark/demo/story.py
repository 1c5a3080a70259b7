"""Tell the whole story on small real data: train, mark, steal, train innocents, verify them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from tellmark.api import load_model, mark, verify
from tellmark.demo.cast import Cast, Character
from tellmark.demo.result import Row, Story
from tellmark.demo.settings import DemoSettings
from tellmark.errors import MissingExtra
from tellmark.proxies.screen import accuracy
from tellmark.randomness import seed_from_int
from tellmark.theft.training import one_thread
from tellmark.triggers.mark import Mark
from tellmark.types import Progress, silent

VERIFYING = "verifying"


def tell(*, seed: int = 3, settings: DemoSettings | None = None, progress: Progress = silent) -> Story:
    """Train a source on digits, mark it, steal it, train twins that owe it nothing, and verify every one.

    The mark is made with references, networks like the twins, and with students distilled for practice.

    Everything is computed anew on one thread of the CPU; no file is read or written.

    Parameters
    ----------
    seed : int
        Decides every random choice: it tells the same story each time on the same machine with the same
        releases of PyTorch and scikit-learn.
    settings : DemoSettings, optional
    progress : callable, optional
        Told the stages, in this order: ``training the source``, ``training references``, ``stealing for practice``,
        those of `tellmark.mark`, ``stealing``, ``training twins``, ``verifying``.

    Returns
    -------
    Story

    Raises
    ------
    MissingExtra
        If PyTorch or scikit-learn is not installed.
    InvalidInput
        If the seed is out of range.
    """
    if find_spec("torch") is None:
        raise MissingExtra("the demonstration", "demo")
    with one_thread():
        return _story(Cast(seed, settings or DemoSettings(), progress))


def _story(cast: Cast) -> Story:
    source = cast.source()
    marked = mark(
        source.network,
        cast.digits.holdout,
        n=cast.settings.triggers,
        proxies=cast.settings.proxies,
        pool=cast.settings.pool,
        references=cast.references(),
        kept_back=cast.settings.kept_back,
        shadows={"distilled": cast.shadows(source.network)},
        reuse_items=True,  # five hundred items are too few for tiers that share none
        seed=seed_from_int(cast.seed),
        progress=cast.progress,
    )
    suspects = [source, *cast.thieves(source.network), *cast.twins()]
    return Story(cast.seed, marked.public, tuple(_verified(cast, marked, suspects)))


def _verified(cast: Cast, marked: Mark, suspects: Sequence[Character]) -> Iterator[Row]:
    """A row for each suspect, asked in an order of its own."""
    for done, suspect in enumerate(suspects, start=1):
        model = load_model(suspect.network)
        found = verify(marked, model, order_seed=cast.number_of(f"order/{suspect.name}") >> 10)
        cast.progress(VERIFYING, done, len(suspects))
        yield Row(suspect.name, suspect.kind, suspect.made_by, accuracy(model, cast.digits.test), found)
