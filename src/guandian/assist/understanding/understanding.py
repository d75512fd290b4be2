"""What was understood of a message, as plain frozen data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guandian.domain import Entity, Language, Opinion, Sentiment, Span


@dataclass(frozen=True, slots=True)
class IntentGuess:
    """What a message asks for, as far as it can be told.

    Attributes:
        name: the likeliest of the intents that were taught.
        confidence: the calibrated probability that it is this one, given that it is one of them.
        in_scope: whether the message is near enough to what was taught; False = do not act on it.
        why: what speaks against it where `in_scope` is False: `nothing to read`, `gibberish`,
            `another language` or `unlike the examples`; empty otherwise.
    """

    name: str
    confidence: float
    in_scope: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A detail that an answer needs.

    Attributes:
        name: such as `order`, `phone`, `colour`, `size`, `amount`, `date`, `quantity`.
        value: as it stands in the masked text: of personal data its token alone.
        span: where it stands in the masked text.
    """

    name: str
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class UrgencySign:
    """One thing that makes a message urgent.

    Attributes:
        name: such as `danger`, `threat`, `deadline`, `again`, `unhappy`, `shouting`.
        weight: how far it alone brings the urgency, in (0, 1).
        span: the words in the masked text; None where it is the message as a whole.
    """

    name: str
    weight: float
    span: Span | None


@dataclass(frozen=True, slots=True)
class Urgency:
    """How soon a person should look at a message, from 0 to 1, with its signs, strongest first."""

    level: float
    signs: tuple[UrgencySign, ...]


@dataclass(frozen=True, slots=True)
class Understanding:
    """All that was understood of one message. Every span points into `masked`.

    Attributes:
        masked: the message with personal data written over; nothing else of it is kept.
        language: Chinese, English, both, or another.
        intent: None where no intents were taught.
        candidates: the likeliest intents with their probabilities, best first.
        opinions: what is judged, and how.
        entities: products, brands and models that are named.
        sentiment: of the whole message.
        urgency: how soon a person should look at it.
        slots: details that an answer needs, in the order of the text.
        notes: what was not read, and why.
    """

    masked: str
    language: Language
    intent: IntentGuess | None
    candidates: tuple[tuple[str, float], ...]
    opinions: tuple[Opinion, ...]
    entities: tuple[Entity, ...]
    sentiment: Sentiment
    urgency: Urgency
    slots: tuple[Slot, ...]
    notes: tuple[str, ...]

    def slot(self, name: str) -> Slot | None:
        """The first slot of that name, None where there is none."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON: spans as [start, end] with their words beside them."""
        intent = self.intent
        return {
            "masked": self.masked,
            "language": str(self.language),
            "intent": intent
            and {
                "name": intent.name,
                "confidence": round(intent.confidence, 4),
                "in_scope": intent.in_scope,
                "why": intent.why,
            },
            "candidates": [{"name": name, "p": round(p, 4)} for name, p in self.candidates],
            "opinions": [self._opinion(opinion) for opinion in self.opinions],
            "entities": [
                {"type": entity.type, **self._words(entity.span)} for entity in self.entities
            ],
            "sentiment": str(self.sentiment.label),
            "urgency": {
                "level": round(self.urgency.level, 3),
                "signs": [
                    {"name": sign.name, "weight": sign.weight}
                    | (self._words(sign.span) if sign.span else {})
                    for sign in self.urgency.signs
                ],
            },
            "slots": [{"name": slot.name, **self._words(slot.span)} for slot in self.slots],
            "notes": list(self.notes),
        }

    def _words(self, span: Span) -> dict[str, Any]:
        return {"text": span.of(self.masked), "span": [span.start, span.end]}

    def _opinion(self, opinion: Opinion) -> dict[str, Any]:
        spans: Sequence[tuple[str, Span | None]] = (
            ("aspect", opinion.aspect),
            ("expression", opinion.expression),
            ("evidence", opinion.evidence),
        )
        return {
            **{name: span and self._words(span) for name, span in spans},
            "category": opinion.category,
            "polarity": str(opinion.polarity),
            "confidence": round(opinion.confidence, 4),
            "tag": opinion.tag,
        }
