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
    """The parts of a record's text that are translated, in order, and from which language."""

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
    by_plan: list[dict[str, Labelled]] = [{} for _ in plans]
    for number in range(1, times + 1):
        answers = _answers(plans, translator, paraphrase=paraphrase)
        for plan, parts, copies in zip(plans, answers, by_plan, strict=True):
            reworded = _reworded(plan, parts)
            if reworded is not None:
                copies.setdefault(text_key(reworded.text), as_copy(reworded, plan.record, number))
    return [copy for copies in by_plan for copy in copies.values()]


def _plan(record: Labelled) -> _Plan | None:
    spoken = language(record.text)
    if spoken is Language.OTHER:
        return None
    marked = spans(record)
    parts: Sequence[Span] = sentences(record.text)
    if marked:
        free = [part for part in clauses(record.text) if not _meets(part, marked)]
        parts = [part for part in free if part.end - part.start >= _SHORTEST] or parts
    return _Plan(record, tuple(parts), "en" if spoken is Language.ENGLISH else "zh")


def _meets(part: Span, marked: Sequence[Span]) -> bool:
    return any(span.start < part.end and part.start < span.end for span in marked)


def _answers(
    plans: Sequence[_Plan], translator: Translator, *, paraphrase: bool
) -> list[list[str]]:
    """The translations of each plan's parts."""
    answers: list[list[str]] = [[] for _ in plans]
    for source, target in (("zh", "en"), ("en", "zh")):
        texts = [
            part.of(plan.record.text)
            for plan in plans if plan.language == source for part in plan.parts
        ]  # fmt: skip
        if not texts:
            continue
        if paraphrase:
            translations = translator.translate(texts, source, source)
        else:
            outward = translator.translate(texts, source, target)
            translations = _back(outward, translator, target, source)
        rest = iter(translations)
        for plan, own in zip(plans, answers, strict=True):
            if plan.language == source:
                own += [next(rest) for _ in plan.parts]
    return answers


def _back(
    translations: Sequence[str], translator: Translator, target: str, source: str
) -> list[str]:
    """Translate back the texts that came through the way there; an empty one stays empty."""
    rest = iter(
        translator.translate([text for text in translations if text.strip()], target, source)
    )
    return [next(rest) if text.strip() else "" for text in translations]


def _reworded(plan: _Plan, answers: Sequence[str]) -> Labelled | None:
    """The record with its parts said anew; None where nothing is, or a span is lost."""
    text = plan.record.text
    edits = [
        Edit(part.start, part.end, wording)
        for part, answer in zip(plan.parts, answers, strict=True)
        if _sound(wording := " ".join(answer.split()), part.of(text), plan.language)
    ]
    if not edits:
        return None
    if not any(_meets(part, spans(plan.record)) for part in plan.parts):
        return edited(plan.record, edits)
    bare = edited(Labelled(plan.record.id, text, plan.record.dataset), edits)
    return relocated(plan.record, bare.text)


def _sound(wording: str, original: str, code: str) -> bool:
    """Tell whether an answer can be the text in other words: its language, about its length."""
    fits = (
        len(original) <= _LONGER * len(wording)
        and len(wording) <= _LONGER * len(original) + _SHORTEST
    )
    same = language(wording) in ((Language.ENGLISH,) if code == "en" else _CHINESE)
    broken = any("\ud800" <= character <= "\udfff" for character in wording)
    return (
        bool(wording) and fits and same and not broken and text_key(wording) != text_key(original)
    )


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
    """Count words in a text, overlaps too."""
    return sum(text.startswith(words, offset) for offset in range(len(text)))
