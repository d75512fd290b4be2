"""Answers questions from a shop's knowledge, or says why a person must."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from guandian.assist.answers.answer import (
    Contradiction,
    FoundSource,
    Handover,
    QuotedSentence,
    ShopAnswer,
    Why,
)
from guandian.assist.answers.contradictions import contradictions
from guandian.assist.answers.drafted_sentences import Generator, supported
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.orders import without_orders
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.refusing.answerability import Answerability, asked_of, signs_of
from guandian.assist.answers.refusing.default_thresholds import BY_WORDS
from guandian.assist.answers.refusing.other_things import about_this
from guandian.assist.answers.retriever import Retriever
from guandian.assist.answers.search_words import READ
from guandian.assist.answers.sentence_choice import Asked, choose_sentences
from guandian.domain import Span
from guandian.privacy import Masking
from guandian.text.cleaning import clean, says_nothing

if TYPE_CHECKING:
    from guandian.assist.dialogue.conversation import Conversation

SOURCES = 5
"""Passages that an answer names."""
COMPARED = 10
"""Passages that are compared for contradictions."""


class Answerer:
    """Answers questions; what it says stands in the knowledge, word for word, without a generator.

    Args:
        retriever: finds passages.
        answerability: tells whether they answer; None = the default, which looks at words alone.
        generator: writes instead of quoting; what its sources do not hold is left out.
        masking: of personal data in questions, before anything is kept or handed on.
    """

    def __init__(
        self,
        retriever: Retriever,
        answerability: Answerability | None = None,
        generator: Generator | None = None,
        masking: Masking | None = None,
    ) -> None:
        self.retriever = retriever
        self.answerability = answerability or BY_WORDS
        self._generator = generator
        self._masking = masking or Masking()

    @classmethod
    def open(cls, folder: Path, generator: Generator | None = None) -> Self:
        """Open what `guandian assist answer --save` wrote.

        Raises:
            GuandianError: it is missing, altered or of another version.
        """
        from guandian.assist.answers.answer_files import open_answers

        retriever, answerability = open_answers(folder)
        return cls(retriever, answerability, generator)

    @property
    def knowledge(self) -> Knowledge:
        """What is answered from."""
        return self.retriever.knowledge

    def answer(self, question: str, conversation: Conversation | None = None) -> ShopAnswer:
        """Answer a question.

        Args:
            question: any text; its first 2,000 characters are read.
            conversation: completes the question from what was said before, and remembers both.
        """
        # Masked whole: a number that the cut divides is none that masking knows.
        message = self._masking.text(question)[0][:READ]
        plain = without_orders(message)
        resolved = plain if conversation is None else conversation.resolve(plain)
        answer = self._answer(message, resolved, conversation)
        if conversation is not None:
            conversation.remember(message, resolved, answer.text)
        return answer

    def _answer(self, message: str, resolved: str, conversation: Conversation | None) -> ShopAnswer:
        if says_nothing(clean(resolved)[0]):
            return self._handed_over("nothing to read", message, resolved, conversation)
        retriever = self.retriever
        signals, hits = about_this(resolved, retriever, retriever.signals(resolved), COMPARED)
        query = asked_of(resolved, retriever)
        signs = signs_of(resolved, query, retriever, signals, hits)
        confidence = self.answerability.probability(signs)
        nearest = [FoundSource(self.knowledge.passages[hit.index], hit.score) for hit in hits]
        pairs = self._contradictions([source.passage for source in nearest])
        sources = tuple(nearest[:SOURCES])
        if not hits or confidence < self.answerability.threshold:
            why: Why = "nothing near enough"
            return self._handed_over(
                why, message, resolved, conversation, sources, pairs, confidence
            )
        agreed = _majority([source.passage for source in nearest], pairs)
        if agreed is None:
            why = "the sources contradict each other"
            return self._handed_over(
                why, message, resolved, conversation, sources, pairs, confidence
            )
        sentences = self._sentences(resolved, query, agreed[:SOURCES])
        if not sentences:
            why = "nothing near enough"
            return self._handed_over(
                why, message, resolved, conversation, sources, pairs, confidence
            )
        return ShopAnswer(resolved, sentences, False, "", confidence, sources, pairs, None)

    def _sentences(
        self, question: str, query: Asked, passages: Sequence[Passage]
    ) -> tuple[QuotedSentence, ...]:
        if self._generator is not None:
            written = supported(self._generator.write(question, passages), passages)
            if written:
                return tuple(written)
        return tuple(
            QuotedSentence.of(passage, span) for passage, span in choose_sentences(query, passages)
        )

    def _contradictions(self, passages: Sequence[Passage]) -> tuple[Contradiction, ...]:
        there = {passage.id for passage in passages}
        pairs = [
            Contradiction(
                pair.first.id,
                pair.second.id,
                Span(0, len(pair.first.text)),
                Span(0, len(pair.second.text)),
                pair.first.text,
                pair.second.text,
            )
            for pair in self.knowledge.contradictions
            if {pair.first.id, pair.second.id} <= there
        ]
        known = {(pair.first, pair.second) for pair in pairs}
        return (
            *pairs,
            *(
                pair
                for pair in contradictions(passages)
                if not {(pair.first, pair.second), (pair.second, pair.first)} & known
            ),
        )

    def _handed_over(
        self,
        why: Why,
        message: str,
        resolved: str,
        conversation: Conversation | None,
        sources: tuple[FoundSource, ...] = (),
        pairs: tuple[Contradiction, ...] = (),
        confidence: float = 0.0,
    ) -> ShopAnswer:
        handover = Handover(
            message,
            resolved,
            conversation.topic if conversation is not None else "",
            dict(conversation.slots) if conversation is not None else {},
            conversation.turns if conversation is not None else (),
            tuple(source.passage.id for source in sources),
            why,
        )
        return ShopAnswer(resolved, (), True, why, confidence, sources, pairs, handover)


def _majority(passages: Sequence[Passage], pairs: Sequence[Contradiction]) -> list[Passage] | None:
    """The passages that stay when the best one is contradicted, best first; None in a tie.

    Passages that say the same value as each other stand together. What contradicts neither the
    best passage nor its like is no matter of this question.
    """
    best = passages[0].id
    values = {pair.first: pair.first_words for pair in pairs}
    values |= {pair.second: pair.second_words for pair in pairs}
    against = {pair.second if pair.first == best else pair.first
               for pair in pairs if best in (pair.first, pair.second)}  # fmt: skip
    if not against:
        return [*passages]
    ours = {name for name, value in values.items() if value == values[best] and name not in against}
    if len(ours) > len(against):
        return [passage for passage in passages if passage.id not in against]
    if len(ours) < len(against):
        return [passage for passage in passages if passage.id not in ours]
    return None
