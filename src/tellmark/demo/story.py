"""Tell the whole story on small real data: train, mark, steal, train innocents, verify them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from tellmark.api import load_model, mark, verify
from tellmark.demo.digits import Digits, load_digits
from tellmark.demo.result import Kind, Row, Story
from tellmark.demo.settings import DemoSettings
from tellmark.errors import MissingExtra
from tellmark.models.preprocessing import Preprocessing
from tellmark.proxies.screen import accuracy
from tellmark.randomness import derive_key, seed_from_int
from tellmark.theft.base import ThiefData, thief_data
from tellmark.theft.training import one_thread, seeded, train
from tellmark.triggers.mark import Mark
from tellmark.types import Progress, silent

if TYPE_CHECKING:
    from torch import nn

SOURCE, THIEVES, TWINS, VERIFYING = "training the source", "stealing", "training twins", "verifying"


def tell(*, seed: int = 3, settings: DemoSettings | None = None, progress: Progress = silent) -> Story:
    """Train a source on digits, mark it, steal it, train twins that owe it nothing, and verify every one.

    Everything is computed anew on one thread of the CPU; no file is read or written.

    Parameters
    ----------
    seed : int
        Decides every random choice: it tells the same story each time on the same machine with the same
        releases of PyTorch and scikit-learn.
    settings : DemoSettings, optional
    progress : callable, optional
        Told the stages, in this order: ``training the source``, those of `tellmark.mark`, ``stealing``,
        ``training twins``, ``verifying``.

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
        return _Telling(seed, settings or DemoSettings(), progress).story()


@dataclass(frozen=True)
class _Suspect:
    """A network and where it came from."""

    name: str
    kind: Kind
    made_by: str
    network: nn.Module


@dataclass(frozen=True)
class _Telling:
    """The steps of one story, and what they share."""

    seed: int
    settings: DemoSettings
    progress: Progress

    @cached_property
    def digits(self) -> Digits:
        return load_digits(seed=self.seed, holdout=self.settings.holdout, test=self.settings.test)

    @cached_property
    def known(self) -> ThiefData:
        """What source and twins are trained on; the thieves have it, too."""
        return thief_data(self.digits.training, Preprocessing())

    def story(self) -> Story:
        epochs = self.settings.training.epochs
        source = self.trained("source", "source", lambda done: self.progress(SOURCE, done, epochs))
        marked = mark(
            source.network,
            self.digits.holdout,
            n=self.settings.triggers,
            proxies=self.settings.proxies,
            seed=seed_from_int(self.seed),
            progress=self.progress,
        )
        suspects = [source, *self.thieves(source.network), *self.twins()]
        return Story(
            seed=self.seed,
            mark=marked.public,
            rows=with_gaps(tuple(self.verified(marked, suspects))),
            constant_matches=int(np.bincount(marked.triggers.labels).max()),
        )

    def trained(self, name: str, kind: Kind, after_epoch: Callable[[int], None] = lambda done: None) -> _Suspect:
        """A network of its own random weights, trained on the owner's data."""
        from torch.nn import functional

        seed = self._seed(name)
        with seeded(seed):
            network = self.settings.network()
        train(
            network,
            self.known.inputs,
            self.known.true_labels("training"),
            loss=functional.cross_entropy,
            training=self.settings.training,
            seed=seed,
            after_epoch=after_epoch,
        )
        return _Suspect(name, kind, f"{self.settings.network} trained by {self.settings.training}", network)

    def thieves(self, source: nn.Module) -> Iterator[_Suspect]:
        """The stolen networks, one after the other."""
        thefts = self.settings.thefts
        self.progress(THIEVES, 0, len(thefts))
        for done, (name, attack) in enumerate(thefts.items(), start=1):
            stolen = attack.steal(source, self.known, seed=self._seed(name))
            self.progress(THIEVES, done, len(thefts))
            yield _Suspect(name, "thief", repr(attack), stolen)

    def twins(self) -> Iterator[_Suspect]:
        """The independent networks, one after the other."""
        epochs = self.settings.training.epochs
        for before in range(self.settings.twins):

            def note(epoch: int, before: int = before) -> None:
                self.progress(TWINS, before * epochs + epoch, self.settings.twins * epochs)

            yield self.trained(f"twin {before + 1}", "twin", note)

    def verified(self, marked: Mark, suspects: list[_Suspect]) -> Iterator[Row]:
        """A row for each suspect, thieves without their gap."""
        for done, suspect in enumerate(suspects, start=1):
            model = load_model(suspect.network)
            found = verify(marked, model, order_seed=self._seed("order") >> 10)
            self.progress(VERIFYING, done, len(suspects))
            yield Row(suspect.name, suspect.kind, suspect.made_by, accuracy(model, self.digits.test), found)

    def _seed(self, name: str) -> int:
        """Seed of one training or theft, in [0, 2^63)."""
        key = derive_key(seed_from_int(self.seed), f"demo/{name}")
        return int.from_bytes(key[:8], "big") >> 1


def with_gaps(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows, each thief's with its matches less the highest twin's."""
    highest = max(row.verification.matches for row in rows if row.kind == "twin")
    return tuple(replace(row, gap=row.verification.matches - highest) if row.kind == "thief" else row for row in rows)
