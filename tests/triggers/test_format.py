"""A mark file that is damaged, edited, forged or newer is refused, and the sentence says which."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load as from_safetensors
from safetensors.numpy import save as to_safetensors

from forged_marks import Parts, take_apart, zipped
from golden.make_marks import INPUTS, KINDS
from tellmark.digests import canonical_json, digest_bytes, digest_json
from tellmark.errors import MarkError
from tellmark.triggers.mark import load_mark, read_mark_file

GOLDEN = Path(__file__).parents[1] / "golden"
OTHER_DIGEST = "sha256:" + "00" * 32


def parts(kind: str = "image") -> Parts:
    return take_apart(GOLDEN / f"mark-1-{kind}.mark")


def refusal(path: Path) -> str:
    with pytest.raises(MarkError) as caught:
        load_mark(path)
    assert caught.value.__cause__ is None
    return str(caught.value).replace(str(path), "my.mark")


@pytest.mark.parametrize("kind", KINDS)
def test_taking_a_mark_apart_and_together_changes_nothing(tmp_path: Path, kind):
    assert parts(kind).write(tmp_path / "mark").read_bytes() == (GOLDEN / f"mark-1-{kind}.mark").read_bytes()


@pytest.mark.parametrize("kind", ["image", "text"])
def test_every_single_changed_byte_is_refused(tmp_path: Path, kind):
    path = tmp_path / "mark"
    data = (GOLDEN / f"mark-1-{kind}.mark").read_bytes()
    path.write_bytes(data)
    with path.open("r+b", buffering=0) as file:
        for position, byte in enumerate(data):
            os.pwrite(file.fileno(), bytes([byte ^ (1 << position % 8)]), position)
            with pytest.raises(MarkError):
                load_mark(path)
            os.pwrite(file.fileno(), bytes([byte]), position)
    assert len(load_mark(path)) == 5


def test_every_truncation_is_refused(tmp_path: Path):
    path = tmp_path / "mark"
    data = (GOLDEN / "mark-1-text.mark").read_bytes()
    path.write_bytes(data)
    for size in reversed(range(len(data))):
        os.truncate(path, size)
        with pytest.raises(MarkError, match=r"truncated|only the first bytes"):
            load_mark(path)


@given(st.binary(max_size=300), st.integers(0, 3500), st.integers(0, 300))
def test_splices_of_arbitrary_bytes_are_refused(tmp_path_factory, piece, start, gone):
    data = (GOLDEN / "mark-1-image.mark").read_bytes()
    changed = data[:start] + piece + data[start + gone :]
    path = tmp_path_factory.mktemp("spliced") / "mark"
    path.write_bytes(changed)
    if changed != data:
        with pytest.raises(MarkError):
            load_mark(path)


@given(st.binary(max_size=300))
def test_arbitrary_members_are_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("forged") / "mark"
    forged = parts()
    for change in ({"manifest": content}, {"mark": content}, {"shards": [(forged.shards[0][0], content)]}):
        Parts(**vars(forged) | change).write(path)
        with pytest.raises(MarkError):
            load_mark(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(500), b"\x89PNG" * 100])
def test_other_files_are_no_marks(tmp_path: Path, content):
    (tmp_path / "mark").write_bytes(content)
    assert refusal(tmp_path / "mark").startswith(("my.mark is not a mark of Tellmark", "my.mark is truncated"))


def test_a_newer_format_is_reported_as_newer_whatever_else_is_new(tmp_path: Path):
    manifest = canonical_json({"format": "tellmark.mark/2", "members": {}, "protection": "quantum", "more": 1})
    (tmp_path / "mark").write_bytes(zipped([("public.cbor", b"\xa0"), ("manifest.json", manifest)]))
    assert refusal(tmp_path / "mark") == (
        "my.mark was made by a newer Tellmark: format tellmark.mark/2, this one reads tellmark.mark/1; upgrade Tellmark"
    )


MANIFESTS = {
    "not JSON": ({"manifest": b"{"}, "manifest.json in my.mark is not valid JSON|my.mark is not valid JSON"),
    "protection": ({"late_manifest": {"protection": "rot13"}}, "protection: input should be 'none', 'passphrase' or"),
    "field": ({"late_manifest": {"more": 1}}, "more: extra inputs are not permitted"),
    "claims encryption": ({"late_manifest": {"protection": "recipients"}}, "has no member secrets.zip.age"),
    "lists nothing": ({"late_manifest": {"members": []}}, "manifest.json in my.mark does not list its members"),
    "extra member": ({"extra": [("more", b"")]}, "my.mark has members that do not belong there"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, name):
    change, expected = MANIFESTS[name]
    forged = Parts(**vars(parts()) | change)
    assert any(sentence in refusal(forged.write(tmp_path / "mark")) for sentence in expected.split("|"))


@pytest.mark.parametrize("missing", ["mark.json", "secrets.zip", "manifest.json"])
def test_a_missing_member_is_named(tmp_path: Path, missing):
    content = parts().members()
    manifest = canonical_json({"format": "tellmark.mark/1", "protection": "none", "members": []})
    members = [(n, c) for n, c in [*content, ("manifest.json", manifest)] if n != missing]
    (tmp_path / "mark").write_bytes(zipped(members))
    assert refusal(tmp_path / "mark") == f"my.mark has no member {missing}: it is not a mark, or was taken apart"


@pytest.mark.parametrize("position", [0, 1])
def test_an_edited_member_does_not_have_its_digest(tmp_path: Path, position):
    forged = parts()
    records = [
        {"name": name, "size": len(content), "digest": OTHER_DIGEST if k == position else digest_bytes(content)}
        for k, (name, content) in enumerate(forged.members())
    ]
    forged.late_manifest = {"members": records}
    name = records[position]["name"]
    assert refusal(forged.write(tmp_path / "mark")) == (
        f"{name} in my.mark was changed after it was made: it does not have the digest in manifest.json"
    )


def test_a_lie_about_a_size_is_refused(tmp_path: Path):
    forged = parts()
    forged.late_manifest = {
        "members": [{"name": n, "size": len(c) + 1, "digest": digest_bytes(c)} for n, c in forged.members()]
    }
    assert "does not list its members" in refusal(forged.write(tmp_path / "mark"))


def test_too_large_a_document_is_refused_before_it_is_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tellmark.triggers.format.JSON_LIMIT", 1000)
    size = len(dict(parts().members())["mark.json"])
    path = parts().write(tmp_path / "mark")
    assert size > 1000
    assert refusal(path) == f"mark.json in my.mark has {size} bytes, and at most 1000 are allowed"


def edited(document: dict, path: str, value: object) -> dict:
    copy = json.loads(json.dumps(document))
    *parents, last = (int(name) if name.isdecimal() else name for name in path.split("."))
    target = copy
    for name in parents:
        target = target[name]
    target[last] = value
    return copy


PUBLIC = {
    "schema": ("holdout.items", 0, "mark.json in my.mark does not follow the format: holdout.items: input should be"),
    "type": ("source.classes", "abc", "source.classes: input should be a valid"),
    "unknown": ("source.owner", "me", "source.owner: extra inputs are not permitted"),
    "format": ("format", "tellmark.mark/2", "format: input should be 'tellmark.mark/1'"),
    "time": ("created", "2026-01-31T12:00:59+00:00", "mark.json in my.mark is not canonical JSON"),
    "recipe": ("tiers.0.recipe.proxies.count", 64, "mark.json in my.mark states a digest that is not the recipe's"),
    "classes": ("source.classes", ["cat", "dog", "cat"], "mark.json in my.mark names a class twice"),
    "fewer classes": ("source.classes", ["cat", "dog"], "holds a label outside 0..1"),
    "fewer items": ("holdout.items", 9, "holds a hold-out item outside 0..8"),
    "larger images": ("holdout.space.width", 5, "inputs in triggers-00000.safetensors in my.mark is U8 of shape"),
    "vast images": ("holdout.space.width", 2**52, "inputs in triggers-00000.safetensors in my.mark is U8 of shape"),
    "count": ("tiers.0.selection.drawn", -5, "selection.drawn: input should be greater than or equal to 0"),
    "share": ("tiers.0.selection.proxy_accuracy", [0.5, 1.5], "selection.proxy_accuracy.1: input should be less than"),
    "shape": ("source.perturbed", [{"name": "x", "shape": [-1]}], "source.perturbed.0.shape.0: input should be"),
    "digest of source": ("source.digest", "none", "source.digest: string should match pattern"),
    "digest of data": ("holdout.digest", "sha256:" + "0D" * 32, "holdout.digest: string should match pattern"),
    "seed": ("seed_guessable", True, "my.mark does not say rightly whether the seed can be guessed"),
    "commonest": (
        "tiers.0.selection.commonest_label",
        1,
        "does not say rightly how many triggers bear the commonest label",
    ),
    "proxies": ("tiers.0.selection.admitted", [0, 1], "does not name as many proxies as its recipe asks for"),
    "too many": ("tiers.0.selection.admitted", [0, 1, 3, 3], "does not name as many proxies as its recipe asks for"),
    "proxies twice": ("tiers.0.selection.admitted", [0, 1, 1], "does not name as many proxies as its recipe asks for"),
    "guarantee": (
        "tiers.0.guarantee.lower_bound",
        0.999,
        "states a guarantee of 0.999, and 0.368403 follows from its proxies",
    ),
    "its proxies": (
        "tiers.0.guarantee.proxies",
        6400,
        "states a guarantee from 6400 proxies, and its recipe asks for 3",
    ),
    "confidence": ("tiers.0.guarantee.confidence", 1, "guarantee.confidence: input should be less than 1"),
    "no guarantee": ("tiers.0.guarantee", None, "mark.json in my.mark has proxies and no guarantee"),
    "texts": ("holdout.space", {"kind": "text"}, "the secret part of my.mark lacks a shard"),
}


def with_recipe(mark: dict, path: str, value: object, *, tier: int = 0) -> dict:
    """The public part with a changed recipe, and the digest made to fit."""
    recipe = edited(mark["tiers"][tier]["recipe"], path, value)
    changed = edited(mark, f"tiers.{tier}.recipe", recipe)
    return edited(changed, f"tiers.{tier}.recipe_digest", digest_json(recipe))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_part_that_does_not_fit_is_refused(tmp_path: Path, name):
    path, value, expected = PUBLIC[name]
    forged = parts()
    forged.mark = edited(forged.mark, path, value)
    assert expected in refusal(forged.write(tmp_path / "mark"))


def test_another_number_of_triggers_is_refused(tmp_path: Path):
    forged = parts()
    forged.mark = with_recipe(forged.mark, "triggers", 6)
    assert "my.mark states 6 triggers, secrets.json 5, and its shards 5" in refusal(forged.write(tmp_path / "mark"))


LIMIT = {"value": 0.5, "method": "logit-normal", "content": 0.75, "confidence": 0.75}

TIERS = {
    "one recipe twice": ("name", "copy", 1, "has two tiers of one recipe"),
    "ranked for the paper": ("name", "paper", 0, "states a recipe paper with a ranking"),
    "not ranked": ("discrimination", None, 0, "states a recipe copy without a ranking"),
    "references": (
        "discrimination.references",
        3,
        0,
        "ranks with 3 references, and names 2 for the selection",
    ),
    "pool": ("discrimination.pool", 2, 0, "takes 3 triggers from a pool of 2"),
    "no pool": ("discrimination.pool", 0, 0, "pool: input should be greater than or equal to 1"),
    "families": (
        "discrimination.families",
        [],
        1,
        "does not say rightly whether triggers were selected with members of distilled",
    ),
}


@pytest.mark.parametrize("name", TIERS)
def test_a_recipe_that_does_not_fit_its_tier_is_refused(tmp_path: Path, name):
    path, value, tier, expected = TIERS[name]
    forged = parts("tiers")
    forged.mark = with_recipe(forged.mark, path, value, tier=tier)
    sentence = refusal(forged.write(tmp_path / "mark"))
    assert sentence.startswith("mark.json in my.mark")
    assert expected in sentence


FIRST, SECOND = "tiers.0.", "tiers.1."
LIMITS = {
    "no tier": ("tiers", [], "tiers: tuple should have at least 1 item"),
    "null limit": (f"{FIRST}null.limit.value", 0.25, "states a limit of 0.25, and 0.613422 follows from the matches"),
    "null method": (f"{FIRST}null.limit.method", "order statistic", "and 0.613422 follows from the matches"),
    "null matches": (f"{FIRST}null.matches", [0, 0, 0, 1], "states a limit of 0.613422, and 0.55997 follows"),
    "null content": (f"{FIRST}null.limit.content", 0.8, "states a limit of 0.613422, and 0.657187 follows"),
    "null confidence": (f"{FIRST}null.limit.confidence", 1.0, "null.limit.confidence: input should be less than 1"),
    "no null limit": (f"{FIRST}null.limit", None, "states matches and no limit that follows from them"),
    "transfer limit": (f"{FIRST}families.0.limit.value", 0.9, "states a limit of 0.9, and 0.477828 follows"),
    "transfer matches": (f"{SECOND}families.0.matches", [1, 1, 1, 1], "states a limit of 1, and 0.5 follows"),
    "too many matches": (f"{SECOND}families.0.matches", [3, 2, 2, 2], "states more matches than there are triggers, 2"),
    "limit from one": (f"{FIRST}families.1.limit", LIMIT, "states a limit that too few models show"),
    "nobody asked": (f"{FIRST}families.1.matches", [], "families.1.matches: tuple should have at least 1 item"),
    "supplied noise": (f"{FIRST}families.0.origin", "supplied", "states that noisy copies were supplied"),
    "origin": (f"{FIRST}families.1.origin", "found", "origin: input should be 'made' or 'supplied'"),
    "family": (f"{FIRST}families.1.family", "quantised", "whether triggers were selected with members of quantised"),
    "selecting": (f"{FIRST}families.0.selection", 0, "whether triggers were selected with members of weight-noise"),
    "theft class": (f"{FIRST}families.0.theft_class", "theft", "theft_class: input should be 'copy', 'derived' or"),
    "fewer references": (
        f"{FIRST}null.matches",
        [0, 1, 0],
        "counts the matches of 3 calibration references, and names 4",
    ),
    "no null": (f"{SECOND}null", None, "counts the matches of 0 calibration references, and names 4"),
    "fewer named": ("references.calibration", [], "counts the matches of 4 calibration references, and names 0"),
    "no selection": ("references.selection", [], "ranks with 2 references, and names 0 for the selection"),
    "no divergence": (f"{FIRST}selection.divergence", None, "states the divergence of triggers that were not ranked"),
    "divergences": (f"{FIRST}selection.divergence", [2.0, 1.0], "states a lowest divergence above the highest"),
    "no independence": ("references.independence", None, "does not say whether its references are independent"),
    "too few candidates": ("references.independence.candidates", 19, "and 19 candidates do not show it"),
    "fewer agreements": ("references.independence.agreements", [0.5], "how often 1 references agree with the source"),
    "no copies": ("references.independence.copies", None, "how often 6 references agree with the source, and names 6"),
    "nobody's word": ("references.independence.accepted", False, "without the owner's word for them"),
    "no share": ("references.independence.copies", 1.5, "copies: input should be less than or equal to 1"),
    "commonest": (f"{SECOND}selection.commonest_label", 2, "say rightly how many triggers bear the commonest label"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_tier_whose_numbers_do_not_follow_from_each_other_is_refused(tmp_path: Path, name):
    path, value, expected = LIMITS[name]
    forged = parts("tiers")
    forged.mark = edited(forged.mark, path, value)
    assert expected in refusal(forged.write(tmp_path / "mark"))


def test_one_family_twice_is_refused_unless_its_members_come_from_two_places(tmp_path: Path):
    forged = parts("tiers")
    (students,) = forged.mark["tiers"][1]["families"]
    for origin in ("made", "supplied"):
        forged.mark = edited(forged.mark, "tiers.1.families", [students, {**students, "origin": origin}])
        path = forged.write(tmp_path / "mark")
        if origin == "made":
            assert "states the transfer to one family twice, of members from the same place" in refusal(path)
        else:
            assert len(load_mark(path)) == 5


def test_pairs_that_are_unclear_take_candidates_and_nobodys_word(tmp_path: Path):
    forged = parts("tiers")
    forged.mark["references"]["independence"] |= {"unclear": 2, "agreements": [0.5] * 6, "accepted": False}
    assert len(load_mark(forged.write(tmp_path / "mark"))) == 5
    forged.mark["references"]["independence"] |= {"candidates": 19, "agreements": [], "copies": None}
    assert "and 19 candidates do not show it" in refusal(forged.write(tmp_path / "mark"))


def test_models_alike_take_the_owners_word(tmp_path: Path):
    forged = parts("tiers")
    forged.mark["references"]["independence"] |= {"alike": 1, "agreements": [0.5] * 6, "accepted": False}
    assert "or alike, without the owner's word" in refusal(forged.write(tmp_path / "mark"))
    forged.mark["references"]["independence"]["accepted"] = True
    assert len(load_mark(forged.write(tmp_path / "mark"))) == 5


@pytest.mark.parametrize("role", ["selection", "calibration"])
def test_a_reference_in_both_roles_or_twice_is_refused(tmp_path: Path, role):
    forged = parts("tiers")
    twice = forged.mark["references"][role][0]["digest"]
    forged.mark = edited(forged.mark, "references.calibration.1.digest", twice)
    assert refusal(forged.write(tmp_path / "mark")) == (
        "mark.json in my.mark names one model twice, among the source and the references"
    )


def test_the_source_is_no_reference(tmp_path: Path):
    forged = parts("tiers")
    forged.mark = edited(forged.mark, "references.selection.1.digest", forged.mark["source"]["digest"])
    assert "names one model twice" in refusal(forged.write(tmp_path / "mark"))


def test_limits_that_another_library_of_mathematics_rounds_otherwise_are_accepted(tmp_path: Path):
    forged = parts("tiers")
    value = forged.mark["tiers"][0]["null"]["limit"]["value"]
    forged.mark = edited(forged.mark, "tiers.0.null.limit.value", value + 1e-9)
    assert len(load_mark(forged.write(tmp_path / "mark"))) == 5


def test_candidate_numbers_begin_anew_with_a_tier_and_nowhere_else(tmp_path: Path):
    forged = parts("tiers")
    ((name, shard),) = forged.shards
    tensors = from_safetensors(shard)
    assert tensors["indices"].tolist()[2:4] == [2**40, 3]
    for wrong in ([0, 3, 2, 3, 7], [0, 3, 5, 3, 3], [0, 3, 5, 7, 3]):
        forged.shards = [(name, to_safetensors(tensors | {"indices": np.array(wrong)}))]
        assert "holds candidate numbers that do not increase" in refusal(forged.write(tmp_path / "mark"))


@pytest.mark.parametrize("cuts", [(1,), (2, 3), (3,), (4,), (1, 2, 3, 4)])
def test_shards_may_end_anywhere_among_tiers(tmp_path: Path, cuts):
    forged = parts("tiers")
    tensors = from_safetensors(forged.shards[0][1])
    pieces = list(zip((0, *cuts), (*cuts, 5), strict=True))
    forged.shards = [
        (f"triggers-{k:05d}.safetensors", to_safetensors({n: a[start:stop].copy() for n, a in tensors.items()}))
        for k, (start, stop) in enumerate(pieces)
    ]
    record = forged.secrets["shards"][0]
    forged.secrets["shards"] = [record | {"triggers": stop - start} for start, stop in pieces]
    triggers = load_mark(forged.write(tmp_path / "mark")).triggers
    assert triggers.indices.tolist() == [0, 3, 2**40, 3, 7]
    np.testing.assert_array_equal(triggers.inputs(np.array([4, 2, 3])), INPUTS["image"][[4, 2, 3]])


SECRETS = {
    "other mark": ({"mark": OTHER_DIGEST}, "the secrets in my.mark belong to another mark than its public part"),
    "seed": ({"seed": "5e"}, "secrets.json in my.mark does not follow the format: seed: string should match"),
    "format": ({"format": "tellmark.secrets/2"}, "format: input should be 'tellmark.secrets/1'"),
    "count": ({"triggers": 4}, "my.mark states 5 triggers, secrets.json 4, and its shards 5"),
    "vast count": ({"triggers": 2**52}, f"my.mark states 5 triggers, secrets.json {2**52}, and its shards 5"),
    "no shards": ({"shards": []}, "and its shards 0"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_that_do_not_fit_are_refused(tmp_path: Path, name):
    change, expected = SECRETS[name]
    forged = parts()
    forged.late_secrets = change
    sentence = refusal(forged.write(tmp_path / "mark"))
    assert expected in sentence
    assert forged.secrets["seed"] not in sentence


def test_secrets_without_their_document_are_refused(tmp_path: Path):
    forged = parts()
    members = [("mark.json", forged.members()[0][1]), ("secrets.zip", zipped(forged.shards))]
    forged.late_manifest = {
        "members": [{"name": n, "size": len(c), "digest": digest_bytes(c)} for n, c in members],
    }
    manifest = canonical_json({"format": "tellmark.mark/1", "protection": "none"} | forged.late_manifest)
    (tmp_path / "mark").write_bytes(zipped([*members, ("manifest.json", manifest)]))
    assert refusal(tmp_path / "mark").startswith("the secret part of my.mark has no member secrets.json")


IMAGES = {
    "label": ("labels", lambda a: a - 1, "holds a label outside 0..2"),
    "item": ("items", lambda a: a + 31, "holds a hold-out item outside 0..39"),
    "order": ("indices", lambda a: a[::-1].copy(), "holds candidate numbers that do not increase"),
    "repeated": ("indices", lambda a: a // 4, "holds candidate numbers that do not increase"),
    "negative": ("indices", lambda a: a - 1, f"holds a candidate number outside 0..{(1 << 53) - 1}"),
    "vast": ("indices", lambda a: a + (1 << 53), f"holds a candidate number outside 0..{(1 << 53) - 1}"),
    "fewer": ("labels", lambda a: a[:4], "labels in triggers-00000.safetensors in my.mark is I64 of shape (4,)"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_triggers_that_do_not_fit_are_refused(tmp_path: Path, name):
    tensor, change, expected = IMAGES[name]
    forged = parts()
    tensors = from_safetensors(forged.shards[0][1])
    forged.shards = [(forged.shards[0][0], to_safetensors(tensors | {tensor: change(tensors[tensor])}))]
    sentence = refusal(forged.write(tmp_path / "mark"))
    assert expected in sentence
    assert "triggers-00000.safetensors in my.mark" in sentence


def test_fewer_triggers_in_a_shard_than_stated_are_refused(tmp_path: Path):
    forged = parts()
    tensors = {name: array[:4].copy() for name, array in from_safetensors(forged.shards[0][1]).items()}
    forged.shards = [(forged.shards[0][0], to_safetensors(tensors))]
    assert refusal(forged.write(tmp_path / "mark")).endswith("holds 4 triggers, and 5 are stated")


def with_padded_header(shard: bytes) -> bytes:
    (size,) = struct.unpack_from("<Q", shard)
    return struct.pack("<Q", size + 8) + shard[8 : 8 + size] + b" " * 8 + shard[8 + size :]


def with_fields_reversed(shard: bytes) -> bytes:
    lines = [dict(reversed(json.loads(line).items())) for line in shard.splitlines()]
    return b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)


OTHER_FORMS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "metadata": ("image", lambda shard: to_safetensors(from_safetensors(shard), metadata={"hidden": "x"})),
    "padding": ("image", with_padded_header),
    "spaces": ("text", lambda shard: shard.replace(b'":', b'": ')),
    "duplicate key": ("text", lambda shard: shard.replace(b'"}', b'","text":"other"}')),
    "string for a number": ("text", lambda shard: shard.replace(b'"label":1', b'"label":"1"')),
    "fraction for a number": ("text", lambda shard: shard.replace(b'"label":1', b'"label":1.0')),
    "order of fields": ("text", with_fields_reversed),
    "escaped letter": ("text", lambda shard: shard.replace(b"plain", b"pl\\u0061in")),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_a_shard_that_says_the_same_in_other_bytes_is_refused(tmp_path: Path, name):
    kind, change = OTHER_FORMS[name]
    forged = parts(kind)
    ((member, shard),) = forged.shards
    forged.shards = [(member, change(shard))]
    assert change(shard) != shard
    sentence = refusal(forged.write(tmp_path / "mark"))
    assert sentence.startswith(f"{member} in my.mark")
    assert "is not in the one form that the format allows" in sentence


def test_shards_may_end_anywhere(tmp_path: Path):
    forged = parts("text")
    ((_, shard),) = forged.shards
    lines = shard.splitlines(keepends=True)
    forged.shards = [("triggers-00000.jsonl", lines[0]), ("triggers-00001.jsonl", b"".join(lines[1:]))]
    record = forged.secrets["shards"][0]
    forged.secrets["shards"] = [record | {"triggers": 1}, record | {"triggers": 4}]
    mark = load_mark(forged.write(tmp_path / "mark"))
    assert mark.triggers.inputs(np.arange(5)).tolist() == INPUTS["text"].tolist()


def test_an_empty_shard_is_refused(tmp_path: Path):
    forged = parts("text")
    forged.shards = [(forged.shards[0][0], b"")]
    assert "holds no triggers" in refusal(forged.write(tmp_path / "mark"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_refused(tmp_path: Path, value):
    forged = parts("table")
    tensors = from_safetensors(forged.shards[0][1])
    tensors["inputs"] = tensors["inputs"].copy()
    tensors["inputs"][3, 1] = value
    forged.shards = [(forged.shards[0][0], to_safetensors(tensors))]
    assert refusal(forged.write(tmp_path / "mark")).endswith("holds an input with NaN or infinity")


def test_a_shard_under_another_name_is_refused(tmp_path: Path):
    forged = parts()
    forged.shards = [("triggers-00001.safetensors", forged.shards[0][1])]
    assert "lacks a shard, or holds one that is not its own" in refusal(forged.write(tmp_path / "mark"))


def test_an_edited_shard_does_not_have_its_digest(tmp_path: Path):
    forged = parts()
    forged.late_secrets = {"shards": [forged.secrets["shards"][0] | {"digest": OTHER_DIGEST}]}
    assert "does not have the digest in secrets.json" in refusal(forged.write(tmp_path / "mark"))


def test_a_pickle_is_no_shard(tmp_path: Path):
    forged = parts()
    forged.shards = [(forged.shards[0][0], b"\x80\x04cos\nsystem\n.")]
    assert "is not a safetensors file" in refusal(forged.write(tmp_path / "mark"))


def test_the_public_part_is_read_without_looking_at_the_secrets(tmp_path: Path):
    forged = parts()
    forged.shards = [(forged.shards[0][0], b"damaged")]
    path = forged.write(tmp_path / "mark")
    assert read_mark_file(path).public == read_mark_file(GOLDEN / "mark-1-image.mark").public
    assert "is not a safetensors file" in refusal(path)
