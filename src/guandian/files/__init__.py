"""People's review files in, mined reviews out: streaming, and nothing lost silently."""

from guandian.files.columns.choice import ColumnChoice, choose_columns, parse_columns
from guandian.files.columns.guess import ColumnGuess, guess_columns
from guandian.files.columns.heading import header_rows
from guandian.files.formats.opening import Format, Hidden, Layout
from guandian.files.output.formula_safety import safe, unsafe
from guandian.files.output.json_record import from_wire, to_wire
from guandian.files.output.writing import (
    FileWriter,
    StandardOutput,
    Writer,
    check_output,
    join_chunks,
    open_writer,
    read_chunk,
    read_mined,
)
from guandian.files.reading import OnError, ReviewReader, read_reviews, review_rows
from guandian.files.rejects import RejectFile

__all__ = [
    "ColumnChoice",
    "ColumnGuess",
    "FileWriter",
    "Format",
    "Hidden",
    "Layout",
    "OnError",
    "RejectFile",
    "ReviewReader",
    "StandardOutput",
    "Writer",
    "check_output",
    "choose_columns",
    "from_wire",
    "guess_columns",
    "header_rows",
    "join_chunks",
    "open_writer",
    "parse_columns",
    "read_chunk",
    "read_mined",
    "read_reviews",
    "review_rows",
    "safe",
    "to_wire",
    "unsafe",
]
