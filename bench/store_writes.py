"""Writers for `bench/store.py`: killed beside four readers, at work beside one, and deleting.

Child processes are forked from one that has imported everything: `write` stores batches until it is
killed and tells each one, `read` asks until it is ended and notes when it saw how many reviews.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from store_reviews import CATEGORIES, PRODUCTS, pairs

from guandian.domain import Mined, Review
from guandian.store import Selection, Store

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["store_writes", "duckdb", "pyarrow.parquet", "guandian.store"])
SIZE = 20
"""Reviews a batch where writers are killed."""
READERS = 4
CLOCK = time.CLOCK_MONOTONIC
"""The same for all processes of a machine."""


def batch(number: int, size: int) -> list[tuple[Review, Mined]]:
    """The reviews of a batch, the same every time."""
    return [
        (replace(review, id=f"b{number}-{k}"), replace(mined, review_id=f"b{number}-{k}"))
        for k, (review, mined) in enumerate(pairs(size, seed=1000 + number))
    ]


def write(folder: Path, first: int, size: int, telling: Connection) -> None:
    """Store batches, and tell each one as soon as it is stored, with the moment."""
    with Store.open(folder, write=True, threads=1) as store:
        number = first
        while True:
            store.load(batch(number, size))
            telling.send((number, time.clock_gettime(CLOCK)))
            number += 1


def read(folder: Path, notes: Path) -> None:
    """Ask, and note the moment, the generation, reviews, and what is wrong."""
    with Store.open(folder, threads=1) as store, notes.open("w", buffering=1) as file:
        while True:
            reader = store.reader()
            number = reader.generation.number
            shown, rows = reader.overview(), reader.breakdown()
            wrong = [*shown.incomplete]
            if reader.generation.number == number:
                if sum(row.tally.opinions for row in rows) != shown.opinions:
                    wrong.append("opinions by category are not all")
                if shown.reviews % SIZE:
                    wrong.append(f"{shown.reviews} reviews: half a batch")
                note = [time.clock_gettime(CLOCK), number, shown.reviews, wrong]
                file.write(json.dumps(note) + "\n")
            time.sleep(0.15)


@dataclass(slots=True)
class Noted:
    """What readers noted.

    Attributes:
        waits: seconds from the moment a batch was told to that at which a reader saw it.
        wrong: what no reader should see.
        answers: how often readers were asked.
    """

    waits: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: int = 0

    def add(self, notes: Path, told: dict[int, float]) -> None:
        """Compare what one reader noted with what writers told."""
        rows = [json.loads(line) for line in notes.read_text().splitlines()]
        self.answers += len(rows)
        before, waiting = (0, 0), sorted(told.items())
        for moment, generation, reviews, wrong in rows:
            self.wrong += wrong
            if (generation, reviews) < before or reviews < before[1]:
                self.wrong.append(f"{generation, reviews} after {before}")
            before = generation, reviews
            while waiting and waiting[0][0] * SIZE + SIZE <= reviews:
                self.waits.append(max(0.0, moment - waiting.pop(0)[1]))
        self.wrong += [f"batch {number} was never seen" for number, _ in waiting]


def child(work: Callable[..., None], *given: object) -> BaseProcess:
    """A process of its own that does some work."""
    process = FORKS.Process(target=work, args=given, daemon=True)
    process.start()
    return process


class Writer:
    """A process that stores batches until it is killed."""

    def __init__(self, folder: Path, first: int, size: int) -> None:
        self._tidings, telling = FORKS.Pipe(duplex=False)
        self._process = child(write, folder, first, size, telling)
        telling.close()
        self.told: list[tuple[int, float]] = []

    def wait(self, batches: int = 1) -> None:
        """Wait until so many more are stored."""
        for _ in range(batches):
            self.told.append(self._tidings.recv())

    def kill(self) -> list[tuple[int, float]]:
        """End it at once; the batches that it told as stored, with the moments."""
        self._process.kill()
        self._process.join()
        try:
            while True:
                self.told.append(self._tidings.recv())
        except (EOFError, OSError):  # half a message was not told
            return self.told


def killed(kills: int) -> dict[str, object]:
    """Kill a writer so often beside four readers; what it told must be there, once and whole."""
    rng, told, noted = random.Random(1), dict[int, float](), Noted()
    begun = time.monotonic()
    with TemporaryDirectory() as made, ExitStack() as ending:
        folder = Path(made) / "store"
        with Store.open(folder, write=True) as store:
            store.load([])
        notes = [Path(made) / f"reader-{k}" for k in range(READERS)]
        readers = [child(read, folder, path) for path in notes]
        for process in readers:
            ending.callback(process.kill)
        for _ in range(kills):
            writer = Writer(folder, len(told), SIZE)
            ending.callback(writer.kill)
            writer.wait(rng.randint(1, 3))
            time.sleep(rng.random() * 0.3)
            told |= dict(writer.kill())
        time.sleep(5)  # for readers to see the last one
        assert all(process.is_alive() for process in readers), "a reader failed"
        for process in readers:
            process.kill()
            process.join()
        for path in notes:
            noted.add(path, told)
        with Store.open(folder) as store:
            names = [review.id for review, _ in store.reader().reviews()]
    wanted = {f"b{number}-{k}" for number in told for k in range(SIZE)}
    more = {f"b{len(told)}-{k}" for k in range(SIZE)}
    lost = wanted - set(names)
    unsaid = set(names) - wanted
    waits = sorted(noted.waits)
    return {
        "kills": kills,
        "seconds": round(time.monotonic() - begun),
        "batches_told": len(told),
        "answers_of_readers": noted.answers,
        "wrong_answers": noted.wrong[:5],
        "lost": len(lost),
        "doubled": len(names) - len(set(names)),
        "torn": len(unsaid) if unsaid not in (set(), more) else 0,
        "seen_after_s": {
            "p50": round(statistics.median(waits), 3),
            "p99": round(waits[round(0.99 * (len(waits) - 1))], 3),
            "most": round(waits[-1], 3),
        },
    }


def questions(rng: random.Random) -> list[tuple[Selection, str]]:
    """What a page of the dashboard asks."""
    product = Selection(products=(rng.choice(PRODUCTS),))
    return [
        (Selection(), ""),
        (Selection(), "category"),
        (Selection(), "aspect"),
        (product, "category"),
        (Selection(categories=(rng.choice(CATEGORIES),)), "source"),
    ]


def p95(times: list[float]) -> float:
    """The time that 95 in 100 stay below."""
    return sorted(times)[min(len(times) - 1, round(0.95 * len(times)))]


def asked_for(store: Store, seconds: float, rng: random.Random) -> list[tuple[float, float]]:
    """Milliseconds of wall and processor time of each question asked in so many seconds."""
    times, until = list[tuple[float, float]](), time.monotonic() + seconds
    while time.monotonic() < until:
        for selection, by in questions(rng):
            begun, spent = time.perf_counter(), time.process_time()
            reader = store.reader()
            _ = reader.breakdown(selection, by, 50) if by else reader.overview(selection)
            wall, processor = time.perf_counter() - begun, time.process_time() - spent
            times.append((1000 * wall, 1000 * processor))
    return times


def beside_a_load(store: Store, folder: Path, seconds: float = 5, rounds: int = 4) -> object:
    """The p95 of questions while 1,000 reviews after the other are loaded, and while none are.

    Args:
        store: that is asked.
        folder: of the store.
        seconds: of asking with a load and without one, in turn.
        rounds: of both.
    """
    rng, first = random.Random(3), 0
    idle, busy = list[tuple[float, float]](), list[tuple[float, float]]()
    asked_for(store, 2, rng)
    for _ in range(rounds):
        idle += asked_for(store, seconds, rng)
        writer = Writer(folder, first, 1000)
        try:
            writer.wait()
            busy += asked_for(store, seconds, rng)
        finally:
            first += 1 + len(writer.kill())
    ends = {
        name: [round(p95([time[k] for time in times]), 1) for k in (0, 1)]
        for name, times in (("idle", idle), ("loading", busy))
    }
    return {
        "questions": [len(idle), len(busy)],
        "batches_loaded": first - rounds,
        "p95_ms_wall_and_processor": ends,
        "ratio_wall": round(ends["loading"][0] / ends["idle"][0], 2),
        "ratio_processor": round(ends["loading"][1] / ends["idle"][1], 2),
    }


def changed(number: int) -> dict[str, object]:
    """Load so many reviews, ask beside another load, and delete one."""
    with TemporaryDirectory() as made:
        folder = Path(made) / "store"
        reviews = list(pairs(number))
        with Store.open(folder, write=True) as store:
            begun, spent = time.perf_counter(), time.process_time()
            store.load(reviews)
            loading = [time.perf_counter() - begun, time.process_time() - spent]
            deleting = []
            for review, _ in reviews[number // 2 : number // 2 + 3]:
                begun, spent = time.perf_counter(), time.process_time()
                assert store.delete_review(review.id)
                deleting.append((time.perf_counter() - begun, time.process_time() - spent))
        del reviews
        with Store.open(folder, threads=1) as store:
            beside = beside_a_load(store, folder)
    return {
        "reviews": number,
        "reviews_a_second_wall_and_processor": [round(number / took) for took in loading],
        "seconds_of_a_deletion_wall_and_processor": [[round(t, 2) for t in d] for d in deleting],
        "questions_beside_a_load": beside,
    }
