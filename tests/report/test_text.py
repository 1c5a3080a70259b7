"""Names from files cannot steer a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.report.text import plural, printable


@pytest.mark.parametrize("text", ["plain words", "größe σ × … 鍵 🔑", "a 'quote' and a \\", ""])
def test_signs_are_left_alone(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\r", r"two\nlines\r"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("abc\u202etxt", r"abc\u202etxt"),
        ("line\u2028end\x9b", r"line\u2028end\x9b"),
        ("\udcff", r"\udcff"),
    ],
)
def test_everything_else_is_shown_by_its_number(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_the_result_is_one_line_of_signs_and_stays_as_it_is(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert printable(shown) == shown


@pytest.mark.parametrize(("count", "said"), [(0, "0 models"), (1, "1 model"), (2, "2 models")])
def test_one_is_singular_and_nothing_else(count, said):
    assert plural(count, "model") == said
