"""The table of the plan: machines, memory, storage, queues, a zone that fails, what breaks first.

Each row is a formula of what was measured (`plan_times.json`, by `plan.py check`) and of what is
assumed, which stands in the table too. One group of replicas is simulated at the planned load, with
a zone gone, and with one more machine gone.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from guandian.assets import assets
from guandian.cluster.queues import (
    MeasuredPasses,
    PassTimes,
    ReplicaTimes,
    poisson_arrivals,
    simulated,
)
from guandian.domain import Review
from guandian.files import read_reviews, to_wire
from guandian.pipelines import open_miner

DAY = 86_400
CORES, RESERVED, ZONES = 64, 4, 3
"""Of a machine, of them for its router, its log and the system; zones of which one may fail."""
REPLICA_MIB, SERVICE_MIB = 250, 500
ROUTER_CALL, CALL_REVIEWS = 1.0e-3, 16
"""Seconds of processor of a router for a call of so many reviews (docs/experiments.md)."""
LOADED = 4300
"""Reviews that one store loads a second of processor (docs/experiments.md)."""
PARTITION = 5 << 20
"""Bytes a second of one partition of a log."""
BUSY = 0.6
"""The share of the time in which batch threads work at the peak with all zones there."""


@dataclass(frozen=True)
class Wanted:
    """What is planned for.

    Attributes:
        reviews: a day.
        peak: the busiest hour over the mean.
        copied: share of texts that were answered before.
        price: of a core for an hour, in whatever money.
    """

    reviews: float
    peak: float
    copied: float
    price: float


def table(times: dict[str, Any], wanted: Wanted) -> None:
    """Print the table."""
    text_bytes, record_bytes, packed = sizes()
    peak = wanted.reviews / DAY * wanted.peak
    read = peak * (1 - wanted.copied)
    spent = times["processor"]
    cores = read * spent / BUSY
    safe = cores * ZONES / (ZONES - 1)
    machines = ZONES * int(np.ceil(safe / ZONES / (CORES - RESERVED)))
    routers = int(np.ceil(peak / CALL_REVIEWS * ROUTER_CALL / BUSY))
    stored = wanted.reviews * packed
    print("| what | formula | value |\n|---|---|---|")
    show("reviews a second, mean and peak", f"{wanted.reviews:.2g} / 86,400; x {wanted.peak:g}",
         f"{wanted.reviews / DAY:,.0f}; {peak:,.0f}")  # fmt: skip
    show("processor a review, ms", "measured: service of one batch thread, calls of one review",
         f"{spent * 1e3:.2f}")  # fmt: skip
    show("cores that mine at the peak", f"peak x (1 - {wanted.copied:g}) x processor / {BUSY:g}",
         f"{cores:,.0f}")  # fmt: skip
    show("cores with a zone to lose", f"x {ZONES} / {ZONES - 1}", f"{safe:,.0f}")
    show(f"machines of {CORES} cores, {RESERVED} of them for router, log and system",
         "whole ones in each zone", f"{machines:,}")  # fmt: skip
    show("memory of a machine, GB", f"({CORES - RESERVED} x {REPLICA_MIB} + {SERVICE_MIB}) MiB",
         f"{((CORES - RESERVED) * REPLICA_MIB + SERVICE_MIB) / 1024:.0f}")  # fmt: skip
    show("routers", f"peak / {CALL_REVIEWS} a call x {ROUTER_CALL * 1e3:g} ms / {BUSY:g}",
         f"{routers:,}")  # fmt: skip
    show("bytes of a review: text, record, record packed", "example reviews, zlib",
         f"{text_bytes:,.0f}, {record_bytes:,.0f}, {packed:,.0f}")  # fmt: skip
    show("records a day, TB; a year in three copies, PB", "reviews x packed; x 365 x 3",
         f"{stored / 1e12:.2f}; {stored * 365 * 3 / 1e15:.2f}")  # fmt: skip
    show("partitions of the log in; of the log out", f"peak x bytes / {PARTITION >> 20} MiB/s",
         f"{np.ceil(peak * text_bytes / PARTITION):.0f}; "
         f"{np.ceil(peak * record_bytes / PARTITION):.0f}")  # fmt: skip
    show("stores that are written to (tenants apart)", f"peak / {LOADED:,} a second / {BUSY:g}",
         f"{np.ceil(peak / LOADED / BUSY):.0f}")  # fmt: skip
    show("in ten minutes without any zone: reviews, GB in the log", "peak x 600",
         f"{peak * 600:,.0f}; {peak * 600 * text_bytes / 1e9:.1f}")  # fmt: skip
    spare = safe / spent - read
    show("minutes to catch up at the peak", "600 s x peak / (all cores' pace - peak)",
         f"{600 * read / spare / 60:.0f}")  # fmt: skip
    show("cost of a million reviews", f"machines x {CORES} cores x {wanted.price:g} x 24 / reviews",
         f"{machines * CORES * wanted.price * 24 / wanted.reviews * 1e6:.2f}")  # fmt: skip
    queues(times)


def sizes() -> tuple[float, float, float]:
    """Bytes of a review's text, of its record, and of a record among others when packed."""
    reviews = [Review(row.id, row.text) for row in read_reviews(assets() / "examples/reviews.csv")]
    mined = open_miner().mine(reviews)
    records = [
        json.dumps(to_wire(review, answer), ensure_ascii=False).encode()
        for review, answer in zip(reviews, mined, strict=True)
    ]
    packed = len(zlib.compress(b"\n".join(records)))
    number = len(reviews)
    texts = sum(len(review.text.encode()) for review in reviews)
    return texts / number, sum(map(len, records)) / number, packed / number


def queues(times: dict[str, Any]) -> None:
    """Simulate a group of eight replicas at shares of what they can do."""
    lengths = np.repeat(np.arange(len(times["tokens"])), times["tokens"])
    passes = np.array(times["passes"])
    measured = MeasuredPasses(passes[:, 0], passes[:, 1], passes[:, 2])
    print("\nOne group of 8 replicas, every time that of the processor:\n")
    print("| what | calls/s a replica | busy | reviews a pass | p50, p99 ms | refused |")
    print("|---|---|---|---|---|---|")
    dice = np.random.default_rng(0)
    for name, share in (
        ("all there", BUSY * (ZONES - 1) / ZONES),
        ("a zone gone", BUSY),
        ("a zone and a tenth of the rest gone", BUSY / 0.9),
        ("a zone gone, load a third above the plan", BUSY * 4 / 3),
        ("two zones gone", BUSY * 2),
    ):
        rate = share / times["processor"]
        arrivals = poisson_arrivals(rate * 8, 60, seed=1)
        tokens = lengths[dice.integers(len(lengths), size=len(arrivals))]
        replica = ReplicaTimes(PassTimes(measured), times["loop"], times["prepare"], times["wire"])
        run = simulated(arrivals, tokens, replica, 8)
        p50, p99 = np.nanquantile(run.latencies, (0.5, 0.99)) * 1e3
        refused = run.refused / len(arrivals)
        print(f"| {name} | {rate:.0f} | {run.busy:.2f} | {run.rows:.1f} | {p50:.0f}, {p99:.0f} | "
              f"{refused:.1%} |")  # fmt: skip


def show(what: str, formula: str, value: str) -> None:
    """A row of the table."""
    print(f"| {what} | {formula} | {value} |")
