"""What a model answered, read as far as it can be, with a word for what cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from guandian.domain import Polarity
from guandian.io.strict_json import RepeatedKey, read_json

UNREADABLE = "unreadable"
CUT = "cut"
_POLARITIES: Mapping[str, Polarity] = {
    "positive": Polarity.POSITIVE,
    "negative": Polarity.NEGATIVE,
    "neutral": Polarity.NEUTRAL,
    "正面": Polarity.POSITIVE,
    "正向": Polarity.POSITIVE,
    "负面": Polarity.NEGATIVE,
    "负向": Polarity.NEGATIVE,
    "中性": Polarity.NEUTRAL,
}
_OBJECT = re.compile(r"\{")
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_MOST_STARTS = 50
_OUTSIDE = re.compile(r'"(?:\\.|[^"\\])*"|[：，]')
_WIDE = {"：": ":", "，": ","}
_LONGEST = 200_000
"""Characters of an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """An opinion as a model gave it: words, not yet places."""

    aspect: str | None
    expression: str | None
    category: str
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """What an answer says.

    Attributes:
        opinions: those in the closed form.
        sentiment: of the text; None where it does not say.
        malformed: opinions in another form: keys missing, doubled or of another kind, or a
            category or polarity that does not exist.
        fault: `unreadable` where nothing could be read, `cut` where it breaks off, else empty.
        lost_tokens: counted for attempts before it that failed.
        other_model: that an endpoint says to have answered in place of the one asked; else empty.
    """

    opinions: tuple[Quoted, ...]
    sentiment: Polarity | None
    malformed: int = 0
    fault: str = ""
    lost_tokens: int = 0
    other_model: str = ""


def read_answer(text: str, categories: Mapping[str, str]) -> ReadAnswer:
    """Read an answer: JSON alone, in prose or a fence, within a string, or broken off.

    Args:
        text: of the answer.
        categories: every way to write a category, folded, and its key.
    """
    text = _narrow(_THOUGHT.sub("", text[:_LONGEST]))
    whole = _whole(text)
    if isinstance(whole, list):
        whole = {"opinions": whole}
    if isinstance(whole, dict) and isinstance(whole.get("opinions"), list):
        return _read(whole["opinions"], whole.get("sentiment"), categories)
    if (start := text.find('"opinions"')) >= 0:  # cut, or one of its objects is broken
        rows, malformed = _objects(text, start)
        if rows or malformed:
            read = _read(rows, _sentiment_behind(text), categories)
            return ReadAnswer(read.opinions, read.sentiment, read.malformed + malformed, CUT)
    return ReadAnswer((), None, 0, UNREADABLE)


def _narrow(text: str) -> str:
    """Colons and commas of JSON that slipped into full width; those within strings stay."""
    if '"' not in text:
        text = text.replace("“", '"').replace("”", '"')
    return _OUTSIDE.sub(lambda match: _WIDE.get(match[0], match[0]), text)


def _whole(text: str) -> Any:
    """The first JSON value that is an answer; None where there is none."""
    stripped = text.strip()
    for _ in range(2):
        try:
            value = read_json(stripped)
        except (ValueError, RecursionError):
            break
        if not isinstance(value, str):
            return value
        stripped = value.strip()  # JSON within a JSON string
    for match in islice(_OBJECT.finditer(stripped), _MOST_STARTS):
        try:
            _, end = json.JSONDecoder().raw_decode(stripped, match.start())
            value = read_json(stripped[match.start() : end])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and "opinions" in value:
            return value
    return None


def _objects(text: str, start: int) -> tuple[list[Any], int]:
    """The whole objects of a list that was cut or is broken, and how many are broken."""
    rows, broken = [], 0
    at = text.find("{", start)
    while at >= 0:
        try:
            _, end = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            broken += 1
            at = text.find("{", at + 1)
            continue
        try:
            rows.append(read_json(text[at:end]))
        except (RepeatedKey, ValueError, RecursionError):
            broken += 1
        at = text.find("{", end)
    return rows, broken


def _sentiment_behind(text: str) -> str | None:
    match = re.search(r'"sentiment"\s*:\s*"(\w{1,20})"', text)
    return match[1] if match else None


def _read(rows: list[Any], sentiment: object, categories: Mapping[str, str]) -> ReadAnswer:
    opinions, malformed = [], 0
    for row in rows:
        opinion = _opinion(row, categories)
        if opinion is None:
            malformed += 1
        else:
            opinions.append(opinion)
    return ReadAnswer(tuple(opinions), _polarity(sentiment), malformed)


def _opinion(row: object, categories: Mapping[str, str]) -> Quoted | None:
    if not isinstance(row, dict):
        return None
    quotes = [row.get("aspect"), row.get("expression")]
    if not all(quote is None or isinstance(quote, str) for quote in quotes):
        return None
    aspect, expression = (quote if quote and quote.strip() else None for quote in quotes)
    category = categories.get(str(row.get("category")).strip().casefold())
    polarity = _polarity(row.get("polarity"))
    if category is None or polarity is None:
        return None
    return Quoted(aspect, expression, category, polarity)


def _polarity(value: object) -> Polarity | None:
    return _POLARITIES.get(value.strip().casefold()) if isinstance(value, str) else None
