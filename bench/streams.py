"""What `guandian watch --from` costs behind the model: taking in, storing, counting, judging.

`--opinions N` mined reviews (200,000 unless told; 10000000 is the full size) go through the intake,
stored batch by batch, with a look after each `--look` opinions; the answers of the model are ready
beforehand. `--reviews N` makes a store of many series (1600000 make 85,000) and looks at it twice,
the second time one day later.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from store_reviews import pairs, written

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


def flow(folder: Path, opinions: int, look: int) -> dict[str, object]:
    """Let mined reviews through; figures a million of opinions, and all in all."""
    ready, spent, number, memory = Ready(), Spent(), 0, list[float]()
    model = LazyMiner("bench@1", "bench@1", lambda: ready)
    reviews = pairs(1 << 60)
    letters = DeadLetters(folder / "dead.jsonl")
    with (
        Store.open(folder, write=True, threads=2) as store,
        Records.open(folder) as records,
        Answers(model) as answers,
    ):
        intake, due = Intake(store, answers, model, letters), look
        while number < opinions:
            batch = list(islice(reviews, MOST))
            ready.answers = {review.id: mined for review, mined in batch}
            with spent.on("taken in and stored"):
                intake.put("bench", Delivery([review for review, _ in batch]))
            number += sum(len(mined.opinions) for _, mined in batch)
            if number >= due:
                due += look
                with spent.on("counted and judged"):
                    look_once(store.reader(), records, "main", WEEKLY, TODAY)
                memory.append(resident())
    processor = sum(spent.processor.values())
    return {
        "opinions": number,
        "opinions a processor second": round(number / processor),
        "opinions a wall second": round(number / sum(spent.wall.values())),
        "processor seconds": {name: round(its, 1) for name, its in spent.processor.items()},
        "MB after each look": [round(its) for its in memory],
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
        figures["bytes a series, all that the process grew by"] = round(
            (resident() - before) * 2**20 / series
        )
        del table
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
    parser.add_argument("--reviews", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, help="keeps the store of many series")
    options = parser.parse_args()
    with TemporaryDirectory() as made:
        figures = {}
        if options.opinions:
            look = min(options.look, max(options.opinions // 4, 1))
            figures["flow"] = flow(Path(made) / "flow", options.opinions, look)
        if options.reviews:
            folder = options.folder or Path(made) / "state"
            figures["state"] = state(folder, options.reviews)
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
