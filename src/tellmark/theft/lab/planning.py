"""From a configuration to a plan: every network, every attack with its settings, every seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property

from tellmark.errors import InvalidInput
from tellmark.models.spec import unknown_name
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.randomness import derive_key, seed_from_int
from tellmark.theft.alteration.class_map import ChangesClasses
from tellmark.theft.base import Attack, Evasion, Extraction
from tellmark.theft.catalogue import kind_named
from tellmark.theft.kinds import Practice, TheftKind
from tellmark.theft.lab.architectures import NetworkOf
from tellmark.theft.lab.configuration import COPY, Configuration, Independents, Theft
from tellmark.theft.lab.data import OTHER, OWNER, LabData
from tellmark.theft.lab.detectors.base import Detector, Watermark
from tellmark.theft.lab.detectors.catalogue import detector_named
from tellmark.theft.lab.jobs import Embed, Job, Role, Steal, Train
from tellmark.theft.lab.overriding import overridden
from tellmark.theft.lab.plan import OWNERS, Lineage, Plan
from tellmark.theft.lab.suspects import Shield, Suspect, ZooModel
from tellmark.theft.lab.zoo import Zoo, ZooNetwork
from tellmark.theft.training import Training


def plan_lab(configuration: Configuration, data: LabData, zoo: Zoo, *, device: str | None = None) -> Plan:
    """Work out what is to be made and examined.

    Parameters
    ----------
    configuration : Configuration
    data : LabData
    zoo : Zoo
        Where networks will be; nothing is read yet.
    device : str or None
        Where models that answer beside stolen ones are loaded; None takes a GPU where there is one.

    Raises
    ------
    InvalidInput
        If a kind of theft, a detector, a part of the data or a setting is unknown, or they do not fit together.
    """
    return _Planner(configuration, data, zoo, device).plan()


@dataclass(frozen=True, eq=False)
class _Planner:
    lab: Configuration
    data: LabData
    zoo: Zoo
    device: str | None

    def plan(self) -> Plan:
        references = tuple(job for _, job in self._independents("reference", self.lab.references))
        twins = [
            Suspect(job.name, kind, job, innocent=True) for kind, job in self._independents("twin", self.lab.twins)
        ]
        lineages = {OWNERS: self._lineage(OWNERS, self.source)}
        for detector in self.detectors.values():
            if isinstance(detector, Watermark):
                lineages[detector.name] = self._lineage(detector.name, self._marked(detector))
        used = any(_uses_accomplice(suspect) for lineage in lineages.values() for suspect in lineage.thieves)
        return Plan(references, tuple(twins), lineages, self.detectors, (self.accomplice,) if used else ())

    @cached_property
    def detectors(self) -> Mapping[str, Detector]:
        """By name, with the settings that the configuration changes."""
        found = {name: detector_named(name) for name in self.lab.detectors.names}
        for name, settings in self.lab.detectors.settings.items():
            if name not in found:
                raise unknown_name("detector among those of this lab,", name, found)
            found[name] = overridden(found[name], settings, what=f"detector {name}")
        return found

    def training(self, network: NetworkOf) -> Training:
        """Of such networks from random weights."""
        name = network.architecture
        common = overridden(Training(), self.lab.training, what="training")
        return overridden(common, self.lab.trainings.get(name, {}), what=f"training {name}")

    def practice(self, architecture: str) -> Practice:
        """What every thief has, and the owner; students have the architecture that is given."""
        student = self.network(architecture)
        further = overridden(Practice(student).further, self.lab.further, what="further")
        return Practice(student, self.training(student), further)

    @cached_property
    def source(self) -> Job:
        """The owner's network."""
        return self._trained("source", "source", self.network("same"), OWNER)

    @cached_property
    def accomplice(self) -> Job:
        """An independent network of the source's architecture that thieves have."""
        return self._trained("accomplice", "accomplice", self.network("same"), OWNER)

    def network(self, architecture: str) -> NetworkOf:
        """What makes networks of this architecture; ``same`` is the source's."""
        name = self.lab.architectures.same if architecture == "same" else architecture
        owner = self.data.part(OWNER)
        return NetworkOf(name, classes=len(owner.classes), channels=owner.inputs.shape[3])

    def _trained(self, name: str, role: Role, network: NetworkOf, part: str) -> Job:
        return self._job(name, role, Train(network, self.training(network)), part)

    def _job(self, name: str, role: Role, task: Train | Steal | Embed, part: str) -> Job:
        data = self.data.part(part)
        return Job(name, role, task, part, data.digest, self.data.preprocessing, self._number(name))

    def _number(self, name: str) -> int:
        """The seed that belongs to a name, in [0, 2^63)."""
        key = derive_key(seed_from_int(self.lab.seed), f"lab/{name}")
        return int.from_bytes(key[:8], "big") >> 1

    def _independents(self, role: Role, wanted: Independents) -> Iterator[tuple[str, Job]]:
        """Each with its kind."""
        same, other = self.network("same"), [self.network(name) for name in self.lab.architectures.other]
        for kind, count, networks, part in (
            ("same", wanted.same, [same], OWNER),
            ("other-architecture", wanted.other_architecture, other, OWNER),
            ("other-data", wanted.other_data, [same, *other], OTHER),
        ):
            for number in range(count):
                name = f"{role} {kind} {number + 1}"
                yield kind, self._trained(name, role, networks[number % len(networks)], part)

    def _marked(self, detector: Watermark) -> Job:
        """A source with a watermark."""
        task = Embed(detector, self.source.address, self.practice("same"), self.network("same"), seed=self.lab.seed)
        return self._job(f"source of {detector.name}", "source", task, OWNER)

    def _lineage(self, name: str, source: Job) -> Lineage:
        shadows: dict[TheftFamilyName, tuple[Job, ...]] = {}
        rows: dict[str, list[Suspect]] = {}
        if name == OWNERS:
            for shadow in self.lab.shadows:
                made = [job for _, job in self._stolen(shadow, source, f"shadow {shadow.family}", "shadow")]
                shadows[shadow.family] = (*shadows.get(shadow.family, ()), *made)
        wanted = self.lab.detectors.watermark_thefts
        for theft in self.lab.thefts:
            if name == OWNERS or wanted is None or theft.kind in wanted:
                for row, suspects in self._examined(theft, source, name, rows).items():
                    if row in rows:
                        raise InvalidInput(f"two thefts are called {row}: give one of them another name")
                    rows[row] = suspects
        return Lineage(name, source, shadows, tuple(suspect for row in rows.values() for suspect in row))

    def _examined(
        self, theft: Theft, source: Job, lineage: str, before: Mapping[str, list[Suspect]]
    ) -> dict[str, list[Suspect]]:
        """The suspects of one entry, by the row in which they count."""
        prefix = "thief" if lineage == OWNERS else f"{lineage} thief"
        kind = kind_named(theft.kind)
        built = self._built(kind, theft, "same")
        rows: dict[str, list[Suspect]] = {}
        if isinstance(built, Evasion):
            for suspect in self._shielded(theft, built, source, prefix, before):
                rows.setdefault(suspect.kind, []).append(suspect)
            return rows
        for row, job in self._stolen(theft, source, prefix, "thief"):
            rows.setdefault(row, []).append(Suspect(job.name, row, job, theft=theft.kind))
        return rows

    def _stolen(self, theft: Theft, source: Job, prefix: str, role: Role) -> Iterator[tuple[str, Job]]:
        kind = kind_named(theft.kind)
        part = self._part(kind, theft)
        made: Counter[str] = Counter()
        for architecture in self._architectures(theft):
            attack = self._built(kind, theft, architecture)
            if isinstance(attack, Evasion):
                raise InvalidInput(f"{theft.kind} is put in front of a model, and makes none: it cannot be a shadow")
            self._check(attack, kind, theft, part)
            row = theft.name or _row(theft, architecture, part)
            like = self.network(architecture if isinstance(attack, Extraction) else "same")
            accomplice = self.accomplice.address if _brings(attack) else None
            task = Steal(attack, source.address, like, accomplice)
            for _ in range(theft.count):
                made[row] += 1
                yield row, self._job(f"{prefix} {row} {made[row]}", role, task, part)

    def _shielded(
        self, theft: Theft, evasion: Evasion, source: Job, prefix: str, before: Mapping[str, list[Suspect]]
    ) -> Iterator[Suspect]:
        part = self.data.part(self._part(kind_named(theft.kind), theft))
        made: Counter[str] = Counter()
        for base in theft.on:
            if base != COPY and base not in before:
                raise unknown_name(f"theft before {theft.kind} in the list,", base, (COPY, *before))
            models = [source] if base == COPY else [one.job for one in before[base] if one.shield is None]
            row = theft.name or f"{theft.kind} on {base}"
            for number in range(theft.count):
                made[row] += 1
                name = f"{prefix} {row} {made[row]}"
                shield = Shield(evasion, self._number(name), part.digest)
                yield Suspect(name, row, models[number % len(models)], shield, theft=theft.kind)

    def _built(self, kind: TheftKind, theft: Theft, architecture: str) -> Attack | Evasion:
        part = self.data.part(self._part(kind, theft))
        classes = self.data.part(OWNER).classes
        model = ZooModel(self.accomplice.address, self.zoo, self.data.preprocessing, classes, self.device)
        practice = replace(
            self.practice(architecture),
            independent=ZooNetwork(self.accomplice.address, self.zoo),
            twin=model,
            data=part,
        )
        return overridden(kind.make(practice), theft.settings, what=f"theft {kind.name}")

    def _part(self, kind: TheftKind, theft: Theft) -> str:
        if theft.data == OWNER and kind.unseen:
            raise InvalidInput(f"{kind.name} is a theft with data that the source has not seen: give it other data")
        return theft.data or (OTHER if kind.unseen else OWNER)

    def _architectures(self, theft: Theft) -> list[str]:
        names: list[str] = []
        for name in theft.architectures:
            names += self.lab.architectures.other if name == "other" else [name]
        own = ("same", self.lab.architectures.same)
        return list(dict.fromkeys("same" if name in own else name for name in names))

    def _check(self, attack: Attack, kind: TheftKind, theft: Theft, part: str) -> None:
        if not isinstance(attack, Extraction) and theft.architectures != ("same",):
            raise InvalidInput(f"{kind.name} keeps the source's architecture: leave architectures out")
        if not kind.labelled:
            return
        data, owner = self.data.part(part), self.data.part(OWNER)
        if data.labels is None:
            raise InvalidInput(f"{kind.name} needs labelled data, and {part} has no labels")
        if data.classes != owner.classes and not isinstance(attack, ChangesClasses):
            raise InvalidInput(f"{kind.name} needs data of the source's classes, and {part} has others")


def _row(theft: Theft, architecture: str, part: str) -> str:
    """The kind, and what sets it apart from the plain one."""
    row = theft.kind
    if architecture != "same":
        row += f" {architecture}"
    if theft.data is not None:
        row += f" {part}"
    return row


def _brings(attack: object) -> bool:
    """Whether another network of the zoo is among the settings."""
    values = [getattr(attack, field.name) for field in fields(attack)]  # pyright: ignore[reportArgumentType]
    return any(isinstance(value, ZooNetwork | ZooModel) for value in values)


def _uses_accomplice(suspect: Suspect) -> bool:
    task = suspect.job.task
    return (isinstance(task, Steal) and task.accomplice is not None) or (
        suspect.shield is not None and _brings(suspect.shield.evasion)
    )
