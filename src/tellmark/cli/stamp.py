"""`tellmark stamp`: have further authorities vouch for the date of a registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tellmark.cli.options import TsaRoots, TsaUrls
from tellmark.errors import InvalidInput

if TYPE_CHECKING:
    from tellmark.evidence.registration import Registration


@dataclass(frozen=True)
class Authorities:
    """Time-stamping authorities as the options name them.

    Attributes
    ----------
    urls : sequence of str
    roots : sequence of Path
        Files with root certificates.

    Raises
    ------
    InvalidInput
        If there are authorities and no roots, or the other way round.
    """

    urls: Sequence[str]
    roots: Sequence[Path]

    def __post_init__(self) -> None:
        if self.urls and not self.roots:
            raise InvalidInput(
                "give the root certificates of the authorities with --tsa-root: else nobody can tell them"
            )
        if self.roots and not self.urls:
            raise InvalidInput("--tsa-root names the root of an authority: say with --tsa where it answers")

    def stamped(self, registration: Registration) -> Registration:
        """The registration with a timestamp of each authority.

        Raises
        ------
        EvidenceError
            If one of them gives none.
        """
        from tellmark.evidence.timestamps import request_timestamp
        from tellmark.evidence.tsa_certificates import read_roots

        roots = read_roots(self.roots)
        for url in self.urls:
            registration = registration.with_timestamp(request_timestamp(registration.stamped, url, roots))
        return registration


def command(
    registration_file: Annotated[
        Path, typer.Argument(metavar="TMK", help="A registration file; it is replaced.", show_default=False)
    ],
    tsa: TsaUrls = None,
    tsa_root: TsaRoots = None,
) -> None:
    """Add timestamps to a registration.

    A date can only be proven from now on. A claim that was made on the registration as it was needs the file as it was:
    keep a copy.
    """
    from tellmark.evidence.registration import load_registration
    from tellmark.report.registration import print_dates

    if not tsa:
        raise InvalidInput("say with --tsa which authority is to vouch for the date")
    authorities = Authorities(tsa, tsa_root or ())
    stamped = authorities.stamped(load_registration(registration_file))
    stamped.save(registration_file)
    print_dates(registration_file, stamped)
