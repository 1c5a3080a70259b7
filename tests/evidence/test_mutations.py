"""Whatever is changed of a bundle is refused with a reason, and nothing that is handed in ends in a crash."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.make_bundles import ROOT
from golden.mutate_bundles import STAGES, files_at, mutated, mutations
from tellmark.digests import canonical_json
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.check import check_files
from tellmark.evidence.layout import CLAIM, REGISTRATION, SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.tsa_certificates import read_roots
from tellmark.models.wrappers.chain import Place, chained

ROOTS = read_roots([ROOT])
SAMPLE = 120
"""Of each stage; `make test-mutations` tries all."""

OUTCOMES = {"supports", "does not support", "inconclusive", "invalid"}


def outcome(files):
    """It ends in a finding with a reason, or the test fails."""
    found = check_files(files, ROOTS)
    assert found.outcome in OUTCOMES
    assert found.outcome == "supports" or all(found.reasons)
    return found.outcome


@pytest.mark.parametrize("stage", STAGES)
def test_no_byte_can_be_changed(stage):
    files = files_at(stage)
    assert outcome(files) != "invalid"
    everything = list(mutations(stage))
    chosen = np.random.default_rng(6).choice(len(everything), SAMPLE, replace=False)
    assert [everything[number] for number in chosen if outcome(mutated(files, everything[number])) != "invalid"] == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_file_can_be_cut_prolonged_or_emptied(stage):
    files = files_at(stage)
    for name, raw in files.items():
        for changed in (b"", raw[:-1], raw[1:], raw[: len(raw) // 2], raw + b"\n", raw + b" ", b" " + raw, raw * 2):
            assert outcome({**files, name: changed}) == "invalid", (name, len(changed))


def test_no_two_neighbouring_bytes_can_change_places():
    files = files_at("asked")
    rng = np.random.default_rng(6)
    for name, raw in files.items():
        for place in rng.choice(len(raw) - 1, 15, replace=False):
            first, second = raw[place : place + 1], raw[place + 1 : place + 2]
            swapped = raw[:place] + second + first + raw[place + 2 :]
            assert first == second or outcome({**files, name: swapped}) == "invalid"


def test_json_that_says_the_same_in_other_bytes_is_refused():
    files = files_at("judged")
    for name, raw in files.items():
        if name == TRANSCRIPT:
            continue
        said = json.loads(raw)
        for spelling in (json.dumps(said).encode(), json.dumps(said, indent=1).encode(), raw[:-1] + b',"x":0}'):
            assert outcome({**files, name: spelling}) == "invalid"


# Fuzzing

NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = (REGISTRATION, CLAIM, "openings/0001.json", TRANSCRIPT, VERDICT, SUMMARY)
FUZZ = settings(derandomize=True, deadline=None, max_examples=100)


@FUZZ
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=12), st.binary(max_size=200), max_size=6))
def test_files_of_any_bytes_and_names_are_no_bundle(files):
    assert outcome(files) == "invalid"


@FUZZ
@given(st.sampled_from(NAMES), st.binary(max_size=300) | JSON.map(lambda said: json.dumps(said).encode()))
def test_any_bytes_or_json_in_place_of_a_file_are_refused(name, raw):
    assert outcome({**files_at("judged"), name: raw}) == "invalid"


def replaced(said, path, value):
    """JSON with another value at a path, whose steps are taken modulo what is there."""
    if not path or not isinstance(said, dict | list) or not said:
        return value
    keys = sorted(said) if isinstance(said, dict) else range(len(said))
    key = keys[path[0] % len(keys)]
    inner = replaced(said[key], path[1:], value)
    if isinstance(said, dict):
        return {**said, key: inner}
    return [*said[:key], inner, *said[key + 1 :]]


PATHS = st.lists(st.integers(0, 30), min_size=1, max_size=9)


@FUZZ
@given(st.sampled_from([name for name in NAMES if name != TRANSCRIPT]), PATHS, JSON)
def test_any_value_in_place_of_another_in_an_envelope_is_refused(name, path, value):
    files = files_at("judged")
    said = json.loads(files[name])
    changed = replaced(said, path, value)
    raw = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    assert raw == files[name] or outcome({**files, name: raw}) == "invalid"


@FUZZ
@given(st.sampled_from([CLAIM, "openings/0001.json", VERDICT, SUMMARY]), PATHS, JSON)
def test_any_value_in_place_of_another_in_a_payload_is_refused(name, path, value):
    """Unsigned, but the readers before the signature see it."""
    files = files_at("judged")
    envelope = json.loads(files[name])
    payload = json.loads(bytes_of(envelope["payload"], where="it"))
    changed = replaced(payload, path, value)
    text = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    raw = canonical_json({**envelope, "payload": text_of(text)})
    assert raw == files[name] or outcome({**files, name: raw}) == "invalid"


@FUZZ
@given(st.integers(0, 40), PATHS, JSON)
def test_any_value_in_a_line_of_the_transcript_ends_in_a_finding_though_it_is_chained_anew(number, path, value):
    """Whoever holds the file can chain it anew: the readers of lines are then all that is left before the verdict."""
    files = files_at("asked")
    lines = [json.loads(line) for line in files[TRANSCRIPT].splitlines()]
    for line in lines:
        for link in ("number", "previous", "digest"):
            del line[link]
    place, raw = Place(), b""
    lines[number % len(lines)] = replaced(lines[number % len(lines)], path, value)
    try:
        for line in lines:
            content, place = chained(line if isinstance(line, dict) else {"kind": None}, place)
            raw += content + b"\n"
    except ValueError:  # no JSON
        return
    outcome({**files, TRANSCRIPT: raw})
