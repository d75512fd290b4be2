"""Mined reviews as behaviour: who wrote one has the product, and says what is good and bad."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from guandian.domain import Mined, Polarity, Review
from guandian.files.columns.values import as_time
from guandian.recommend.behaviour.actions import KINDS, Behaviour
from guandian.recommend.opinions.aspect_marks import AspectMarks
from guandian.recommend.opinions.review_quotes import SIGNS, mined_aspect
from guandian.text.aspect_names import Synonyms

_STARS = {Polarity.POSITIVE: 5.0, Polarity.NEUTRAL: 3.0, Polarity.NEGATIVE: 1.0}
ANONYMOUS = "review:"
"""What the pseudonym of a writer begins with whom a review does not name."""


def behaviour_of_reviews(
    pairs: Iterable[tuple[Review, Mined]], names: Synonyms, least: float = 0.3
) -> Behaviour:
    """Reviews as actions, their opinions as marks.

    A review without stars has those of its mined sentiment. One without a product is left out.

    Args:
        pairs: mined reviews.
        names: aspects that mean one thing.
        least: confidence below which an opinion is no mark.
    """
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    aspects: dict[str, int] = {}
    rows: list[tuple[int, int, float, float]] = []
    marks: list[tuple[int, int, int]] = []
    texts: list[str] = []
    for review, mined in pairs:
        if not review.product:
            continue
        user = users.setdefault(review.user or f"{ANONYMOUS}{review.id}", len(users))
        item = items.setdefault(review.product, len(items))
        said = {
            (mined_aspect(review, opinion.aspect, opinion.category, names), SIGNS[opinion.polarity])
            for opinion in mined.opinions
            if opinion.confidence >= least
        }
        for aspect, sign in sorted(said):
            marks.append((len(rows), aspects.setdefault(aspect, len(aspects)), sign))
        texts.append(review.text)
        rows.append((user, item, _stars(review, mined), _seconds(review.time)))
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    made = np.array(marks, dtype=np.int64).reshape(-1, 3)
    return Behaviour(
        tuple(users),
        tuple(items),
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        np.full(len(rows), KINDS.index("review"), dtype=np.int8),
        table[:, 2].astype(np.float32),
        table[:, 3],
        AspectMarks(tuple(aspects), made[:, 0], made[:, 1].astype(np.int32),
                    made[:, 2].astype(np.int8)),
        np.array(texts, dtype=object),
    )  # fmt: skip


def _stars(review: Review, mined: Mined) -> float:
    if review.rating is None:
        return _STARS[mined.sentiment.label]
    best = review.scale or (5.0 if review.rating <= 5 else 10.0 if review.rating <= 10 else 100.0)
    return min(5.0, max(0.0, review.rating * 5.0 / best))


def _seconds(time: str | None) -> float:
    iso = as_time(time) if time else None
    if iso is None:  # people write "yesterday" too
        return math.nan
    moment = datetime.fromisoformat(iso)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
