"""Label tools and sets whose files are not read: what they are, and how they become one that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from guandian.errors import GuandianError

_OURS = (
    'write a line for each review, {"text": "...", "entities": [{"span": [0, 2], "type": "..."}],'
    ' "sentiment": "positive"}; the page on labels shows quads'
)
_CONLL = "export CoNLL 2002 or 2003 (named .conll) for entities; for opinions relations are needed"
_SHEET = (
    "save the sheet as CSV UTF-8, its columns called text, aspect, expression, category, polarity"
)
TABLE = (
    "write a CSV, a row for each opinion, its columns called text, aspect, expression, category, "
    "polarity"
)
_ENDINGS = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), ("a spreadsheet program", _SHEET)),
    ".ann": ("brat", "convert its entities to CoNLL (named .conll), which brat's tools do"),
    ".xmi": ("INCEpTION", _CONLL),
    ".spacy": ("spaCy", _OURS),
    ".xml": ("another program", _OURS),
}


class _Kind(NamedTuple):
    """A tool by what a row of it holds, and how its labels become ours."""

    tool: str
    holds: Callable[[Mapping[str, Any]], bool]
    repair: str


def _are_opinions(value: Any) -> bool:
    """Tell whether it is a list of opinions in words: [["屏幕", "performance", "正面", "很好"]]."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, list) and len(item) > 2 for item in value)
        and all(isinstance(part, str) for item in value for part in item)
    )


_PRODIGY = (
    'keep the rows with "answer": "accept" alone; of spans [start, end, label] become doccano\'s'
    ' "label", and a class stays'
)
_KINDS = (
    _Kind(
        "Prodigy",
        lambda row: (
            row.get("answer") in ("accept", "reject", "ignore")
            and ("text" in row or "_input_hash" in row)
        ),
        _PRODIGY,
    ),
    _Kind("Prodigy", lambda row: {"_input_hash", "_task_hash"} <= row.keys(), _PRODIGY),
    _Kind("spaCy", lambda row: "paragraphs" in row or {"text", "ents"} <= row.keys(), _OURS),
    _Kind(
        "PaddleNLP, converted for training",
        lambda row: {"content", "result_list", "prompt"} <= row.keys(),
        "give the doccano or Label Studio export that it was converted from",
    ),
    _Kind("INCEpTION (UIMA)", lambda row: "%FEATURE_STRUCTURES" in row, _CONLL),
    _Kind(
        "Hugging Face, words and tags",
        lambda row: "tokens" in row and bool({"ner_tags", "tags", "labels"} & row.keys()),
        "write a word and its tag a line, a blank line between texts, named .conll",
    ),
    _Kind(
        "ASTE or another set of opinions",
        lambda row: (
            ("aspects" in row and bool({"raw_words", "words", "token", "tokens"} & row.keys()))
            or bool({"triples", "triplets", "aspect_terms", "aspectTerms"} & row.keys())
            or {"tokens", "entities", "sentiments"} <= row.keys()
            or any(map(_are_opinions, row.values()))
        ),
        TABLE,
    ),
    _Kind("CLUENER", lambda row: "text" in row and isinstance(row.get("label"), dict), _OURS),
)


def refuse_ending(path: Path) -> None:
    """Refuse a file whose name says that it is of a tool that is not read.

    Raises:
        GuandianError: with how to convert it.
    """
    if refusal := _ENDINGS.get(path.suffix.lower()):
        raise not_read(path, *refusal)


def refuse_row(path: Path, row: Any) -> None:
    """Refuse a file one of whose rows says that it is of a tool that is not read.

    Raises:
        GuandianError: with how to convert it.
    """
    if (
        isinstance(row, list)
        and len(row) == 2
        and isinstance(row[0], str)
        and isinstance(row[1], dict)
        and {"entities", "cats", "spans"} & row[1].keys()
    ):
        raise not_read(path, "spaCy", _OURS)
    if isinstance(row, dict):
        for kind in _KINDS:
            if kind.holds(row):
                raise not_read(path, kind.tool, kind.repair)


def refuse_header(path: Path, header: str) -> None:
    """Refuse a table that is one of WebAnno or INCEpTION.

    Raises:
        GuandianError: with how to convert it.
    """
    if header.startswith("#FORMAT=WebAnno"):
        raise not_read(path, "WebAnno or INCEpTION", _CONLL)


def not_read(path: Path, tool: str, repair: str) -> GuandianError:
    """The error of a file that is of a known tool or set, with how to convert it."""
    return GuandianError(f"{path} is of {tool}, which is not read", repair)
