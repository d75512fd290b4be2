"""Dialogues of customers and a shop, with what people rated of them, from JSON."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from guandian.errors import BadRow, GuandianError, reason
from guandian.io.bounded import read_whole
from guandian.io.strict_json import list_items, read_json

Sender = Literal["customer", "shop"]
Quality = Literal["satisfaction", "effectiveness", "accomplishment"]
QUALITIES: tuple[Quality, ...] = ("satisfaction", "effectiveness", "accomplishment")
LEVELS = (-2, -1, 0, 1, 2)
"""From very poor to very good, as raters give them (NTCIR-14 STC-3)."""
MOST_TURNS = 200
_SHOP = frozenset(("shop", "helpdesk", "agent", "assistant", "seller", "staff", "客服", "商家"))
_CUSTOMER = frozenset(("customer", "user", "buyer", "顾客", "用户", "买家"))
_LETTERS = {"satisfaction": "S", "effectiveness": "E", "accomplishment": "A"}
_MOST_BYTES = 512 * 2**20
_FORM = (
    '{"id": "1", "turns": [{"sender": "customer", "text": "…"}, {"sender": "shop", "text": "…"}]}'
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one side said before the other spoke."""

    sender: Sender
    text: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Turns in their order, and the levels that raters gave, by quality; empty where none did."""

    id: str
    turns: tuple[Utterance, ...]
    ratings: Mapping[Quality, tuple[int, ...]] = field(default_factory=dict)


def read_dialogues(path: Path) -> list[Dialogue]:
    """Read dialogues from a JSON list or JSON Lines, gzipped or not.

    A turn has `sender` and `text`, or `utterances`; ratings are lists of levels from -2 to 2 under
    `ratings`, or raters under `annotations` as NTCIR's STC-3 gives them.

    Raises:
        GuandianError: the file cannot be read.
        BadRow: an item is no dialogue, with its line.
    """
    text = _text(path)
    listed = text.lstrip()[:1] == "["
    dialogues: list[Dialogue] = []
    for line, value in _values(text, path, listed=listed):
        try:
            dialogues.append(_dialogue(value, str(len(dialogues) + 1)))
        except (KeyError, TypeError, ValueError) as error:
            why = f"no dialogue: {reason(error)}"
            raise BadRow(str(path), line, "", why, f"a dialogue is {_FORM}") from error
    if not dialogues:
        raise GuandianError(f"{path} has no dialogues", f"a dialogue is {_FORM}")
    return dialogues


def _text(path: Path) -> str:
    try:
        content = read_whole(path, _MOST_BYTES)
        if content[:2] == b"\x1f\x8b":
            unpacker = zlib.decompressobj(wbits=31)
            content = unpacker.decompress(content, _MOST_BYTES)
            if unpacker.unconsumed_tail:
                raise GuandianError(f"{path} unpacks to more than 512 MiB", "cut it into parts")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, gzip.BadGzipFile, zlib.error) as error:
        raise GuandianError(
            f"{path} cannot be read: {reason(error)}", "give JSON in UTF-8"
        ) from error


def _values(text: str, path: Path, *, listed: bool) -> Iterator[tuple[int, Any]]:
    line = 0
    try:
        if listed:
            for line, value in list_items(text):
                yield line, value
            return
        for line, row in enumerate(text.splitlines(), start=1):
            if row.strip():
                yield line, read_json(row)
    except (ValueError, RecursionError) as error:
        why = f"not JSON: {error}"
        raise BadRow(str(path), line + listed, "", why, f"a dialogue is {_FORM}") from error


def _dialogue(value: Any, number: str) -> Dialogue:
    rows = value["turns"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_TURNS:
        raise ValueError(f"it has 1 to {MOST_TURNS} turns")
    return Dialogue(str(value.get("id", number)), tuple(map(_turn, rows)), _ratings(value))


def _turn(row: Any) -> Utterance:
    sender = str(row["sender"]).lower()
    if sender not in _SHOP | _CUSTOMER:
        raise ValueError(f"a sender is customer or shop, not {sender[:20]!r}")
    said = row["text"] if "text" in row else row["utterances"]
    parts = [said] if isinstance(said, str) else said
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("what is said is text")
    return Utterance("shop" if sender in _SHOP else "customer", "\n".join(parts).strip())


def _ratings(value: Any) -> dict[Quality, tuple[int, ...]]:
    ratings: dict[Quality, tuple[int, ...]] = {}
    for quality in QUALITIES:
        if "annotations" in value:
            levels = [row["quality"][_LETTERS[quality]] for row in value["annotations"]]
        else:
            levels = value.get("ratings", {}).get(quality, [])
        if any(level not in LEVELS or isinstance(level, bool) for level in levels):
            raise ValueError(f"levels of {quality} are whole numbers from -2 to 2")
        if levels:
            ratings[quality] = tuple(int(level) for level in levels)
    return ratings
