"""Entries that speak of another thing than the question: of the blue one where the red is meant."""

from __future__ import annotations

from functools import lru_cache

from guandian.assist.answers.passages import Passage
from guandian.assist.answers.retriever import DEPTH, Hit, Retriever, Signals
from guandian.assist.dialogue.word_kinds import known_words


def about_this(
    question: str, retriever: Retriever, signals: Signals, number: int
) -> tuple[Signals, list[Hit]]:
    """The best passages that do not speak of another thing, and the scores as if only they stood.

    Args:
        question: any text.
        retriever: finds passages.
        signals: its scores for the question.
        number: of passages, at most.
    """
    passages = retriever.knowledge.passages
    if not _values(question):
        return signals, retriever.ranked(question, signals, number)
    near = retriever.ranked(question, signals, DEPTH, "fusion")
    others = [hit.index for hit in near if of_another(question, passages[hit.index])]
    signals = signals.without(others)
    hits = retriever.ranked(question, signals, number)
    return signals, [hit for hit in hits if not of_another(question, passages[hit.index])]


def of_another(question: str, passage: Passage) -> bool:
    """Tell whether an entry names one other value of a kind that the question names, and not its.

    An entry that names several values of the kind is a list, which answers by what it lacks;
    numbers are amounts rather than names; a manual speaks of many things.
    """
    if passage.kind == "manual":
        return False
    wanted = _values(question)
    named = _values(passage.searched) if wanted else {}
    return any(
        len(named.get(kind, ())) == 1 and not values & named[kind]
        for kind, values in wanted.items()
    )


@lru_cache(1 << 12)
def _values(text: str) -> dict[str, frozenset[str]]:
    """The values that a text names, by kind; remembered, as passages come again."""
    values: dict[str, set[str]] = {}
    for word in known_words(text):
        if not word.kind.startswith("number"):
            name = word.span.of(text).casefold()
            values.setdefault(word.kind, set()).add(name.removesuffix("色") or name)
    return {kind: frozenset(names) for kind, names in values.items()}
