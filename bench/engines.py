"""What mining on Ray costs beside threads: the reader's own time, bad rows, and memory.

    python bench/engines.py --rows 20000 --workers 2

A stand-in mines, which writes records of real size (three opinions a review) and takes no time, so
that what is left is the reader's: reading, naming, handing on, checking, writing. Its processor
time a review bounds how many workers one reader feeds. Rows that raise an error are spread evenly.
One line of JSON for each case; each runs in a process of its own, for the peak of its memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.mining.batching import LazyMiner
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job

POISON = "毒"


class StandIn:
    """Finds three opinions in any review, and fails at some."""

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Answer at once."""
        if any(POISON in review.text for review in reviews):
            raise ValueError(POISON)
        return [
            Mined(
                review.id, Language.CHINESE, Sentiment(Polarity.POSITIVE, 0.1, 0.2, 0.7),
                tuple(_opinion(at) for at in (0, 6, 12)), (), (), "stand-in@1",
            )
            for review in reviews
        ]  # fmt: skip


def _opinion(at: int) -> Opinion:
    aspect, expression = Span(at, at + 2), Span(at + 2, at + 5)
    return Opinion(
        aspect, expression, Span(at, at + 6), "display", Polarity.POSITIVE, 0.75, "屏幕很清晰"
    )


def stand_in() -> LazyMiner:
    """The stand-in as workers open it."""
    return LazyMiner("stand-in", "stand-in@1", StandIn)


def case(rows: int, workers: int, poison: float, folder: str) -> None:
    """Mine made reviews, by threads where there are no workers."""
    path = Path(folder, "in.csv")
    every = round(1 / poison) if poison else 0
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text\n")
        for n in range(rows):
            bad = POISON if every and n % every == every - 1 else ""
            file.write(f"r{n},屏幕很清晰，电池很耐用，系统很流畅，第{n}条{bad}\n")
    model = stand_in()
    engine = None
    if workers:
        from guandian.mining.engines.ray_engine import RayEngine

        engine = partial(RayEngine, stand_in, model, workers)
    job = Job(Inputs((str(path),)), Path(folder, "out.jsonl"), model, engine=engine)
    began, cpu = time.monotonic(), time.process_time()
    outcome = job.run()
    seconds = time.process_time() - cpu
    print(
        json.dumps({
            "rows": outcome.counts.reviews, "workers": workers, "poison": poison,
            "reader_cpu_ms_a_review": round(1000 * seconds / rows, 4),
            "seconds": round(time.monotonic() - began, 1),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }),
        flush=True,
    )  # fmt: skip


def main() -> None:
    """Run each case in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--poison", type=float, nargs="+", default=[0.0])
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}"
    start = multiprocessing.get_context("spawn")
    for rows in options.rows:
        for workers in options.workers:
            for poison in options.poison:
                with tempfile.TemporaryDirectory() as folder:
                    process = start.Process(target=case, args=(rows, workers, poison, folder))
                    process.start()
                    process.join()


if __name__ == "__main__":
    main()
