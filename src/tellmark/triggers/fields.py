"""Kinds of values that the documents of a mark hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

DigestText = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
"""`tellmark.types.Digest` in a document."""

Count = Annotated[int, Field(ge=0, lt=1 << 53)]
"""A whole number that every JSON reader reads exactly."""

Share = Annotated[float, Field(ge=0, le=1)]


def _whole_second_of_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


Moment = Annotated[AwareDatetime, AfterValidator(_whole_second_of_utc)]
"""A point in time, kept in UTC to the second, so that it is written in one way only."""
