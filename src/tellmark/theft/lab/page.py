"""The page of results, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tellmark.files import replacing
from tellmark.theft.lab.form import DetectorResult, Result
from tellmark.theft.lab.losses import goals_reached, where_tellmark_loses
from tellmark.theft.lab.table import details, false_claims, levels_of, overview, terms_table, twins_table
from tellmark.theft.lab.terms import Terms

_COLUMNS = """\
Twins are independent models that no detector was prepared with: of the *same* data and architecture as the source, of
the same data and another architecture (*other-architecture*), or trained on *other-data*. In the tables:

- *matched*: share of a detector's questions that a model answers as the source does.
- *AUC*: how often a stolen model ranks above a twin, ties counting half. Models are ranked by the share that they
  match; a detector with several tiers of questions ranks them by how far they stand beyond the null limit in the tier
  where they stand highest. The interval is a bootstrap over models; with fewer than 8 models of either kind, or where
  the two do not overlap at all, it is Newcombe's score interval, which keeps a width.
- *AUC, hardest twins*: the same against the one kind of twin that these models are told from worst, where that differs.
- *TPR at α*: share of stolen models above a threshold that no more than the share α of the twins exceeds. With fewer
  than 1/α twins that is above all of them.
- *queries*: median until the verdict `supports`, where it was given; then how often each verdict was given.
- *accuracy lost*: the source's accuracy less that of the stolen models: what the theft cost the thief.
- *claimed*: how many twins got the verdict `supports`, with the exact 95 % interval of the rate. The stated bound is
  the largest probability of that if the limits hold, by the terms beside it.
- *in shadows*: whether the detector was prepared with models that the owner had stolen in this way, with whatever
  settings. Where it was, it knew the theft in advance; an evasion is never among them.
- Where nothing stands, the theft was not carried out: thieves of a watermark steal from a source of its own, which was
  trained to carry it, and not every theft is tried there.
- *θ₀*: the null limit, the share of the N questions that innocent models keep to: at least the share 1-γ of them, with
  confidence 1-δ, inferred from k references with which no question was selected. *order statistic* assumes nothing
  about how their rates are distributed; *logit-normal* assumes that the logits are normal.
"""


def markdown(result: Result, *, figure: str | None = None) -> str:
    """The whole page.

    Parameters
    ----------
    result : Result
    figure : str or None
        Where the figure lies, seen from the page.
    """
    return "\n\n".join(part.strip() for part in _parts(result, figure)) + "\n"


def write_page(result: Result, path: Path, *, figure: str | None = None) -> None:
    """Write the page, all of it or nothing.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    with replacing(path) as file:
        file.write(markdown(result, figure=figure).encode())


def _parts(result: Result, figure: str | None) -> Iterator[str]:
    table = overview(result)
    yield f"# Theft lab: {result.name}"
    yield f"{table.title}.\n\n{table.markdown()}"
    if figure is not None:
        yield f"![AUC of every detector on every kind of theft, with 95 % intervals]({figure})"
    yield _COLUMNS
    yield f"## Where Tellmark loses\n\n{where_tellmark_loses(result)}"
    yield f"## What was to be reached\n\n{goals_reached(result)}"
    yield _rules(result)
    for name, found in result.detectors.items():
        yield from _detector(result, name, found)
    yield _left_out(result)
    yield _provenance(result)


def _rules(result: Result) -> str:
    protocol = result.settings.get("protocol", {})
    rule = result.settings.get("rule_of_verdicts")
    budget = protocol.get("queries")
    lines = [
        "## The terms",
        "Every detector has the same references, and finds its null limit with the same half of them.",
    ]
    lines += [f"It asks at most {budget} questions."] if budget else []
    lines += [f"The verdict is, {rule}."] if rule else []
    return "\n\n".join([lines[0], " ".join(lines[1:])])


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _detector(result: Result, name: str, found: DetectorResult) -> Iterator[str]:
    yield f"## {name}\n\n{_capital(false_claims(found))}."
    if found.terms is not None:
        yield f"{_in_words(found.terms)}\n\n{terms_table(found.terms).markdown()}"
    if found.kinds:
        yield details(name, found, levels_of(result)).markdown()
    if found.innocents is not None and found.innocents.kinds:
        yield twins_table(found.innocents).markdown()


def _in_words(terms: Terms) -> str:
    shadows = ", ".join(f"{family} ({count})" for family, count in terms.shadows.items())
    return f"α = {terms.alpha:g}, β = {terms.beta:g}. " + (
        f"It was prepared with shadows: {shadows}." if shadows else "It was prepared without shadows."
    )


def _left_out(result: Result) -> str:
    failed, missing = result.settings.get("failed_to_learn", []), result.settings.get("not_made", {})
    lines = ["## Left out", f"The rule: {result.settings.get('rule_of_exclusion', 'none')}."]
    lines += [f"- {one['name']} failed to learn: accuracy {one['accuracy']:.3f}" for one in failed]
    lines += [f"- {name} is missing{': ' if reason else ''}{reason}" for name, reason in missing.items()]
    if not failed and not missing:
        lines.append("Every model took part.")
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])


def _provenance(result: Result) -> str:
    machine, figures = result.machine, result.figures
    spent = ""
    if "overhead" in figures:
        spent = (
            f" Around {figures.get('seconds/bare', 0.0):.0f} seconds of bare training and theft the lab took "
            f"{figures['overhead']:.1%} more."
        )
    return (
        f"## Where the figures come from\n\n"
        f"`{result.command}` on {result.date:%d %B %Y}, `{result.commit}`, seed {result.seed}, on {machine.cpu} with "
        f"{machine.cores} cores and {machine.memory_gib:g} GiB, {machine.system}, Python {machine.python}. "
        f"The source's accuracy is {figures['accuracy/source']:.3f}.{spent} "
        f"Every setting, and the accuracy of every model, is in the JSON file."
    )
