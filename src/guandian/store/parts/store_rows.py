"""From mined reviews to the rows of parts, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from guandian.domain import Mined, Polarity, Review
from guandian.domain.periods import day_of, minute_of
from guandian.files import from_wire, to_wire
from guandian.io.optional_libraries import needs
from guandian.mining.boilerplate import SET_ASIDE
from guandian.mining.setting_aside import UNANSWERED
from guandian.store.parts.part_files import COLUMNS, Kind, schema
from guandian.store.text_search import folded, grams_of
from guandian.text.aspect_names import Synonyms, aspect_key
from guandian.text.cleaning import NOTHING_TO_READ
from guandian.text.copied_texts import Copies, Wording

SIDES = {Polarity.NEGATIVE: -1, Polarity.NEUTRAL: 0, Polarity.POSITIVE: 1}
POLARITIES = {side: polarity for polarity, side in SIDES.items()}
ASIDE = {SET_ASIDE: 1, NOTHING_TO_READ: 2, UNANSWERED: 3}
"""Why a review is set aside, as a number; 0 where it is not."""
COPY, PARTLY, WHOLE, OUT = 0, 1, 2, -1

LONGEST_OWN = 100
"""Characters of a cell of the owner's own columns by which reviews are counted."""

_WRITTEN: tuple[Kind, ...] = ("reviews", "texts", "opinions")
"""Parts that are written from rows; the others follow from them."""

_CELLS = {kind: itemgetter(*COLUMNS[kind]) for kind in _WRITTEN}
"""Take the cells of a row, in the order of its columns."""
_LINE = json.JSONEncoder(ensure_ascii=False, check_circular=False)

Pair = tuple[Review, Mined]
Pasted = frozenset[str] | None
"""The columns of a review that are copies; None where the review is one."""


