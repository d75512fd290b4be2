"""Labelled corpora: readers, the sets that recipes know, splits, leaks and the default taxonomy."""

from guandian.data.corpora import Corpus, corpora, corpus, data_folder, load, stream
from guandian.data.formats import FORMATS, Format, read
from guandian.data.readers.guandian_jsonl import write_own
from guandian.data.readers.rows import OnError

__all__ = [
    "FORMATS",
    "Corpus",
    "Format",
    "OnError",
    "corpora",
    "corpus",
    "data_folder",
    "load",
    "read",
    "stream",
    "write_own",
]
