"""Texts of items as vectors: what the catalogue says, and what reviews said until then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from guandian.pipelines.recommending.encoded_texts import encoded_texts
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.behaviour.actions import Behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.candidates.neighbours import Neighbours
from guandian.recommend.candidates.word_vectors import WordVectors

_MOST_TEXTS = 50
"""Reviews of an item that are read, the first ones."""

Order = Callable[[int], NDArray[np.int64]]
"""From the number of items to an order of them, for a control."""


@dataclass(slots=True)
class ItemTexts:
    """Vectors of the texts of items, as they are known at the time of a history.

    Attributes:
        catalogue: titles and descriptions.
        encoder: vectors [items, width] of what the catalogue says, None where none were made.
        order: which item has whose text; None leaves each its own.
    """

    catalogue: Catalogue
    encoder: NDArray[np.float32] | None = None
    order: Order | None = None
    _fixed: WordVectors | None = None
    _near: dict[str, Neighbours] = field(default_factory=dict)

    @classmethod
    def of(cls, shop: ShopData, settings: FitSettings, order: Order | None = None) -> Self:
        """The texts of a shop, with the vectors that a fit asks for.

        Raises:
            GuandianError: the encoder is not there, or torch is missing.
        """
        vectors = None
        if settings.encoder:
            texts = [shop.catalogue.text(item) for item in shop.behaviour.items]
            vectors = encoded_texts(texts, settings.encoder)
        return cls(shop.catalogue, vectors, order)

    @property
    def vectors(self) -> NDArray[np.float32] | None:
        """The encoder's vectors in the order that is asked for."""
        if self.encoder is None or self.order is None:
            return self.encoder
        return self.encoder[self.order(len(self.encoder))]

    def words(self, history: Behaviour) -> WordVectors | None:
        """The words of items; None where no item has a text."""
        if history.texts is None and self._fixed is not None:
            return self._fixed
        texts: list[list[str]] = [
            [text] if (text := self.catalogue.text(item)) else [] for item in history.items
        ]
        if history.texts is not None:
            for item, text in zip(history.item, history.texts, strict=True):
                if text and len(texts[item]) <= _MOST_TEXTS:
                    texts[item].append(text)
        if not any(texts):
            return None
        if self.order is not None:
            texts = [texts[k] for k in self.order(len(texts))]
        words = WordVectors.of(texts)
        if history.texts is None:
            self._fixed = words
        return words

    def neighbours(self, history: Behaviour) -> dict[str, Neighbours]:
        """Items of like texts, by the name of what their vectors are made of."""
        if history.texts is None and self._near:
            return self._near
        words = self.words(history)
        near = {} if words is None else {"words": Neighbours.by_rows(words.items)}
        if self.vectors is not None:
            near["encoder"] = Neighbours.by_rows(self.vectors, least=0.3)
        if history.texts is None:
            self._near = near
        return near
