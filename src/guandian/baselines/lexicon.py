"""Opinions from a lexicon: learnt expressions, their affixes, and the aspect beside them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError

from guandian.baselines.phrases import Phrases, before, longest_phrase_at, lower_case
from guandian.domain import Polarity, Quad, Span
from guandian.errors import GuandianError, called_for
from guandian.evaluation import PlainAnswer
from guandian.text.sentences import clauses

AFFIX = 12
"""The longest affix, in characters."""
FARTHEST = 6
"""The farthest that an aspect may stand before its expression, in characters."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression's meaning.

    Attributes:
        polarity, category: the most frequent; without a category where the set has none.
        alone: whether it counts without an aspect beside it.
        paired: whether it counts with one.
    """

    polarity: Polarity
    category: str | None
    alone: bool = True
    paired: bool = True


@dataclass(frozen=True, slots=True)
class Affix:
    """Words that belong to the expression beside them, as "very" and "not" do."""

    flips: bool = False


@dataclass(frozen=True, slots=True)
class Aspect:
    """An aspect term's category, and the sides of an expression on which it counts."""

    category: str | None
    before: bool = True
    after: bool = True


@dataclass(frozen=True)
class Lexicon:
    """All that was learnt; terms are folded."""

    expressions: Mapping[str, Expression]
    aspects: Mapping[str, Aspect]
    prefixes: Mapping[str, Affix]
    suffixes: Mapping[str, Affix]

    @cached_property
    def expression_phrases(self) -> Phrases:
        """The expressions, to be found."""
        return Phrases(self.expressions)

    @cached_property
    def aspect_phrases(self) -> Phrases:
        """The aspect terms, to be found."""
        return Phrases(self.aspects)


@dataclass(frozen=True, slots=True)
class ExpressionCandidate:
    """An expression found in a text.

    Attributes:
        core: the entry of the lexicon; span: that with its affixes.
        flipped: whether a negation before it turns its polarity.
        beside: the nearest aspect term in its clause.
        aspect: the same when it counts on that side.
    """

    core: Span
    span: Span
    flipped: bool
    beside: Span | None
    aspect: Span | None


_OPPOSITE = {
    Polarity.POSITIVE: Polarity.NEGATIVE,
    Polarity.NEGATIVE: Polarity.POSITIVE,
    Polarity.NEUTRAL: Polarity.NEUTRAL,
}


class LexiconMiner:
    """Mines opinions with a lexicon; `guandian.baselines.fit_lexicon` learns one."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    def mine(self, text: str) -> tuple[Quad, ...]:
        """The opinions of one raw review text, in the order of their expressions."""
        return tuple(self._quads(text))

    def predict(self, texts: Sequence[str]) -> list[PlainAnswer]:
        """Answers for `guandian.evaluation.evaluate`: opinions alone."""
        return [PlainAnswer(opinions=self.mine(text)) for text in texts]

    def save(self, path: Path) -> None:
        """Write the lexicon as JSON."""
        path.write_bytes(_JSON.dump_json(self.lexicon, indent=1))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            GuandianError: when the file is missing or no lexicon.
        """
        try:
            return cls(_JSON.validate_json(path.read_bytes()))
        except OSError as error:
            raise GuandianError(
                f"cannot read {path}: {error.strerror}",
                "check the name, the folder and who may use them",
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the file"
            raise GuandianError(
                f"{path} is no lexicon: {key} takes {called_for(first)}",
                "give one that a lexicon wrote",
            ) from error

    def _quads(self, text: str) -> Iterator[Quad]:
        lexicon = self.lexicon
        words = lower_case(text)
        for candidate in expression_candidates(words, lexicon):
            entry = lexicon.expressions[candidate.core.of(words)]
            if not (entry.alone if candidate.aspect is None else entry.paired):
                continue
            polarity = _OPPOSITE[entry.polarity] if candidate.flipped else entry.polarity
            category = entry.category
            if candidate.aspect is not None:
                category = lexicon.aspects[candidate.aspect.of(words)].category
            yield Quad(candidate.aspect, candidate.span, category, polarity)


def expression_candidates(words: str, lexicon: Lexicon) -> Iterator[ExpressionCandidate]:
    """The expressions in a folded text, each with the nearest aspect term in its clause."""
    aspects = lexicon.aspect_phrases.find(words)
    parts = clauses(words)
    free = 0
    for core in lexicon.expression_phrases.find(words):
        if core.start < free:
            continue  # a suffix of the expression before took its beginning
        prefix = before(words, core.start, lexicon.prefixes, min(AFFIX, core.start - free))
        suffix = longest_phrase_at(words, core.end, lexicon.suffixes, AFFIX)
        span = Span(core.start - len(prefix), core.end + len(suffix))
        index = bisect_right(parts, core.start, key=_start) - 1
        clause = parts[index] if index >= 0 else span
        beside = _beside(span, aspects, max(clause.start, free), clause.end)
        flips = bool(prefix) and lexicon.prefixes[prefix].flips
        yield ExpressionCandidate(
            core, span, flips, beside, _counting(beside, span, words, lexicon)
        )
        free = span.end


def _beside(span: Span, aspects: Sequence[Span], floor: int, ceiling: int) -> Span | None:
    """The aspect term that ends closest before `span`, else the one right after it.

    `aspects` are in order and do not overlap; only those from `floor` to `ceiling` count.
    """
    following = bisect_right(aspects, span.start, key=_end)
    if following:
        earlier = aspects[following - 1]
        if earlier.start >= floor and earlier.end >= span.start - FARTHEST:
            return earlier
    index = bisect_left(aspects, span.end, key=_start)
    if index < len(aspects):
        later = aspects[index]
        if later.start <= span.end + 1 and later.end <= ceiling:
            return later
    return None


def _counting(beside: Span | None, span: Span, words: str, lexicon: Lexicon) -> Span | None:
    if beside is None:
        return None
    entry = lexicon.aspects[beside.of(words)]
    counts = entry.before if beside.start < span.start else entry.after
    return beside if counts else None


def _start(span: Span) -> int:
    return span.start


def _end(span: Span) -> int:
    return span.end


_JSON = TypeAdapter(Lexicon)
