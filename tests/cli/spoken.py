"""Which language a text is in: what tests of wording look for."""

from __future__ import annotations

import re

HAN = re.compile("[\u3400-\u9fff]")
_APART = re.compile(
    r"`[^`]*`|“[^”]*”|'[^'\n]*'|\"[^\"\n]*\"|<[^<>]*>|\[[A-Z_ ]+\]"  # quotes, code, choices
    r"|\$?[A-Z_]{2,}(?:=\S*)?"  # placeholders and variables
    r"|-{1,2}[a-z][a-z-]*(?:=\S*)?|(?:guandian|pip|hf|make)(?: +[a-z-]+)*"  # commands
    r"|\S*[/\\=_\d]\S*|\S+\.\S+"  # paths, keys, numbers
)
_WORDS = re.compile(r"[A-Za-z][a-z'’]*(?: +[a-z][a-z'’]*){2,}")


def english_in(text: str) -> list[str]:
    """Runs of three English words and more, outside of quotes, paths, option names and code."""
    return _WORDS.findall(_APART.sub(" · ", text))
