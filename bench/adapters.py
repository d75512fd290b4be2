"""A thousand tenants' adapters beside one base: `python bench/adapters.py [--tenants 1000]`.

Real files of random small bottlenecks (rank 16 behind all five maps), a key for each tenant, two
services over loopback in turns: one without adapters, one with a folder of them. Prints Markdown
rows: sizes, memory, the ratio of medians by the clock, and of processor seconds a pass in this
process, for batches in which every row brings an adapter of its own. Others share the machine: the
clock's ratios are medians of rounds in turns. What it starts it ends.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

import numpy as np
from service_run import Served, bodies, resident, served

from guandian.assets import assets
from guandian.bundle import Bundle, shipped
from guandian.bundle.adapter import Detour, TenantAdapter, base_digest, read_adapter
from guandian.domain import Review
from guandian.engine import Engine
from guandian.engine.adapted_network import AdapterPlace
from guandian.files import read_reviews
from guandian.store.records import KeyTerms, Records, Scope

SHAPES = ((1, 16), (1, 40), (1, 120), (8, 16), (8, 40))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--calls", type=int, default=120)
    asked = parser.parse_args()
    base = Bundle.open(shipped())
    engine = Engine.open(base, threads=1, adapters=True)
    print("| measure | value | wanted |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "adapters"
        folder.mkdir()
        names = [f"t{k:04}" for k in range(asked.tenants)]
        for k, tenant in enumerate(names):
            made_up(base, engine.places, asked.rank, k).write(folder / f"{tenant}.safetensors")
        sizes = [path.stat().st_size for path in folder.iterdir()]
        show("adapters, bytes of the largest", f"{len(sizes):,}, {max(sizes):,}", "1 MB")
        began = perf_counter()
        several = [read_adapter(path) for path in sorted(folder.iterdir())[:50]]
        show("to read and check one, ms", f"{(perf_counter() - began) / 50 * 1e3:.2f}", "")
        passes(base, engine, several)
        beside(Path(name), folder, names, asked.rounds, asked.calls)


def made_up(base: Bundle, places: tuple[AdapterPlace, ...], rank: int, seed: int) -> TenantAdapter:
    """An adapter of random small numbers."""
    dice = np.random.default_rng(seed)

    def small(*shape: int) -> np.ndarray:  # type: ignore[type-arg]
        return dice.normal(size=shape, scale=0.02).astype(np.float32)

    detours = {
        place.name: Detour(small(place.width, rank), small(rank), small(rank, place.width))
        for place in places
    }
    return TenantAdapter(f"t{seed}", "1.0.0", base_digest(base), base.manifest.id, detours)


def passes(base: Bundle, engine: Engine, adapters: list[TenantAdapter]) -> None:
    """Processor seconds of a pass with an adapter a row, over those without any."""
    plain = Engine.open(base, threads=1)
    dice = np.random.default_rng(0)
    for rows, length in SHAPES:
        ids = dice.integers(5, 30_000, (rows, length))
        spent: dict[str, list[float]] = {"plain": [], "bare": [], "own": []}
        for turn in range(40):
            own = [adapters[(turn + row) % len(adapters)] for row in range(rows)]
            for name, used, brought in (
                ("plain", plain, []),
                ("bare", engine, []),
                ("own", engine, own),
            ):
                began = thread_time()
                used.run(ids, brought)
                spent[name].append(thread_time() - began)
        seconds = {name: median(values) for name, values in spent.items()}
        row = ", ".join(f"{seconds[name] / seconds['plain']:.3f}" for name in ("bare", "own"))
        show(
            f"processor of a pass, {rows} x {length} tokens ({seconds['plain'] * 1e3:.1f} ms): "
            "room for adapters; one a row",
            row,
            "1.05",
        )


def beside(home: Path, folder: Path, names: list[str], rounds: int, calls: int) -> None:
    """The service with adapters over the one without, in turns."""
    shown = list(read_reviews(assets() / "examples" / "reviews.csv"))
    texts = bodies([Review(str(k), f"{shown[k % len(shown)].text} {k}") for k in range(len(names))])
    with (
        running(home / "plain", names) as (plain, keys),
        running(home / "own", names, "--adapters", str(folder)) as (own, own_keys),
    ):
        before = resident(own.pid)
        own.load(texts, 8, total=len(texts), keys=own_keys)
        plain.load(texts, 8, total=len(texts), keys=keys)
        show(
            f"MiB of the service before and after {len(names):,} tenants called; without adapters",
            f"{before:.0f}, {resident(own.pid):.0f}; {resident(plain.pid):.0f}",
            "",
        )
        for clients in (1, 8):
            ratios, spent, seen = [], [], []
            for turn in range(rounds):
                part = slice(turn * calls % len(texts), turn * calls % len(texts) + calls)
                pair = [
                    service.load(texts[part], clients, total=calls, keys=held[part], models=True)
                    for service, held in ((plain, keys), (own, own_keys))
                ]
                first, second = (answers.percentile(0.5, 200) for answers in pair)
                ratios.append(second / first)
                spent.append(pair[1].service / max(pair[0].service, 1e-9))
                seen.append((first, second, len(pair[1].models)))
            low, high = min(ratios), max(ratios)
            show(
                f"p50 with adapters over without, {clients} clients, {rounds} rounds of {calls} "
                "calls, every call another tenant's: by the clock; by processor",
                f"{median(ratios):.3f} ({low:.2f} to {high:.2f}); {median(spent):.3f}",
                "1.05",
            )
            plain_ms, own_ms = (median(row[k] for row in seen) * 1e3 for k in (0, 1))
            show("the same in ms; adapters that answered in a round",
                 f"{plain_ms:.1f}, {own_ms:.1f}; {min(row[2] for row in seen)}", "")  # fmt: skip


@contextmanager
def running(data: Path, names: list[str], *options: str) -> Iterator[tuple[Served, list[str]]]:
    """A service over a folder with a key for each tenant."""
    data.mkdir()
    records = Records.open(data, None)
    terms = KeyTerms("bench", (Scope.MINE,))
    keys = [records.keys.create(tenant, terms, "bench")[1] for tenant in names]
    records.close()
    with served("--threads", "1", *options, data=data, key=keys[0]) as service:
        yield service, keys


def show(measure: str, value: str, wanted: str) -> None:
    """A row of the table."""
    print(f"| {measure} | {value} | {wanted} |", flush=True)


if __name__ == "__main__":
    main()
