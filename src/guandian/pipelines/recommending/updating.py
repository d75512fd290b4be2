"""New behaviour into a recommender that was built, and people out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from guandian.errors import GuandianError
from guandian.pipelines.recommending.building import build_recommender, put_together
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.fitting import fit_sources
from guandian.pipelines.recommending.item_texts import ItemTexts
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.behaviour.actions import joined_behaviour, without_repeats
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.opinions.review_quotes import ReviewQuote, surest_quotes
from guandian.recommend.ranking.pair_features import feature_names
from guandian.recommend.recommender import Recommender


def update_recommender(
    known: Recommender, news: ShopData | None, without: Sequence[str] = ()
) -> tuple[Recommender, bool]:
    """A recommender that knows more, or forgets somebody.

    Counts, likeness, profiles and words are made anew of all that is known; vectors of items go on
    from those of before for a few rounds; the ranker stays, where what it looks at is the same.
    Where somebody is forgotten nothing goes on: all is learnt anew from what others did, as a
    build without him would.

    Args:
        known: opened with its texts.
        news: what happened since; actions that are known with their time are not counted twice.
        without: users to forget.

    Returns:
        The recommender, and whether its ranker was taught anew.

    Raises:
        GuandianError: there is nothing to do, nobody is left, or a library is missing.
    """
    if news is None and not without:
        raise GuandianError(
            "there is nothing new, and nobody to forget",
            "name files with --data, --mined, --items or --store, or people with --without-user",
        )
    settings = _settings(known)
    shop = _joined(_shop_of(known), news)
    if without:
        return build_recommender(shop.without_users(without), settings), True
    texts = ItemTexts.of(shop, settings)
    sources = fit_sources(shop.behaviour, settings, texts, before=known.sources.factors)
    ranker = known.ranker
    if ranker is not None:
        names = feature_names(
            [*sources.scores(np.zeros(1, dtype=np.int64))], opinions=ranker.opinions
        )
        if tuple(names) != ranker.names:  # texts or opinions are new: it never saw such
            return build_recommender(shop, settings), True
    return put_together(shop, sources, ranker, settings, texts.words(shop.behaviour)), False


def _settings(known: Recommender) -> FitSettings:
    names = {field.name for field in fields(FitSettings)}
    return FitSettings(**{name: value for name, value in known.fit.items() if name in names})


def _shop_of(known: Recommender) -> ShopData:
    quotes = tuple(quote for rows in known.quotes.values() for quote in rows)
    return ShopData(known.sources.history.behaviour, known.catalogue, quotes)


def _joined(shop: ShopData, news: ShopData | None) -> ShopData:
    if news is None:
        return shop
    catalogue = Catalogue(
        {**shop.catalogue.texts, **news.catalogue.texts},
        {**shop.catalogue.columns, **news.catalogue.columns},
    )
    behaviour = without_repeats(joined_behaviour(shop.behaviour, news.behaviour))
    items = dict.fromkeys([*behaviour.items, *catalogue.texts])
    return ShopData(
        replace(behaviour, items=tuple(items)),
        catalogue,
        tuple(surest_quotes(_distinct((*shop.quotes, *news.quotes)))),
    )


def _distinct(quotes: Sequence[ReviewQuote]) -> list[ReviewQuote]:
    """Each quote once, as it was told last."""
    places = {
        (quote.item, quote.aspect, quote.sign, quote.review, quote.start, quote.end): quote
        for quote in quotes
    }
    return list(places.values())
