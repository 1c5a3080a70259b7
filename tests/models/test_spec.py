"""Spec strings: read, written, and refused with the nearest valid name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.models.preprocessing import Preprocessing
from tellmark.models.spec import ModelSpec, parse_spec, unknown_name

repeatable = settings(derandomize=True, deadline=None)

NAMES = st.text(min_size=1, max_size=12)
NUMBERS = st.floats(-1e6, 1e6)
PREPROCESSINGS = st.builds(
    Preprocessing,
    scale=st.floats(1e-6, 1e6),
    mean=st.lists(NUMBERS, min_size=1, max_size=4).map(tuple),
    std=st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=4).map(tuple),
    resize=st.none() | st.tuples(st.integers(1, 999), st.integers(1, 999)),
    channels=st.sampled_from(["rgb", "bgr"]),
    layout=st.sampled_from(["nchw", "nhwc"]),
)
SPECS = st.builds(
    ModelSpec,
    kind=st.sampled_from(["torch", "onnx", "plug-in"]),
    target=NAMES,
    preprocessing=st.none() | PREPROCESSINGS,
    classes=st.none() | st.lists(NAMES, min_size=2, max_size=4, unique=True).map(tuple),
    device=st.none() | NAMES,
    batch_size=st.none() | st.integers(1, 10**6),
    options=st.dictionaries(st.sampled_from(["weights", "token", "a&b=c"]), NAMES),
)


@repeatable
@given(SPECS)
def test_a_spec_is_read_as_it_was_written(spec):
    assert parse_spec(str(spec)) == spec


@repeatable
@given(st.text(max_size=60))
def test_any_text_is_a_spec_or_refused(text):
    try:
        spec = parse_spec(text)
    except InvalidInput:
        return
    assert spec.kind
    assert spec.target


def test_everything_at_once():
    spec = parse_spec(
        "torch:package.module:factory?weights=dir/w.safetensors&scale=255&mean=.5,.4,.3&std=.2&resize=32x48"
        "&channels=bgr&layout=nhwc&classes=cat,hot%2C dog&device=cuda:1&batch_size=64"
    )
    assert spec == ModelSpec(
        kind="torch",
        target="package.module:factory",
        preprocessing=Preprocessing(
            scale=255, mean=(0.5, 0.4, 0.3), std=(0.2,), resize=(32, 48), channels="bgr", layout="nhwc"
        ),
        classes=("cat", "hot, dog"),
        device="cuda:1",
        batch_size=64,
        options={"weights": "dir/w.safetensors"},
    )


def test_reserved_characters_in_a_path_are_encoded():
    assert parse_spec("onnx:odd%3Fname.onnx").target == "odd?name.onnx"
    assert parse_spec("onnx:100%.onnx").target == "100%.onnx"


def test_no_preprocessing_unless_said():
    assert parse_spec("onnx:m.onnx?device=cpu").preprocessing is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("model.onnx", "KIND:TARGET, such as onnx:model.onnx"),
        ("answers.csv", "recorded:answers.csv"),
        ("onnx:", "KIND:TARGET"),
        (":model.onnx", "KIND:TARGET"),
        ("", "KIND:TARGET"),
        ("onnx:m?scale", "no KEY=VALUE"),
        ("onnx:m?scale=", "no KEY=VALUE"),
        ("onnx:m?=3", "no KEY=VALUE"),
        ("onnx:m?scale=1&scale=2", "stands twice"),
        ("onnx:m?scale=big", "scale=big is not valid"),
        ("onnx:m?scale=0", "scale=0 is not valid"),
        ("onnx:m?mean=.5;.5", "write it like mean=0.5,0.5,0.5"),
        ("onnx:m?std=0", "greater than 0"),
        ("onnx:m?resize=32", "write it like resize=32x32"),
        ("onnx:m?resize=32x32x3", "write it like resize=32x32"),
        ("onnx:m?channels=gbr", "channels=gbr"),
        ("onnx:m?layout=chw", "layout=chw"),
        ("onnx:m?batch_size=many", "whole number"),
        ("onnx:m?batch_size=0", "at least 1"),
        ("onnx:m?classes=cat", "two different names"),
        ("onnx:m?classes=cat,cat", "two different names"),
    ],
)
def test_malformed(text, reason):
    with pytest.raises(InvalidInput, match=reason):
        parse_spec(text)


def test_unknown_key_names_the_nearest():
    spec = parse_spec("torch:a:b?weigths=w.pt")
    with pytest.raises(InvalidInput, match="did you mean 'weights'"):
        spec.allow("weights")
    parse_spec("torch:a:b?weights=w.pt").allow("weights")


@repeatable
@given(st.text(max_size=20))
def test_some_name_is_always_proposed(name):
    assert "did you mean" in str(unknown_name("kind", name, ["onnx", "torch"]))
