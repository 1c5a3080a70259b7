"""The lines of a transcript, as they stand in the file."""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tellmark.digests import digest_bytes
from tellmark.types import Json

FORMAT = "tellmark.transcript/1"
MOST_KEPT = 1 << 16
"""Bytes of a response that are kept; of a longer one the rest is known by its digest only."""

DigestText = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Inputs = Annotated[tuple[DigestText, ...], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SuspectRecord(_Part):
    """Who is asked.

    Attributes
    ----------
    name : str
        What the adapter calls it.
    kind : str
        The adapter: ``kserve``, ``onnx``, …
    digest : str or None
        Of its weights or file; behind a network, of the description by which it is asked, manners left out.
    classes : list of str or None
        Class names in the order of its answers; null where it names none.
    """

    name: str
    kind: str
    digest: DigestText | None
    classes: Annotated[tuple[str, ...], Field(strict=False)] | None


class Body(_Part):
    """A response as it came.

    Attributes
    ----------
    text : str or None
        Its first 65,536 bytes, where they are UTF-8.
    base64 : str or None
        The same, where they are not.
    length : int
        Bytes in all.
    digest : str
        Of all of it.
    """

    text: str | None
    base64: str | None
    length: int = Field(ge=0)
    digest: DigestText

    @classmethod
    def of(cls, data: bytes) -> Body:
        """A response's record."""
        kept = data[:MOST_KEPT]
        try:
            text, encoded = kept.decode(), None
        except UnicodeDecodeError:
            text, encoded = None, base64.b64encode(kept).decode()
        return cls(text=text, base64=encoded, length=len(data), digest=digest_bytes(data))

    @property
    def whole(self) -> bytes | None:
        """The response; None where it is longer than what was kept."""
        data = (self.text or "").encode() if self.base64 is None else base64.b64decode(self.base64)
        return data if digest_bytes(data) == self.digest else None


class _Line(_Part):
    time: Time


class Header(_Line):
    """The first line: what the run is about.

    Attributes
    ----------
    time : str
        When the run first began.
    kind : str
    format : str
    tellmark : str
        Version of the program.
    mark : str or None
        Digest of the canonical JSON of the mark's public part; null where none is verified.
    suspect : SuspectRecord
    order_seed : int or None
        The order of asking.
    order_given : bool
        Whether somebody chose it; else it was drawn afresh when the run began.
    triggers : int or None
        How many are asked, where that was settled before any answer; a run that goes on keeps it. Null where asking
        stops by the answers.
    settings : dict
        With which the run was begun, and with which alone it goes on.
    """

    kind: Literal["header"] = "header"
    format: Literal["tellmark.transcript/1"] = FORMAT
    tellmark: str
    mark: DigestText | None
    suspect: SuspectRecord
    order_seed: Annotated[int, Field(ge=0, lt=1 << 53)] | None
    order_given: bool
    triggers: Annotated[int, Field(ge=1)] | None = None
    settings: dict[str, Json]


class Sent(_Line):
    """Written before inputs are asked.

    Attributes
    ----------
    time : str
    kind : str
    inputs : list of str
        Digests of the inputs, in order.
    """

    kind: Literal["sent"] = "sent"
    inputs: Annotated[Inputs, Field(strict=False)]


class Again(_Line):
    """Written before a request is sent again that failed, and may have been answered, or charged for, all the same.

    Attributes
    ----------
    time : str
    kind : str
    inputs : list of str
        Digests of the inputs that it asks about.
    """

    kind: Literal["again"] = "again"
    inputs: Annotated[Inputs, Field(strict=False)]


class Exchanged(_Line):
    """One attempt to send a request over a network, and what came back.

    Attributes
    ----------
    time : str
        When it came.
    kind : str
    inputs : list of str
        Digests of the inputs that it asked about.
    request : str
        Digest of the request's body.
    attempt : int
        From 1.
    status : int or None
        Null where no response came.
    seconds : float
        From sending the request to the last byte of the response.
    body : Body
        Secrets of the one who asks are taken out of it.
    failure : str or None
        Why no response came, or why it was not read to its end.
    """

    kind: Literal["exchange"] = "exchange"
    inputs: Annotated[tuple[DigestText, ...], Field(strict=False)]
    request: DigestText
    attempt: int = Field(ge=1)
    status: int | None
    seconds: float = Field(strict=False, allow_inf_nan=False)
    body: Body
    failure: str | None


class Answered(_Line):
    """What the suspect said to inputs, understood.

    Attributes
    ----------
    time : str
    kind : str
    inputs : list of str
        Digests of the inputs.
    labels : list of int
        One for each: positions in the classes of the header.
    scores : list of list of float or None
        One list for each, in the order of the classes; null where the adapter has labels only.
    """

    kind: Literal["answered"] = "answered"
    inputs: Annotated[Inputs, Field(strict=False)]
    labels: Annotated[tuple[int, ...], Field(strict=False)]
    scores: Annotated[tuple[Annotated[tuple[float, ...], Field(strict=False)], ...], Field(strict=False)] | None


class Failed(_Line):
    """The suspect gave no answer to inputs, or none that could be understood.

    Attributes
    ----------
    time : str
    kind : str
    inputs : list of str
        Digests of the inputs that have no answer.
    failure : str
        Why.
    """

    kind: Literal["failed"] = "failed"
    inputs: Annotated[Inputs, Field(strict=False)]
    failure: str


class End(_Line):
    """The run came to its own end: nothing was left to ask.

    Attributes
    ----------
    time : str
    kind : str
    """

    kind: Literal["end"] = "end"


Record = Header | Sent | Again | Exchanged | Answered | Failed | End
RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])
