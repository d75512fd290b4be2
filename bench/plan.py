"""The plan to a billion reviews a day: its simulator beside the running service, and its table.

    python bench/plan.py check [--seconds 20] [--levels 0.3,0.5,0.65,0.8] [--out times.json]
    python bench/plan.py table [--times times.json] [--reviews 1e9] ...

`check` measures passes, preparations and the loop of one service of one batch thread
(`plan_service.py`), puts calls of one review each on it as a Poisson process, open loop, at shares
of what it can do, and simulates the same arrivals and lengths. A level is simulated from the times
of the other levels, its own left out. Loopback only; what it starts it
ends. Since others use the machine too, a level is simulated once more from what its own run took at
each moment, waits for cores included: that checks queue and batches, the first also the times.
`table` sizes machines, cores, memory, storage and queues by formula from such times, and
simulates one replica group at the planned load.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import sleep
from typing import Any

import numpy as np
from numpy.typing import NDArray
from service_run import Answers, Served, bodies, served

from guandian.assets import assets
from guandian.cluster.queues import (
    Followed,
    MeasuredPasses,
    PassTimes,
    ReplicaTimes,
    Simulated,
    poisson_arrivals,
    simulated,
)
from guandian.domain import Review
from guandian.files import read_reviews
from guandian.pipelines import open_miner

PROGRAM = str(Path(__file__).with_name("plan_service.py"))
DRAWS = 5
"""Simulations of a level, each with draws of its own."""


@dataclass(frozen=True)
class Level:
    """One load on the service, and what was seen.

    Attributes:
        share: of what the service can do.
        rate: calls a second.
        ids, arrivals, tokens: of the calls.
        answers: as the load saw them.
        seen: as the service saw itself.
    """

    share: float
    rate: float
    ids: list[str]
    arrivals: NDArray[np.float64]
    tokens: NDArray[np.int64]
    answers: Answers
    seen: dict[str, Any]


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("check", "table"))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--levels", default="0.3,0.5,0.65,0.8")
    parser.add_argument("--times", type=Path, default=Path(__file__).with_name("plan_times.json"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--reviews", type=float, default=1e9, help="a day")
    parser.add_argument("--peak", type=float, default=2.0, help="the busiest hour over the mean")
    parser.add_argument("--copied", type=float, default=0.0, help="share answered from a memory")
    parser.add_argument("--price", type=float, default=0.03, help="of a core for an hour")
    asked = parser.parse_args()
    if asked.what == "check":
        check(asked.seconds, [float(share) for share in asked.levels.split(",")], asked.out)
    else:
        from plan_table import Wanted, table

        wanted = Wanted(asked.reviews, asked.peak, asked.copied, asked.price)
        table(json.loads(asked.times.read_text()), wanted)


def check(seconds: float, shares: Sequence[float], out: Path | None) -> None:
    """Print what was measured and simulated at each level."""
    reviews = texts(24_000)
    miner = open_miner()
    lengths = np.array([max(2, miner.prepare(review).tokens) for review in reviews])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PLAN_TIMES"] = str(Path(folder) / "times.json")
        with served("--threads", "1", program=(PROGRAM,)) as service:
            calls = bodies(reviews)
            service.load(calls, 8, total=200)
            told(service)
            alone = service.load(calls[500:], 1, total=200)
            idle = told(service)
            crowd = service.load(calls, 64, seconds=6, ramp=2)
            told(service)
            most = crowd.count(200) / 6
            levels = [level(service, share, most, seconds, calls, lengths) for share in shares]
    wire = wire_of(alone, idle)
    print(f"most: {most:.1f} calls a second of one review; wire {wire * 1e3:.2f} ms; ", end="")
    print(f"tokens of a review: {lengths.mean():.1f}\n")
    rows(levels, wire)
    if out is not None:
        out.write_text(json.dumps(kept(levels, wire, crowd, lengths)))


def level(
    service: Served, share: float, most: float, seconds: float, calls: list[str],
    lengths: NDArray[np.int64],
) -> Level:  # fmt: skip
    """Put one load on the service."""
    arrivals = poisson_arrivals(share * most, seconds, seed=int(100 * share))
    first = 2000 + int(15_000 * share)  # no id of a call that an earlier load left behind
    ids = [str(first + k) for k in range(len(arrivals))]
    assert int(ids[-1]) < len(calls), "not enough reviews"
    tokens = lengths[first : first + len(arrivals)]
    answers = service.load(
        calls[first : first + len(arrivals)], 0, arrivals=arrivals.tolist(), ramp=0.5
    )
    return Level(share, share * most, ids, arrivals, tokens, answers, told(service))


def told(service: Served) -> dict[str, Any]:
    """What the service saw since the last time."""
    path = Path(os.environ["PLAN_TIMES"])
    path.unlink(missing_ok=True)
    os.kill(service.pid, signal.SIGUSR1)
    while not path.exists():
        sleep(0.05)
        service.ask("GET", "/healthz")  # the loop has to turn for a signal to be heard
    seen: dict[str, Any] = json.loads(path.read_text())
    seen["loop_spent"] = seen["loop"] - _LOOP[-1]
    _LOOP.append(seen["loop"])
    return seen


_LOOP = [0.0]


def wire_of(alone: Answers, idle: dict[str, Any]) -> float:
    """Seconds of a lone call that nothing was busy for."""
    work = sum(entry[2] - entry[1] for entry in idle["done"]) / max(len(idle["submitted"]), 1)
    loop = idle["loop_spent"] / max(len(idle["submitted"]), 1)
    mean = sum(seconds for *_, seconds in alone.rows) / max(len(alone.rows), 1)
    return max(0.0, mean - work - loop)


def replica_of(seen: Sequence[dict[str, Any]], wire: float, seed: int) -> ReplicaTimes:
    """A replica by what services saw of themselves."""
    done = [entry for part in seen for entry in part["done"]]
    passes = [entry for entry in done if entry[0] == "pass"]
    prepared = [entry for entry in done if entry[0] == "prepare"]
    calls = sum(len(part["submitted"]) for part in seen)
    return ReplicaTimes(
        PassTimes(measured_passes(passes), seed),
        loop=sum(part["loop_spent"] for part in seen) / max(calls, 1),
        prepare=sum(entry[2] - entry[1] for entry in prepared) / max(calls, 1),
        wire=wire,
    )


def measured_passes(passes: Sequence[Any]) -> MeasuredPasses:
    """Passes as the batch thread told them."""
    return MeasuredPasses(
        np.array([len(entry[3]) for entry in passes], np.float64),
        np.array([entry[4] for entry in passes], np.float64),
        np.array([entry[2] - entry[1] for entry in passes], np.float64),
    )


def followed_replica(entry: Level, seed: int) -> ReplicaTimes:
    """A replica whose every time is drawn from what the level's own run took just then.

    On a machine that others use too the batch thread, the loop and the load wait for cores, now
    more and now less: what the thread did counts from when it could have begun.
    """
    due = {number: when for number, when, _ in entry.answers.calls}
    start = min(due.values()) - entry.arrivals[min(due)]
    numbers = {ident: number for number, ident in enumerate(entry.ids) if number in due}
    submitted = entry.seen["submitted"]
    free, ends, waits = 0.0, {}, {"pass": [], "prepare": []}
    for what, _, end, ids, tokens, _ in sorted(entry.seen["done"], key=lambda row: row[2]):
        if ids[0] not in submitted:  # what an earlier load left behind
            free = end
            continue
        begin = max(free, submitted[ids[0]])
        waits[what].append((begin - start, end - begin, len(ids), tokens))
        free = end
        if what == "pass":
            ends |= dict.fromkeys(ids, end)
    before = [(due[k] - start, submitted[ident] - due[k]) for ident, k in numbers.items()]
    after = [
        (ends[entry.ids[k]] - start, answered - ends[entry.ids[k]])
        for k, _, answered in entry.answers.calls
    ]
    begun, seconds, batch, tokens = np.array(waits["pass"]).T
    return ReplicaTimes(
        PassTimes(MeasuredPasses(batch, tokens, seconds, begun), seed),
        loop=0.0, prepare=0.0, wire=0.0,
        before=followed(before, seed), after=followed(after, seed),
        preparing=followed([row[:2] for row in waits["prepare"]], seed),
    )  # fmt: skip


def followed(pairs: Sequence[tuple[float, float]], seed: int) -> Followed:
    """What was measured, by when."""
    when, seconds = np.array(sorted(pairs)).T
    return Followed(when, seconds, seed)


def rows(levels: Sequence[Level], wire: float) -> None:
    """Print the levels."""
    print(
        "| share | calls/s | answered, refused, simulated | busy, reviews a pass "
        "| p50 ms: measured, simulated | p99 ms: measured, simulated | ratio of p99 "
        "| the same from other levels |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for entry in levels:
        others = [other.seen for other in levels if other is not entry] or [entry.seen]
        by_others = several(entry, [replica_of(others, wire, seed) for seed in range(DRAWS)])
        by_own = several(entry, [followed_replica(entry, seed) for seed in range(DRAWS)])
        real = [entry.answers.percentile(share, 200) for share in (0.5, 0.99)]
        guess, own = (
            [quantile(runs, share) for share in (0.5, 0.99)] for runs in (by_others, by_own)
        )
        refused = len(entry.answers.rows) - entry.answers.count(200)
        turned = median(run.refused for run in by_own)
        print(
            f"| {entry.share:g} | {entry.rate:.1f} "
            f"| {entry.answers.count(200)}, {refused}, {turned} "
            f"| {by_own[0].busy:.2f}, {by_own[0].rows:.2f} "
            f"| {real[0] * 1e3:.1f}, {own[0] * 1e3:.1f} | {real[1] * 1e3:.1f}, "
            f"{own[1] * 1e3:.1f} | {own[1] / real[1]:.2f} | {guess[1] / real[1]:.2f} |",
            flush=True,
        )


def several(entry: Level, replicas: Sequence[ReplicaTimes]) -> list[Simulated]:
    """Simulations of a level's own arrivals and lengths."""
    return [simulated(entry.arrivals, entry.tokens, replica) for replica in replicas]


