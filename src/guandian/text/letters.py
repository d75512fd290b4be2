"""What of a text makes it equal to another: its letters, whatever stands between them."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_SIGNS = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")
_OTHERS = re.compile(r"[\W_]+")
_WIDE_MARKS = [(mark, unicodedata.normalize("NFKC", mark)) for mark in "，！？：；（）"]
"""Of these alone nearly all Chinese texts are no normal ones, and normalizing is slow."""


def letters(text: str) -> str:
    """Letters and digits, case and width folded; of a text without any, all but the blanks."""
    for mark, plain in _WIDE_MARKS:
        text = text.replace(mark, plain)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _OTHERS.sub("", folded) or "".join(folded.split())


def signs(text: str) -> frozenset[str]:
    """Words, Han characters, and pairs of Han characters side by side: by them texts are alike."""
    words = _SIGNS.findall(text.casefold())
    pairs = pairwise(words)
    return frozenset(words).union(a + b for a, b in pairs if _is_han(a) and _is_han(b))


def _is_han(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"
