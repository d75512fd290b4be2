"""Texts that stand in two places: between splits, between sets, between training and dev."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guandian.domain import Labelled


@dataclass(frozen=True, slots=True)
class Leak:
    """A text that stands in more than one place.

    Attributes:
        text: as the first place has it.
        places: `(place, id)` of each record, at least two different places among them.
    """

    text: str
    places: tuple[tuple[str, str], ...]


def text_key(text: str) -> str:
    """The key by which two texts are equal: width, case and blanks do not count.

    Sets that were cut into words (`life .`) so meet those that were not (`life.`).
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def text_keys(record: Labelled) -> frozenset[str]:
    """Keys of a record's text and of the one that it was made from: a changed copy leaks too."""
    return frozenset(text_key(text) for text in (record.text, record.original) if text)


def text_digest(text: str) -> str:
    """The mark of a text where it may not itself be kept: 16 hexadecimal digits."""
    return hashlib.sha256(text_key(text).encode()).hexdigest()[:16]


def find_leaks(places: Mapping[str, Iterable[Labelled]]) -> list[Leak]:
    """The texts that stand in two or more of the places, such as "laptop/train".

    Repeats inside one place are no leak.
    """
    texts: dict[str, str] = {}
    origins: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, records in places.items():
        for record in records:
            for text in filter(None, dict.fromkeys((record.text, record.original))):
                key = text_key(text)
                texts.setdefault(key, text)
                origins[key].append((name, record.id))
    return [
        Leak(texts[key], tuple(records_of))
        for key, records_of in origins.items()
        if len({name for name, _ in records_of}) > 1
    ]


def count_overlaps(leaks: Iterable[Leak]) -> dict[tuple[str, str], int]:
    """Count for each pair of places the texts that stand in both."""
    counts: Counter[tuple[str, str]] = Counter()
    for leak in leaks:
        names = list(dict.fromkeys(name for name, _ in leak.places))
        counts.update((a, b) for i, a in enumerate(names) for b in names[i + 1 :])
    return dict(counts)


def drop_leaks(
    train: Iterable[Labelled], devs: Iterable[Labelled]
) -> tuple[list[Labelled], dict[str, int]]:
    """Leave out of the training records every text that stands in any dev, and its changed copies.

    Args:
        train: the records of all sets to learn from.
        devs: the dev (and test) records of all sets, those not learned from included.

    Returns:
        The kept records in their order, and for each set how many were dropped (0 included).
    """
    forbidden = {key for record in devs for key in text_keys(record)}
    rest: list[Labelled] = []
    dropped: dict[str, int] = {}
    for record in train:
        leaked = not forbidden.isdisjoint(text_keys(record))
        dropped[record.dataset] = dropped.get(record.dataset, 0) + leaked
        if not leaked:
            rest.append(record)
    return rest, dropped