def quantile(runs: Sequence[Simulated], share: float) -> float:
    """Seconds within which that share was answered, the median of simulations."""
    return median(float(np.nanquantile(run.latencies, share)) for run in runs)


def kept(
    levels: Sequence[Level], wire: float, crowd: Answers, lengths: NDArray[np.int64]
) -> dict[str, Any]:
    """What the table is made from.

    All of it in seconds of processor, which a crowded machine changes little: of a pass, of a
    preparation, of the loop for a call, and of the service for a call under 64 clients.
    """
    seen = [entry.seen for entry in levels]
    done = [entry for part in seen for entry in part["done"]]
    passes = [[len(e[3]), e[4], round(e[5], 6)] for e in done if e[0] == "pass"]
    prepared = [entry for entry in done if entry[0] == "prepare"]
    calls = sum(len(part["submitted"]) for part in seen)
    return {
        "passes": passes[:: max(1, len(passes) // 1000)],
        "loop": sum(part["loop_spent"] for part in seen) / calls,
        "prepare": sum(entry[5] for entry in prepared) / sum(len(e[3]) for e in prepared),
        "wire": wire,
        "most": crowd.count(200) / 6,
        "processor": crowd.service / max(crowd.count(200) * 8 / 6, 1),
        "tokens": np.bincount(lengths).tolist(),
    }


def texts(count: int) -> list[Review]:
    """So many reviews, no two alike."""
    shown = list(read_reviews(assets() / "examples" / "reviews.csv"))
    return [Review(str(k), f"{shown[k % len(shown)].text} {k}") for k in range(count)]


if __name__ == "__main__":
    main()
