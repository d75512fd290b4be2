"""Measures the service against the library on this machine: `make bench-service`.

    python bench/service.py [--seconds 4] [--rounds 3] [--switches 100] [--soak 200000]
                            [--only throughput,overload,departed,switch,soak]

Loopback only; a folder of its own; bounded in count and time; what it starts it ends. The service
is one process, what asks it another (`service_load.py`, one thread over plain sockets), and both
share the machine with whatever else runs there. So ratios are of one run, in turns, and stand
beside their twins in seconds of processor, which a crowded machine changes less: what the library
used for a review over what the service used for it, the load left out. From the clock's ratio the
own seconds of processor of the load, spread over the cores, are off. "Cores waited for" is how long
threads of the service were ready and had no core, over how long they ran: far below 1 where the
machine is quiet. Refusals are told as the client saw them, and as the service counted them itself
from the headers of a request to its answer. Prints Markdown rows.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep

from service_run import Answers, Served, bodies, quantile, resident, running, served

from guandian.assets import assets
from guandian.bundle import Bundle, shipped, write_bundle
from guandian.domain import Review
from guandian.files import read_reviews
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner

CLIENTS = 64
RAMP = 2.0
"""Seconds over which clients come, before anything is counted."""
PAUSE = 0.5
"""Seconds between two switches."""
WARM = 5_000
"""Requests of the soak after which memory is what it should stay."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--switches", type=int, default=8)
    parser.add_argument("--soak", type=int, default=20_000)
    parser.add_argument("--only", default="throughput,overload,departed,switch")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # and the service too
    wanted = asked.only.split(",")
    print("| measure | value | asked |\n|---|---|---|")
    with served() as service:
        warmed = service.load(bodies(reviews_of(100)), 8, total=100)
        assert warmed.counts == {200: 100}, warmed.counts
        if "throughput" in wanted:
            throughput(service, reviews_of(asked.reviews), asked.rounds)
        if "overload" in wanted:
            overload(service, asked.seconds, asked.rounds)
        if "departed" in wanted:
            departed(service)
        if "switch" in wanted:
            switches(service, asked.switches)
        if "soak" in wanted:
            soak(service, asked.soak)


