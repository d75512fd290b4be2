"""Generated reviews for `bench/store.py`: mined ones, and parts written from columns."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.store.duck import Duck
from guandian.store.part_numbers import StoredIds
from guandian.store.parts.covering import covering
from guandian.store.parts.generation import Generation, Segment
from guandian.store.parts.part_files import Kind, schema
from guandian.store.parts.segments import Rewriting
from guandian.store.parts.store_rows import grams_table, stored_record
from guandian.store.text_search import folded, grams_of

CATEGORIES = [f"category_{k}" for k in range(13)]
PRODUCTS = [f"产品 {k}" for k in range(200)]
SIDES = list(Polarity)
LANGUAGES = [Language.CHINESE, Language.ENGLISH, Language.MIXED]
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
WORDS = "the screen battery is very good bad not worth it arrived late thanks support".split()  # noqa: SIM905
DAYS = 730
SEGMENT = 200_000
RUN, SHORT = re.compile(r"(.)\1{3,}"), r"\1\1\1"
"""Cleaning leaves no more than three of one character side by side."""


def pairs(number: int, seed: int = 1) -> Iterator[tuple[Review, Mined]]:
    """Mined reviews of random words; frequent ones are frequent, as in any language."""
    rng, draw = random.Random(seed), np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(HAN) + 1)
    weights /= weights.sum()
    aspects = ["".join(rng.choices(HAN, k=2)) for _ in range(1500)]
    for start in range(0, number, 10_000):
        letters = draw.choice(len(HAN), size=(10_000, 40), p=weights)
        for k in range(min(10_000, number - start)):
            place = start + k
            said = "".join([HAN[index] for index in letters[k].tolist()])
            if rng.random() < 0.3:
                said = " ".join(rng.choices(WORDS, k=9)) + said[:8]
            opinions, text = [], f"{said}。"
            for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
                aspect = aspects[min(int(rng.expovariate(1 / 150)), 1499)]
                begin = len(text)
                text += f"{aspect}{said[:3]}，"
                span = Span(begin, begin + 2) if rng.random() < 0.8 else None
                opinions.append(
                    Opinion(
                        span,
                        None,
                        Span(begin, len(text) - 1),
                        rng.choice(CATEGORIES),
                        rng.choice(SIDES),
                        round(rng.random(), 3),
                        aspect,
                    )
                )
            text += str(place)
            product = rng.randrange(200)
            day = date(2024, 1, 1) + timedelta(days=rng.randrange(DAYS))
            review = Review(
                f"r{place}",
                text,
                product=PRODUCTS[product],
                brand=f"品牌 {product % 20}",
                rating=float(rng.randint(1, 5)),
                time=day.isoformat(),
                source=("app", "web", "论坛", "shop")[place % 4],
            )
            label = rng.choice(SIDES)
            mined = Mined(
                review.id,
                LANGUAGES[place % 3],
                Sentiment(label, 0.2, 0.3, 0.5),
                tuple(opinions),
                (),
                (),
                "bench@1",
            )
            yield review, mined


def written(folder: Path, number: int, *, texts: bool = False) -> None:
    """Write the parts of so many reviews from columns, as a load would; with texts if searched."""
    place = folder / "opinions" / "main"
    place.mkdir(parents=True)
    (folder / "store.json").write_text('{"format": 1}')
    duck = Duck()
    rewriting, segments = Rewriting(place, duck, StoredIds(duck)), list[Segment]()
    for start in range(0, number, SEGMENT):
        size = min(SEGMENT, number - start)
        tables = columns(start, size) | (spoken(start, size) if texts else {})
        if segment := rewriting.write(tables):
            segments.append(segment)
        print(f"  {start + SEGMENT:,} reviews", flush=True)
    generation = Generation(1, tuple(segments), (), number, number)
    covering(rewriting, generation).write(place)
    duck.close()


def columns(start: int, number: int) -> dict[Kind, pa.Table]:
    """The parts of reviews `start` and following, as columns."""
    draw = np.random.default_rng(start)
    row = np.arange(start, start + number)
    product = draw.integers(0, 200, number)
    shared = {
        "day": pa.array(np.datetime64("2024-01-01") + draw.integers(0, DAYS, number)),
        "product": pa.array(PRODUCTS).take(product),
        "brand": pa.array([f"品牌 {k}" for k in range(20)]).take(product % 20),
        "source": pa.array(["app", "web", "论坛", "shop"]).take(row % 4),
        "language": pa.array([str(name) for name in LANGUAGES]).take(row % 3),
    }
    same = {"id": pa.array(row).cast(pa.string()), "model": pa.array(["bench@1"] * number)}
    two = pa.array(np.full(number, 2, np.int8))
    given = {
        "row": row,
        "number": row,
        "id_hash": row,
        "content": row,
        "current": np.ones(number, bool),
        "aside": np.zeros(number, np.int8),
        "first": two,
        "again": two,
        "silent": np.zeros(number, bool),
        "sentiment": draw.integers(-1, 2, number),
        "rating": draw.integers(1, 6, number).astype(float),
        **shared,
        **same,
    }
    counts = draw.choice([1, 2, 2, 3, 3, 4], number)
    of = np.repeat(np.arange(number), counts)
    total = len(of)
    aspect = np.minimum(draw.exponential(150, total).astype(int), 1499)
    names = pa.array([f"名{k}" for k in range(1500)]).take(aspect)
    unsaid = draw.random(total) < 0.2
    names = pa.array(np.where(unsaid, None, names.to_numpy(zero_copy_only=False)), pa.string())
    opinions = {
        "row": row[of],
        "ordinal": np.concatenate([np.arange(count) for count in counts]),
        **{name: column.take(of) for name, column in shared.items()},
        "category": pa.array(CATEGORIES).take(draw.integers(0, 13, total)),
        "aspect": names,
        "name": names,
        "written": names,
        "part": pa.array([""] * total),
        "polarity": draw.integers(-1, 2, total),
        "confidence": draw.random(total).round(3),
        "first": np.ones(total, bool),
        "again": np.ones(total, bool),
    }
    return {
        "reviews": table("reviews", given, number),
        "opinions": table("opinions", opinions, total),
        "texts": table("texts", {"row": row}, number),
        "grams": table("grams", {}, 0),
    }


def said(start: int, number: int) -> list[str]:
    """Texts of reviews `start` and following; cleaning and folding leave nearly all as they are."""
    draw, letters = np.random.default_rng(start + 1), [c for c in HAN if folded(c) == c]
    weights = 1 / np.arange(1, len(letters) + 1)
    drawn = draw.choice(len(letters), size=(number, 40), p=weights / weights.sum())
    words = draw.choice(len(WORDS), size=(number, 9))
    english, texts = draw.random(number) < 0.3, list[str]()
    for k in range(number):
        han = "".join([letters[index] for index in drawn[k].tolist()])
        if english[k]:
            han = f"{' '.join([WORDS[index] for index in words[k].tolist()])} {han[:8]}"
        texts.append(f"{RUN.sub(SHORT, han)}。{start + k}")
    return texts


def spoken(start: int, number: int) -> dict[Kind, pa.Table]:
    """The texts of reviews `start` and following, with two opinions each, and their index."""
    texts, rows = said(start, number), np.arange(start, start + number)
    assert sum(folded(text) != text for text in texts[:500]) < 5  # 坏亲 alone becomes 坯亲
    sides = (Polarity.POSITIVE, Polarity.NEGATIVE)
    opinions = [Opinion(Span(0, 2), None, Span(0, 5), "display", side, 0.5, "屏") for side in sides]
    mined = Mined(
        "#ID", Language.CHINESE, Sentiment(sides[0], 0.2, 0.3, 0.5), (*opinions,), (), (), "bench@1"
    )
    form = stored_record(Review("#ID", "#TEXT.", product="产品 1", time="2024-05-01"), mined)
    records = [
        form.replace("#ID", str(row))
        .replace("#TEXT.", text)
        .replace("#TEXT", text[:5])
        .replace("#T", text[:2])
        for row, text in zip(rows.tolist(), texts, strict=True)
    ]
    grams = grams_table(*grams_of(texts, rows))
    return {"texts": table("texts", {"row": rows, "record": records}, number), "grams": grams}


def table(kind: Kind, given: Mapping[str, Any], number: int) -> pa.Table:
    """A table of that kind, its other columns empty."""
    form = schema(kind)
    arrays = [
        pa.array(given[field.name]).cast(field.type)
        if field.name in given
        else pa.nulls(number, field.type)
        for field in form
    ]
    return pa.table(arrays, schema=form)
