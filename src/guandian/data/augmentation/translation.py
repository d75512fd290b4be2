"""Texts said anew by a translator: there and back again, or in other words of the language.

There and back: Sennrich, Haddow and Birch (2016, arXiv:1511.06709). A translated text has no known
offsets, so the parts of a text that hold no span are translated; where every part holds one, the
whole is, and kept only if each marked string stands in it exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from guandian.data.augmentation.augmenter import as_copy
from guandian.data.leaks import text_key
from guandian.domain import Labelled, Language, Span
from guandian.text.edits import Edit, edited, rewritten, spans
from guandian.text.language import language
from guandian.text.sentences import clauses, sentences

_CHINESE = (Language.CHINESE, Language.MIXED)
_SHORTEST = 4  # characters: less says too little to be said otherwise
_LONGER = 3  # times; an answer that is so much longer or shorter is none


class Translator(Protocol):
    """Translates texts."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The texts in another language, as many and in their order.

        Args:
            texts: in the language `source`.
            source: `zh` or `en`.
            target: the same; the language itself asks for other words in it. A text that cannot
                be translated becomes empty.
        """


@dataclass(frozen=True, slots=True)
class _Plan:
    """What of a record is translated: parts of its text, in order, from which language."""

    record: Labelled
    parts: tuple[Span, ...]
    language: str


def translated(
    records: Iterable[Labelled],
    translator: Translator,
    *,
    paraphrase: bool = False,
    times: int = 1,
) -> list[Labelled]:
    """Copies of labelled texts, said anew where their labels allow it.

    Args:
        records: of Chinese or English; the others are passed over.
        translator: asked twice for each copy, there and back; once for a paraphrase.
        paraphrase: ask for other words in the same language.
        times: copies of a text; fewer where the translator says the same again.

    Returns:
        Copies, those of one text together, texts in their order.

    Raises:
        GuandianError: what the translator raises.
    """
    plans = [plan for record in records if (plan := _plan(record))]
    found: list[dict[str, Labelled]] = [{} for _ in plans]
    for number in range(1, times + 1):
        answers = _answers(plans, translator, paraphrase=paraphrase)
        for plan, parts, copies in zip(plans, answers, found, strict=True):
            said = _said(plan, parts)
            if said is not None:
                copies.setdefault(text_key(said.text), as_copy(said, plan.record, number))
    return [copy for copies in found for copy in copies.values()]


def _plan(record: Labelled) -> _Plan | None:
    known = language(record.text)
    if known is Language.OTHER:
        return None
    marked = spans(record)
    parts: Sequence[Span] = sentences(record.text)
    if marked:
        free = [part for part in clauses(record.text) if not _meets(part, marked)]
        parts = [part for part in free if part.end - part.start >= _SHORTEST] or parts
    return _Plan(record, tuple(parts), "en" if known is Language.ENGLISH else "zh")


def _meets(part: Span, marked: Sequence[Span]) -> bool:
    return any(span.start < part.end and part.start < span.end for span in marked)


def _answers(
    plans: Sequence[_Plan], translator: Translator, *, paraphrase: bool
) -> list[list[str]]:
    """For each plan, what the translator makes of its parts."""
    answers: list[list[str]] = [[] for _ in plans]
    for source, target in (("zh", "en"), ("en", "zh")):
        texts = [
            part.of(plan.record.text)
            for plan in plans if plan.language == source for part in plan.parts
        ]  # fmt: skip
        if not texts:
            continue
        if paraphrase:
            said = translator.translate(texts, source, source)
        else:
            there = translator.translate(texts, source, target)
            said = _back(there, translator, target, source)
        rest = iter(said)
        for plan, own in zip(plans, answers, strict=True):
            if plan.language == source:
                own += [next(rest) for _ in plan.parts]
    return answers


def _back(there: Sequence[str], translator: Translator, target: str, source: str) -> list[str]:
    """The way back, of what has come through the way there."""
    rest = iter(translator.translate([text for text in there if text.strip()], target, source))
    return [next(rest) if text.strip() else "" for text in there]


def _said(plan: _Plan, answers: Sequence[str]) -> Labelled | None:
    """The record with its parts said anew; None where nothing is, or a span is lost."""
    text = plan.record.text
    edits = [
        Edit(part.start, part.end, said)
        for part, answer in zip(plan.parts, answers, strict=True)
        if _sound(said := " ".join(answer.split()), part.of(text), plan.language)
    ]
    if not edits:
        return None
    if not any(_meets(part, spans(plan.record)) for part in plan.parts):
        return edited(plan.record, edits)
    bare = edited(Labelled(plan.record.id, text, plan.record.dataset), edits)
    return relocated(plan.record, bare.text)


def _sound(said: str, before: str, known: str) -> bool:
    """Whether an answer can be the text in other words: its language, about its length."""
    fits = len(before) <= _LONGER * len(said) and len(said) <= _LONGER * len(before) + _SHORTEST
    same = language(said) in ((Language.ENGLISH,) if known == "en" else _CHINESE)
    broken = any("\ud800" <= character <= "\udfff" for character in said)
    return bool(said) and fits and same and not broken and text_key(said) != text_key(before)


def relocated(record: Labelled, text: str) -> Labelled | None:
    """The record with another text, its spans where the same words stand there.

    None unless the words of every span stand exactly once in both texts, in the same order.
    """
    moved: dict[Span, Span] = {}
    for span in dict.fromkeys(spans(record)):
        words = span.of(record.text)
        if _count(record.text, words) != 1 or _count(text, words) != 1:
            return None
        start = text.index(words)
        moved[span] = Span(start, start + len(words))
    ordered = sorted(moved)
    if [moved[span] for span in ordered] != sorted(moved.values()):
        return None
    return rewritten(record, text, moved)


def _count(text: str, words: str) -> int:
    """How often words stand in a text, overlaps counted."""
    return sum(text.startswith(words, place) for place in range(len(text)))
