"""What labels are called, Chinese and English side by side, wherever people read them."""

from __future__ import annotations

from collections.abc import Mapping

from guandian.domain import Polarity
from guandian.wording import Name

Names = Mapping[str, tuple[str, str]]
"""The Chinese and the English name of each category."""

POLARITY_NAMES: dict[str, Name] = {
    Polarity.POSITIVE: Name("正面", "positive"),
    Polarity.NEUTRAL: Name("中性", "neutral"),
    Polarity.NEGATIVE: Name("负面", "negative"),
}
PART_NAMES = {
    "aspect": Name("评价对象", "aspect"),
    "expression": Name("评价词", "expression"),
}
ENTITY_NAMES = {
    "product": Name("产品", "product"),
    "brand": Name("品牌", "brand"),
    "model": Name("型号", "model"),
}


def label_name(label: str, names: Names | None = None) -> Name:
    """A polarity, or a category that `names` knows, by its names; any other label as it is."""
    known = POLARITY_NAMES.get(label) or (names or {}).get(label)
    return Name(*known) if known else Name("", label)
