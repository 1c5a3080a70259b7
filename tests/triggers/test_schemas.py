"""The JSON Schemas beside the specification are those of the classes that read and write marks."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

SPEC = Path(__file__).parents[2] / "docs" / "spec"
MAKER = runpy.run_path(str(SPEC / "make_schemas.py"))


@pytest.mark.parametrize("name", MAKER["SCHEMAS"])
def test_a_schema_is_up_to_date(name):
    committed = (SPEC / name).read_text(encoding="utf-8")
    assert committed == MAKER["schema_text"](MAKER["SCHEMAS"][name]), "run: python docs/spec/make_schemas.py"


def test_the_specification_names_every_field_of_the_public_part():
    specification = (SPEC / "mark.md").read_text(encoding="utf-8")
    schema = json.loads((SPEC / "mark.schema.json").read_text(encoding="utf-8"))
    for part in (schema, *schema["$defs"].values()):
        for field in part["properties"]:
            assert re.search(rf"`[a-z._]*\b{field}\b[a-z._]*`", specification), field
