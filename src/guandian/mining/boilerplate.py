"""Reviews that nobody wrote: what shops and spreadsheets put where a buyer said nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from guandian.errors import GuandianError, reason
from guandian.text.bounded import MOST_WORDS, read_text
from guandian.text.cleaning import clean

SET_ASIDE = "text: filler that a platform or a program wrote, not an opinion; set aside"
"""The warning that such a review bears."""

COMMENT = "//"
_DIGITS = re.compile(r"\d+")
_PARTS = re.compile(r"[\n。！!？?；;|]+|\.(?=\s|$)")
_NOBODY = re.compile(
    "[此该本]?(匿名)?(用户|买家|顾客|客户|会员|作者|消费者|评价方)(暂未|尚未|未|没有|没)(及时)?(主动)?"
    "(填写|留下|发表|做出|作出|写)?(任何)?(文字)?(评价|评论|点评|评语)(内容)?(系统默认(好评|评价))?"
    "|[此该本]?(匿名)?(用户|买家)?(系统)?(自动)?默认好评"
    "|[此该本]条?(评论|评价)(已经|已)?被?(系统)?(删除|屏蔽|隐藏)"
)
"""How platforms put it that somebody said nothing, in more wordings than a list can hold."""
_IGNORED = ("P", "Z", "Sm", "Sk", "Cc")


class Boilerplate:
    """Texts that are no opinions when a whole review says nothing else.

    Args:
        texts: as platforms write them. Case, width, blanks and punctuation do not count, and any
            number stands for any other.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._keys = frozenset(key for text in texts if (key := _key(clean(text)[0])))
        self._longest = max(map(len, self._keys), default=0)

    @property
    def digest(self) -> str:
        """Equal for equal lists."""
        return sha256("\n".join(sorted(self._keys)).encode()).hexdigest()

    def holds(self, cleaned: str) -> bool:
        """Whether a cleaned review is one of the texts, or several of them one after the other."""
        if len(cleaned) <= 4 * self._longest and self._is_one(_key(cleaned)):
            return True
        some = False
        for part in _PARTS.split(cleaned):
            key = _key(part)
            if key and not self._is_one(key):
                return False
            some = some or bool(key)
        return some

    def _is_one(self, key: str) -> bool:
        return key in self._keys or _NOBODY.fullmatch(key) is not None


def boilerplate(file: Path | None = None) -> Boilerplate:
    """The shipped list, with the texts of a person's own file besides.

    Args:
        file: UTF-8, a text a line; blank lines and lines that begin with `//` are none.

    Raises:
        GuandianError: the file cannot be read.
    """
    if file is None:
        return _shipped()
    try:
        own = read_text(file, MOST_WORDS)
    except (OSError, UnicodeDecodeError) as error:
        raise GuandianError(
            f"cannot read the list of boilerplate {file}: {reason(error)}",
            "give a UTF-8 text file with a text a line",
        ) from error
    return Boilerplate([*_lines(_shipped_text()), *_lines(own)])


@cache
def _shipped() -> Boilerplate:
    return Boilerplate(_lines(_shipped_text()))


def _shipped_text() -> str:
    return files("guandian.mining").joinpath("boilerplate.txt").read_text(encoding="utf-8")


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.startswith(COMMENT)]


def _key(text: str) -> str:
    """What of a cleaned text counts: letters, emoji, and a 0 for every number."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (each for each in folded if not unicodedata.category(each).startswith(_IGNORED))
    return _DIGITS.sub("0", "".join(kept))
