"""What a question is answered with: quoted sentences, or why a person must answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from guandian.assist.answers.passages import Passage
from guandian.domain import Span
from guandian.wording import say, term

Why = Literal["", "nothing to read", "nothing near enough", "the sources contradict each other"]
_WHY = {
    "nothing to read": term("nothing to read"),
    "nothing near enough": term("nothing near enough"),
    "the sources contradict each other": term("the sources contradict each other"),
}


@dataclass(frozen=True, slots=True)
class QuotedSentence:
    """A sentence and the place that it was taken from, or that it follows from.

    Attributes:
        text: what is said.
        source: id of the passage.
        span: in the passage's text, half-open, in code points.
        quoted: the words there; those of `text` unless a generator wrote it.
    """

    text: str
    source: str
    span: Span
    quoted: str

    @classmethod
    def of(cls, passage: Passage, span: Span, text: str | None = None) -> QuotedSentence:
        """Quote a passage.

        Args:
            passage: the source.
            span: within its text, not empty.
            text: what is said because of it; None = the very words.

        Raises:
            ValueError: the span is not within the text.
        """
        if not 0 <= span.start < span.end <= len(passage.text):
            raise ValueError(
                f"{span} is not within {passage.id}, of {len(passage.text)} characters"
            )
        quoted = span.of(passage.text)
        return cls(quoted if text is None else text, passage.id, span, quoted)


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A passage that was found for a question, with the score of its list."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two places that say one thing with different values.

    Attributes:
        first, second: ids of the passages.
        first_span, second_span: where the values stand in their texts.
        first_words, second_words: the values.
    """

    first: str
    second: str
    first_span: Span
    second_span: Span
    first_words: str
    second_words: str


@dataclass(frozen=True, slots=True)
class Handover:
    """What a person needs to go on.

    Attributes:
        question: the message, personal data masked.
        resolved: the full question, where the dialogue completed it.
        topic: what the dialogue is about; empty where it is unknown.
        slots: details that were told, by name.
        turns: the dialogue so far, masked: who spoke and what.
        looked_at: ids of the passages that came nearest.
        why: the reason.
    """

    question: str
    resolved: str
    topic: str
    slots: dict[str, str]
    turns: tuple[tuple[str, str], ...]
    looked_at: tuple[str, ...]
    why: Why

    def as_text(self) -> str:
        """A few lines for the person who takes over."""
        lines = [f"{say('Why')}: {_WHY[self.why]}", f"{say('Asked')}: {self.question}"]
        if self.resolved != self.question:
            lines.append(f"{say('Meant')}: {self.resolved}")
        if self.topic:
            lines.append(f"{say('About')}: {self.topic}")
        if self.slots:
            details = "; ".join(f"{name} {value}" for name, value in self.slots.items())
            lines.append(f"{say('Details')}: {details}")
        if self.turns:
            lines.append(
                f"{say('Before')}: " + " / ".join(f"{who}: {text}" for who, text in self.turns)
            )
        if self.looked_at:
            lines.append(f"{say('Nearest')}: {', '.join(self.looked_at)}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ShopAnswer:
    """The answer to a question.

    Attributes:
        question: as it was read: completed from the dialogue, personal data masked.
        sentences: what is said, each with its source; none where it abstained.
        abstained: whether a person must answer.
        why: the reason of that, empty otherwise.
        confidence: calibrated probability that the sources answer the question.
        sources: the passages that were found, best first.
        contradictions: among them.
        handover: for the person who takes over; None where it answered.
    """

    question: str
    sentences: tuple[QuotedSentence, ...]
    abstained: bool
    why: Why
    confidence: float
    sources: tuple[FoundSource, ...]
    contradictions: tuple[Contradiction, ...]
    handover: Handover | None

    @property
    def text(self) -> str:
        """The sentences, those of one passage on one line."""
        lines: list[str] = []
        last = ""
        for sentence in self.sentences:
            if sentence.source == last:
                glue = " " if lines[-1][-1:].isascii() and sentence.text[:1].isascii() else ""
                lines[-1] += glue + sentence.text
            else:
                lines.append(sentence.text)
            last = sentence.source
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON; every span as [start, end] with its words beside it."""
        places = {source.passage.id: source.passage for source in self.sources}
        return {
            "question": self.question,
            "abstained": self.abstained,
            "why": self.why,
            "confidence": round(self.confidence, 4),
            "text": self.text,
            "sentences": [
                {
                    "text": sentence.text,
                    "source": sentence.source,
                    "file": places[sentence.source].file,
                    "line": places[sentence.source].line,
                    "span": [sentence.span.start, sentence.span.end],
                    "quoted": sentence.quoted,
                }
                for sentence in self.sentences
            ],
            "sources": [
                {
                    "source": source.passage.id,
                    "question": source.passage.question.partition("\n")[0],
                    "score": round(source.score, 5),
                }
                for source in self.sources
            ],
            "contradictions": [
                {
                    "first": pair.first,
                    "first_words": pair.first_words,
                    "first_span": [pair.first_span.start, pair.first_span.end],
                    "second": pair.second,
                    "second_words": pair.second_words,
                    "second_span": [pair.second_span.start, pair.second_span.end],
                }
                for pair in self.contradictions
            ],
            "handover": None if self.handover is None else self.handover.as_text(),
        }
