"""A review going in, and what was mined from it coming out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from guandian.domain.labels import Label

if TYPE_CHECKING:
    from guandian.domain.linked import ReviewKnowledge

_NOTHING: Mapping[str, str] = MappingProxyType({})
_WHOLE: Mapping[str, Span] = MappingProxyType({})
_UNLABELLED: Mapping[str, Label] = MappingProxyType({})


class Polarity(StrEnum):
    """How an opinion, or a whole review, judges."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Language(StrEnum):
    """The language of a review; `OTHER` is mined all the same, with a warning."""

    CHINESE = "zh"
    ENGLISH = "en"
    MIXED = "mixed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (half-open, Unicode code points) of a raw review text.

    Raises:
        ValueError: unless `0 <= start < end`.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(
                f"a span needs 0 <= start < end, got start={self.start}, end={self.end}"
            )

    def of(self, text: str) -> str:
        """The characters of `text` that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Review:
    """A review as its owner gave it.

    `text` is raw and never altered; `extra` holds the owner's other columns, passed through.
    `time` is an ISO 8601 date or date-time as text. Where the text was several columns, such as
    a headline and a body, `parts` tells where each stands in it; else it is empty. Where a rating
    or a time could not be read, `unread` names the column of `extra` that holds it. `scale` is the
    best rating that could be given, where the file says it.
    """

    id: str
    text: str
    product: str | None = None
    brand: str | None = None
    rating: float | None = None
    time: str | None = None
    user: str | None = None
    source: str | None = None
    language: Language | None = None
    extra: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    parts: Mapping[str, Span] = field(default_factory=lambda: _WHOLE)
    unread: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    scale: float | None = None

    def part(self, span: Span) -> str:
        """The name of the column that a span of `text` begins in, empty where it is the only one.

        What stands between two parts belongs to the one before.
        """
        if not self.parts:
            return ""
        names = [name for name, part in self.parts.items() if part.start <= span.start]
        return names[-1] if names else ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One judgement in a review: what is judged, in which words, of which kind, how.

    `aspect` is None when what is judged is unsaid, `expression` when the judging words are
    implied; `evidence`, the clause it stands in, is always there, of a long one the part around
    these words. `confidence` is the
    calibrated probability that the whole opinion is exactly right. `tag` is for display.
    """

    aspect: Span | None
    expression: Span | None
    evidence: Span
    category: str
    polarity: Polarity
    confidence: float
    tag: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing in a review: `type` is product, brand or model.

    `alone` is what the model's own confidence would be, where a gazetteer has a say in it.
    """

    span: Span
    type: str
    confidence: float
    alone: float | None = None


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The sentiment of a whole review: a label and three probabilities that sum to one."""

    label: Polarity
    negative: float
    neutral: float
    positive: float


UNKNOWN_SENTIMENT = Sentiment(Polarity.NEUTRAL, *[round(1 / 3, 6)] * 3)
"""The sentiment of a review that nobody read."""


@dataclass(frozen=True, slots=True)
class Mined:
    """All that one pass over one review found; `model` is `name@version`.

    `labels` holds those that the model has heads for, by name. Where `fitted` is False, the
    confidence of opinions was never fitted to held-out texts: it ranks them, and is no probability.
    `likeness`, where it was asked for, is the share of the reviews that a model learned from that
    are as unlike the others as this one; it is not written. `withdrawn` are entities that the model
    alone would name and its gazetteer speaks against. `knowledge` is what a catalogue and a lexicon
    say beside it, where there were any.
    """

    review_id: str
    language: Language
    sentiment: Sentiment
    opinions: tuple[Opinion, ...]
    entities: tuple[Entity, ...]
    warnings: tuple[str, ...]
    model: str
    labels: Mapping[str, Label] = field(default_factory=lambda: _UNLABELLED)
    fitted: bool = True
    likeness: float | None = field(default=None, compare=False)
    withdrawn: tuple[Entity, ...] = ()
    knowledge: ReviewKnowledge | None = None

    @property
    def answers(self) -> Mapping[str, object]:
        """The answers by task: `opinions`, `sentiment`, `entities`, and `label.NAME` of labels."""
        whole = {"opinions": self.opinions, "sentiment": self.sentiment, "entities": self.entities}
        return whole | {f"label.{name}": label for name, label in self.labels.items()}
