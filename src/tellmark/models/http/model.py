"""``kserve:``, ``mlflow:``, ``hf:``, ``rest:`` and others: a suspect that is asked over the network."""

from __future__ import annotations

from tellmark.models.answers import no_answers
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.http.class_names import ClassNames, name_of
from tellmark.models.http.description import SuspectDescription
from tellmark.models.http.endpoint import Endpoint, OnExchange, OnRepeat
from tellmark.models.http.file import description_of
from tellmark.models.http.reading import Said
from tellmark.models.spec import ModelSpec
from tellmark.types import Batch


class HttpModel:
    """A suspect behind a network.

    Parameters
    ----------
    endpoint : Endpoint
    classes : tuple of str or None
        The order of the answers; None leaves it open until `with_classes`.
    aliases : dict of str or None
        From the suspect's names to `classes`; None takes those of the description.
    """

    def __init__(
        self, endpoint: Endpoint, *, classes: tuple[str, ...] | None = None, aliases: dict[str, str] | None = None
    ) -> None:
        description = endpoint.description
        self._endpoint = endpoint
        self._aliases = description.aliases if aliases is None else aliases
        names = classes
        if names is None and description.classes is not None:
            names = tuple(self._aliases.get(name, name) for name in description.classes)
        self._names = ClassNames(names, self._aliases, description.answer.numbers)
        self.info = ModelInfo(description.protocol, None, names, description.input.preprocessing)

    def __repr__(self) -> str:
        return f"HttpModel({self.info.kind}, {self._endpoint.host})"

    @property
    def description(self) -> SuspectDescription:
        """How it is asked."""
        return self._endpoint.description

    @property
    def endpoint(self) -> Endpoint:
        """Where it is asked."""
        return self._endpoint

    @property
    def most_at_once(self) -> int:
        """Inputs that are under way at one time; asking in pieces of so many loses nothing."""
        return self._endpoint.most_per_request * self.description.manners.concurrency

    @property
    def on_exchange(self) -> OnExchange | None:
        """Told of each attempt; shared by all models of one endpoint."""
        return self._endpoint.on_exchange

    @on_exchange.setter
    def on_exchange(self, hook: OnExchange | None) -> None:
        self._endpoint.on_exchange = hook

    @property
    def on_repeat(self) -> OnRepeat | None:
        """Told of inputs that are sent again; shared by all models of one endpoint."""
        return self._endpoint.on_repeat

    @on_repeat.setter
    def on_repeat(self, hook: OnRepeat | None) -> None:
        self._endpoint.on_repeat = hook

    def with_classes(self, classes: tuple[str, ...]) -> HttpModel:
        """The same suspect, answering with positions in `classes`."""
        return HttpModel(self._endpoint, classes=classes, aliases=self._aliases)

    def with_aliases(self, aliases: dict[str, str]) -> HttpModel:
        """The same suspect, its class names understood by `aliases`."""
        return HttpModel(self._endpoint, classes=self.info.classes, aliases=aliases)

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`.

        Raises
        ------
        SuspectUnreachable
            If no answer came, however often it was asked.
        SuspectRefused
            If the suspect turned a request down.
        QuotaSpent
            If it answers no more.
        BadAnswer
            If it answered nothing that can be understood.
        """
        if len(batch) == 0:
            return no_answers()
        with self._endpoint.redacting():
            return self.answers_to(self._endpoint.said(batch))

    def answers_in(self, body: bytes, *, asked: int) -> Answers:
        """What a response to a request about as many inputs says of them; nothing is sent.

        Raises
        ------
        ModelError
            If it says nothing that can be understood.
        """
        with self._endpoint.redacting():
            return self.answers_to(self._endpoint.understood(body, asked=asked))

    def names(self, batch: Batch) -> list[str]:
        """The suspect's own name for its answer to each input, before any alias."""
        with self._endpoint.redacting():
            return [self.name_of(one) for one in self._endpoint.said(batch)]

    def answers_to(self, said: list[Said]) -> Answers:
        """What was said, as positions in the order of the classes."""
        return self._names.answers(said)

    def name_of(self, said: Said) -> str:
        """The suspect's own name for what it said."""
        return str(name_of(said))

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._endpoint.close()


def from_spec(spec: ModelSpec) -> HttpModel:
    """The suspect that the spec names; nothing is sent yet.

    Raises
    ------
    FileError
        If the description is missing.
    InvalidInput
        If something in it cannot be.
    """
    return HttpModel(Endpoint(description_of(spec)))
