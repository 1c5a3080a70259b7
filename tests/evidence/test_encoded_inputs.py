"""What is written as JSON is read as the same input, and what is no input of the space is refused."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tellmark.digests import digest_input
from tellmark.documents import document_bytes, parsed
from tellmark.errors import EvidenceError
from tellmark.evidence.encoded_inputs import decoded, encoded
from tellmark.evidence.predicates import EncodedInput
from tellmark.spaces import Column, ImageSpace, InputSpace, TableSpace, TextSpace

IMAGES = ImageSpace(height=2, width=3, channels=1)
ROWS = TableSpace(columns=(Column(name="a"), Column(name="b", decimals=1)))
TEXTS = TextSpace()

inputs = st.one_of(
    st.tuples(arrays(np.uint8, (2, 3, 1)), st.just(IMAGES)),
    st.tuples(arrays(np.float64, 2, elements=st.floats(allow_nan=False, allow_infinity=False)), st.just(ROWS)),
    st.tuples(st.text(), st.just(TEXTS)),
)


@given(inputs)
def test_an_input_comes_back_bit_by_bit(case):
    one, space = case
    written = parsed(EncodedInput, document_bytes(encoded(one)))
    batch = decoded(written, space, where="it")
    space.check(batch)
    assert len(batch) == 1
    assert digest_input(batch[0]) == digest_input(one)
    assert encoded(batch[0]) == written
    if not isinstance(one, str):
        np.testing.assert_array_equal(batch[0], one)


def image(raw: bytes) -> EncodedInput:
    return EncodedInput(pixels=base64.b64encode(raw).decode())


@pytest.mark.parametrize(
    ("written", "space"),
    [
        (EncodedInput(), TEXTS),
        (EncodedInput(text="a", row=(1.0, 2.0)), TEXTS),
        (EncodedInput(text="a", row=(1.0, 2.0)), ROWS),
        (EncodedInput(text="a"), ROWS),
        (EncodedInput(text="a"), IMAGES),
        (EncodedInput(row=(1.0, 2.0)), IMAGES),
        (EncodedInput(row=(1.0, 2.0)), TEXTS),
        (EncodedInput(row=(1.0,)), ROWS),
        (EncodedInput(row=(1.0, 2.0, 3.0)), ROWS),
        (EncodedInput(row=(1.0, float("nan"))), ROWS),
        (EncodedInput(row=(float("inf"), 1.0)), ROWS),
        (image(bytes(5)), IMAGES),
        (image(bytes(7)), IMAGES),
        (image(b""), IMAGES),
        (EncodedInput(pixels="AAAAAA=="), IMAGES),
        (EncodedInput(pixels="AAAAAAA"), IMAGES),
        (EncodedInput(text="\ud800"), TEXTS),
        (image(bytes(6)), ImageSpace(height=10**9, width=10**9, channels=3)),
    ],
)
def test_what_is_no_input_of_the_space_is_refused(written, space: InputSpace):
    with pytest.raises(EvidenceError, match=r"^trigger 3 "):
        decoded(written, space, where="trigger 3")


def test_one_spelling_of_base64_alone_is_read():
    """The last character of a group may carry bits that no byte has; they must be zero."""
    space = ImageSpace(height=1, width=4, channels=1)
    assert decoded(EncodedInput(pixels="AAAAAA=="), space, where="it").tolist() == [[[[0], [0], [0], [0]]]]
    for spelt in ("AAAAAB==", "AAAAA===", "AAAAAA=A"):
        with pytest.raises(EvidenceError):
            decoded(EncodedInput.model_construct(pixels=spelt), space, where="it")


def test_messages_do_not_show_the_input():
    with pytest.raises(EvidenceError) as error:
        decoded(EncodedInput(text="secret"), IMAGES, where="it")
    assert "secret" not in str(error.value)