def throughput(service: Served, reviews: list[Review], rounds: int) -> None:
    """Reviews a second over HTTP and by the library, in turns.

    The library is given as many reviews at once as the clients have in the house together, so that
    both can put equally many of one length into a pass of the model; and all of them at once.
    """
    miner = open_miner()
    miner.mine(reviews)
    cores = len(os.sched_getaffinity(0))
    for size, clients, asked in ((16, 5, "0.93"), (1, CLIENTS, "0.85")):
        rows = []
        for _ in range(rounds):
            wall, library = timed(miner, reviews, size * clients)
            seen = service.load(bodies(reviews, size), clients, total=-(-len(reviews) // size))
            assert set(seen.counts) <= {200, 429}, seen.counts
            alone = seen.seconds - seen.generator / cores
            _, whole = timed(miner, reviews, len(reviews))
            spent = seen.service
            rows.append((wall / alone, library / spent, whole / spent, seen.waited))
        clock, spent, whole, waited = (median(column) for column in zip(*rows, strict=True))
        name = f"HTTP, {size} a call, {clients} clients, over library"
        alike = f"{name} with {size * clients} at once"
        show(f"{alike}: by processor time", f"{spent:.2f}", asked)
        show(f"{alike}: by the clock, the load's share of it taken off", f"{clock:.2f}", asked)
        show(f"{name} with all {len(reviews)} at once: by processor time", f"{whole:.2f}", "")
        show(f"{name}: cores waited for", f"{waited:.2f}", "")


def timed(miner: Miner, reviews: list[Review], at_once: int) -> tuple[float, float]:
    """Seconds by the clock and of processor in which the library mines so many reviews at once."""
    began, spent = perf_counter(), process_time()
    for k in range(0, len(reviews), at_once):
        miner.mine(reviews[k : k + at_once])
    return perf_counter() - began, process_time() - spent


def overload(service: Served, seconds: float, rounds: int) -> None:
    """Ten times what the service can do, a tenth of the clients leaving; then calm again."""
    texts = bodies(reviews_of(2000))
    calm = {"seconds": seconds, "ramp": RAMP}
    rows: list[tuple[Answers, Answers, Answers]] = []
    inside = []
    for _ in range(rounds):
        before = service.load(texts, CLIENTS, **calm)
        peak = before.count(200) / seconds
        counted = service.inside(429)
        storm = service.load(
            texts, 10 * CLIENTS, **calm, leaving=0.1, again=CLIENTS / peak, patience=0.05
        )
        inside.append((counted, service.inside(429)))
        rows.append((before, storm, service.load(texts, CLIENTS, **calm)))
    first, storms, last = zip(*rows, strict=True)

    def over(which: tuple[Answers, ...], other: tuple[Answers, ...], of: str) -> str:
        values = {
            "reviews": [a.count(200) / b.count(200) for a, b in zip(which, other, strict=True)],
            "p99": [
                a.percentile(0.99, 200) / b.percentile(0.99, 200)
                for a, b in zip(which, other, strict=True)
            ],
            "spent": [
                (b.service / b.count(200)) / (a.service / a.count(200))
                for a, b in zip(which, other, strict=True)
            ],
        }[of]
        return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"

    offered = median(
        (len(s.rows) + s.left) / b.count(200) for s, b in zip(storms, first, strict=True)
    )
    show("offered load over peak", f"{offered:.1f}", "10")
    show("goodput during the overload, of peak", over(storms, first, "reviews"), "")
    show(f"goodput {RAMP:.0f} to {RAMP + seconds:.0f} s after, of peak",
         over(last, first, "reviews"), "0.95")  # fmt: skip
    show("reviews a second of processor after, of before", over(last, first, "spent"), "")
    show("accepted p99 over that at 64 clients", over(storms, first, "p99"), "2")
    for share in (0.5, 0.99):
        seen = median(s.percentile(share, 429) for s in storms) * 1e3
        own = median(quantile(*pair, share) for pair in inside) * 1e3
        show(f"refusals, ms, share {share}: client, inside", f"{seen:.1f}, {own:.1f}", "20")
    counts = storms[-1].counts, storms[-1].left, f"{storms[-1].waited:.2f}"
    show("of the last storm: answers by status, left, cores waited for", f"{counts}", "")
    load = median(s.generator / (s.generator + s.service) for s in storms)
    show("of the processor of storms what the load took, not the service", f"{load:.2f}", "")


def departed(service: Served, rounds: int = 25) -> None:
    """CPU after clients have left, over that of calls that were waited for.

    Four clients at a time leave 30 ms after they asked. What the service did for them until then
    was wanted, so that it is told apart.
    """
    calls = bodies(reviews_of(1600), 16)
    waited = service.load(calls, 4, total=len(calls))
    until = after = 0.0
    for k in range(rounds):
        before = running(service.pid)
        clients = [service.send(call) for call in calls[4 * k : 4 * k + 4]]
        sleep(0.03)
        left = running(service.pid)
        for client in clients:
            client.close()
        sleep(0.25)
        until += left - before
        after += running(service.pid) - left
    work = waited.service * 4 * rounds / len(calls)
    show("CPU of departed clients over that of their work", f"{after / work:.2f}", "0.1")
    show("the same until they left, 30 ms after they came", f"{until / work:.2f}", "")


def switches(service: Served, times: int) -> None:
    """Hot switches between two models under load: no error, no mixed answer, p99 as before."""
    texts = bodies(reviews_of(2000), 2)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        twin = twin_of(Path(folder) / "twin")
        paths = cycle((str(twin), str(shipped())))
        before = service.load(texts, 8, seconds=6, ramp=RAMP)
        pool = ending.enter_context(ThreadPoolExecutor(1))
        during = []
        statuses: list[int] = []
        while len(statuses) < times:
            load = pool.submit(service.load, texts, 8, seconds=10, ramp=RAMP, models=True)
            sleep(RAMP)
            while not load.done() and len(statuses) < times:
                statuses.append(service.ask("POST", "/v1/models", {"path": next(paths)})[0])
                sleep(PAUSE)
            during.append(load.result())
        after = service.load(texts, 8, seconds=6, ramp=RAMP)
        service.ask("POST", "/v1/models", {"path": str(shipped())})
    answers = sum(len(seen.rows) for seen in during)
    bad = sum(len(seen.rows) - seen.count(200) for seen in during)
    models = sorted({name for seen in during for name in seen.models})
    calm = median((before.percentile(0.99, 200), after.percentile(0.99, 200)))
    p99 = median(seen.percentile(0.99, 200) for seen in during) / calm
    show(f"p99 during {times} hot switches over before and after", f"{p99:.2f}", "1.2")
    show(f"errors in {answers} answers, of two versions", f"{bad}, {mixed(during)}", "0, 0")
    show("statuses of the switches, models that answered", f"{set(statuses)}, {models}", "")


def mixed(seen: list[Answers]) -> int:
    """Answers that name two models."""
    return sum(answers.mixed for answers in seen)


def twin_of(path: Path) -> Path:
    """A copy of the shipped bundle under another version."""
    bundle = Bundle.open(shipped())
    manifest = replace(bundle.manifest, version=f"{bundle.manifest.version}-twin")
    write_bundle(path, manifest, {name: bundle.path / name for name in bundle.manifest.files})
    return path


def soak(service: Served, total: int) -> None:
    """Memory after so many requests of mixed lengths, over that after the first of them."""
    texts = bodies(lengths())
    began = perf_counter()
    service.load(texts, CLIENTS, total=min(WARM, total))
    first = resident(service.pid)
    most, asked = first, min(WARM, total)
    while asked < total:
        count = min(WARM, total - asked)
        seen = service.load(texts, CLIENTS, total=count)
        assert set(seen.counts) <= {200, 429}, seen.counts
        asked += count
        most = max(most, resident(service.pid))
    last = resident(service.pid)
    minutes = (perf_counter() - began) / 60
    show(f"memory after {total:,} requests over that after {WARM:,}", f"{last / first:.3f}", "1.05")
    row = f"{first:.0f}, {most:.0f}, {last:.0f}; {minutes:.0f}"
    show("MiB after the first, at most between, at the end; minutes", row, "")


def lengths() -> list[Review]:
    """Reviews of 2 to 400 characters, nearly all of them short, no two alike."""
    words = "".join(review.text for review in reviews_of(120))
    sizes = [*(2, 3, 5, 8, 4, 12, 6, 20, 9, 7) * 9, 30, 15, 45, 25, 10, 80, 5, 3, 30, 400]
    return [
        Review(str(k), f"{words[k * 7 % 3000 :][: sizes[k % len(sizes)]]}{k}") for k in range(4999)
    ]


def reviews_of(count: int) -> list[Review]:
    """So many reviews, no two alike."""
    shown = list(read_reviews(assets() / "examples" / "reviews.csv"))
    return [
        Review(str(k), f"{shown[k % len(shown)].text} {k}" if k >= len(shown) else shown[k].text)
        for k in range(count)
    ]


def show(measure: str, value: str, asked: str) -> None:
    """A row of the table."""
    print(f"| {measure} | {value} | {asked} |", flush=True)


if __name__ == "__main__":
    main()
