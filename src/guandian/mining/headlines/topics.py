"""Taxonomies of headlines: topics with names and seeds, in a file that people can write."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from guandian.errors import GuandianError
from guandian.io.bounded import MOST_WORDS, read_text
from guandian.wording import Name

SHIPPED = ("finance",)
"""Taxonomies that come with the package, each a file beside this module."""
_MOST_SEEDS = 2000
_WORDS = ("zh", "en", "definition_zh", "definition_en")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a headline may be about.

    Attributes:
        key: as the store holds it.
        zh, en: its names.
        seeds: what such a headline says, in few words.
        definition_zh, definition_en: for those who label.
    """

    key: str
    zh: str
    en: str
    seeds: tuple[str, ...]
    definition_zh: str = ""
    definition_en: str = ""


def read_topics(name: str | Path) -> tuple[Topic, ...]:
    """The topics of a taxonomy.

    Args:
        name: `finance`, or a file like it.

    Raises:
        GuandianError: there is no such file, or it holds no topics.
    """
    if str(name) in SHIPPED:
        words = _shipped(str(name))
    elif (path := Path(name)).is_file():
        words = read_text(path, MOST_WORDS)
    else:
        raise GuandianError(
            f"there is no taxonomy {str(name)!r}", "give finance, or a file of topics like it"
        )
    return _topics_of(words, name)


def read_sides() -> tuple[Topic, ...]:
    """Bad and good news, as topics: negative, then positive."""
    return _topics_of(_shipped("finance_sides"), "finance_sides")


@cache
def topic_names() -> Mapping[str, Name]:
    """What people call the topics of the shipped taxonomies, by key."""
    return {topic.key: Name(topic.zh, topic.en) for name in SHIPPED for topic in read_topics(name)}


def _shipped(name: str) -> str:
    return files("guandian.mining.headlines").joinpath(f"{name}.toml").read_text("utf-8")


def _topics_of(words: str, name: str | Path) -> tuple[Topic, ...]:
    try:
        table = tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        raise _no_topics(name, str(error)) from error
    topics = tuple(_topic(name, key, row) for key, row in table.items())
    seeds = sum(len(topic.seeds) for topic in topics)
    if len(topics) < 2 or seeds > _MOST_SEEDS:
        raise _no_topics(name, f"{len(topics)} topics with {seeds} seeds")
    return topics


def _topic(name: str | Path, key: str, row: Any) -> Topic:
    if not isinstance(row, dict) or row.keys() - {*_WORDS, "seeds"}:
        raise _no_topics(name, f"[{key}] holds seeds, zh, en and definitions alone")
    seeds = row.get("seeds", [])
    words = {word: row.get(word, "") for word in _WORDS}
    texts = [*words.values(), *(seeds if isinstance(seeds, list) else [None])]
    if not seeds or not all(isinstance(text, str) for text in texts):
        raise _no_topics(name, f"[{key}] needs seeds = [...], and words are texts")
    return Topic(
        key,
        words["zh"] or words["en"] or key,
        words["en"] or words["zh"] or key,
        tuple(seeds),
        words["definition_zh"],
        words["definition_en"],
    )


def _no_topics(name: str | Path, why: str) -> GuandianError:
    return GuandianError(
        f"{name} is no taxonomy of topics: {why}",
        "write [key] with zh, en and seeds of each topic, at least two",
    )
