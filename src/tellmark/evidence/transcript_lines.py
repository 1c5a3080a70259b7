"""The lines of a judge's transcript as they stand in the file; `tellmark.evidence.transcript` puts them in order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from tellmark.documents import DigestText, Document, Moment
from tellmark.evidence.verdict_predicate import ModelRecord

FORMAT = "tellmark.judging/1"

Number = Annotated[int, Field(strict=True, ge=0, lt=1 << 53)]


class AskedModel(Document):
    """A model that is asked.

    Attributes
    ----------
    record : ModelRecord
    classes : tuple of str or None
        Class names in the model's own order; None where it names none, and its order is taken to be the committed one.
    """

    record: ModelRecord
    classes: tuple[str, ...] | None


class Begun(Document):
    """The first line: what is judged, and which models are asked.

    Attributes
    ----------
    kind : str
    format : str
    time : datetime
    tellmark : str
        Version of the program.
    claim : str
        Digest of the claim's envelope.
    models : tuple of AskedModel
        The suspect, the source where the judge has it, and the independent models.
    """

    kind: Literal["begun"] = "begun"
    format: Literal["tellmark.judging/1"] = FORMAT
    time: Moment
    tellmark: str
    claim: DigestText
    models: Annotated[tuple[AskedModel, ...], Field(min_length=1)]


class Taken(Document):
    """An opening was taken from the bundle; its triggers are asked from here on.

    Attributes
    ----------
    kind : str
    time : datetime
    opening : str
        Digest of the opening's envelope.
    """

    kind: Literal["taken"] = "taken"
    time: Moment
    opening: DigestText


class Answered(Document):
    """A model answered a question.

    Attributes
    ----------
    kind : str
    time : datetime
    model : int
        Position among the models of the first line.
    question : int
        Number of the trigger in the order of opening.
    label : int
        Position among the model's classes.
    """

    kind: Literal["answered"] = "answered"
    time: Moment
    model: Number
    question: Number
    label: Number


class Diverted(Document):
    """The suspect was asked a natural input between questions, so that these do not stand out; it counts for nothing.

    Attributes
    ----------
    kind : str
    time : datetime
    input : str
        Digest of the input.
    label : int
        Position among the suspect's classes.
    """

    kind: Literal["diverted"] = "diverted"
    time: Moment
    input: DigestText
    label: Number


Line = Begun | Taken | Answered | Diverted
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])
