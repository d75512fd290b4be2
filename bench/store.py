"""The store: 10,000,000 opinions by roll-ups and raw; search over 1,000,000 reviews.

python bench/store.py [--opinions N] [--searched N] [--folder FOLDER] [--memory MB]

Reviews are generated: 200 products of 20 brands over two years, four sources, three languages, 13
categories, 1,500 aspects, 2.5 opinions a review; each text is one of its own. What is searched
is loaded; the parts of those that are counted are written from columns, without texts, which takes
minutes instead of an hour. A folder that is there already is asked again.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.store import Selection, Store
from guandian.store.duck import Duck
from guandian.store.parts.generation import Generation, Segment
from guandian.store.parts.part_files import Kind, schema
from guandian.store.parts.segments import Rewriting
from guandian.store.rollups import covering
from guandian.store.text_search import folded

CATEGORIES = [f"category_{k}" for k in range(13)]
PRODUCTS = [f"产品 {k}" for k in range(200)]
SIDES = list(Polarity)
LANGUAGES = [Language.CHINESE, Language.ENGLISH, Language.MIXED]
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
WORDS = "the screen battery is very good bad not worth it arrived late thanks support".split()  # noqa: SIM905
DAYS = 730
SEGMENT = 200_000


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


def written(folder: Path, number: int) -> None:
    """Write the parts of so many reviews from columns, as a load would, but for texts and words."""
    place = folder / "opinions" / "main"
    place.mkdir(parents=True)
    (folder / "store.json").write_text('{"format": 1}')
    duck = Duck()
    rewriting, segments = Rewriting(place, duck), list[Segment]()
    for start in range(0, number, SEGMENT):
        tables = columns(start, min(SEGMENT, number - start))
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
    spoken = draw.choice([1, 2, 2, 3, 3, 4], number)
    of = np.repeat(np.arange(number), spoken)
    total = len(of)
    aspect = np.minimum(draw.exponential(150, total).astype(int), 1499)
    names = pa.array([f"名{k}" for k in range(1500)]).take(aspect)
    unsaid = draw.random(total) < 0.2
    names = pa.array(np.where(unsaid, None, names.to_numpy(zero_copy_only=False)), pa.string())
    said = {
        "row": row[of],
        "ordinal": np.concatenate([np.arange(count) for count in spoken]),
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
        "opinions": table("opinions", said, total),
        "texts": table("texts", {"row": row}, number),
        "grams": table("grams", {}, 0),
    }


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


def resident() -> float:
    """Megabytes of this process in memory, at this moment and at most."""
    text = Path("/proc/self/status").read_text()
    return float(text.split("VmRSS:")[1].split()[0]) / 1024


def timed(ask: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each of some rounds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - begun))
    return times


def p95(times: list[float]) -> float:
    """The time that 95 in 100 stay below."""
    return sorted(times)[min(len(times) - 1, round(0.95 * len(times)))]


def drilled(rng: random.Random) -> list[tuple[str, Selection, str]]:
    """Questions of a person who goes from the overview into products, times and categories."""
    product = (rng.choice(PRODUCTS),)
    since = date(2024, 1, 1) + timedelta(days=rng.randrange(400))
    until = since + timedelta(days=rng.choice((30, 91, 200)))
    category = (rng.choice(CATEGORIES),)
    return [
        ("overview", Selection(), ""),
        ("categories", Selection(), "category"),
        ("aspects", Selection(), "aspect"),
        ("products", Selection(), "product"),
        ("overview of a product", Selection(products=product), ""),
        ("categories of a product", Selection(products=product), "category"),
        ("aspects of a product", Selection(products=product), "aspect"),
        ("overview of days", Selection(since=since, until=until), ""),
        ("categories of days", Selection(since=since, until=until), "category"),
        ("aspects of days", Selection(since=since, until=until), "aspect"),
        (
            "aspects of a product in a category and days",
            Selection(products=product, since=since, until=until, categories=category),
            "aspect",
        ),
        ("sources of a category", Selection(categories=category), "source"),
        ("trend", Selection(), "trend"),
        ("trend of a product", Selection(products=product), "trend"),
    ]


def ask_numbers(store: Store, rounds: int) -> dict[str, object]:
    """Overview and drill-down through roll-ups, beside the same from the opinions themselves."""
    rng, times, raws = random.Random(5), dict[str, list[float]](), dict[str, list[float]]()
    peak, processor = 0.0, list[float]()
    for number in range(rounds):
        for name, selection, by in drilled(rng):
            reader = store.reader()
            if by == "trend":
                ask: Callable[[], object] = lambda r=reader, s=selection: r.trend(s)  # noqa: E731
            elif by:
                ask = lambda r=reader, s=selection, b=by: r.breakdown(s, b, 50)  # noqa: E731
            else:
                ask = lambda r=reader, s=selection: r.overview(s)  # noqa: E731
            spent = time.process_time()
            times.setdefault(name, []).extend(timed(ask, 1))
            processor.append(1000 * (time.process_time() - spent))
            peak = max(peak, resident())
            if number < 2:
                keys = ["day"] if by == "trend" else [by] if by else []
                of_product = selection.of_products or by == "product"
                view = reader._view  # the same question, without roll-ups
                begun = time.perf_counter()
                raw = view.tallies(selection, keys, of_product=of_product, raw=True)
                raws.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
                assert raw == view.tallies(selection, keys, of_product=of_product), name
                del raw
                gc.collect()
    every = [took for name in times for took in times[name]]
    return {
        "processor_p95_ms": p95(processor),
        "p50_ms": statistics.median(every),
        "p95_ms": p95(every),
        "by_question_p95_ms": {name: round(p95(took), 1) for name, took in times.items()},
        "raw_ms": {name: round(min(took)) for name, took in raws.items()},
        "ratio_overview": statistics.median(times["overview"]) / min(raws["overview"]),
        "resident_mb": peak,
    }


def ask_words(store: Store, number: int, rounds: int) -> dict[str, object]:
    """Searches for words that stand in the texts, of one to eight characters."""
    rng, times = random.Random(7), dict[int, list[float]]()
    some = [pair[0].text for _, pair in zip(range(3000), pairs(number, seed=1), strict=False)]
    reader = store.reader()
    reader.search("预热")
    for _ in range(rounds):
        for length in range(1, 9):
            text = rng.choice(some)
            start = rng.randrange(max(1, len(text) - length - 6))
            words = text[start : start + length]
            if folded(words):
                times.setdefault(length, []).extend(timed(lambda w=words: reader.search(w), 1))
    every = [took for took in times.values() for took in took]
    return {
        "p50_ms": statistics.median(every),
        "p95_ms": p95(every),
        "by_length_p95_ms": {length: round(p95(took), 1) for length, took in times.items()},
        "resident_mb": resident(),
    }


def loaded(folder: Path, number: int, memory: int) -> float | None:
    """Load that many reviews where there are none; seconds, None where there were."""
    with Store.open(folder, write=True, memory=memory) as store:
        if store.reader().generation.segments:
            return None
        begun, generated, batch = time.perf_counter(), 0.0, list[tuple[Review, Mined]]()
        source = pairs(number)
        while True:
            start = time.perf_counter()
            batch = [pair for _, pair in zip(range(100_000), source, strict=False)]
            generated += time.perf_counter() - start
            if not batch:
                break
            store.load(batch)
            print(f"  {store.status().tenants['main'].reviews:,} reviews", flush=True)
        return time.perf_counter() - begun - generated


def main() -> None:
    """Load and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opinions", type=int, default=10_000_000)
    parser.add_argument("--searched", type=int, default=1_000_000, help="reviews")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        base = options.folder or Path(made)
        for name, number in (
            ("numbers", int(options.opinions / 2.5)),
            ("search", options.searched),
        ):
            if not number:
                continue
            folder = base / f"{name}-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            seconds = None
            if name == "search":
                seconds = loaded(folder, number, options.memory)
            elif not (folder / "store.json").exists():
                written(folder, number)
            with Store.open(folder, memory=options.memory, threads=2) as store:
                tenant = store.status().tenants["main"]
                print(f"{name}: {tenant.reviews:,} reviews, {tenant.opinions:,} opinions, ", end="")
                print(f"{tenant.size / 2**20:,.0f} MB in {tenant.parts} parts")
                if seconds:
                    print(f"  loaded in {seconds:,.0f} s: {number / seconds:,.0f} reviews/s")
                if name == "numbers":
                    told = ask_numbers(store, options.rounds)
                else:
                    told = ask_words(store, number, 40)
                print(json.dumps(told, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