def hash_of(text: str) -> int:
    """A number of 64 bits that stands for a text."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def stored_record(review: Review, mined: Mined) -> str:
    """The pair as one line of JSON, as `guandian mine` writes it."""
    wire = to_wire(review, mined)
    record = _LINE.encode(wire)
    return record if _storable(record) else json.dumps(wire)


def pair_of(record: str) -> Pair:
    """The pair of a line that `stored_record` made."""
    return from_wire(json.loads(record))


@dataclass(slots=True)
class Counting:
    """Which reviews and columns count, by the texts before them in the order of loading."""

    whole: Copies = field(default_factory=Copies)
    products: Copies = field(default_factory=Copies)

    def weigh(self, wording: Wording, product: str | None) -> tuple[Pasted, Pasted]:
        """The copied columns among all reviews and within the product; None where all are."""
        pasted = self.whole.weigh(wording)
        return pasted, self.products.weigh(wording, product) if product else None


def wording_text(wording: Wording) -> str:
    """A wording as text; digests alone."""
    columns = [[name, digest.hex(), short] for name, digest, short in wording.columns]
    return json.dumps([wording.whole.hex(), wording.short, wording.several, columns])


def wording_of(text: str) -> Wording:
    """The wording that `wording_text` wrote."""
    whole, short, several, columns = json.loads(text)
    return Wording(
        bytes.fromhex(whole),
        short,
        several,
        tuple((name, bytes.fromhex(digest), its) for name, digest, its in columns),
    )


def grams_table(grams: Any, places: Any) -> Any:
    """An index as an Arrow table."""
    arrow = needs("pyarrow", "serve", "a store")
    return arrow.table({"gram": grams, "place": places}, schema=schema("grams"))


def state_of(pasted: Pasted) -> int:
    """What the copied columns of a review make of it."""
    return COPY if pasted is None else PARTLY if pasted else WHOLE


@dataclass(frozen=True, slots=True)
class FreshReview:
    """A review that is to be stored.

    Attributes:
        pair: the review with its opinions.
        row, number: that it gets.
        record: of it, as `stored_record` writes it.
        content: `hash_of` the record.
    """

    pair: Pair
    row: int
    number: int
    record: str
    content: int

    @property
    def aside(self) -> int:
        """Why it is set aside, 0 where it is not."""
        return next((ASIDE[words] for words in self.pair[1].warnings if words in ASIDE), 0)


class Rows:
    """Rows of all kinds of parts that wait to be written.

    Args:
        names: which names of aspects mean one thing.
    """

    def __init__(self, names: Synonyms) -> None:
        self._names = names
        self.opinions = 0
        self._rows: dict[Kind, list[tuple[Any, ...]]] = {kind: [] for kind in _WRITTEN}
        self._said: list[str] = []

    def add(self, fresh: Sequence[FreshReview], counting: Counting) -> None:
        """Add reviews that readers see, in the order of loading.

        One kind of work is done for all of them before the next begins: the tables of each are
        then in the processor's caches, which takes a third less time than review by review.
        """
        wordings = [_wording(its) for its in fresh]
        copied = [
            (None, None) if wording is None else counting.weigh(wording, its.pair[0].product)
            for its, wording in zip(fresh, wordings, strict=True)
        ]
        for its, wording, pasted in zip(fresh, wordings, copied, strict=True):
            self._add(its, "" if wording is None else wording_text(wording), *pasted)

    def _add(self, fresh: FreshReview, wording: str, pasted: Pasted, again: Pasted) -> None:
        (review, mined), aside = fresh.pair, fresh.aside
        shared = dimensions(review, mined)
        self._put(
            "reviews",
            {
                **shared,
                "row": fresh.row,
                "number": fresh.number,
                "id": review.id,
                "id_hash": hash_of(review.id),
                "content": fresh.content,
                "current": True,
                "model": mined.model,
                "aside": aside,
                "first": OUT if aside else state_of(pasted),
                "again": OUT if aside or not review.product else state_of(again),
                "silent": not mined.opinions,
                "sentiment": SIDES[mined.sentiment.label],
                "rating": review.rating,
                "scale": review.scale,
                "unread_rating": _unread_rating(review),
                "wording": wording,
                **_counted_by(review),
            },
        )
        self._put("texts", {"row": fresh.row, "record": fresh.record})
        self._said.append(review.text)
        if not aside:
            for values in opinion_rows(review, mined, self._names):
                part = values["part"]
                counts = {
                    "row": fresh.row,
                    "first": pasted is not None and part not in pasted,
                    "again": again is not None and part not in again,
                }
                self._put("opinions", {**shared, **values, **counts})
            self.opinions += len(mined.opinions)

    def tables(self) -> Iterator[tuple[Kind, Any]]:
        """The rows as Arrow tables."""
        arrow = needs("pyarrow", "serve", "a store")
        folds = [folded(text) for text in self._said]
        yield "grams", grams_table(*grams_of(folds, [row for row, _ in self._rows["texts"]]))
        for kind, rows in self._rows.items():
            form = schema(kind)
            columns = [*zip(*rows, strict=True)] or [()] * len(form)
            try:
                table = arrow.table(columns, schema=form)
            except UnicodeEncodeError:
                plain = [[*map(_plain, column)] for column in columns]
                table = arrow.table(plain, schema=form)
            yield kind, table

    def _put(self, kind: Kind, values: Mapping[str, Any]) -> None:
        self._rows[kind].append(_CELLS[kind](values))


def _wording(fresh: FreshReview) -> Wording | None:
    """The wording that copies are told by; None of what is set aside."""
    if fresh.aside:
        return None
    review, mined = fresh.pair
    return Wording.of(review, frozenset(review.part(its.evidence) for its in mined.opinions))


def _counted_by(review: Review) -> dict[str, Any]:
    """What reviews are counted by over time, besides."""
    minute, ahead = minute_of(review.time) or (None, None)
    own = {name: value for name, value in review.extra.items() if len(value) <= LONGEST_OWN}
    return {
        "minute": minute,
        "ahead": ahead,
        "author": hash_of(review.user) if review.user else None,
        "own": json.dumps(own, ensure_ascii=False) if own else None,
    }


def dimensions(review: Review, mined: Mined) -> dict[str, Any]:
    """What reviews and their opinions are chosen and grouped by."""
    return {
        "day": day_of(review.time),
        "product": review.product or None,
        "brand": review.brand or None,
        "source": review.source or None,
        "language": str(mined.language),
    }


def opinion_rows(review: Review, mined: Mined, names: Synonyms) -> Iterable[dict[str, Any]]:
    """The columns of a review's opinions that it shares with no other."""
    for ordinal, opinion in enumerate(mined.opinions):
        written = key = None
        if opinion.aspect is not None:
            written = " ".join(opinion.aspect.of(review.text).split())
            key = aspect_key(written)
        yield {
            "ordinal": ordinal,
            "category": opinion.category,
            "aspect": None if key is None else names.get(key, key),
            "name": key,
            "written": written,
            "part": review.part(opinion.evidence),
            "polarity": SIDES[opinion.polarity],
            "confidence": opinion.confidence,
        }


def _unread_rating(review: Review) -> str | None:
    column = review.unread.get("rating")
    return None if column is None else review.extra.get(column, "")


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return False
    return True


def _plain(value: Any) -> Any:
    """A cell without lone surrogates, which no column of Parquet can hold."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
