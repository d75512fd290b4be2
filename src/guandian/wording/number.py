"""English words that follow a number: messages are written in the plural, one thing is told so."""

from __future__ import annotations

import re

_IRREGULAR = {
    "batches": "batch",
    "categories": "category",
    "classes": "class",
    "copies": "copy",
    "entities": "entity",
    "processes": "process",
}
_REGULAR = (
    "action|annotation|annotator|answer|aspect|bundle|byte|candidate|case|cell|character|column|core|"
    "draw|duplicate|embedding|epoch|error|example|expression|feature|field|file|fold|folder|group|"
    "headline|id|item|label|layer|line|member|model|name|number|opinion|part|piece|place|point|quad|"
    "rating|region|reject|relation|review|row|run|sentence|set|sheet|span|star|step|text|time|token|"
    "trial|user|value|"
    "vector|word"
)
_NOUNS = _IRREGULAR | {f"{noun}s": noun for noun in _REGULAR.split("|")}
_VERBS = {
    "are": "is",
    "differ": "differs",
    "have": "has",
    "lack": "lacks",
    "need": "needs",
    "stand": "stands",
    "were": "was",
}
_BEFORE = r"(?<![\w.,/-])1 (?:(?:bad|labelled|more|new|other|wrong) )*"
_BETWEEN = r"(?: (?!that\b|which\b|whose\b|and\b|but\b|where\b)[^\s,;:.()]+){0,6}?"
_END = r"(?![\w/-]|\.\w| \d)"


def _pattern(nouns: dict[str, str], verbs: dict[str, str]) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<one>{_BEFORE})(?P<noun>{'|'.join(nouns)}){_END}"
        rf"(?:(?P<between>{_BETWEEN}) (?P<verb>{'|'.join(verbs)}){_END})?"
    )


_TURNED = [{plural: single for single, plural in table.items()} for table in (_NOUNS, _VERBS)]
_MANY, _ONE = _pattern(_NOUNS, _VERBS), _pattern(_TURNED[0], _TURNED[1])


def singular(words: str) -> str:
    """An English message with one thing in the singular: `1 texts were kept`, `1 text was kept`."""
    return _MANY.sub(lambda match: _put(match, _NOUNS, _VERBS), words) if "1 " in words else words


def plurals(words: str) -> tuple[str, ...]:
    """The forms that a message may have had before `singular`; of a noun alone, or a verb too."""
    if not _ONE.search(words):
        return ()
    nouns, verbs = _TURNED
    unturned = {verb: verb for verb in verbs}
    return tuple(
        _ONE.sub(lambda match, table=table: _put(match, nouns, table), words)  # type: ignore[misc]
        for table in (verbs, unturned)
    )


def _put(match: re.Match[str], nouns: dict[str, str], verbs: dict[str, str]) -> str:
    words = match["one"] + nouns[match["noun"]]
    return f"{words}{match['between']} {verbs[match['verb']]}" if match["verb"] else words
