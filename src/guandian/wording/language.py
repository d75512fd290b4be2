"""The language that is wanted, and words in it."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple, get_args

from guandian.wording.number import singular

Wanted = Literal["zh", "en", "both"]
VARIABLE = "GUANDIAN_LANGUAGE"
WANTED: tuple[Wanted, ...] = get_args(Wanted)


def wanted() -> Wanted:
    """The language that the environment asks for; both where it asks for none that is known."""
    value = os.environ.get(VARIABLE, "")
    return next((language for language in WANTED if language == value), "both")


def spoken(zh: str, en: str, between: str = " ") -> str:
    """Words that come in both languages in the one that is wanted, or `between` between both.

    Words that one language does not need are empty in it.
    """
    language, en = wanted(), singular(en)
    if language == "both":
        if between == " " and (zh[-1:].isdigit() or zh[-1:] == "%" or en[:1].isdigit()):
            between = " · "  # or two numbers run together
        return f"{zh}{between}{en}" if zh and en else zh or en
    return zh if language == "zh" else en


class Name(NamedTuple):
    """A name in both languages; as text it is the one that is wanted when it is shown."""

    zh: str
    en: str

    def __str__(self) -> str:
        if not (self.zh and self.en) or self.zh == self.en:
            return self.zh or singular(self.en)
        return spoken(self.zh, self.en)

    def __format__(self, form: str) -> str:
        return format(str(self), form)
