"""Headlines as mined reviews: one opinion each, of a topic, on a company, good or bad."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from typing import Self

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.errors import GuandianError
from guandian.evaluation.logits import softmax
from guandian.mining.headlines.headline_text import company_of
from guandian.mining.headlines.linear_head import Floats, LinearHead
from guandian.mining.headlines.seed_scores import SeedScores
from guandian.mining.headlines.topics import Topic, read_sides, read_topics
from guandian.text.cleaning import NOTHING_TO_READ
from guandian.text.language import language

SENTIMENT = "finance_sentiment.safetensors"
"""Beside this module; `bench/headlines.py --learn` writes it."""
SIDES = (Polarity.NEGATIVE, Polarity.POSITIVE)
SHARPNESS = 12.0
"""What turns scores of seeds into shares that are like probabilities; never fitted."""
_AT_ONCE = 512


class HeadlineMiner:
    """Tells topic and sentiment of headlines.

    Args:
        topics: of the taxonomy.
        sentiment: a head of `SIDES`, learned beside the seeds of `read_sides`; the one that ships
            where none is given.
        learned: a head of the topics, learned from corrections; seeds alone where none is given.
        name: of the taxonomy, for the model's name.

    Raises:
        GuandianError: a head has other classes.
    """

    def __init__(
        self,
        topics: Sequence[Topic],
        sentiment: LinearHead | None = None,
        learned: LinearHead | None = None,
        name: str = "finance",
    ) -> None:
        self.topics = tuple(topics)
        self.scores = SeedScores(topics)
        self.side_scores = SeedScores(read_sides(), self.scores.means)
        self.sentiment = sentiment or shipped_sentiment()
        self.learned = learned
        for head, classes in (
            (self.sentiment, [str(side) for side in SIDES]),
            (learned, [topic.key for topic in topics]),
        ):
            if head is not None and list(head.classes) != classes:
                raise GuandianError(
                    f"the head tells {', '.join(head.classes)}, and not {', '.join(classes)}",
                    "learn it anew: guandian headlines learn",
                )
        words = repr([(topic.key, topic.seeds) for topic in topics]).encode()
        digest = sha256(words + self.sentiment.digest + (learned.digest if learned else b""))
        self.model = f"headlines-{name}@{digest.hexdigest()[:8]}"

    @classmethod
    def open(
        cls,
        taxonomy: str | Path = "finance",
        *,
        topics: Path | None = None,
        sentiment: Path | None = None,
    ) -> Self:
        """Open a taxonomy, with heads that `guandian headlines learn` wrote.

        Args:
            taxonomy: `finance`, or a file of topics.
            topics: a head of its topics.
            sentiment: a head in place of the one that ships.

        Raises:
            GuandianError: a file is not what it should be.
        """
        return cls(
            read_topics(taxonomy),
            LinearHead.open(sentiment) if sentiment else None,
            LinearHead.open(topics) if topics else None,
            Path(taxonomy).stem,
        )

    def topic_shares(self, headlines: Sequence[str]) -> Floats:
        """How likely each topic is `[headlines, topics]`; probabilities only of a learned head."""
        scores = self.scores(headlines)
        if self.learned is None:
            return softmax(SHARPNESS * scores)
        return self.learned.probabilities(headlines, scores)

    def side_shares(self, headlines: Sequence[str]) -> Floats:
        """Probabilities of bad and of good news `[headlines, 2]`."""
        return self.sentiment.probabilities(headlines, self.side_scores(headlines))

    def mine(self, reviews: Iterable[Review]) -> Iterator[tuple[Review, Mined]]:
        """Mine headlines, in their order.

        The company (`product` or `brand` of the input, else what stands before the colon) becomes
        the aspect of the opinion and the brand: series of a store are then those of topics, over
        all companies, and of each company.
        """
        rest = iter(reviews)
        while batch := list(islice(rest, _AT_ONCE)):
            texts = [review.text for review in batch]
            shares = self.topic_shares(texts)
            sides = self.side_shares(texts)
            for review, share, side in zip(batch, shares, sides, strict=True):
                yield self._mined(review, share, side)

    def _mined(self, review: Review, share: Floats, side: Floats) -> tuple[Review, Mined]:
        text = review.text
        company = _company(review)
        named = company.of(text) if company else review.product or review.brand
        filed = replace(review, product=None, brand=named)
        topic, best = int(share.argmax()), int(side.argmax())
        sentiment = Sentiment(SIDES[best], float(side[0]), 0.0, float(side[1]))
        begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
        mined = Mined(
            review.id,
            review.language or (language(text) if end > begin else Language.OTHER),
            sentiment,
            (),
            (),
            () if end > begin else (NOTHING_TO_READ,),
            self.model,
            fitted=self.learned is not None,
        )
        if end <= begin:
            return filed, mined
        opinion = Opinion(
            company,
            None,
            Span(begin, end),
            self.topics[topic].key,
            SIDES[best],
            float(share[topic] * side[best]),
            text[begin:end],
        )
        return filed, replace(mined, opinions=(opinion,))


@cache
def shipped_sentiment() -> LinearHead:
    """The head of sentiment that ships with the package."""
    with as_file(files("guandian.mining.headlines").joinpath(SENTIMENT)) as path:
        return LinearHead.open(path)


def _company(review: Review) -> Span | None:
    """Where the company stands in a headline."""
    for name in (review.product, review.brand):
        if name and (at := review.text.find(name)) >= 0:
            return Span(at, at + len(name))
    ends = company_of(review.text)
    return Span(*ends) if ends else None
