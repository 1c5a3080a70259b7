"""Theft families: distributions over what a thief would do, of which proxies are drawn.

A member of a family is an attack with every setting drawn from (key, number). Shadows that somebody else made
count as members of the family that their owner says they belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Protocol, get_args

from tellmark.errors import InvalidInput
from tellmark.models.spec import unknown_name
from tellmark.proxies.draws import Draws
from tellmark.randomness import derive_key
from tellmark.theft.base import Attack

TheftFamilyName = Literal[
    "quantised",
    "pruned",
    "fine-tuned",
    "fine-tuned-last",
    "distilled-soft",
    "distilled-hard",
    "distilled-rgt",
    "distilled",
]
TheftClass = Literal["copy", "derived", "distilled"]

THEFT_FAMILIES: tuple[TheftFamilyName, ...] = get_args(TheftFamilyName)

THEFT_CLASS: Mapping[str, TheftClass] = MappingProxyType(
    {
        "quantised": "copy",
        "pruned": "copy",
        "fine-tuned": "derived",
        "fine-tuned-last": "derived",
        "distilled-soft": "distilled",
        "distilled-hard": "distilled",
        "distilled-rgt": "distilled",
        "distilled": "distilled",
    }
)
"""How much of the source is left: its weights, weights trained on from them, or its answers alone."""

FAMILY_OF_WORD: Mapping[str, TheftFamilyName] = MappingProxyType(
    {
        "quantise": "quantised",
        "prune": "pruned",
        "fine-tune": "fine-tuned",
        "fine-tune-last": "fine-tuned-last",
        "distill-soft": "distilled-soft",
        "distill-hard": "distilled-hard",
        "distill-rgt": "distilled-rgt",
        "distill": "distilled",
    }
)
"""What a person asks for, and the family it is recorded as."""

MOST_MEMBERS = 1000


@dataclass(frozen=True)
class Theft:
    """One member of a family: nothing is left to choose.

    Attributes
    ----------
    attack : Attack
        Its `repr` shows every setting.
    seed : int
        In [0, 2^63): the attack's.
    description : str
        The settings in words, such as ``share 0.31 of each tensor``.
    """

    attack: Attack
    seed: int
    description: str


class TheftFamily(Protocol):
    """Numbered thefts, each a pure function of the family's key and its number."""

    def theft(self, number: int) -> Theft:
        """Theft `number`, from 0 on."""
        ...


def family_named(name: str) -> TheftFamilyName:
    """The family with this name.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    for family in THEFT_FAMILIES:
        if family == name:
            return family
    raise unknown_name("theft family", name, THEFT_FAMILIES)


def draws_of(key: bytes, number: int) -> Draws:
    """What decides about member `number` of the family with this key."""
    return Draws(derive_key(key, f"theft/{number}"))


def parse_proxy(text: str) -> tuple[TheftFamilyName, int]:
    """Read ``FAMILY:COUNT``, the shadows to be made.

    Examples
    --------
    >>> parse_proxy("distill:8")
    ('distilled', 8)

    Raises
    ------
    InvalidInput
        If the form is another, the family unknown, or the count not 1 to 1000.
    """
    word, colon, count = text.partition(":")
    if not colon:
        raise InvalidInput(f"proxies to be made are named FAMILY:COUNT, such as distill:8, not {text!r}")
    if word not in FAMILY_OF_WORD:
        raise unknown_name("theft family", word, FAMILY_OF_WORD)
    if not (count.isascii() and count.isdecimal() and len(count) <= 4 and 1 <= int(count) <= MOST_MEMBERS):
        raise InvalidInput(f"the count in {text!r} must be a whole number from 1 to {MOST_MEMBERS}")
    return FAMILY_OF_WORD[word], int(count)


def parse_shadow(text: str) -> tuple[TheftFamilyName, str]:
    """Read ``[FAMILY=]SPEC``, a shadow made elsewhere; without a family it is ``distilled``.

    Examples
    --------
    >>> parse_shadow("fine-tuned=torch:net:make?weights=w.safetensors")
    ('fine-tuned', 'torch:net:make?weights=w.safetensors')
    >>> parse_shadow("onnx:student.onnx?classes=cat,dog")
    ('distilled', 'onnx:student.onnx?classes=cat,dog')

    Raises
    ------
    InvalidInput
        If the family is unknown or no model is named.
    """
    family, equals, spec = text.partition("=")
    if not equals or ":" in family:  # a model's name has its colon before its first sign of equality
        family, spec = "distilled", text
    named: TheftFamilyName | None = next((one for one in THEFT_FAMILIES if one == family), None)
    if named is None:
        raise unknown_name("theft family", family, THEFT_FAMILIES)
    if not spec:
        raise InvalidInput(f"a shadow is named [FAMILY=]MODEL, such as {family}=onnx:student.onnx, not {text!r}")
    return named, spec
