"""The quotes behind a number: a small sample of opinions, each in its piece of the raw review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from heapq import heappush, heapreplace
from math import log, sqrt

from guandian.display.spans import cut_at_spans
from guandian.domain import Opinion, Polarity, Review, Span
from guandian.text.letters import signs

MARGIN = 90
"""Characters shown on each side of the clause that an opinion stands in."""
LONGEST = 320
"""Characters of a quote, at most."""
_BRIEF = 40
"""Cells of a terminal up to which a clause is short."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text and what it is part of: letters of `e`vidence, `a`spect, `x`pression."""

    text: str
    kinds: str


@dataclass(frozen=True, slots=True)
class Quote:
    """One opinion, ready to be shown; `before` and `after` tell that the review goes on there."""

    review_id: str
    pieces: tuple[Piece, ...]
    before: bool
    after: bool
    category: str
    polarity: Polarity
    confidence: float
    tag: str
    product: str | None
    time: str | None

    @property
    def clause(self) -> str:
        """The clause that the opinion stands in, as far as it is shown."""
        return self.part("e").strip()

    @property
    def in_han(self) -> bool:
        """Tell whether any of it is written in Han characters."""
        return any(_is_han(character) for piece in self.pieces for character in piece.text)

    def part(self, letter: str) -> str:
        """The words that are part of the `e`vidence, `a`spect or e`x`pression."""
        return "".join(piece.text for piece in self.pieces if letter in piece.kinds)


def quote(review: Review, opinion: Opinion) -> Quote:
    """Cut the opinion's piece out of the review, at most `LONGEST` characters."""
    spans = [span for span in (opinion.aspect, opinion.expression) if span]
    first = min([opinion.evidence, *spans]).start
    last = max(span.end for span in [opinion.evidence, *spans])
    if last - first > LONGEST - 2 * MARGIN:  # keep to the words that judge
        first = (opinion.expression or opinion.aspect or opinion.evidence).start
        last = first + LONGEST - 2 * MARGIN
    start, end = max(0, first - MARGIN), min(len(review.text), last + MARGIN)
    marks = [("e", opinion.evidence), ("a", opinion.aspect), ("x", opinion.expression)]
    return Quote(
        review_id=review.id,
        pieces=tuple(pieces(review.text, marks, Span(start, end))),
        before=start > 0,
        after=end < len(review.text),
        category=opinion.category,
        polarity=opinion.polarity,
        confidence=opinion.confidence,
        tag=opinion.tag,
        product=review.product,
        time=review.time,
    )


def pieces(
    text: str, marks: Iterable[tuple[str, Span | None]], within: Span | None = None
) -> Iterator[Piece]:
    """Cut `text` (or what `within` covers) wherever a mark begins or ends; the marks may overlap.

    Yields:
        Pieces that joined give the text, each with the letters of the marks that cover it.
    """
    start, end = (within.start, within.end) if within else (0, len(text))
    known = [(letter, span) for letter, span in marks if span]
    for left, right, over in cut_at_spans([span for _, span in known], start, end):
        yield Piece(text[left:right], "".join(sorted({known[k][0] for k in over})))


@dataclass(slots=True, eq=False)
class QuoteLot:
    """One opinion's lot: the same for the same words wherever and whenever they are met.

    The lot is weighted by the fourth power of the confidence, so that a sample of the highest
    lots is random among the confident and seldom holds a doubtful one (Efraimidis and Spirakis).
    """

    lot: float
    words: bytes
    review: Review
    opinion: Opinion
    _quote: Quote | None = None

    @classmethod
    def of(cls, review: Review, opinion: Opinion) -> QuoteLot:
        """Draw the lot of an opinion in a review."""
        spans = (opinion.evidence, opinion.aspect, opinion.expression)
        text = "\0".join(span.of(review.text) if span else "" for span in spans)
        words = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        uniform = (int.from_bytes(words) + 1) / (2**64 + 2)
        return cls(log(uniform) / max(opinion.confidence, 0.01) ** 4, words, review, opinion)

    def quote(self) -> Quote:
        """The quote, cut when it is first asked for."""
        if self._quote is None:
            self._quote = quote(self.review, self.opinion)
        return self._quote


@dataclass(slots=True, eq=False)
class _Kept:
    """A quote in a sample; `number` opinions have these words."""

    lot: float
    words: bytes
    quote: Quote
    number: int


