"""What `guandian watch --from` costs behind the model: taking in, storing, counting, judging.

`--opinions N` mined opinions (200,000 unless told; 10000000 is the full size) go through the
intake, stored batch by batch, with a look after each `--look` opinions; the answers of the model
are ready beforehand. What the process holds is sampled four times a second; `--minutes` ends a run
that is too slow, and its figures are those of what went through. `--reviews N` makes a store of
many series (1600000 make 85,000) and looks at it twice, the second time one day later.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Self

import numpy as np
from store_reviews import DAYS, PRODUCTS, pairs, written

from guandian.domain import Mined, Review
from guandian.mining.batching import Answers, LazyMiner
from guandian.monitor.alerts.replayed_history import table_of
from guandian.monitor.alerts.watch_pass import look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.series import PackedSeries
from guandian.monitor.sources import Delivery, Intake
from guandian.monitor.sources.dead_letters import DeadLetters
from guandian.monitor.sources.review_source import MOST
from guandian.store import Store
from guandian.store.records import Records

TODAY = date(2025, 12, 30)
_DRAWN = 20_000
"""Reviews that are drawn; those that follow say the same with other ids, products and days."""
_EVERY = 0.25
"""Seconds between two samples of memory."""
WEEKLY, DAILY = WatchTerms(unit="week", least=50), WatchTerms()


@dataclass
class Ready:
    """Answers that are there already."""

    answers: dict[str, Mined] = field(default_factory=dict)

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """What is ready for each review."""
        return [self.answers[review.id] for review in reviews]


@dataclass
class Spent:
    """Processor and wall seconds by what they went into."""

    processor: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Count what the block takes."""
        processor, wall = time.process_time(), time.perf_counter()
        yield
        self.processor[name] = self.processor.get(name, 0) + time.process_time() - processor
        self.wall[name] = self.wall.get(name, 0) + time.perf_counter() - wall


