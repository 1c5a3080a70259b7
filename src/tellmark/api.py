"""The one-liners: load a model and data, mark, save, load, verify."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from tellmark.data.dataset import Dataset
from tellmark.data.loading import load_data
from tellmark.errors import InvalidInput
from tellmark.models.base import Model
from tellmark.models.loading import load_model
from tellmark.proxies.choosing import NoiseKind
from tellmark.proxies.thefts import THEFT_CLASS, TheftFamilyName, family_named
from tellmark.randomness import seed_from_int
from tellmark.triggers.mark import Mark, load_mark
from tellmark.triggers.marking import compute_mark
from tellmark.triggers.panel import Panelist
from tellmark.triggers.preparing import prepare
from tellmark.triggers.recipe import RecipeName
from tellmark.triggers.recipes import suitable_recipes
from tellmark.triggers.settings import MarkSettings
from tellmark.triggers.shadows import Order, Supplied, shadow_folder
from tellmark.types import Progress, Seed, silent
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conducted import verify_with
from tellmark.verification.result import Method, Verification

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
    screen_data: Dataset | None = None,
    reuse_items: bool = False,
    tie_margin: float = 1e-3,
    max_label_share: float = 0.5,
    references: Sequence[object] = (),
    shadows: Mapping[TheftFamilyName, Sequence[object]] | None = None,
    make: Mapping[TheftFamilyName, int] | None = None,
    thief_data: Dataset | None = None,
    student: str | None = None,
    epochs: int | None = None,
    recipes: Sequence[RecipeName] | None = None,
    pool: int | None = None,
    fresh: int = 20,
    kept_back: int | None = None,
    content: float = 0.95,
    limit_confidence: float = 0.95,
    accept_similar: bool = False,
    state: str | Path | None = None,
    progress: Progress = silent,
) -> Mark:
    """Compute a trigger set for `source` from `holdout`, without changing the source.

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
    screen_data : Dataset, optional
        Labelled data that measure it instead, all of them.
    reuse_items : bool
        Let a hold-out item serve in more than one trigger.
    tie_margin : float
        Least distance between the source's best score and the runner-up on a trigger.
    max_label_share : float
        Largest share of the triggers that may bear one label.
    references : sequence of models or specs
        Models that owe nothing to the source. Half of them, chosen by the seed, help to select the triggers; the
        others say how often innocent models match (θ₀).
    shadows : mapping of family to models or specs, optional
        Stolen models made elsewhere, by theft family (`tellmark.proxies.thefts.THEFT_FAMILIES`).
    make : mapping of family to int, optional
        How many shadows of each family to make from the source. Those that are trained need `thief_data`.
    thief_data : Dataset, optional
        Data such as a thief would have. Not the hold-out data: shadows that know it match for that reason.
    student : str, optional
        ``torch:package.module:factory``, the architecture of distilled shadows; a small one when left out.
    epochs : int, optional
        Of the shadows' training; each family chooses when left out.
    recipes : sequence of str, optional
        One tier of `n` triggers for each: ``paper``, ``copy``, ``derived``, ``distilled``. When left out ``paper``
        without references, else those for which there are models.
    pool : int, optional
        Candidates that triggers are the best of; 20 for each trigger when left out.
    fresh : int
        Further noisy copies, with which nothing is selected, that say how often such copies match.
    kept_back : int, optional
        How many references are kept for θ₀.
    content, limit_confidence : float
        Of the limits θ₀ and θ₁: at least this share of models keep to them, with this confidence.
    accept_similar : bool
        Vouch for models that answer like a copy of the source, or like each other; the mark says so.
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
    supplied = [
        Supplied(family_named(family), _panelists(models, f"{family} shadow"))
        for family, models in (shadows or {}).items()
    ]
    order = _order(make or {}, thief_data, student, epochs, state)
    families = [group.family for group in supplied] + [family for family, _ in (order.families if order else ())]
    classes: set[str] = {THEFT_CLASS[family] for family in families}
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
        recipes=tuple(recipes or suitable_recipes(references=len(references), theft_classes=classes)),
        pool=pool,
        fresh=fresh if proxies else 0,
        kept_back=kept_back,
        content=content,
        confidence=limit_confidence,
    )
    marking = prepare(
        load_model(source),
        holdout,
        settings,
        references=_panelists(references, "reference"),
        supplied=supplied,
        order=order,
        screen_data=screen_data,
        accept_similar=accept_similar,
    )
    secret = seed_from_int(seed) if isinstance(seed, int) else seed
    return compute_mark(marking, seed=secret, state_path=None if state is None else Path(state), progress=progress)


