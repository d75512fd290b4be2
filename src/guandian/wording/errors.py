"""Errors and notes in Chinese: a catalogue from English templates, where `{}` is filled in."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from guandian.wording.language import wanted
from guandian.wording.number import plurals, singular

_CATALOGUE = Path(__file__).with_name("errors.zh.json")
_ROW = re.compile(
    r"(?P<path>(?:(?!: ).)+?)(?:, line (?P<line>\d+))?(?:, element (?P<element>\d+))?"
    r"(?:, column (?P<column>.+?))?: (?P<why>.+)"
)
_REPAIR = re.compile(r"\n  (?! )")
_HOLE = re.compile(r"\{(\d?)\}")
_LONGEST = 20_000
"""Of a message; a longer one holds somebody's file, and is told as it is."""


def told(words: str) -> list[str]:
    """A message in each language that is wanted, Chinese first; in English where it has no other.

    Args:
        words: an error or a note in English; its repair, if any, on a line of its own.
    """
    language = wanted()
    chinese = in_chinese(words) if language != "en" else None
    if chinese is None:
        return [singular(words)]
    return [chinese] if language == "zh" else [chinese, singular(words)]


def explained(words: str) -> str:
    """The same in one text, for a place within a line."""
    return " ".join(told(words))


def in_chinese(words: str) -> str | None:
    """The Chinese of a message, None where the catalogue does not have it."""
    if len(words) > _LONGEST:
        return None
    translations = (_in_chinese(variant) for variant in (*plurals(words), words))
    return next((chinese for chinese in translations if chinese is not None), None)


def _in_chinese(words: str) -> str | None:
    *problem, repair = _REPAIR.split(words)
    first = "\n  ".join(problem)
    if first and (chinese := _row(first) or _filled(first)) is not None:
        return f"{chinese}\n  {_by_line(repair)}"
    return _row(words) or _filled(words)


def catalogue() -> dict[str, str]:
    """Every English template with its Chinese, as they stand in the file."""
    return {english: chinese for group in _groups().values() for english, chinese in group.items()}


@cache
def _groups() -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = json.loads(_CATALOGUE.read_text("utf-8"))
    return groups


def _by_line(words: str) -> str:
    """A repair, or several errors in one, a line each."""
    lines = (re.fullmatch(r"(\s*)(.*)", line) for line in words.split("\n"))
    return _filled(words) or "\n".join(
        line[1] + (_row(line[2]) or _filled(line[2]) or line[2]) for line in lines if line
    )


def _row(words: str) -> str | None:
    """A row of a file that cannot be read, where its reason is known."""
    match = _ROW.fullmatch(words)
    if match is None or not (match["line"] or match["element"]):
        return None
    if (why := _inner(match["why"], 0)) == match["why"]:
        return None
    line = f"第 {match['line']} 行" if match["line"] else ""
    element = f"第 {match['element']} 个元素" if match["element"] else ""
    column = f"，列 {match['column']}" if match["column"] else ""
    return f"{match['path']} {line}{element}{column}：{why}"


def _filled(words: str, depth: int = 0) -> str | None:
    for pieces, pattern, chinese in _templates(within=depth > 0):
        if all(piece in words for piece in pieces) and (match := pattern.fullmatch(words)):
            inner = [_inner(group, depth) for group in match.groups()]
            order = iter(inner)
            return _HOLE.sub(
                lambda hole, inner=inner, order=order: (  # type: ignore[misc]
                    inner[int(hole[1])] if hole[1] else next(order)
                ),
                chinese,
            )
    return None


def _inner(group: str, depth: int) -> str:
    """Translate what stands in a hole, if it is a message too; a word alone is somebody's own."""
    if depth > 2 or " " not in group:
        return group
    if (deeper := _row(group) or _filled(group, depth + 1)) is not None:
        return deeper
    beginning, _, why = group.partition(": ")
    return f"{beginning}：{chinese}" if why and (chinese := _filled(why, depth + 1)) else group


@cache
def _templates(*, within: bool) -> list[tuple[list[str], re.Pattern[str], str]]:
    """The words that must stand in a message, its pattern, and its Chinese; the most telling first.

    That is one whose first words are its own, and of several the longest. What libraries give as a
    reason begins with anything: it stands within a message, and is tried last.
    """
    rows, groups = [], _groups()
    reasons = groups["reasons"] if within else {}
    for english, chinese in (groups["ours"] | groups["libraries"] | reasons).items():
        pieces = english.split("{}")
        pattern = re.compile("(.*?)".join(map(re.escape, pieces)), re.DOTALL)
        rows.append(([piece for piece in pieces if piece], pattern, chinese))
    return sorted(rows, key=_how_telling)


def _how_telling(row: tuple[list[str], re.Pattern[str], str]) -> tuple[bool, bool, int]:
    pieces, pattern, chinese = row
    begins = pattern.pattern.startswith("(")
    # Where something stands ends a reason, and so comes before the words that its rest begins with.
    located = pieces[0] in (" (at line ", " (at end of document)")
    last = chinese in _groups()["reasons"].values() and not located
    return last, begins and not located, -sum(map(len, pieces)) - 1000 * located
