"""Build a recommender from what is known of a shop."""

from __future__ import annotations

from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.fitting import Altered, fit_ranker, fit_sources
from guandian.pipelines.recommending.item_texts import ItemTexts
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.opinions.review_quotes import ReviewQuote
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
    texts = texts or ItemTexts(shop.catalogue)
    ranker = None
    if settings.ranker:
        ranker = fit_ranker(shop.behaviour, settings, texts, altered)
    sources = fit_sources(shop.behaviour, settings, texts, altered)
    words = texts.words(shop.behaviour)
    return Recommender(
        sources, ranker, shop.catalogue, quotes_by_place(shop.quotes), settings.candidates, words
    )


def quotes_by_place(
    quotes: tuple[ReviewQuote, ...],
) -> dict[tuple[str, str, int], list[ReviewQuote]]:
    """Quotes by item, aspect and sign."""
    table: dict[tuple[str, str, int], list[ReviewQuote]] = {}
    for quote in quotes:
        table.setdefault((quote.item, quote.aspect, quote.sign), []).append(quote)
    return table
