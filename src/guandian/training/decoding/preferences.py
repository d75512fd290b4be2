"""Pairs of a draft and what a person sent in its place, as the inbox exports them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guandian.errors import GuandianError
from guandian.io.bounded import lines_of
from guandian.io.strict_json import read_json

_KEYS = ("review", "channel", "language", "draft", "sent")
Pair = Mapping[str, Any]


def read_preferences(path: Path) -> list[Pair]:
    """The pairs of a file that teach: something was sent, it was changed, and it breaks no guard.

    Args:
        path: JSON Lines, as `/v1/assist/inbox/export` and `ReplyPair.to_dict` give them; lines of
            answers to messages are passed over.

    Raises:
        GuandianError: no such file, a line that is no such object, or none that teaches.
    """
    pairs: list[Pair] = []
    lines = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(lines_of(file, path), 1):
                if not line.strip():
                    continue
                lines += 1
                pair = _pair(line, f"{path}, line {number}")
                if pair is not None:
                    pairs.append(pair)
    except OSError as error:
        raise GuandianError(
            f"{path} cannot be read: {error.strerror}",
            "export the pairs from the inbox, and name the file; paths count from --root",
        ) from error
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is no UTF-8", "export it again") from error
    if not pairs:
        raise GuandianError(
            f"{path} holds no pair that teaches: {lines} lines",
            "only replies to reviews that a person changed, and that keep the guards, teach",
        )
    return pairs


def _pair(line: str, where: str) -> Pair | None:
    try:
        pair = read_json(line)
    except (ValueError, RecursionError) as error:
        raise GuandianError(f"{where} is no JSON: {error}", "export it again") from error
    if not isinstance(pair, dict):
        raise GuandianError(f"{where} is no object", "export it again")
    if pair.get("kind", "review") != "review":
        return None
    lacking = [key for key in _KEYS if not isinstance(pair.get(key), str)]
    if lacking:
        raise GuandianError(
            f"{where} has no text under {lacking[0]!r}",
            "write one object a line as the inbox exports them: " + ", ".join(_KEYS),
        )
    teaches = bool(pair["sent"].strip()) and not pair.get("breaks")
    return pair if teaches and pair["sent"] != pair["draft"] else None


def share_out(pairs: Sequence[Pair], share: float, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Pairs to learn from, and some kept to score on; those of one review stay together."""
    reviews = sorted({str(pair["review"]) for pair in pairs})
    random.Random(seed).shuffle(reviews)  # noqa: S311 — an order, not a secret
    scored = set(reviews[: round(share * len(reviews))]) if len(reviews) > 1 else set()
    learned = [pair for pair in pairs if pair["review"] not in scored]
    return learned, [pair for pair in pairs if pair["review"] in scored]
