"""Takes a mark apart and puts it together again around a change, so that digests and sizes fit: a forger's tool."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tellmark.digests import canonical_json, digest_bytes
from tellmark.triggers.archive import archive_chunks

Members = list[tuple[str, bytes]]


@dataclass
class Parts:
    """The parts of an unencrypted mark.

    `extra` members go before the manifest; `late_secrets` and `late_manifest` overwrite fields after all
    digests were made to fit; `manifest`, if given, takes the place of the whole document.
    """

    mark: Any
    secrets: dict[str, Any]
    shards: Members
    extra: Members = field(default_factory=list)
    late_secrets: dict[str, Any] = field(default_factory=dict)
    late_manifest: dict[str, Any] = field(default_factory=dict)
    manifest: bytes | None = None

    def write(self, path: Path) -> Path:
        """Put the parts together."""
        members = self.members()
        manifest = {
            "format": "tellmark.mark/1",
            "protection": "none",
            "members": [{"name": n, "size": len(c), "digest": digest_bytes(c)} for n, c in members],
        }
        content = self.manifest if self.manifest is not None else as_bytes(manifest | self.late_manifest)
        path.write_bytes(zipped([*members, *self.extra, ("manifest.json", content)]))
        return path

    def members(self) -> Members:
        """Those that the manifest lists."""
        mark = as_bytes(self.mark)
        records = [
            record | {"name": name, "digest": digest_bytes(content)}
            for record, (name, content) in zip(self.secrets["shards"], self.shards, strict=True)
        ]
        secrets = self.secrets | {"mark": digest_bytes(mark), "shards": records} | self.late_secrets
        return [("mark.json", mark), ("secrets.zip", zipped([*self.shards, ("secrets.json", as_bytes(secrets))]))]


def take_apart(path: Path) -> Parts:
    """The parts of an unencrypted mark."""
    with zipfile.ZipFile(path) as outer, zipfile.ZipFile(io.BytesIO(outer.read("secrets.zip"))) as inner:
        shards = [(name, inner.read(name)) for name in inner.namelist() if name != "secrets.json"]
        return Parts(json.loads(outer.read("mark.json")), json.loads(inner.read("secrets.json")), shards)


def as_bytes(document: Any) -> bytes:
    """Canonical JSON, unless it is bytes already."""
    return document if isinstance(document, bytes) else canonical_json(document)


def zipped(members: Members) -> bytes:
    """An archive of these members, whatever they are."""
    return b"".join(archive_chunks(members))
