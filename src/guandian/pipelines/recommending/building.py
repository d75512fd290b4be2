"""Build a recommender from what is known of a shop."""

from __future__ import annotations

from typing import Any

from guandian.pipelines.recommending.fitting import Altered, fit_ranker, fit_sources
from guandian.pipelines.recommending.inputs import ShopData
from guandian.pipelines.recommending.settings import FitSettings
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.candidates.word_vectors import WordVectors
from guandian.recommend.opinions.quotes import Quote
from guandian.recommend.recommender import Recommender


def build_recommender(
    shop: ShopData, settings: FitSettings | None = None, altered: Altered | None = None
) -> Recommender:
    """Fit everything and put it together.

    Args:
        shop: what is known.
        settings: of the fit.
        altered: changes what reviews say before it is used, for controls.

    Raises:
        GuandianError: a library is missing, or there is too little to learn from.
    """
    settings = settings or FitSettings()
    words = word_vectors(shop.behaviour, shop.catalogue)
    texts: dict[str, Any] = {"words": words.items} if words is not None else {}
    ranker = None
    if settings.ranker:
        ranker = fit_ranker(shop.behaviour, settings, texts, altered)
    sources = fit_sources(shop.behaviour, settings, texts, altered)
    return Recommender(
        sources, ranker, shop.catalogue, quotes_by_place(shop.quotes), settings.candidates, words
    )


def word_vectors(behaviour: Behaviour, catalogue: Catalogue) -> WordVectors | None:
    """The words of the items' texts; None where no item has one."""
    texts = [catalogue.text(item) for item in behaviour.items]
    return WordVectors.of(texts) if any(texts) else None


def quotes_by_place(
    quotes: tuple[Quote, ...],
) -> dict[tuple[str, str, int], list[Quote]]:
    """Quotes by item, aspect and sign."""
    table: dict[tuple[str, str, int], list[Quote]] = {}
    for quote in quotes:
        table.setdefault((quote.item, quote.aspect, quote.sign), []).append(quote)
    return table
