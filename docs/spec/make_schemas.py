"""Writes the JSON Schemas of mark, transcript and evidence beside it: ``python docs/spec/make_schemas.py``.

They are generated from the classes that read and write the files; a test sees that they are up to date.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from tellmark.documents import Document
from tellmark.evidence.envelope import Envelope
from tellmark.evidence.predicates import ClaimPredicate, OpeningPredicate, RegistrationPredicate
from tellmark.evidence.registration import RegistrationDocument
from tellmark.evidence.statement import Statement
from tellmark.evidence.transcript_lines import LINE
from tellmark.evidence.verdict_predicate import SummaryPredicate, VerdictPredicate
from tellmark.models.wrappers.records import RECORD
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.records import Manifest, SecretsDocument
from tellmark.triggers.shards import TextTrigger

FOLDER = Path(__file__).parent
SCHEMAS: dict[str, type[Document]] = {
    "mark.schema.json": MarkDocument,
    "mark-manifest.schema.json": Manifest,
    "mark-secrets.schema.json": SecretsDocument,
    "mark-text-trigger.schema.json": TextTrigger,
    "registration.schema.json": RegistrationDocument,
    "envelope.schema.json": Envelope,
    "registration-statement.schema.json": Statement[RegistrationPredicate],
    "claim-statement.schema.json": Statement[ClaimPredicate],
    "opening-statement.schema.json": Statement[OpeningPredicate],
    "verdict-statement.schema.json": Statement[VerdictPredicate],
    "summary-statement.schema.json": Statement[SummaryPredicate],
}
LINES: dict[str, tuple[TypeAdapter[Any], str]] = {
    "transcript.schema.json": (RECORD, "Line of a transcript"),
    "judging.schema.json": (LINE, "Line of a judge's transcript"),
}
_DIGEST = {"pattern": "^sha256:[0-9a-f]{64}$", "type": "string"}
_LINKS = {
    "number": {"minimum": 0, "type": "integer", "description": "Lines before it."},
    "previous": {
        "anyOf": [_DIGEST, {"type": "null"}],
        "description": "Digest of the line before it; null in the first.",
    },
    "digest": {**_DIGEST, "description": "Of the canonical JSON of the line without this field."},
}
"""What each line of a transcript has beside what it says."""
_ATTRIBUTES = "\n\nAttributes\n----------\n"


def schema_text(kind: type[Document]) -> str:
    """The schema of what this class writes: all fields present, described by the class's docstring."""
    schema = kind.model_json_schema(mode="serialization")
    for part in (schema, *schema.get("$defs", {}).values()):
        _require_all(part)
        _describe(part)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def line_schema_text(line: TypeAdapter[Any], title: str) -> str:
    """The schema of one line of a transcript: one of its kinds, with the fields that make the chain."""
    schema = line.json_schema(mode="serialization")
    for part in schema["$defs"].values():
        if "kind" in part["properties"] and "time" in part["properties"]:
            part["properties"] |= _LINKS
        _require_all(part)
        _describe(part)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _require_all(schema: dict[str, Any]) -> None:
    """Leave no field to a default: files are in canonical form, which has them all. Any JSON has no fields to name."""
    if "properties" not in schema:
        return
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        for redundant in ("default", "title"):
            field.pop(redundant, None)


def _describe(schema: dict[str, Any]) -> None:
    """Move the section on attributes from the class's description to its properties."""
    text, _, attributes = inspect.cleandoc(schema.get("description", "")).partition(_ATTRIBUTES)
    schema["description"] = " ".join(text.split())
    for name, description in re.findall(r"^(\w[\w, ]*?)(?: : .*)?\n((?:    .*\n?)*)", attributes, re.MULTILINE):
        for field in name.split(", "):
            if description:
                _field(schema, field, description)["description"] = " ".join(description.split())


def _field(schema: dict[str, Any], name: str, description: str) -> dict[str, Any]:
    """The property that an attribute is written as; its description says so where that is not its name."""
    written = re.match(r"\s*``(\w+)`` in the file", description)
    return schema["properties"][written[1] if written else name]


def main() -> None:
    """Write all of them."""
    for name, kind in SCHEMAS.items():
        (FOLDER / name).write_text(schema_text(kind), encoding="utf-8")
    for name, (line, title) in LINES.items():
        (FOLDER / name).write_text(line_schema_text(line, title), encoding="utf-8")


if __name__ == "__main__":
    main()
