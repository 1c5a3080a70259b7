"""Paragraphs, definitions and columns: they keep to the width, hang below their first word, and lose no word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from tellmark.report.layout import bullets, columns, definitions, paragraph

WORDS = st.lists(st.text("abcöß鍵", min_size=1, max_size=12), min_size=1, max_size=30)


def plain(lines):
    return [line.plain for line in lines]


def test_a_paragraph_hangs_below_its_lead():
    lines = plain(paragraph(Text("lead: "), "one two three four five six", width=27))
    assert lines == ["lead: one two three four", "      five six"]


@given(WORDS, st.integers(30, 80))
def test_no_line_is_wider_than_the_width_and_no_word_is_lost(words, width):
    lines = plain(paragraph(Text("  - "), " ".join(words), width=width))
    assert max(map(cell_len, lines)) <= width
    assert " ".join(lines).split()[1:] == words
    assert all(line == line.rstrip() for line in lines)


def test_a_word_longer_than_the_line_is_folded():
    lines = plain(paragraph(Text("  "), "x" * 50, width=30))
    assert lines == ["  " + "x" * 28, "  " + "x" * 22]


def test_a_terminal_too_narrow_for_anything_still_gets_all_of_it():
    assert "".join(plain(paragraph(Text("a long lead: "), "word " * 9, width=5))).count("word") == 9


def test_definitions_share_a_column():
    assert plain(definitions([("a", "first"), ("long name", "second")], width=40)) == [
        "  a          first",
        "  long name  second",
    ]


def test_each_bullet_begins_a_line():
    assert plain(bullets(["one two three four five", "six"], width=24)) == [
        "  - one two three four",
        "    five",
        "  - six",
    ]


def test_columns_are_aligned_to_the_right_but_for_the_last():
    rows = [("1", "a"), ("100", "鍵 key"), ("7", "line\nend")]
    assert plain(columns(("n", "label"), rows)) == [
        "    n  label",
        "    1  a",
        "  100  鍵 key",
        r"    7  line\nend",
    ]


@pytest.mark.parametrize("rows", [[], [("1", "a")]])
def test_a_table_without_rows_is_its_header(rows):
    assert len(plain(columns(("n", "label"), rows))) == 1 + len(rows)
