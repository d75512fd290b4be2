"""Kills at random while `guandian mine --engine ray` runs: what is lost, doubled or changed.

    python bench/kills.py --kills 50 --rows 2400 --seed 1 --folder FOLDER

Each kill is of a worker (SIGKILL), of the driver (SIGKILL), or of the driver within a rename. A
driver that is dead goes on as by --resume, until the output is there; then the next round
begins on an output of its own, until so many kills were made. Every output is compared with that of
one undisturbed run by threads, byte for byte. Ray runs on this machine alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import ray

from guandian.cluster.ray_cluster import connected

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("worker", "driver", "rename")
DRIVER = """
import os, sys
from pathlib import Path

left = int(os.environ["DIE_AT_RENAME"])


def watch(event, arguments):
    global left
    if event == "os.rename" and ".job" in str(arguments):
        left -= 1
        if left == 0:
            os._exit(9)


if left:
    sys.addaudithook(watch)
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job
from guandian.pipelines.engines.mining_engines import MinerSource, engine_of

out, mode, workers = sys.argv[1:]
source = MinerSource()
model = source.opened()
engine = engine_of("ray", source, model, int(workers)) if int(workers) else None
Job(Inputs(("in.csv",)), Path(out), model, mode=mode, workers=2, rows=60, engine=engine).run()
"""
"""A driver, with chunks small enough that a run has many renames; Ray for one worker or more."""


def made_reviews(path: Path, rows: int, seed: int) -> None:
    """Write reviews put together of clauses, no text of anybody."""
    rng = random.Random(seed)
    clauses = (
        "屏幕很清晰😀", "电池不耐用", "系统卡顿", "很划算", "快递昨天到的", "做工粗糙",
        "the screen is gorgeous", "the hinge feels flimsy 🙃", "bought it for my sister",
    )  # fmt: skip
    lines = ["id,text"]
    lines += [
        f'r{n},"{"，".join(rng.choices(clauses, k=rng.randint(1, 4)))} {n}"' for n in range(rows)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def begin(
    folder: Path, out: str, mode: str, count: int, rename: int = 0
) -> subprocess.Popen[bytes]:
    """Start a driver; it ends itself within its `rename`-th rename, where that is not 0."""
    env = os.environ | {"DIE_AT_RENAME": str(rename)}
    command = [sys.executable, "-c", DRIVER, out, mode, str(count)]
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)


def workers() -> list[psutil.Process]:
    """Ray's processes that mine now, on this machine."""
    return [
        p
        for p in psutil.process_iter(["cmdline"])
        if "ray::MiningWorker" in " ".join(p.info["cmdline"] or ())
    ]


class Round:
    """One output, from its first driver to the end.

    Args:
        folder: with the input.
        out: the output's name.
        rng: chooses who dies and when.
    """

    def __init__(self, folder: Path, out: str, rng: random.Random, kills: Counter[str]) -> None:
        self.folder, self.out, self.rng, self.kills = folder, out, rng, kills
        self.resumes = 0

    def run(self, left: int, count: int) -> int:
        """Go on until the output is there; how many kills were made."""
        made, mode = 0, "new"
        while True:
            kind = self.rng.choice(KINDS) if made < left else ""
            rename = self.rng.randint(1, 14) if kind == "rename" else 0
            driver = begin(self.folder, self.out, mode, count, rename)
            if kind in ("worker", "driver"):
                made += self._kill(kind, driver)
            code = driver.wait()
            if code == 9 and kind == "rename":
                made += 1
                self.kills[kind] += 1
            if code == 0:
                return made
            if code not in (9, -9):
                raise SystemExit(f"driver ended with {code}: see {self.folder / 'log.txt'}")
            self.resumes += 1
            mode = "resume"

    def _kill(self, kind: str, driver: subprocess.Popen[bytes]) -> int:
        """Wait for a worker that mines, then for a random while, and kill."""
        while driver.poll() is None and not workers():
            time.sleep(0.1)
        until = time.monotonic() + self.rng.uniform(0, SPAN)
        while driver.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        if driver.poll() is not None:
            return 0
        if kind == "driver":
            driver.kill()
        else:
            living = workers()
            if not living:
                return 0
            with suppress(psutil.NoSuchProcess):
                self.rng.choice(living).send_signal(signal.SIGKILL)
        self.kills[kind] += 1
        return 1


SPAN = 6.0
"""Seconds, after the first worker is there, within which a kill falls."""


def main() -> None:
    """Kill, go on, compare; a line of JSON after each output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rows", type=int, default=2400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    folder, rng = options.folder.resolve(), random.Random(options.seed)
    folder.mkdir(parents=True)
    made_reviews(folder / "in.csv", options.rows, options.seed)
    if begin(folder, "whole.jsonl", "new", 0).wait():
        raise SystemExit(f"see {folder / 'log.txt'}")
    want = (folder / "whole.jsonl").read_bytes()
    with connected() as _:
        os.environ["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address
        disturb(folder, rng, want, options)


def disturb(folder: Path, rng: random.Random, want: bytes, options: argparse.Namespace) -> None:
    """Make the kills, output after output."""
    ids = [json.loads(line)["id"] for line in want.splitlines()]
    kills, rounds, resumes, lost, doubled, other = Counter[str](), 0, 0, 0, 0, 0
    while kills.total() < options.kills:
        turn = Round(folder, f"out{rounds}.jsonl", rng, kills)
        turn.run(options.kills - kills.total(), options.workers)
        content = (folder / turn.out).read_bytes()
        found = Counter(json.loads(line)["id"] for line in content.splitlines())
        lost += sum(name not in found for name in ids)
        doubled += sum(number - 1 for number in found.values())
        other += content != want
        rounds, resumes = rounds + 1, resumes + turn.resumes
        left = sorted(path.name for path in folder.glob("*.job"))
        print(json.dumps({
            "kills": dict(kills), "outputs": rounds, "resumes": resumes, "lost": lost,
            "doubled": doubled, "other bytes": other, "folders left": left,
        }), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
