"""People's review files in, mined reviews out: streaming, and nothing lost silently."""

from guandian.files.cells import safe, unsafe
from guandian.files.columns import ColumnChoice, ColumnGuess, guess_columns
from guandian.files.heading import header_rows
from guandian.files.opening import Format, Hidden, Layout
from guandian.files.reading import OnError, ReviewReader, read_reviews, review_rows
from guandian.files.rejects import RejectFile
from guandian.files.wire import from_wire, to_wire
from guandian.files.writing import (
    FileWriter,
    StandardOutput,
    Writer,
    check_output,
    convert,
    open_writer,
    read_mined,
)

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
    "convert",
    "from_wire",
    "guess_columns",
    "header_rows",
    "open_writer",
    "read_mined",
    "read_reviews",
    "review_rows",
    "safe",
    "to_wire",
    "unsafe",
]