class Sample:
    """At most `size` quotes of each polarity: those with the highest lots, no words twice.

    Args:
        size: quotes to be shown.
        pool: quotes among which the typical one is looked for, if more.
    """

    __slots__ = ("_kept", "_pool", "size")

    def __init__(self, size: int, pool: int = 0) -> None:
        self.size, self._pool = size, max(size, pool)
        self._kept: dict[Polarity, list[_Kept]] = {}

    def offer(self, draw: QuoteLot) -> None:
        """Keep the opinion if its lot is among the highest."""
        self._keep(draw.opinion.polarity, draw.lot, draw.words, draw.quote)

    def merge(self, other: Sample) -> None:
        """Keep the highest lots of both."""
        for polarity, theirs in other._kept.items():
            for entry in theirs:
                self._keep(
                    polarity, entry.lot, entry.words, partial(_same, entry.quote), entry.number
                )

    def quotes(self, polarity: Polarity) -> list[Quote]:
        """The quotes of one polarity, the highest lot first."""
        return [entry.quote for entry in self._kept.get(polarity, ())[: self.size]]

    def typical(self, polarity: Polarity) -> list[Quote]:
        """The quotes among which is looked, the most typical first.

        That is the one whose aspect and expression have most in common with those of the others,
        each as often as it was met; a doubtful one and a long one stand back.
        """
        entries = self._kept.get(polarity, [])
        words = [_signs(entry.quote) for entry in entries]
        centre: dict[str, float] = defaultdict(float)
        for entry, its in zip(entries, words, strict=True):
            for sign in its:
                centre[sign] += entry.number * entry.quote.confidence / sqrt(len(its))

        def score(index: int) -> float:
            its, candidate = words[index], entries[index].quote
            near = sum(centre[sign] for sign in its) / sqrt(max(1, len(its)))
            short = min(1.0, _BRIEF / max(1, _width(candidate.clause)))
            return near * candidate.confidence**2 * short

        ranked = sorted(range(len(entries)), key=score, reverse=True)
        return [entries[index].quote for index in ranked]

    def shown(self, polarity: Polarity) -> list[Quote]:
        """The quotes of one polarity, the typical one first, and the one of the other script."""
        ranked = self.typical(polarity)
        first = [
            next((quote for quote in ranked if quote.in_han is han), None) for han in (True, False)
        ]
        first.sort(key=lambda quote: ranked.index(quote) if quote else len(ranked))
        ordered = dict.fromkeys([quote for quote in first if quote] + self.quotes(polarity))
        return list(ordered)[: self.size]

    def _keep(
        self,
        polarity: Polarity,
        lot: float,
        words: bytes,
        make: Callable[[], Quote],
        number: int = 1,
    ) -> None:
        entries = self._kept.setdefault(polarity, [])
        low = len(entries) == self._pool and lot < entries[-1].lot
        if low and self._pool == self.size:  # a count matters in a pool alone
            return
        for entry in entries:
            if entry.words == words:
                entry.number += number
                return
        if not low:
            entries.append(_Kept(lot, words, make(), number))
            entries.sort(key=_lot, reverse=True)
            del entries[self._pool :]


class Listing:
    """At most `size` opinions of all, to be searched; of more, a fair draw.

    The draw depends on the reviews' ids and words alone: the same input gives the same listing.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: list[tuple[bytes, int, Quote]] = []
        self._offered = 0

    def offer(self, draw: QuoteLot) -> None:
        """Keep the opinion if there is room or its lot is among the highest."""
        if not self.size:
            return
        self._offered += 1
        name = draw.review.id.encode("utf-8", "surrogatepass")
        lot = blake2b(draw.words + name, digest_size=8).digest()
        if len(self._kept) < self.size:
            heappush(self._kept, (lot, -self._offered, draw.quote()))
        elif lot > self._kept[0][0]:
            heapreplace(self._kept, (lot, -self._offered, draw.quote()))

    def quotes(self) -> list[Quote]:
        """The opinions in the order they came."""
        return [quote for _, _, quote in sorted(self._kept, key=lambda entry: -entry[1])]


def _lot(entry: _Kept) -> float:
    return entry.lot


def _signs(quote: Quote) -> frozenset[str]:
    """Words, Han characters and pairs of them: of aspect and expression, else of the clause."""
    parts = [quote.part("a"), quote.part("x")]
    return frozenset().union(*map(signs, parts if any(parts) else [quote.clause]))


def _width(text: str) -> int:
    return len(text) + sum(map(_is_han, text))


def _is_han(character: str) -> bool:
    return "\u3400" <= character[0] <= "\u9fff"


def _same(quote: Quote) -> Quote:
    return quote
