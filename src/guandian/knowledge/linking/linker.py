"""From words of a review to the entries of a catalogue that they mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from guandian.domain import Span
from guandian.domain.linked import Link, LinkCandidate, LinkedFrom, NodeKind
from guandian.knowledge.linking.name_forms import compared_form, name_key
from guandian.knowledge.linking.near_names import NearNames
from guandian.knowledge.product_graph import CatalogueEntry, ProductGraph

MOST_SHOWN = 5
"""Candidates of a link that are told."""
SCORES = {"id": 1.0, "name": 1.0, "full": 1.0, "alias": 0.95, "short": 0.9, "near": 0.8}
"""By how an entry was met; of a near form each edit takes `EDIT` off. They rank, no more."""
EDIT = 0.15
_NEAR = 1e-9
_LONGEST = 60
Within = Sequence[tuple[str, Collection[str]]]
"""Names of what may decide among several, with ids of entries that a review is about."""
THINGS: tuple[NodeKind, ...] = ("product", "model", "series")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of the catalogue that stands in a text.

    Attributes:
        span: in the raw text.
        candidates: entries that go by it, the best first.
    """

    span: Span
    candidates: tuple[LinkCandidate, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    entry: str
    how: str


class Linker:
    """Looks words up in a catalogue: by id, name, alias, and a few edits away.

    A full name has the brand before it; a short name is a thing's without the names of its brand or
    series before it. Several entries that are as likely stay several: nothing is guessed.

    Args:
        graph: the catalogue.
    """

    def __init__(self, graph: ProductGraph) -> None:
        self.graph = graph
        self._forms: dict[str, list[_Form]] = defaultdict(list)
        for entry in graph:
            self._add(entry.id, "id", entry)
            self._add(entry.name, "name", entry)
            for alias in entry.aliases:
                self._add(alias, "alias", entry)
            for full in self._full(entry):
                self._add(full, "full", entry)
            for short in self._short(entry):
                self._add(short, "short", entry)
        self._near_names = NearNames(sorted(self._forms))
        self._longest = min(max(map(len, self._forms), default=0), _LONGEST)

    def _add(self, name: str, how: str, entry: CatalogueEntry) -> None:
        key = name_key(name)
        forms = self._forms[key]
        # The forms of an entry come one after the other: the last one tells.
        if key and (not forms or forms[-1].entry != entry.id):
            forms.append(_Form(entry.id, how))

    def _short(self, entry: CatalogueEntry) -> list[str]:
        """The name without those of the wholes that it begins with."""
        if entry.kind == "brand":
            return []
        own = name_key(entry.name)
        wholes = [self.graph[key] for key in self.graph.wholes(entry.id)]
        befores = {name_key(name) for whole in wholes for name in (whole.name, *whole.aliases)}
        shorts = [own[len(before) :] for before in befores if own.startswith(before)]
        # What is left of `iPhone 15` without its series is a number, and names nothing.
        return sorted(short for short in shorts if len(short) > 1 and not short.isdigit())

    def _full(self, entry: CatalogueEntry) -> list[str]:
        """The name behind each of those of its brands."""
        own = name_key(entry.name)
        brands = [self.graph[key] for key in self.graph.wholes(entry.id, "brand")]
        befores = sorted({name_key(name) for b in brands for name in (b.name, *b.aliases)})
        return [before + own for before in befores if not own.startswith(before)]

    def candidates(
        self, words: str, kinds: Collection[NodeKind], *, near: bool = True
    ) -> tuple[LinkCandidate, ...]:
        """The entries of some kinds that words may mean, the best first.

        Args:
            words: as somebody wrote them.
            kinds: of entries.
            near: whether names a few edits away count where none is the same.
        """
        key = name_key(words)
        met = [
            self._candidate(form, SCORES[form.how])
            for form in self._forms.get(key, ())
            if self.graph[form.entry].kind in kinds
        ]
        if not met and near and len(key) <= _LONGEST:
            met = self._near(key, kinds)
        return tuple(sorted(met, key=lambda c: (-c.score, c.id)))

    def _near(self, key: str, kinds: Collection[NodeKind]) -> list[LinkCandidate]:
        best: dict[str, LinkCandidate] = {}
        for other, distance in self._near_names.of(key):
            for form in self._forms[other]:
                if self.graph[form.entry].kind not in kinds or form.how == "id":
                    continue
                score = round(SCORES["near"] - EDIT * (distance - 1), 3)
                if form.entry not in best or best[form.entry].score < score:
                    best[form.entry] = self._candidate(_Form(form.entry, "near"), score)
        return list(best.values())

    def _candidate(self, form: _Form, score: float) -> LinkCandidate:
        entry = self.graph[form.entry]
        return LinkCandidate(entry.id, entry.kind, entry.name, score, form.how)

    def link(
        self,
        source: LinkedFrom,
        words: str,
        span: Span | None,
        candidates: Sequence[LinkCandidate],
        within: Within = (),
    ) -> Link | None:
        """A link by what is known around it; None where nothing may be meant.

        Args:
            source: what the words are.
            words: as they stand there.
            span: in the text; None of a column.
            candidates: the best first.
            within: candidates that belong to one of these, or they to it, go before others.
        """
        if not candidates:
            return None
        nearest, by = list(candidates), ""
        for name, ids in within:
            near = [c for c in nearest if any(self.graph.related(c.id, key) for key in ids)]
            if near and len(near) < len(nearest):
                nearest, by = near, name
        best = [c for c in nearest if c.score >= nearest[0].score - _NEAR]
        meant = best[0].id if len(best) == 1 else ""
        tied = len([c for c in candidates if c.score >= candidates[0].score - _NEAR]) > 1
        decided = by if tied or meant != candidates[0].id else ""
        shown = list(dict.fromkeys((*nearest, *candidates)))[:MOST_SHOWN]
        return Link(source, words, span, tuple(shown), meant, decided if meant else "")

    def mentions(self, text: str, kinds: Collection[NodeKind]) -> list[Mention]:
        """The names of some kinds that stand in a raw text, the longest where several overlap.

        A name in Latin letters or digits never begins or ends within a word; one of a single
        character is none.
        """
        plain = compared_form(text)
        result: list[Mention] = []
        start = 0
        while start < len(plain.text):
            for end in range(min(len(plain.text), start + self._longest), start + 1, -1):
                key = plain.text[start:end]
                if key not in self._forms or not _whole(text, plain.at[start], plain.at[end - 1]):
                    continue
                met = [
                    self._candidate(form, SCORES[form.how])
                    for form in self._forms[key]
                    if form.how != "id" and self.graph[form.entry].kind in kinds
                ]
                if met:
                    span = Span(plain.at[start], plain.at[end - 1] + 1)
                    met.sort(key=lambda c: (-c.score, c.id))
                    result.append(Mention(span, tuple(met)))
                    start = end - 1
                    break
            start += 1
        return result


def _whole(text: str, first: int, last: int) -> bool:
    """Whether what stands from one character to another cuts through no word or number."""
    return not (
        (first and _joined(text[first - 1], text[first]))
        or (last + 1 < len(text) and _joined(text[last], text[last + 1]))
    )


def _joined(before: str, behind: str) -> bool:
    return all(c.isascii() and c.isalnum() for c in (before, behind))
