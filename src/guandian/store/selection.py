"""The choice of the stored opinions that a number is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from guandian.domain import Polarity
from guandian.errors import GuandianError

Dimension = Literal["category", "aspect", "product", "brand", "source", "language"]
DIMENSIONS: tuple[Dimension, ...] = (
    "category",
    "aspect",
    "product",
    "brand",
    "source",
    "language",
)
_CHOICES = {
    "products": "product",
    "brands": "brand",
    "categories": "category",
    "aspects": "aspect",
    "sources": "source",
    "languages": "language",
}
_OF_REVIEWS = ("product", "brand", "source", "language")
_SIDES = {Polarity.POSITIVE: 1, Polarity.NEUTRAL: 0, Polarity.NEGATIVE: -1}

_OF_OWN = (
    "select row from read_parquet($reviews, union_by_name = true) "
    "where json_extract_string(own, $own_name) = $own_value"
)

Parameters = dict[str, object]


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of opinions; with nothing set, all of them.

    Attributes:
        products, brands, categories, aspects, sources, languages: one of these values each; none
            keeps all. Aspects are chosen by the key under which their names meet.
        polarity: opinions that judge so.
        since, until: days, inclusive; reviews without a readable day are then left out.
        containing: words that the review has, as `guandian report --containing` reads them.
        confidence: opinions with less are left out, 0 to 1.
        own: a column of the owner's and its value; short ones are known.
    """

    products: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    polarity: Polarity | None = None
    since: date | None = None
    until: date | None = None
    containing: str = ""
    confidence: float = 0.0
    own: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise GuandianError(
                f"no day is from {self.since} on and until {self.until}",
                "exchange the two days",
            )

    @property
    def of_products(self) -> bool:
        """Whether copies are those within a product: it is about products alone."""
        return bool(self.products)

    def of_reviews(self) -> Selection:
        """The choice of reviews in it, whatever their opinions."""
        return replace(self, categories=(), aspects=(), polarity=None, confidence=0.0)

    def conditions(self) -> tuple[list[str], Parameters]:
        """SQL over rows of opinions or reviews, of fixed words and names of parameters alone."""
        words: list[str] = []
        values: Parameters = {}
        for name, column in _CHOICES.items():
            if chosen := getattr(self, name):
                names = {f"{column}_{k}": value for k, value in enumerate(chosen)}
                words.append(f"{column} in ({', '.join(f'${name}' for name in names)})")
                values |= names
        if self.since:
            words.append("day >= $since")
            values["since"] = self.since
        if self.until:
            words.append("day <= $until")
            values["until"] = self.until
        if self.polarity is not None:
            words.append("polarity = $polarity")
            values["polarity"] = _SIDES[self.polarity]
        if self.confidence > 0:
            words.append("confidence >= $confidence")
            values["confidence"] = self.confidence
        if self.own is not None:
            words.append(f"row in ({_OF_OWN})")
            values |= {"own_name": own_path(self.own[0]), "own_value": self.own[1]}
        return words, values


ALL = Selection()
"""Everything that is stored."""


def own_path(name: str) -> str:
    """Where a column of the owner's stands among them, as JSON calls it (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
