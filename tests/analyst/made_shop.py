"""A shop's mined reviews, made up: three products, three sources, words that vary; by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span

Pair = tuple[Review, Mined]
FIRST, DAYS = date(2026, 1, 1), 226
TODAY = date(2026, 8, 15)
MODEL = "guandian-small@1.0.0"
PRODUCTS = (("星河 X2", "星河"), ("Kite 14", "Kite"), ("云朵枕", "云朵"))
THINGS = {
    "屏幕": ("performance", "screen"), "电池": ("performance", "battery"),
    "客服": ("service", "customer service"), "物流": ("logistics", "delivery"),
    "包装": ("packaging", "packaging"), "价格": ("price", "price"),
}  # fmt: skip
SAID = {
    Polarity.POSITIVE: (("很好", "真不错", "超出预期", "让人放心", "比上次好"),
                        ("is great", "works really well", "is better than hoped", "is fine")),
    Polarity.NEGATIVE: (("太差了", "用了三天就坏", "让人失望", "根本不行", "有点问题"),
                        ("is terrible", "broke after two weeks", "let me down", "is awful")),
    Polarity.NEUTRAL: (("一般般", "还可以"), ("is okay", "is average")),
}  # fmt: skip


def made_reviews(number: int, seed: int = 1) -> Iterator[Pair]:
    """Mined reviews; the battery of Kite 14 gets worse from July on."""
    rng = random.Random(seed)
    for index in range(number):
        day = FIRST + timedelta(days=rng.randrange(DAYS))
        product, brand = rng.choice(PRODUCTS)
        chinese = rng.random() < 0.6
        text, opinions = rng.choice(("", "😀", "收到了。" if chinese else "Got it. ")), []
        for thing in rng.sample(list(THINGS), rng.choice((1, 1, 2, 3))):
            category, english = THINGS[thing]
            weights = [5, 3, 1]
            if (product, thing) == ("Kite 14", "电池") and day >= date(2026, 7, 1):
                weights = [1, 9, 1]
            (side,) = rng.choices(list(SAID), weights)
            aspect = thing if chinese else english
            said = rng.choice(SAID[side][not chinese])
            start = len(text)
            text += aspect + ("" if chinese else " ") + said
            opinions.append(
                Opinion(
                    Span(start, start + len(aspect)), Span(len(text) - len(said), len(text)),
                    Span(start, len(text)), category, side,
                    round(0.4 + 0.6 * rng.random(), 3), aspect,
                )
            )  # fmt: skip
            text += "，" if chinese else ". "
        text += f"#{index}"
        review = Review(
            f"s{seed}-{index}", text, product=product, brand=brand, time=day.isoformat(),
            source=rng.choice(("app", "论坛", "Tmall")),
        )  # fmt: skip
        side = opinions[0].polarity
        language = Language.CHINESE if chinese else Language.ENGLISH
        mined = Mined(
            review.id, language, Sentiment(side, 0.2, 0.3, 0.5), tuple(opinions), (), (), MODEL
        )
        yield review, mined
