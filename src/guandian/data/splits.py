"""Seeded splits and samples; equal texts, and changed copies of one, always stay together.

The order of the records does not matter: places come from a hash of the seed and the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from math import log2

from guandian.data.leaks import text_key
from guandian.domain import Labelled, Polarity
from guandian.errors import GuandianError


def split(
    records: Iterable[Labelled], shares: Mapping[str, float], *, seed: int = 0
) -> dict[str, list[Labelled]]:
    """Cut records into parts.

    Args:
        records: all records; those with equal texts land in one part.
        shares: for each part its share; they sum to 1.
        seed: another seed, another split.

    Returns:
        The records of each part, in their first order. A part's size is its share to within the
        largest group of equal texts.

    Raises:
        GuandianError: when the shares are not positive or do not sum to 1.
    """
    if min(shares.values(), default=0) <= 0 or abs(sum(shares.values()) - 1) > 1e-9:
        raise GuandianError(
            f"the shares {dict(shares)} do not sum to 1", "give shares such as train 0.9, dev 0.1"
        )
    rows = list(records)
    groups = _groups(rows, seed)
    names = list(shares)
    part_of: dict[int, str] = {}
    part, bound, seen = 0, shares[names[0]] * len(rows), 0
    for group in groups:
        # A group goes where its middle falls.
        while part < len(names) - 1 and seen + len(group) / 2 > bound:
            part += 1
            bound += shares[names[part]] * len(rows)
        part_of.update(dict.fromkeys(group, names[part]))
        seen += len(group)
    return {name: [r for i, r in enumerate(rows) if part_of[i] == name] for name in names}


def sample(records: Iterable[Labelled], count: int, *, seed: int = 0) -> list[Labelled]:
    """At most `count` records, in their first order; the same for every order they come in."""
    rows = list(records)
    chosen = [i for group in _groups(rows, seed) for i in group][: max(count, 0)]
    return [rows[i] for i in sorted(chosen)]


def balanced(records: Iterable[Labelled], *, seed: int = 0) -> list[Labelled]:
    """As many records of every sentiment among those of one group and about one length.

    Where long reviews are complaints, length alone tells the sentiment; a model that learns so is
    wrong of the next category, where long reviews praise.

    Returns:
        The records kept, in their first order; the lengths of a cell differ by a factor of
        at most the square root of two. Records without a sentiment are kept.
    """
    rows = list(records)
    labels = {row.sentiment for row in rows if row.sentiment is not None}
    cells: defaultdict[tuple[str | None, int], dict[Polarity, list[int]]] = defaultdict(
        lambda: {label: [] for label in labels}
    )
    chosen: list[int] = []
    for group in _groups(rows, seed):
        for index in group:
            row = rows[index]
            if row.sentiment is None:
                chosen.append(index)
            else:
                length = int(2 * log2(max(len(row.text), 1)))
                cells[row.group, length][row.sentiment].append(index)
    for cell in cells.values():
        fewest = min(map(len, cell.values()))
        chosen += [index for places in cell.values() for index in places[:fewest]]
    return [rows[index] for index in sorted(chosen)]


def _groups(rows: list[Labelled], seed: int) -> list[list[int]]:
    """The places of records with equal texts or originals, the groups in seeded order."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(rows):
        groups[text_key(record.original or record.text)].append(index)
    salt = str(seed).encode()[:16]  # blake2b takes no longer salt
    return [
        groups[key]
        for key in sorted(
            groups, key=lambda key: blake2b(key.encode(), salt=salt, digest_size=16).digest()
        )
    ]
