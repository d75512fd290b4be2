"""An explanation: what each word adds to each answer, and the edits that would change one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guandian.domain import Mined, Opinion, Polarity, Review, Span

DIGITS = 4


@dataclass(frozen=True, slots=True)
class UnitEffects:
    """What the units of a text add to one value of the model.

    Attributes:
        value: with the whole text.
        base: with every unit hidden.
        by_unit: what each unit adds; together they are `value` less `base`.
    """

    value: float
    base: float
    by_unit: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Each figure by its name, rounded."""
        return {
            "value": round(self.value, DIGITS),
            "base": round(self.base, DIGITS),
            "effects": [round(effect, DIGITS) for effect in self.by_unit],
        }


@dataclass(frozen=True, slots=True)
class TurningEdit:
    """The fewest units, among those that were tried, without which an answer is another.

    Attributes:
        units: places of the units.
        label: the polarity then.
        text: the text that was read then; None where the units were only hidden.
    """

    units: tuple[int, ...]
    label: Polarity
    text: str | None = None


@dataclass(frozen=True, slots=True)
class OpinionEffects:
    """The explanation of one opinion.

    Attributes:
        opinion: what is explained.
        polarity: of the probability of its polarity at its place.
        confidence: of the probability that the whole opinion is exactly right.
        edit: with which its place has another polarity; None where none was met.
    """

    opinion: Opinion
    polarity: UnitEffects
    confidence: UnitEffects
    edit: TurningEdit | None


@dataclass(frozen=True, slots=True)
class ReviewExplanation:
    """Why a review was answered so.

    Attributes:
        review, mined: what was asked and answered.
        units: characters of the raw text that each unit covers, in its order.
        sentiment: effects on P(positive) - P(negative) of the whole review: above 0 praises.
        edit: with which the review's sentiment is another; None where none was met.
        opinions: in the order of `mined.opinions`.
        method: that found the effects.
        passes: readings of the text that it took.
        gap: the most by which effects miss a value less its base; 0 where they cannot.
    """

    review: Review
    mined: Mined
    units: tuple[Span, ...]
    sentiment: UnitEffects
    edit: TurningEdit | None
    opinions: tuple[OpinionEffects, ...]
    method: str
    passes: int
    gap: float = 0.0

    def words(self, units: Sequence[int]) -> list[str]:
        """The words of some units."""
        return [self.units[unit].of(self.review.text) for unit in units]

    def to_json(self) -> dict[str, Any]:
        """One JSON object; spans are Unicode code points of the raw text, half-open."""
        text = self.review.text
        return {
            "id": self.review.id,
            "text": text,
            "model": self.mined.model,
            "method": self.method,
            "passes": self.passes,
            "gap": round(self.gap, DIGITS),
            "units": [_span(unit, text) for unit in self.units],
            "sentiment": {
                "label": self.mined.sentiment.label,
                **self.sentiment.to_json(),
                "edit": self._edit(self.edit),
            },
            "opinions": [self._opinion(entry) for entry in self.opinions],
            "warnings": list(self.mined.warnings),
        }

    def _opinion(self, entry: OpinionEffects) -> dict[str, Any]:
        opinion, text = entry.opinion, self.review.text
        return {
            "aspect": _span(opinion.aspect, text) if opinion.aspect else None,
            "expression": _span(opinion.expression, text) if opinion.expression else None,
            "category": opinion.category,
            "tag": opinion.tag,
            "label": opinion.polarity,
            "polarity": entry.polarity.to_json(),
            "confidence": entry.confidence.to_json(),
            "edit": self._edit(entry.edit),
        }

    def _edit(self, edit: TurningEdit | None) -> dict[str, Any] | None:
        if edit is None:
            return None
        return {
            "without": list(edit.units),
            "words": self.words(edit.units),
            "label": edit.label,
            "text": edit.text,
        }


def _span(span: Span, text: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(text)}
