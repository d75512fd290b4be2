"""Mined reviews for the store: copies, boilerplate, columns, odd cells; the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.mining.boilerplate import SET_ASIDE
from guandian.text.cleaning import NOTHING_TO_READ

Pair = tuple[Review, Mined]

CLAUSES = (
    ("屏幕很清晰", "屏幕", "display", Polarity.POSITIVE),
    ("显示屏 有 亮点", "显示屏", "display", Polarity.NEGATIVE),
    ("the Screen scratches easily", "Screen", "quality", Polarity.NEGATIVE),
    ("電池不耐用🔋", "電池", "battery", Polarity.NEGATIVE),
    ("battery life is fine", "battery life", "battery", Polarity.NEUTRAL),
    ("昨天下单今天就到了", None, "logistics", Polarity.POSITIVE),
    ("味道&口感一般", "味道&口感", "scent#odd", Polarity.NEUTRAL),
    ("客服半天不回", "客服", "service", Polarity.NEGATIVE),
    ("屏幕也是电池也是", "屏幕", "quality", Polarity.POSITIVE),
    ("性价比高", "性价比", "price", Polarity.POSITIVE),
)
PASTED = "好评返现的模板文字，物流快包装好，客服态度也好，下次还来"
MODEL = "guandian-small@1.0.0"


def pair_of_clauses(
    name: str, chosen: list[int], rng: random.Random, parts: bool = False, **fields: object
) -> Pair:
    """A review that says these clauses, in one column or in two."""
    text, opinions, spans = "😀" if not parts and rng.random() < 0.3 else "", [], {}
    for place, index in enumerate(chosen):
        words, aspect, category, polarity = CLAUSES[index]
        start = len(text)
        text += words
        found = text.index(aspect, start) if aspect else 0
        opinions.append(
            Opinion(
                Span(found, found + len(aspect)) if aspect else None,
                None,
                Span(start, len(text)),
                category,
                polarity,
                round(rng.random(), 6),
                words[:4],
            )
        )
        if parts and place < 2:
            spans[("headline", "body")[place]] = Span(start, len(text))
        text += "\n" if parts else "，"
    review = Review(name, text or "默认", parts=spans if len(spans) > 1 else {}, **fields)  # type: ignore[arg-type]
    label = rng.choice(list(Polarity))
    language = rng.choice([Language.CHINESE, Language.ENGLISH, Language.MIXED])
    mined = Mined(name, language, Sentiment(label, 0.2, 0.3, 0.5), tuple(opinions), (), (), MODEL)
    return review, mined


def generated(number: int, seed: int = 1) -> Iterator[Pair]:
    """Reviews of three products, with copies, filler, columns, and cells that cannot be read."""
    rng = random.Random(seed)
    earlier: list[Pair] = []
    for index in range(number):
        name, kind = f"g{seed}-{index}", rng.random()
        product = rng.choice(["星河 X2", "O'Brien; drop table", "Kite 14", None])
        day = date(2025, 1, 1) + timedelta(days=rng.randrange(300))
        fields: dict[str, object] = {
            "product": product,
            "brand": rng.choice(["星河", None]),
            "source": rng.choice(["app", "论坛"]),
            "time": rng.choice([day.isoformat(), f"{day}T10:00:00+08:00", "昨天", None]),
            "rating": rng.choice([1.0, 4.0, 5.0, None, -3.0]),
        }
        if kind < 0.1 and earlier:
            review, mined = rng.choice(earlier)
            review = replace(review, id=name, **fields)  # type: ignore[arg-type]
            pair = review, replace(mined, review_id=name)
        elif kind < 0.2:
            why = rng.choice([SET_ASIDE, NOTHING_TO_READ])
            review = Review(name, "此用户没有填写评价。", **fields)  # type: ignore[arg-type]
            unsure = Sentiment(Polarity.NEUTRAL, 0.3, 0.4, 0.3)
            pair = review, Mined(name, Language.CHINESE, unsure, (), (), (why,), MODEL)
        elif kind < 0.25:
            pair = pair_of_clauses(name, [9], rng, **fields)  # many people may write that
        else:
            chosen = rng.choices(range(len(CLAUSES)), k=rng.choice([0, 1, 2, 3, 4]))
            pair = pair_of_clauses(name, chosen, rng, rng.random() < 0.3, **fields)
            if kind > 0.9:
                text = f"{pair[0].text}{PASTED}{index % 3}"
                pair = replace(pair[0], text=text), pair[1]
        earlier.append(pair)
        yield pair


@cache
def examples() -> tuple[Pair, ...]:
    """The shipped examples, mined by the shipped bundle."""
    from guandian.files import read_reviews
    from guandian.pipelines.miners import open_miner

    path = Path(str(files("guandian.assets").joinpath("examples", "reviews.csv")))
    reviews = list(read_reviews(path))
    return tuple(zip(reviews, open_miner(threads=1).mine(reviews), strict=True))
