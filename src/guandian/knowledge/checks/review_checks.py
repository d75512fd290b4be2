"""What a catalogue and a lexicon say against what was mined: notes, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guandian.domain import Mined, Polarity, Review, Span
from guandian.domain.linked import KnowledgeNote, Link
from guandian.knowledge.checks.polarity_lexicon import PolarityLexicon
from guandian.knowledge.product_graph import ProductGraph

SURE = 0.8
"""The confidence from which an opinion's polarity is noted as one that a lexicon contradicts."""
OTHER_BRAND, OTHER_COLUMN = "other brand", "other brand in the columns"
NO_SUCH_PART, OTHER_POLARITY = "no such part", "other polarity"


def brand_notes(
    mined: Mined, links: Sequence[Link], graph: ProductGraph
) -> Iterator[KnowledgeNote]:
    """Notes on brands that are not the product's: of the review's column, and in an opinion.

    A clause that names another brand may compare: its opinion may not be of the product.
    """
    product = next((link for link in links if link.source == "product" and link.id), None)
    own = graph.brands(product.id) if product else set()
    if product is None or not own:
        return
    column = next((link for link in links if link.source == "brand" and link.id), None)
    if column is not None and column.id not in own:
        why = f"{column.words} is not the brand of {product.words} in the catalogue"
        yield KnowledgeNote(OTHER_COLUMN, why)
    for link in links:
        if link.source not in ("entity", "proposal") or link.span is None or not link.id:
            continue
        strange = graph.brands(link.id)
        if not strange or strange & own:
            continue
        why = f"{link.words} is of another brand than {product.words}; it may be what is judged"
        for number, opinion in enumerate(mined.opinions):
            if _overlap(opinion.evidence, link.span):
                yield KnowledgeNote(OTHER_BRAND, why, number)


def part_notes(mined: Mined, links: Sequence[Link], graph: ProductGraph) -> Iterator[KnowledgeNote]:
    """Notes on aspects that are parts of other products, where the product's parts are listed."""
    product = next((link for link in links if link.source == "product" and link.id), None)
    if product is None or not graph.members(product.id, "part"):
        return
    for link in links:
        if link.source != "aspect" or not link.candidates:
            continue
        parts = [c.id for c in link.candidates if c.kind == "part"]
        owners = {owner for part in parts for owner in graph[part].parents}
        own = {product.id, *graph.wholes(product.id), *graph.members(product.id)}
        if parts and not owners & own:
            why = f"{link.words} is a part of other products than {product.words}"
            for number, opinion in enumerate(mined.opinions):
                if opinion.aspect == link.span:
                    yield KnowledgeNote(NO_SUCH_PART, why, number)


def polarity_notes(
    review: Review, mined: Mined, lexicon: PolarityLexicon
) -> Iterator[KnowledgeNote]:
    """Notes on opinions of which the model is sure and a lexicon says the opposite."""
    for number, opinion in enumerate(mined.opinions):
        if opinion.expression is None or opinion.confidence < SURE:
            continue
        words = opinion.expression.of(review.text)
        aspect = opinion.aspect.of(review.text) if opinion.aspect else None
        listed = lexicon.polarity(words, aspect)
        if listed in (None, opinion.polarity) or Polarity.NEUTRAL in (listed, opinion.polarity):
            continue
        sure = f"{opinion.confidence:.2f}"
        if listed is Polarity.POSITIVE:
            why = f"{words} is praise in the lexicon, and the model is sure of a complaint: {sure}"
        else:
            why = f"{words} is a complaint in the lexicon, and the model is sure of praise: {sure}"
        yield KnowledgeNote(OTHER_POLARITY, why, number)


def _overlap(first: Span, second: Span) -> bool:
    return first.start < second.end and second.start < first.end
