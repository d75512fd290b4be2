"""The help of commands and options in Chinese: a catalogue by their English."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from guandian.wording.language import Name

_CATALOGUE = Path(__file__).with_name("help.zh.json")
_PLACEHOLDER = re.compile(r"[A-Z]{3,}")


def help_in_chinese(words: str) -> str:
    """The Chinese of a command's or an option's help, empty where there is none."""
    groups = help_catalogue()
    return groups["commands"].get(words) or groups["options"].get(words, "")


def placeholder(word: str) -> Name:
    """The word that stands for a value in a usage line, such as `RECIPE` or `KEY=VALUE`."""
    chinese = help_catalogue()["placeholders"]
    return Name(_PLACEHOLDER.sub(lambda match: chinese.get(match[0], match[0]), word), word)


@cache
def help_catalogue() -> dict[str, dict[str, str]]:
    """Every English help with its Chinese: of commands, of options, and placeholders."""
    groups: dict[str, dict[str, str]] = json.loads(_CATALOGUE.read_text("utf-8"))
    return groups