def _panelists(models: Sequence[object], role: str) -> tuple[Panelist, ...]:
    """Models of the panel: loaded from their specs, by which errors name them, or given as they are."""
    found: list[Panelist] = []
    for number, model in enumerate(models):
        if isinstance(model, Panelist):
            found.append(model)
        else:
            first = next(place for place in range(number + 1) if models[place] is model)  # given twice, named alike
            name = str(model) if isinstance(model, (str, os.PathLike)) else f"{role} {first + 1}"
            found.append(Panelist(name, load_model(model)))
    return tuple(found)


def _order(
    make: Mapping[TheftFamilyName, int],
    data: Dataset | None,
    student: str | None,
    epochs: int | None,
    state: str | Path | None,
) -> Order | None:
    if make:
        families: tuple[tuple[TheftFamilyName, int], ...]
        families = tuple((family_named(family), count) for family, count in make.items())
        folder = None if state is None else shadow_folder(Path(state))
        return Order(families, data, student=student, epochs=epochs, folder=folder)
    for option, value in (("--thief-data", data), ("--student", student), ("--epochs", epochs)):
        if value is not None:
            raise InvalidInput(f"{option} is for shadows that are made: order some with --proxy distill:8")
    return None


def verify(
    mark: Mark,
    suspect: Model | object,
    *,
    method: Method | None = None,
    tiers: Sequence[str] | None = None,
    null_rate: float | None = None,
    max_queries: int | None = None,
    alpha: float = 0.01,
    beta: float = 0.05,
    confidence: float = 0.95,
    order_seed: int | None = None,
    registration: str | Path | None = None,
    transcript: str | Path | None = None,
    cost_per_query: float | None = None,
    max_cost: float | None = None,
    decoys: float = 0.0,
    decoy_data: Dataset | None = None,
    repeats: int = 0,
    controls: int = 0,
    progress: Progress = silent,
) -> Verification:
    """Ask `suspect` the triggers of `mark`, in random order, and judge from its labels alone.

    Parameters
    ----------
    suspect : Model, torch.nn.Module, scikit-learn estimator or callable
        See `tellmark.load_model` for files.
    method : "sequential" or "fixed", optional
        Ask one by one until the verdict is out, or as many as the budget allows and test once. Sequential when
        left out, if a limit for innocent models is known.
    tiers : sequence of str, optional
        Names of the tiers to ask and test, for a suspect examined for one class of theft; all when left out. With T
        tiers one alone takes T times the evidence. To be settled before any answer.
    null_rate : float, optional
        θ₀, the matching rate that independent models do not exceed, where one tier is asked; it takes the place of
        the limit in the mark. Without either the verdict is ``inconclusive``: a high rate says nothing until one
        knows how often innocent models match.
    max_queries : int, optional
        Query budget; every trigger may be asked when left out.
    alpha : float
        Level of ``supports``.
    beta : float
        Level at which a tier is left for the others, and given up.
    confidence : float
        Of the intervals.
    order_seed : int, optional
        Fixes the order of the questions; fresh when left out.
    registration : path, optional
        The registration of the mark (``.tmk``): the triggers of its reserve are not asked, so that a judge is the
        first to ask them.
    transcript : path, optional
        Where the run is written down while it goes on. Stopped at any point, the same call goes on from there and asks
        nothing again that has an answer.
    cost_per_query, max_cost : float, optional
        What a query costs, and what all of them may cost at most, in any currency.
    decoys : float
        Share of natural inputs among all queries, asked in between so that triggers do not stand out.
    decoy_data : Dataset, optional
        Where natural inputs for decoys and controls come from.
    repeats : int
        How many triggers are asked a second time, to see whether answers change from call to call.
    controls : int
        How many natural inputs are asked twice at the start and once at the end: none, or at least 3, as fewer can show
        nothing. They tell whether the suspect changed during the run; then nothing is decided.

    With any of these, `max_queries` is for queries of all kinds.

    Raises
    ------
    TellmarkError
        With one sentence: what is wrong, where, and what to do.
    """
    from tellmark.evidence.unasked import unasked  # certificates and clients of authorities are seldom needed

    choice = Choice(
        method=method,
        tiers=tiers,
        null_rate=null_rate,
        max_queries=max_queries,
        alpha=alpha,
        beta=beta,
        confidence=confidence,
        order_seed=order_seed,
        reserve=() if registration is None else unasked(registration, mark.public),
    )
    conduct = Conduct(
        transcript=None if transcript is None else Path(transcript),
        cost_per_query=cost_per_query,
        max_cost=max_cost,
        decoys=decoys,
        repeats=repeats,
        controls=controls,
        natural=decoy_data,
    )
    return verify_with(mark, load_model(suspect), choice, conduct, progress=progress)
