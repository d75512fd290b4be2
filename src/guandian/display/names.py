"""What labels are called, Chinese and English side by side, wherever people read them."""

from __future__ import annotations

from collections.abc import Mapping

from guandian.domain import Polarity
from guandian.wording import Name, term

Names = Mapping[str, tuple[str, str]]
"""The Chinese and the English name of each category."""

POLARITY_NAMES: dict[str, Name] = {
    Polarity.POSITIVE: term("positive"),
    Polarity.NEUTRAL: term("neutral"),
    Polarity.NEGATIVE: term("negative"),
}
PART_NAMES = {
    "aspect": term("aspect"),
    "expression": term("expression"),
}
ENTITY_NAMES = {
    "product": term("product"),
    "brand": term("brand"),
    "model": term("model", sense="of goods"),
}


def label_name(label: str, names: Names | None = None) -> Name:
    """A polarity, or a category that `names` knows, by its names; any other label as it is."""
    known = POLARITY_NAMES.get(label) or (names or {}).get(label)
    return Name(*known) if known else Name("", label)


def category_name(category: str, names: Names) -> Name:
    """The names of a category; its key made readable when it has none."""
    readable = category.replace("_", " ").replace("#", " · ").strip()
    return Name(*(names.get(category) or (readable or "未分类", readable or "Uncategorised")))
