"""Who votes: files of labels, annotators, models, and rules of words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guandian.data.readers.rows import OnError
from guandian.data.sentiment_words import SentimentLexicon
from guandian.domain import Labelled, Polarity, Quad
from guandian.errors import GuandianError, likely, reason
from guandian.io.bounded import read_text
from guandian.labelling.annotation import Notes
from guandian.labelling.tool_registry import by_annotator, read_items, tool_of

_KEYS = (*map(str, Polarity), "last", "shorter_than")


@dataclass(frozen=True, slots=True)
class Voter:
    """A source and what it says of each review that it has read.

    Attributes:
        name: such as that of its file.
        sentiments: by the text of a review; a text that is not there is one that it abstains from.
        opinions: likewise; an empty tuple says that there is none.
    """

    name: str
    sentiments: Mapping[str, Polarity]
    opinions: Mapping[str, tuple[Quad, ...]] = field(default_factory=dict)


def voters_of_file(
    path: Path, notes: Notes, records: dict[str, Labelled], on_error: OnError = "stop"
) -> list[Voter]:
    """The sources of a file of any tool that `guandian data convert` reads: one each annotator.

    Args:
        path: the file.
        notes: told what is left out.
        records: by text, to which the reviews of the file are added without their labels.
        on_error: as for `guandian.data.read`.

    Raises:
        GuandianError: it cannot be read, or nobody votes in it.
    """
    items = read_items(path, tool_of(path), notes, on_error=on_error)
    voters = []
    for annotator, own in by_annotator(items, notes).items():
        sentiments, opinions = {}, {}
        for record in (item.record for item in own):
            records.setdefault(record.text, _bare(record))
            if record.sentiment is not None:
                sentiments[record.text] = record.sentiment
            if record.quads is not None:
                opinions[record.text] = record.quads
        if sentiments or opinions:
            name = f"{path.stem} {annotator}" if annotator else path.stem
            voters.append(Voter(name, sentiments, opinions))
    return voters


def voters_of_rules(path: Path, texts: Sequence[str]) -> list[Voter]:
    """The sources that a TOML file of rules describes, a table each.

    A table has words of `negative`, `neutral` and `positive`. A rule votes for the one of which a
    word stands in a review, and abstains where none does or several do. With `last = N` the last N
    characters of a review alone are looked at; with `shorter_than = N` only shorter reviews.

    Raises:
        GuandianError: it cannot be read, or a table is no rule.
    """
    try:
        tables = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise GuandianError(
            f"{path} cannot be read: {reason(error)}", "write TOML, a table a rule"
        ) from error
    if not tables:
        raise GuandianError(f"{path} holds no rule", "write a table a rule, such as [praise]")
    return [_rule(path, name, table, texts) for name, table in tables.items()]


def _rule(path: Path, name: str, table: Any, texts: Sequence[str]) -> Voter:
    if not isinstance(table, dict):
        raise GuandianError(f"{path}: {name} is no table", f"write [{name}] and its words below")
    if unknown := [key for key in table if key not in _KEYS]:
        raise GuandianError(
            f"{path}: rule {name} has an unknown key {unknown[0]!r}",
            f"{likely(unknown[0], _KEYS)}known: {', '.join(_KEYS)}",
        )
    words = {polarity: table.get(str(polarity), []) for polarity in Polarity}
    right = all(
        isinstance(listed, list) and all(isinstance(word, str) and word for word in listed)
        for listed in words.values()
    )
    if not right or not any(words.values()):
        raise GuandianError(
            f"{path}: rule {name} has no lists of words", 'such as positive = ["好评", "满意"]'
        )
    last, shorter = (_whole(path, name, table, key) for key in ("last", "shorter_than"))
    lexicon = SentimentLexicon(words)
    sentiments = {}
    for text in texts:
        if shorter is not None and len(text) >= shorter:
            continue
        meant = lexicon.polarities(text if last is None else text[-last:])
        if len(meant) == 1:
            sentiments[text] = meant.pop()
    return Voter(name, sentiments)


def _whole(path: Path, name: str, table: Mapping[str, Any], key: str) -> int | None:
    value = table.get(key)
    if value is not None and (type(value) is not int or value < 1):
        raise GuandianError(
            f"{path}: {key} of rule {name} is {value!r}", "give a whole number of characters"
        )
    return value


def _bare(record: Labelled) -> Labelled:
    return Labelled(
        record.id, record.text, record.dataset, group=record.group, original=record.original
    )
