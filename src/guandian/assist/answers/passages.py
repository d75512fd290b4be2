"""What a shop knows, as passages that can be cited, and the contradictions that stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from guandian.assist.answers.orders import without_orders
from guandian.text.letters import letters

Kind = Literal["faq", "manual", "reply"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of knowledge. Only its `text` is ever quoted.

    Attributes:
        id: unlike that of every other passage: the file's name and the line.
        file: the file that it stands in.
        line: 1-based, where it begins there.
        kind: a question with its answer, a part of a manual, or a past reply.
        question: what it answers; of a manual its headings; empty where there is none.
        text: the answer, the part, or the reply.
    """

    id: str
    file: str
    line: int
    kind: Kind
    question: str
    text: str

    @property
    def searched(self) -> str:
        """What questions are compared with: its question, and what it says, orders left out."""
        text = without_orders(self.text)
        return f"{self.question}\n{text}" if self.question else text


@dataclass(frozen=True, slots=True)
class TwoAnswers:
    """Two entries that answer one question differently: an owner must choose."""

    first: Passage
    second: Passage

    def __str__(self) -> str:
        """Both places, and the question."""
        return (
            f"{self.second.file}, line {self.second.line}: another answer to"
            f" {self.second.question[:60]!r} than {self.first.file}, line {self.first.line}"
        )


def two_answers(passages: Iterable[Passage]) -> tuple[TwoAnswers, ...]:
    """The entries of FAQs that answer a question otherwise than an earlier one.

    Questions are alike when their letters and digits are; of a manual and of past replies nobody
    expects that they say one thing once.
    """
    answered: dict[str, Passage] = {}
    pairs = []
    for passage in passages:
        key = letters(passage.question).casefold()
        if passage.kind != "faq" or not key:
            continue
        first = answered.setdefault(key, passage)
        if letters(first.text).casefold() != letters(passage.text).casefold():
            pairs.append(TwoAnswers(first, passage))
    return tuple(pairs)


def without_copies(passages: Sequence[Passage]) -> list[Passage]:
    """The passages without those whose question and text stood earlier, in their order."""
    seen: set[tuple[str, str]] = set()
    unique = []
    for passage in passages:
        key = passage.question, passage.text
        if key not in seen:
            seen.add(key)
            unique.append(passage)
    return unique
