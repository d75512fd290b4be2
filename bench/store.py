"""The store: 10,000,000 opinions, search over 1,000,000 reviews, writers that are killed.

python bench/store.py [--opinions N] [--searched N] [--changed N] [--kills N] [--folder FOLDER]

Reviews are generated: 200 products of 20 brands over two years, four sources, three languages, 13
categories, 1,500 aspects, 2.5 opinions a review; each text is one of its own. The parts that are
counted and searched are written from columns, which takes minutes instead of an hour; a folder
that is there already is asked again. What is loaded, deleted and killed goes the way of any other.
0 leaves a part out.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from store_reviews import CATEGORIES, PRODUCTS, said, written
from store_writes import changed, killed, p95

from guandian.store import Selection, Store
from guandian.store.text_search import folded


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


def ask_words(store: Store, rounds: int) -> dict[str, object]:
    """Searches for words that stand in the texts, of one to eight characters."""
    rng, walls, processors = random.Random(7), dict[int, list[float]](), dict[int, list[float]]()
    some = said(0, 3000)
    reader = store.reader()
    reader.search("预热")
    for _ in range(rounds):
        for length in range(1, 9):
            text = rng.choice(some)
            start = rng.randrange(max(1, len(text) - length - 6))
            words = text[start : start + length]
            if folded(words):
                spent = time.process_time()
                walls.setdefault(length, []).extend(timed(lambda w=words: reader.search(w), 1))
                took = 1000 * (time.process_time() - spent)
                processors.setdefault(length, []).append(took)
    told: dict[str, object] = {"resident_mb": resident()}
    for name, times in (("wall", walls), ("processor", processors)):
        every = [took for took in times.values() for took in took]
        told |= {
            f"{name}_p50_ms": round(statistics.median(every), 1),
            f"{name}_p95_ms": round(p95(every), 1),
            f"{name}_p95_ms_by_length": {length: round(p95(t), 1) for length, t in times.items()},
        }
    return told


def main() -> None:
    """Make the stores and ask them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opinions", type=int, default=10_000_000)
    parser.add_argument("--searched", type=int, default=1_000_000, help="reviews")
    parser.add_argument("--changed", type=int, default=100_000, help="reviews")
    parser.add_argument("--kills", type=int, default=100)
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
            if not (folder / "store.json").exists():
                written(folder, number, texts=name == "search")
            with Store.open(folder, memory=options.memory, threads=2) as store:
                tenant = store.status().tenants["main"]
                print(f"{name}: {tenant.reviews:,} reviews, {tenant.opinions:,} opinions, ", end="")
                print(f"{tenant.size / 2**20:,.0f} MB in {tenant.parts} parts")
                ask = ask_numbers if name == "numbers" else ask_words
                show(ask(store, options.rounds))
    if options.changed:
        show(changed(options.changed))
    if options.kills:
        show(killed(options.kills))


def show(told: dict[str, object]) -> None:
    """Print figures."""
    print(json.dumps(told, ensure_ascii=False, indent=1), flush=True)


if __name__ == "__main__":
    main()
