"""The secrets of a mark as one zip: shards of triggers, and a document that binds them to the public part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tellmark.digests import digest_bytes
from tellmark.documents import document_bytes
from tellmark.errors import InvalidInput, MarkError
from tellmark.randomness import SEED_BYTES
from tellmark.triggers.archive import Archive, FilePart, archive_chunks
from tellmark.triggers.checks import problem_of, problem_of_secrets
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.records import SecretsDocument, ShardRecord, read_document
from tellmark.triggers.sharding import stretches
from tellmark.triggers.shards import Shard, shard_codec
from tellmark.triggers.stored_inputs import StoredInputs
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.types import Seed

SECRETS = "secrets.json"
_SECRETS_LIMIT = 1 << 26


def secrets_chunks(public: MarkDocument, seed: Seed, triggers: TriggerSet) -> Iterator[bytes]:
    """The bytes of the zip, piece by piece, with one shard in memory at a time.

    Raises
    ------
    InvalidInput
        If the triggers are not those of `public`, or one cannot be written.
    """
    if len(seed) != SEED_BYTES:
        raise InvalidInput(f"the seed of a mark has {SEED_BYTES} bytes, not {len(seed)}")
    if len(triggers) != public.triggers:
        raise InvalidInput(f"the recipes ask for {public.triggers} triggers, and there are {len(triggers)}")
    problem = problem_of_secrets(public, seed=seed, labels=triggers.labels)
    if problem:
        raise InvalidInput(f"the public part of the mark {problem}")
    return archive_chunks(_members(public, seed, triggers))


def _members(public: MarkDocument, seed: Seed, triggers: TriggerSet) -> Iterator[tuple[str, bytes]]:
    codec = shard_codec(public.holdout.space)
    records: list[ShardRecord] = []
    for shard in _shards(public, triggers):
        name, content = _shard_name(len(records), codec.suffix), codec.encode(shard)
        records.append(ShardRecord(name=name, triggers=len(shard), digest=digest_bytes(content)))
        yield name, content
    document = SecretsDocument(
        mark=digest_bytes(document_bytes(public)), seed=seed.hex(), triggers=len(triggers), shards=tuple(records)
    )
    yield SECRETS, document_bytes(document)


def _shards(public: MarkDocument, triggers: TriggerSet) -> Iterator[Shard]:
    start, after = 0, -1
    for number, (part, inputs) in enumerate(stretches(public.holdout.space, triggers)):
        shard = Shard(triggers.indices[part], triggers.items[part], triggers.labels[part], inputs)
        problem = problem_of(shard, public, start=start, after=after)
        if problem:
            raise InvalidInput(f"shard {number} of the triggers {problem}")
        start, after = start + len(shard), int(shard.indices[-1])
        yield shard


def _shard_name(number: int, suffix: str) -> str:
    return f"triggers-{number:05d}{suffix}"


class SecretsReader:
    """Reads the zip that `secrets_chunks` wrote.

    Parameters
    ----------
    part : FilePart
        Where it lies.
    public : MarkDocument
        The public part that the secrets must belong to.
    name : str
        Of the mark, for messages.
    """

    def __init__(self, part: FilePart, public: MarkDocument, *, name: str) -> None:
        self._file = part.file
        self._public = public
        self._name = name
        self._codec = shard_codec(public.holdout.space)
        self._archive = Archive(part, name=f"the secret part of {name}")

    def read(self) -> tuple[Seed, TriggerSet]:
        """The seed and the triggers, after every byte of them was checked, one shard in memory at a time.

        The inputs stay in the file, which the trigger set takes over.

        Raises
        ------
        MarkError
            If the secrets belong to another mark, or do not keep to the format.
        """
        where = f"{SECRETS} in {self._name}"
        secrets = read_document(SecretsDocument, self._archive.read(SECRETS, limit=_SECRETS_LIMIT), where=where)
        self._check(secrets)
        shards, spans, start, after = [], [], 0, -1
        for record in secrets.shards:
            shard, places = self._read_shard(record, start, after)
            start, after = start + len(shard), int(shard.indices[-1])
            shards.append((shard.indices, shard.items, shard.labels))
            spans.append(places)
        indices, items, labels = (np.concatenate(column) for column in zip(*shards, strict=True))
        seed = Seed(bytes.fromhex(secrets.seed))
        problem = problem_of_secrets(self._public, seed=seed, labels=labels)
        if problem:
            raise MarkError(f"the public part of {self._name} {problem}: it was changed after it was made")
        inputs = StoredInputs(self._file, np.concatenate(spans), self._codec, name=self._name)
        return seed, TriggerSet(indices, items, labels, inputs)

    def _check(self, secrets: SecretsDocument) -> None:
        if secrets.mark != digest_bytes(document_bytes(self._public)):
            raise MarkError(f"the secrets in {self._name} belong to another mark than its public part")
        count = sum(record.triggers for record in secrets.shards)
        if not count == secrets.triggers == self._public.triggers:
            raise MarkError(
                f"{self._name} states {self._public.triggers} triggers, {SECRETS} {secrets.triggers}, "
                f"and its shards {count}: it was changed after it was made"
            )
        stated = [record.name for record in secrets.shards]
        expected = [_shard_name(number, self._codec.suffix) for number in range(len(stated))]
        if stated != expected or list(self._archive.entries) != [*expected, SECRETS]:
            raise MarkError(f"the secret part of {self._name} lacks a shard, or holds one that is not its own")

    def _read_shard(self, record: ShardRecord, start: int, after: int) -> tuple[Shard, NDArray[np.int64]]:
        where = f"{record.name} in {self._name}"
        raw = self._archive.read(record.name)
        if digest_bytes(raw) != record.digest:
            raise MarkError(f"{where} was changed after it was made: it does not have the digest in {SECRETS}")
        shard = self._codec.decode(raw, where=where)
        problem = problem_of(shard, self._public, start=start, after=after)
        if problem is None and len(shard) != record.triggers:
            problem = f"holds {len(shard)} triggers, and {record.triggers} are stated"
        if problem:
            raise MarkError(f"{where} {problem}")
        return shard, self._archive.part(record.name).start + self._codec.spans(raw)
