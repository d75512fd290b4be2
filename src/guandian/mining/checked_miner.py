"""A miner whose opinions another one checks, such as a language model's by a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from guandian.domain import Mined, Opinion, Review, Span
from guandian.mining.batching import Mines, stopped


@dataclass(frozen=True)
class CheckedMiner:
    """A miner whose opinions are kept, or marked, as far as another one sees them too.

    An opinion has the confidence of the likeliest of the checker's that speaks of the same words in
    the same way (`agreeing`), 0 where there is none. Below `least` it is in doubt: its review says
    how many are, and with `drop` they are left out.

    Attributes:
        miner: whose opinions they are.
        checker: gives every opinion that it thinks possible, with a confidence.
        least: confidence from which an opinion is out of doubt.
        drop: doubtful opinions are left out.
    """

    miner: Mines
    checker: Mines
    least: float
    drop: bool = False

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Keep both from asking anything more while the block lasts."""
        with ExitStack() as during:
            for miner in (self.miner, self.checker):
                during.enter_context(stopped(miner))
            yield

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order."""
        pairs = zip(self.miner.mine(reviews), self.checker.mine(reviews), strict=True)
        return [self._checked(mined, check.opinions) for mined, check in pairs]

    def _checked(self, mined: Mined, possible: Sequence[Opinion]) -> Mined:
        opinions = [
            replace(opinion, confidence=agreeing(opinion, possible)) for opinion in mined.opinions
        ]
        likely = [opinion for opinion in opinions if opinion.confidence >= self.least]
        if doubtful := len(opinions) - len(likely):
            words = f"llm: the checker doubts what it finds; {doubtful} opinions marked"
            if self.drop:
                words = f"llm: the checker doubts what it finds; {doubtful} opinions dropped"
            mined = replace(mined, warnings=(*mined.warnings, words))
        return replace(mined, opinions=tuple(likely if self.drop else opinions), fitted=False)


def agreeing(opinion: Opinion, possible: Sequence[Opinion]) -> float:
    """The highest confidence among opinions on the same words of the same polarity; 0 of none.

    The same words: those that judge overlap, or where one of the two has none, what is judged.
    """
    return max(
        (
            other.confidence
            for other in possible
            if other.polarity is opinion.polarity and _meets(opinion, other)
        ),
        default=0.0,
    )


def _meets(left: Opinion, right: Opinion) -> bool:
    if left.expression is not None and right.expression is not None:
        return _overlaps(left.expression, right.expression)
    return (
        left.aspect is not None
        and right.aspect is not None
        and _overlaps(left.aspect, right.aspect)
    )


def _overlaps(left: Span, right: Span) -> bool:
    return left.start < right.end and right.start < left.end
