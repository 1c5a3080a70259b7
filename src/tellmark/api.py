"""The one-liners: load a model and data, mark, save, load, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tellmark.data.dataset import Dataset
from tellmark.data.loading import load_data
from tellmark.models.base import Model
from tellmark.models.loading import load_model
from tellmark.proxies.choosing import NoiseKind
from tellmark.randomness import seed_from_int
from tellmark.triggers.mark import Mark, load_mark
from tellmark.triggers.marking import compute_mark
from tellmark.triggers.preparing import prepare
from tellmark.triggers.settings import MarkSettings
from tellmark.types import Progress, Seed, silent
from tellmark.verification.result import Verification
from tellmark.verification.session import verify as _verify

__all__ = ["load_data", "load_mark", "load_model", "mark", "verify"]


def mark(
    source: Model | object,
    holdout: Dataset,
    *,
    n: int = 100,
    seed: int | Seed | None = None,
    proxies: int = 64,
    sigma: float | Literal["auto"] = 0.02,
    noise: NoiseKind = "relative",
    tau: float | None = 0.02,
    screen_items: int = 256,
    reuse_items: bool = False,
    tie_margin: float = 1e-3,
    max_label_share: float = 0.5,
    state: str | Path | None = None,
    progress: Progress = silent,
) -> Mark:
    """Compute a trigger set for `source` from `holdout`, without training anything.

    Parameters
    ----------
    source : Model, torch.nn.Module, scikit-learn estimator or callable
        The owner's model; see `tellmark.load_model` for files.
    holdout : Dataset
        Data the owner keeps back; see `tellmark.load_data`. Without labels the source's own answers serve.
    n : int
        How many triggers.
    seed : int or bytes of length 32, optional
        The secret; a fresh one when left out. A small number can be guessed by trying.
    proxies : int
        m, the number of noisy copies that must all answer alike; 0 keeps candidates untested.
    sigma : float or "auto"
        Size of the noise: σ, or the radius δ with ``noise="ball"``; ``auto`` finds the largest whose proxies
        stay within `tau` of the source's accuracy.
    noise : "relative", "absolute" or "ball"
        σ in units of each parameter's own scale, σ as it is (the paper's code uses 8e-3), or uniform in a
        ball around all weights.
    tau : float or None
        Largest difference in accuracy between a proxy and the source; None admits every proxy.
    screen_items : int
        How many hold-out items measure that accuracy at most.
    reuse_items : bool
        Let a hold-out item serve in more than one trigger.
    tie_margin : float
        Least distance between the source's best score and the runner-up on a trigger.
    max_label_share : float
        Largest share of the triggers that may bear one label.
    state : path, optional
        A file that keeps the state of the run, so that the same call goes on where an interrupted one
        stopped. It holds the seed; remove it once the mark is saved.
    progress : callable, optional
        Told how far the work has come.

    Returns
    -------
    Mark

    Raises
    ------
    TellmarkError
        With one sentence: what is wrong, where, and what to do.

    References
    ----------
    M. Pautov, N. Bogdanov, S. Pyatkin, O. Rogov, I. Oseledets. Probabilistically Robust Watermarking of
    Neural Networks. IJCAI 2024. doi 10.24963/ijcai.2024/528
    """
    settings = MarkSettings(
        triggers=n,
        proxies=proxies,
        noise=noise,
        magnitude=sigma,
        tolerance=tau,
        screen_items=screen_items,
        reuse_items=reuse_items,
        tie_margin=tie_margin,
        max_label_share=max_label_share,
    )
    marking = prepare(load_model(source), holdout, settings)
    secret = seed_from_int(seed) if isinstance(seed, int) else seed
    return compute_mark(marking, seed=secret, state_path=None if state is None else Path(state), progress=progress)


def verify(
    mark: Mark,
    suspect: Model | object,
    *,
    null_rate: float | None = None,
    max_queries: int | None = None,
    alpha: float = 0.01,
    confidence: float = 0.95,
    order_seed: int | None = None,
    progress: Progress = silent,
) -> Verification:
    """Ask `suspect` the triggers of `mark`, in random order, and judge from its labels alone.

    Parameters
    ----------
    suspect : Model, torch.nn.Module, scikit-learn estimator or callable
        See `tellmark.load_model` for files.
    null_rate : float, optional
        θ₀, the matching rate that independent models do not exceed. Without it the verdict is
        ``inconclusive``: a high rate says nothing until one knows how often innocent models match.
    max_queries : int, optional
        Query budget; all triggers are asked when left out.
    alpha : float
        Level of the test.
    confidence : float
        Of the Clopper-Pearson interval.
    order_seed : int, optional
        Fixes the order of the questions; fresh when left out.

    Raises
    ------
    TellmarkError
        With one sentence: what is wrong, where, and what to do.
    """
    return _verify(
        mark,
        load_model(suspect),
        null_rate=null_rate,
        max_queries=max_queries,
        alpha=alpha,
        confidence=confidence,
        order_seed=order_seed,
        progress=progress,
    )