class Memory:
    """Samples what the process holds while the block runs, with how many opinions were through."""

    def __init__(self) -> None:
        self.through, self._ended = 0, Event()
        self._samples = list[tuple[int, float]]()
        self._sampling = Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._sampling.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._sampling.join()

    def _sample(self) -> None:
        while not self._ended.wait(_EVERY):
            self._samples.append((self.through, resident()))

    def figures(self) -> dict[str, object]:
        """The most of each tenth, and by how much a straight line through the later half rises."""
        through, held = np.array([(0, resident()), *self._samples]).T
        tenth = np.minimum(through * 10 // max(self.through, 1), 9)
        later = through >= self.through / 2
        rise = np.polyfit(through[later] / 1e6, held[later], 1)[0] if later.sum() > 2 else 0.0
        return {
            "samples": len(held),
            "MB at most": round(held.max()),
            "MB at most by tenths": [
                round(held[tenth == k].max()) for k in range(10) if (tenth == k).any()
            ],
            "MB in the median by tenths": [
                round(float(np.median(held[tenth == k]))) for k in range(10) if (tenth == k).any()
            ],
            "MB more a million, later half": round(float(rise), 1),
        }


def stream() -> Iterator[tuple[Review, Mined]]:
    """Mined reviews without end, each with a text of its own; most are drawn ones once more."""
    drawn, draw = list(pairs(_DRAWN)), np.random.default_rng(2)
    days = [str(np.datetime64("2024-01-01") + k) for k in range(DAYS)]
    for turn in count():
        products = draw.integers(0, len(PRODUCTS), _DRAWN).tolist()
        moments = draw.integers(0, DAYS, _DRAWN).tolist()
        for (review, mined), product, day in zip(drawn, products, moments, strict=True):
            name = f"{review.id}-{turn}"
            given = {"product": PRODUCTS[product], "brand": f"品牌 {product % 20}"}
            text = f"{review.text}，{name}"
            yield (
                replace(review, id=name, text=text, time=days[day], **given),
                replace(mined, review_id=name),
            )


def flow(folder: Path, opinions: int, look: int, minutes: float = 600) -> dict[str, object]:
    """Let mined reviews through; figures of each tenth, and all in all."""
    ready, spent, number, looks = Ready(), Spent(), 0, 0
    model = LazyMiner("bench@1", "bench@1", lambda: ready)
    reviews, letters, begun = stream(), DeadLetters(folder / "dead.jsonl"), time.monotonic()
    rates, before = list[int](), (0, 0.0)
    with (
        Store.open(folder, write=True, threads=2) as store,
        Records.open(folder) as records,
        Answers(model) as answers,
        Memory() as memory,
    ):
        intake, due = Intake(store, answers, model, letters), look
        while number < opinions and time.monotonic() - begun < 60 * minutes:
            batch = list(islice(reviews, MOST))
            ready.answers = {review.id: mined for review, mined in batch}
            with spent.on("taken in and stored"):
                taken = intake.put("bench", Delivery([review for review, _ in batch]))
            assert (taken.reviews, taken.dead) == (len(batch), 0), taken
            number += sum(len(mined.opinions) for _, mined in batch)
            memory.through = number
            if number >= due or number >= opinions:
                due, looks = due + look, looks + 1
                with spent.on("counted and judged"):
                    look_once(store.reader(), records, "main", WEEKLY, TODAY)
            if number - before[0] >= opinions / 10 or number >= opinions:
                wall = sum(spent.wall.values())
                rates.append(round((number - before[0]) / (wall - before[1])))
                before = number, wall
                print(f"{number:,} through, {rates[-1]:,} a second", file=sys.stderr, flush=True)
        stored = store.status().tenants["main"]
    processor, wall = sum(spent.processor.values()), sum(spent.wall.values())
    assert stored.opinions == number, "all that was taken in is stored"
    return {
        "opinions": number,
        "looks": looks,
        "opinions a processor second": round(number / processor),
        "opinions a wall second": round(number / wall),
        "of each tenth": rates,
        "processor seconds": {name: round(its, 1) for name, its in spent.processor.items()},
        "wall seconds": {name: round(its, 1) for name, its in spent.wall.items()},
        "minutes, generating and all": round((time.monotonic() - begun) / 60, 1),
        "bytes of the store an opinion": round(stored.size / number),
        **memory.figures(),
    }


def state(folder: Path, reviews: int) -> dict[str, object]:
    """What many series hold in memory and in the records, and what a look at them takes."""
    if not (folder / "store.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        written(folder, reviews)
    figures: dict[str, object] = {}
    with Store.open(folder, threads=2) as store, Records.open(folder) as records:
        reader, spent, before = store.reader(), Spent(), resident()
        with spent.on("count"):
            table = table_of(reader, DAILY, TODAY)
        assert isinstance(table, PackedSeries)
        series = len(table.keys)
        packed = sum(map(len, table.blocks)) / series
        figures |= {"series": series, "buckets": table.buckets.number}
        figures["bytes a series, counts"] = round(packed)
        figures["MB that the process grew by, buffers of the store with it"] = round(
            resident() - before
        )
        tracemalloc.start()
        again = table_of(reader, DAILY, TODAY)
        figures["bytes a series, held"] = round(tracemalloc.get_traced_memory()[0] / series)
        tracemalloc.stop()
        assert again.keys == table.keys
        del table, again
        for name, day in (("first look", TODAY), ("look a day later", date(2025, 12, 31))):
            with spent.on(name):
                passed = look_once(reader, records, "main", DAILY, day)
            figures[f"{name}: buckets, alerts"] = [passed.buckets, len(passed.fired)]
    size = sum(path.stat().st_size for path in folder.glob("records.sqlite*"))
    figures["bytes a series, records"] = round(size / series)
    figures["processor seconds"] = {name: round(its, 2) for name, its in spent.processor.items()}
    figures["wall seconds"] = {name: round(its, 2) for name, its in spent.wall.items()}
    figures["MB at most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return figures


def resident() -> float:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Measure, and print figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--opinions", type=int, default=200_000)
    parser.add_argument("--look", type=int, default=600_000, help="a minute at 10,000 a second")
    parser.add_argument("--minutes", type=float, default=600, help="after which it ends")
    parser.add_argument("--reviews", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help="keeps the store of many series")
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        figures = {}
        if options.opinions:
            look = min(options.look, max(options.opinions // 4, 1))
            figures["flow"] = flow(Path(made) / "flow", options.opinions, look, options.minutes)
        if options.reviews:
            folder = options.folder or Path(made) / "state"
            figures["state"] = state(folder, options.reviews)
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
