"""The quotes behind a number: a small sample of opinions, each in its piece of the raw review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from heapq import heappush, heapreplace
from itertools import pairwise
from math import log

from guandian.domain import Opinion, Polarity, Review, Span

MARGIN = 90
"""Characters shown on each side of the clause that an opinion stands in."""
LONGEST = 320
"""Characters of a quote, at most."""


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
    cuts = {start, end}
    for _, span in known:
        cuts |= {place for place in (span.start, span.end) if start < place < end}
    for left, right in pairwise(sorted(cuts)):
        kinds = {letter for letter, span in known if span.start <= left and right <= span.end}
        yield Piece(text[left:right], "".join(sorted(kinds)))


@dataclass(slots=True, eq=False)
class Draw:
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
    def of(cls, review: Review, opinion: Opinion) -> Draw:
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


class Sample:
    """At most `size` quotes of each polarity: those with the highest lots, no words twice."""

    __slots__ = ("_kept", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: dict[Polarity, list[tuple[float, bytes, Quote]]] = {}

    def offer(self, draw: Draw) -> None:
        """Keep the opinion if its lot is among the highest."""
        self._keep(draw.opinion.polarity, draw.lot, draw.words, draw.quote)

    def merge(self, other: Sample) -> None:
        """Keep the highest lots of both."""
        for polarity, theirs in other._kept.items():
            for lot, words, kept in theirs:
                self._keep(polarity, lot, words, partial(_same, kept))

    def quotes(self, polarity: Polarity) -> list[Quote]:
        """The quotes of one polarity, the highest lot first."""
        return [kept for _, _, kept in self._kept.get(polarity, ())]

    def _keep(
        self, polarity: Polarity, lot: float, words: bytes, make: Callable[[], Quote]
    ) -> None:
        kept = self._kept.setdefault(polarity, [])
        full = len(kept) == self.size
        if (full and lot <= kept[-1][0]) or any(words == known for _, known, _ in kept):
            return
        kept.append((lot, words, make()))
        kept.sort(key=_lot, reverse=True)
        del kept[self.size :]


class Listing:
    """At most `size` opinions of all, to be searched; of more, a fair draw.

    The draw depends on the reviews' ids and words alone: the same input gives the same listing.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: list[tuple[bytes, int, Quote]] = []
        self._offered = 0

    def offer(self, draw: Draw) -> None:
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
        return [kept for _, _, kept in sorted(self._kept, key=lambda each: -each[1])]


def _lot(entry: tuple[float, bytes, Quote]) -> float:
    return entry[0]


def _same(kept: Quote) -> Quote:
    return kept
