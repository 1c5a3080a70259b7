"""A little of what ``make fuzz`` does a lot of: every parser reads or refuses whatever it is given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from fuzz.mutating import bytes_from, document_from, numbered
from fuzz.parsers import PARSERS, Parser, file
from fuzz.run import faults_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PARSERS)
@settings(derandomize=True, max_examples=40, deadline=None)
@given(number=st.integers(0, 2**32))
def test_any_input_is_read_or_refused(folder, name, number):
    PARSERS[name].holds(numbered(1, number), folder)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PARSERS)
def test_some_inputs_are_read(folder, name):
    """Else only the first check of each parser would ever be tried."""
    parser = PARSERS[name]
    for number in range(600):
        given_ = parser.make(numbered(2, number), folder)
        try:
            parser.read(given_)
        except parser.refusals:
            continue
        return
    pytest.fail(f"of 600 inputs {name} read none")


def test_an_input_is_a_function_of_seed_and_number():
    valid = [b"a,b\n1,2\n", b"c\n"]
    many = [bytes_from(numbered(3, number), valid) for number in range(200)]
    assert many == [bytes_from(numbered(3, number), valid) for number in range(200)]
    assert len(set(many)) > 100
    document = {"a": [1, {"b": None}], "c": "d"}
    changed = [document_from(numbered(3, number), document) for number in range(50)]
    assert repr(changed) == repr([document_from(numbered(3, number), document) for number in range(50)])
    assert document == {"a": [1, {"b": None}], "c": "d"}
    assert sum(one != document for one in changed) > 40


def test_faults_are_found_and_told_apart():
    def read(path):
        content = path.read_bytes()
        return {}[content] if b"1" in content else content[1000] if b"2" in content else None

    found = faults_of("x", Parser(file("x", b"12"), read), seed=0, first=0, inputs=300)
    assert {key.split()[0] for key in found} == {"KeyError", "IndexError"}
    assert all("Traceback" in trace for _, trace in found.values())
