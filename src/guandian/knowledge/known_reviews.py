"""A mined review beside a catalogue and a lexicon: links, proposals, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from guandian.domain import Entity, Mined, Review
from guandian.domain.linked import KnowledgeNote, Link, LinkCandidate, NodeKind, ReviewKnowledge
from guandian.knowledge.checks.polarity_lexicon import PolarityLexicon
from guandian.knowledge.checks.review_checks import (
    OTHER_POLARITY,
    brand_notes,
    part_notes,
    polarity_notes,
)
from guandian.knowledge.linking.linker import THINGS, Linker, Mention, Within

NAMED: tuple[NodeKind, ...] = ("brand", *THINGS)
"""What a text names: all but parts, which are aspects."""
BRANDS: tuple[NodeKind, ...] = ("brand",)
PARTS: tuple[NodeKind, ...] = ("part",)
_KINDS: dict[str, tuple[NodeKind, ...]] = {
    "brand": BRANDS,
    "product": THINGS,
    "model": THINGS,
}
_TYPES: dict[NodeKind, str] = {
    "brand": "brand", "series": "product", "product": "product", "model": "model", "part": "",
}  # fmt: skip


@dataclass(frozen=True)
class KnownThings:
    """What is known beside the model.

    Attributes:
        linker: of a catalogue; None without one.
        lexicon: words with their polarity; None without any.
    """

    linker: Linker | None = None
    lexicon: PolarityLexicon | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Tell what answers depend on."""
        graph = "" if self.linker is None else self.linker.graph.digest()
        words = "" if self.lexicon is None else self.lexicon.digest()
        object.__setattr__(self, "key", f"{graph} {words}")

    def of(self, review: Review, mined: Mined) -> ReviewKnowledge:
        """What is known of a mined review; the same for the same two."""
        links, proposed = self._linked(review, mined) if self.linker else ((), ())
        notes: list[KnowledgeNote] = []
        if self.linker is not None:
            notes += brand_notes(mined, links, self.linker.graph)
            notes += part_notes(mined, links, self.linker.graph)
        if self.lexicon is not None:
            notes += polarity_notes(review, mined, self.lexicon)
        return ReviewKnowledge(links, proposed, tuple(notes))

    def _linked(self, review: Review, mined: Mined) -> tuple[tuple[Link, ...], tuple[Entity, ...]]:
        assert self.linker is not None
        linker, text = self.linker, review.text
        columns = _columns(linker, review)
        about = {link.id for link in columns if link.id and link.source == "product"}
        mentions = linker.mentions(text, NAMED)
        # A brand that is named for certain tells whose the things beside it are.
        brands = {link.id for link in columns if link.id and link.source == "brand"}
        brands |= {
            m.candidates[0].id
            for m in mentions
            if len(m.candidates) == 1 and m.candidates[0].kind == "brand"
        }
        within = (("product", about), ("brand", brands))
        links = list(columns)
        for entity in mined.entities:
            words = entity.span.of(text)
            met = linker.candidates(words, _KINDS.get(entity.type, ()))
            met = met or linker.candidates(words, NAMED)
            links += _some(linker.link("entity", words, entity.span, met, within))
        links += _aspects(linker, review, mined, within)
        marked = [entity.span for entity in mined.entities]
        fresh = [
            m for m in mentions
            if all(m.span.end <= s.start or s.end <= m.span.start for s in marked)
        ]  # fmt: skip
        for mention in fresh:
            words = mention.span.of(text)
            links += _some(linker.link("proposal", words, mention.span, mention.candidates, within))
        return tuple(links), tuple(map(_proposed, fresh))


def with_earlier(
    fresh: ReviewKnowledge, earlier: ReviewKnowledge | None, things: KnownThings
) -> ReviewKnowledge:
    """What is known now, with what an earlier catalogue or lexicon said where there is none now."""
    if earlier is None:
        return fresh
    of_lexicon = [note for note in earlier.notes if note.check == OTHER_POLARITY]
    of_catalogue = [note for note in earlier.notes if note.check != OTHER_POLARITY]
    notes = list(fresh.notes)
    if things.lexicon is None:
        notes += of_lexicon
    if things.linker is None:
        return ReviewKnowledge(earlier.links, earlier.proposed, (*of_catalogue, *notes))
    return replace(fresh, notes=tuple(notes))


def _columns(linker: Linker, review: Review) -> list[Link]:
    """The links of the review's own columns: of its brand, then of its product within it."""
    links: list[Link] = []
    if review.brand:
        met = linker.candidates(review.brand, BRANDS)
        links += _some(linker.link("brand", review.brand, None, met))
    if review.product:
        brands = [link.id for link in links if link.id]
        met = linker.candidates(review.product, THINGS)
        if not met:
            met = _longest(linker, review.product)
        links += _some(linker.link("product", review.product, None, met, (("brand", brands),)))
    return links


def _longest(linker: Linker, title: str) -> tuple[LinkCandidate, ...]:
    """The longest name of a thing in a product's title; none where there is none."""
    mentions = linker.mentions(title, THINGS)
    best = max(mentions, key=lambda m: (m.span.end - m.span.start, -m.span.start), default=None)
    return () if best is None else best.candidates


def _aspects(linker: Linker, review: Review, mined: Mined, within: Within) -> Iterator[Link]:
    for span in dict.fromkeys(opinion.aspect for opinion in mined.opinions if opinion.aspect):
        words = span.of(review.text)
        met = linker.candidates(words, PARTS) or linker.candidates(words, NAMED, near=False)
        yield from _some(linker.link("aspect", words, span, met, within))


def _proposed(mention: Mention) -> Entity:
    """An entity that only the catalogue sees; nobody measured how sure that is."""
    return Entity(mention.span, _TYPES[mention.candidates[0].kind], 0.0)


def _some(link: Link | None) -> Iterator[Link]:
    if link is not None:
        yield link
