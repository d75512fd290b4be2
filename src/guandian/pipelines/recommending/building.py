"""Build a recommender from what is known of a shop."""

from __future__ import annotations

from dataclasses import asdict

from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.fitting import Altered, fit_ranker, fit_sources
from guandian.pipelines.recommending.item_texts import ItemTexts
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.candidates.sources import Sources
from guandian.recommend.candidates.word_vectors import WordVectors
from guandian.recommend.opinions.review_quotes import ReviewQuote
from guandian.recommend.ranking.ranker import Ranker
from guandian.recommend.recommender import Recommender


def build_recommender(
    shop: ShopData,
    settings: FitSettings | None = None,
    altered: Altered | None = None,
    texts: ItemTexts | None = None,
) -> Recommender:
    """Fit everything and put it together.

    Args:
        shop: what is known.
        settings: of the fit.
        altered: changes what reviews say before it is used, for controls.
        texts: of the items; None takes those of the catalogue and of reviews.

    Raises:
        GuandianError: a library is missing, or there is too little to learn from.
    """
    settings = settings or FitSettings()
    texts = texts or ItemTexts.of(shop, settings)
    ranker = None
    if settings.ranker:
        ranker = fit_ranker(shop.behaviour, settings, texts, altered)
    sources = fit_sources(shop.behaviour, settings, texts, altered)
    return put_together(shop, sources, ranker, settings, texts.words(shop.behaviour))


def put_together(
    shop: ShopData,
    sources: Sources,
    ranker: Ranker | None,
    settings: FitSettings,
    words: WordVectors | None,
) -> Recommender:
    """A recommender of fitted parts, which remembers its settings."""
    quotes, most = quotes_by_place(shop.quotes), settings.candidates
    return Recommender(sources, ranker, shop.catalogue, quotes, most, words, asdict(settings))


def quotes_by_place(
    quotes: tuple[ReviewQuote, ...],
) -> dict[tuple[str, str, int], list[ReviewQuote]]:
    """Quotes by item, aspect and sign."""
    table: dict[tuple[str, str, int], list[ReviewQuote]] = {}
    for quote in quotes:
        table.setdefault((quote.item, quote.aspect, quote.sign), []).append(quote)
    return table
