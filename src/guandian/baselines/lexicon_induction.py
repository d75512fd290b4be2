"""A lexicon from labelled reviews, and from nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from guandian.baselines.lexicon import (
    AFFIX,
    Affix,
    Aspect,
    Expression,
    Lexicon,
    LexiconMiner,
    expression_candidates,
)
from guandian.baselines.phrases import is_whole, lower_case
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError

_BEARERS = 4
"""An affix stands at so many different expressions at least."""
_ROUNDS = 3
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class _Example:
    words: str
    quads: tuple[Quad, ...]


def fit_lexicon(
    reviews: Sequence[Labelled], *, keep: float = 0.4, pair: float = 0.5
) -> LexiconMiner:
    """Learn expressions, affixes and aspect terms, and drop what is mostly wrong on `reviews`.

    Args:
        reviews: labelled reviews; those without annotated opinions are left aside.
        keep: the share of an expression's places that must be annotated as expressions.
        pair: the share of its places beside an expression at which an aspect term must be
            that expression's aspect.

    Raises:
        GuandianError: when no review has an annotated expression.
    """
    examples = [
        _Example(lower_case(review.text), review.quads)
        for review in reviews
        if review.quads is not None
    ]
    lexicon = _collected(examples)
    if not lexicon.expressions:
        raise GuandianError(
            "no expressions to learn from", "train on reviews whose opinions have expressions"
        )
    for _ in range(_ROUNDS):
        lexicon = _Tally.of(examples, lexicon).filtered(lexicon, keep, pair)
    return LexiconMiner(lexicon)


def _collected(examples: Sequence[_Example]) -> Lexicon:
    polarities: dict[str, Counter[Polarity]] = defaultdict(Counter)
    alone: dict[str, Counter[str | None]] = defaultdict(Counter)
    paired: dict[str, Counter[str | None]] = defaultdict(Counter)
    judged: dict[str, Counter[str | None]] = defaultdict(Counter)
    for example in examples:
        for quad in example.quads:
            if quad.expression is not None:
                term = quad.expression.of(example.words)
                polarities[term][quad.polarity] += 1
                (paired if quad.aspect else alone)[term][quad.category] += 1
            if quad.aspect is not None:
                judged[quad.aspect.of(example.words)][quad.category] += 1
    # Beside an aspect the aspect tells the category, so the places without one come first.
    expressions = {
        term: Expression(_most(votes), _most(alone.get(term) or paired[term]))
        for term, votes in polarities.items()
    }
    aspects = {term: Aspect(_most(votes)) for term, votes in judged.items()}
    return Lexicon(expressions, aspects, *_affixes(expressions))


def _affixes(
    expressions: Mapping[str, Expression],
) -> tuple[dict[str, Affix], dict[str, Affix]]:
    """Affixes before and after expressions within longer ones: "not" in "not good"."""
    first: dict[str, list[bool]] = defaultdict(list)
    last: dict[str, list[bool]] = defaultdict(list)
    for term, entry in expressions.items():
        for cut in range(1, len(term)):
            head, tail = term[:cut], term[cut:]
            if not (is_whole(term, 0, cut) and tail.strip() and head.strip()):
                continue
            if cut <= AFFIX and tail in expressions:
                first[head].append(entry.polarity != expressions[tail].polarity)
            if len(tail) <= AFFIX and head in expressions:
                last[tail].append(False)
    prefixes, suffixes = (
        {
            affix: Affix(flips=2 * sum(flips) > len(flips))
            for affix, flips in votes.items()
            if len(flips) >= _BEARERS and affix not in expressions
        }
        for votes in (first, last)
    )
    return prefixes, suffixes


@dataclass
class _Share(dict[_Key, list[int]]):
    """Counts of each key: how often it was right and how often it was there."""

    def add(self, key: _Key, right: bool) -> None:
        counts = self.setdefault(key, [0, 0])
        counts[0] += right
        counts[1] += 1

    def at_least(self, key: _Key, share: float, *, unseen: bool = True) -> bool:
        right, total = self.get(key, (0, 0))
        return right >= share * total if total else unseen


@dataclass
class _Tally:
    """Counts of how often each part of a lexicon is right where it is found."""

    alone: _Share[str] = field(default_factory=_Share)
    paired: _Share[str] = field(default_factory=_Share)
    before: _Share[str] = field(default_factory=_Share)
    after: _Share[str] = field(default_factory=_Share)
    prefixes: _Share[str] = field(default_factory=_Share)
    suffixes: _Share[str] = field(default_factory=_Share)

    @classmethod
    def of(cls, examples: Sequence[_Example], lexicon: Lexicon) -> _Tally:
        """Try `lexicon` on the texts that it comes from."""
        tally = cls()
        for example in examples:
            tally._try(example, lexicon)
        return tally

    def filtered(self, lexicon: Lexicon, keep: float, pair: float) -> Lexicon:
        """`lexicon` without what is right too seldom."""
        expressions = {}
        for term, entry in lexicon.expressions.items():
            alone = self.alone.at_least(term, keep)
            paired = self.paired.at_least(term, keep)
            if alone or paired:
                expressions[term] = Expression(entry.polarity, entry.category, alone, paired)
        aspects = {
            term: Aspect(
                entry.category,
                self.before.at_least(term, pair),
                self.after.at_least(term, pair, unseen=False),
            )
            for term, entry in lexicon.aspects.items()
        }
        prefixes, suffixes = (
            {word: affix for word, affix in affixes.items() if shares.at_least(word, 0.5)}
            for affixes, shares in (
                (lexicon.prefixes, self.prefixes),
                (lexicon.suffixes, self.suffixes),
            )
        )
        return Lexicon(expressions, aspects, prefixes, suffixes)

    def _try(self, example: _Example, lexicon: Lexicon) -> None:
        gold: dict[Span, set[Span | None]] = defaultdict(set)
        for quad in example.quads:
            if quad.expression is not None:
                gold[quad.expression].add(quad.aspect)
        starts, ends = {span.start for span in gold}, {span.end for span in gold}
        for candidate in expression_candidates(example.words, lexicon):
            span, core = candidate.span, candidate.core
            if span.start < core.start and not starts.isdisjoint((span.start, core.start)):
                prefix = example.words[span.start : core.start]
                self.prefixes.add(prefix, span.start in starts)
            if core.end < span.end and not ends.isdisjoint((core.end, span.end)):
                self.suffixes.add(example.words[core.end : span.end], span.end in ends)
            right = span in gold
            if right and candidate.beside is not None:
                side = self.before if candidate.beside.start < span.start else self.after
                side.add(candidate.beside.of(example.words), candidate.beside in gold[span])
            tried = self.alone if candidate.aspect is None else self.paired
            tried.add(core.of(example.words), right)


def _most(votes: Counter[_Key]) -> _Key:
    return votes.most_common(1)[0][0]
