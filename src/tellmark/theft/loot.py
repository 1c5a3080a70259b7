"""Put a stolen network into a folder, with what there is to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tellmark._version import __version__
from tellmark.errors import TellmarkError
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.spec import ModelSpec
from tellmark.output_folder import write_whole
from tellmark.theft.base import Evasion, thief_data
from tellmark.theft.evasion.saving import networks_of, plain_settings
from tellmark.theft.exporting import exported
from tellmark.theft.haul import Haul
from tellmark.theft.measuring import measured
from tellmark.theft.record import (
    NETWORK,
    RECORD,
    ClassMapRecord,
    DataRecord,
    EvasionRecord,
    NetworkRecord,
    SourceRecord,
    TheftRecord,
    read_record,
    record_bytes,
)
from tellmark.theft.robbery import Robbery
from tellmark.types import Json


def is_loot(folder: Path) -> bool:
    """Whether a folder holds a theft and nothing else, so that another may take its place."""
    try:
        record = read_record(folder)
    except TellmarkError:
        return False
    beside = () if record.evasion is None else record.evasion.networks
    return {path.name for path in folder.iterdir()} <= {RECORD, NETWORK, *(f"{name}.pt2" for name in beside)}


def write_loot(folder: Path, robbery: Robbery, haul: Haul, *, device: str | None = None) -> TheftRecord:
    """Write ``model.pt2``, the networks of an evasion, and ``theft.json``.

    What is measured is the model as it is loaded from there.

    Parameters
    ----------
    folder : Path
        An empty folder.
    device : str, optional
        Where the stolen model answers while it is measured.

    Raises
    ------
    ModelError
        If the network cannot be exported, or not be loaded from its file.
    OSError
        If a file cannot be written.
    """
    from tellmark.theft.stolen import as_served

    write_whole(folder / NETWORK, exported(haul.network, haul.example))
    network = NetworkRecord(preprocessing=haul.preprocessing, classes=robbery.classes)
    evasion = None if robbery.evasion is None else _write_evasion(folder, robbery.evasion, robbery)
    stolen = as_served(ModelSpec("stolen", str(folder), device=device), network, evasion, seed=robbery.seed)
    source, data = robbery.victim.model.info, robbery.victim.own_labels
    record = TheftRecord(
        kind=robbery.kind.name,
        attack=repr(robbery.attack),
        settings=settings_as_json(robbery.attack),
        seed=robbery.seed,
        source=SourceRecord(kind=source.kind, digest=source.digest),
        data=DataRecord(name=data.name, digest=data.digest, items=len(data)),
        student=None if robbery.student is None else robbery.student.name,
        network=network,
        class_map=_class_map_record(robbery),
        evasion=evasion,
        queries=haul.queries,
        measured=measured(stolen, robbery),
        date=datetime.now(UTC),
        versions=_versions(),
    )
    write_whole(folder / RECORD, record_bytes(record))
    return record


def settings_as_json(attack: object) -> Mapping[str, Json]:
    """The settings of an attack that its `repr` shows, as JSON as far as they are numbers, words and lists."""
    return {field.name: _as_json(getattr(attack, field.name)) for field in fields(attack) if field.repr}  # pyright: ignore[reportArgumentType]


def _as_json(value: Any) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        return settings_as_json(value)
    if isinstance(value, (tuple, list)):
        return [_as_json(each) for each in value]
    return value if isinstance(value, (bool, int, float, str)) or value is None else repr(value)


def _write_evasion(folder: Path, evasion: Evasion, robbery: Robbery) -> EvasionRecord:
    """Write the networks that an evasion asks, each as it is asked about the thief's inputs."""
    networks: dict[str, NetworkRecord] = {}
    for name, model in networks_of(evasion).items():
        preprocessing = model.info.preprocessing or Preprocessing()
        example = thief_data(robbery.held.take(np.arange(1)), preprocessing).inputs
        write_whole(folder / f"{name}.pt2", exported(model.module, example))
        networks[name] = NetworkRecord(preprocessing=preprocessing, classes=model.info.classes)
    return EvasionRecord(name=evasion.name, settings=plain_settings(evasion), networks=networks)


def _class_map_record(robbery: Robbery) -> ClassMapRecord | None:
    found = robbery.class_map
    return None if found is None else ClassMapRecord(thief=found.thief, classes=found.classes)


def _versions() -> dict[str, str]:
    import torch

    return {"tellmark": __version__, "torch": str(torch.__version__)}
