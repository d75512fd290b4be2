"""A small shop whose truth is known: two kinds of people, who speak of different things."""

from __future__ import annotations

import numpy as np

from guandian.recommend.behaviour.actions import KINDS, Behaviour
from guandian.recommend.opinions.aspect_marks import AspectMarks

KINDS_OF_ITEMS = 4
ASPECTS = ("screen", "battery", "taste", "smell", "price")


def shop(users: int = 120, items: int = 60, seed: int = 0, timed: bool = True) -> Behaviour:
    """Users choose items of their own kind nine times of ten, and speak of what that kind has.

    Item k is of kind k % 4, of which each has an aspect of its own; each user has about eight
    items. Stars are 5 within the kind and 2 outside of it.
    """
    generator = np.random.default_rng(seed)
    rows = []
    marks = []
    for user in range(users):
        kind = user % KINDS_OF_ITEMS
        chosen = set()
        for _ in range(8):
            other = generator.random() < 0.1
            which = generator.integers(0, KINDS_OF_ITEMS) if other else kind
            item = int(generator.integers(0, items // KINDS_OF_ITEMS)) * KINDS_OF_ITEMS + int(which)
            if item in chosen:
                continue
            chosen.add(item)
            good = which == kind
            marks.append((len(rows), int(which), 1 if good else -1))
            marks.append((len(rows), 4, 1 if generator.random() < 0.5 else -1))
            day = float(generator.integers(0, 1000)) * 86_400 if timed else float("nan")
            rows.append((user, item, 5.0 if good else 2.0, 1.6e9 + day))
    table, made = np.array(rows), np.array(marks, dtype=np.int64)
    return Behaviour(
        tuple(f"u{k}" for k in range(users)),
        tuple(f"i{k}" for k in range(items)),
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        np.full(len(rows), KINDS.index("review"), dtype=np.int8),
        table[:, 2].astype(np.float32),
        table[:, 3],
        AspectMarks(ASPECTS, made[:, 0], made[:, 1].astype(np.int32), made[:, 2].astype(np.int8)),
    )
