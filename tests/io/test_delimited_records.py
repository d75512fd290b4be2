"""Records of CSV keep their line numbers, whatever a broken quote swallows."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from guandian.io.delimited_records import Broken, NumberedLines, Record, read_records


def records(text: str, delimiter: str = ",", *, quoted: bool = True) -> list[Record | Broken]:
    source = NumberedLines(iter(text.splitlines(keepends=True)))
    return list(read_records(source, delimiter, quoted=quoted))


def test_a_broken_quote_is_its_own_lines_fault() -> None:
    found = records('a,b\n"two\nlines",x\n"broken" y,1\nafter,2\n"open,3\nlast,4\n')
    assert [(one.line, getattr(one, "cells", None)) for one in found] == [
        (1, ["a", "b"]),
        (2, ["two\nlines", "x"]),
        (4, None),
        (5, ["after", "2"]),
        (6, None),
        (7, ["last", "4"]),
    ]
    assert [one.raw for one in found if isinstance(one, Broken)] == ['"broken" y,1\n', '"open,3\n']


def test_quotes_are_letters_where_they_do_not_quote() -> None:
    (found,) = records('5" screen\t"good\n', "\t", quoted=False)
    assert isinstance(found, Record)
    assert found.cells == ['5" screen', '"good']


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6))
def test_what_is_written_is_read(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    written.seek(0)
    lines = NumberedLines(iter(io.StringIO(written.getvalue(), newline="")))
    found = list(read_records(lines, ","))
    assert [one.cells for one in found if isinstance(one, Record)] == rows
