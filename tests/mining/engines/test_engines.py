"""The contract of engines: threads here, workers of Ray, Python processes of Spark."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.mining.engines.jobs import (
    DEADLY,
    POISON,
    SOURCE,
    job,
    open_missing,
    open_touchy,
    wait,
)
from tests.mining.tiny import texts

import guandian
from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.files import read_mined
from guandian.mining.batching import LazyMiner, MiningEngine, Threads
from guandian.mining.engines.worker import Greeting, refuse_other
from guandian.mining.job import Watch
from guandian.mining.setting_aside import UNANSWERED
from guandian.pipelines.engines.mining_engines import MinerSource, engine_of

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
ROOT = Path(guandian.__file__).parents[2]
Make = Callable[..., MiningEngine]


def threads(source: Callable[[], LazyMiner] = SOURCE) -> MiningEngine:
    return Threads(source(), 2)


@pytest.fixture(scope="module")
def on_ray() -> Iterator[Make]:
    """Engines of one cluster of this machine, whose workers find the tests' miners."""
    if not find_spec("ray"):
        pytest.skip("the extra scale is not installed")
    from guandian.cluster.ray_cluster import connected
    from guandian.mining.engines.ray_engine import RayEngine

    before = dict(os.environ)
    places = (str(Path(__file__).parents[3]), str(ROOT / "src"), before.get("PYTHONPATH", ""))
    os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, places)), "RAY_worker_niceness": "0"}
    with connected():
        yield lambda source=SOURCE, model=None: RayEngine(source, model or open_touchy(), 2)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def on_spark() -> Iterator[Make]:
    """Engines of one Spark of this machine."""
    if not find_spec("pyspark") or not shutil.which("java"):
        pytest.skip(
            "the extra spark or Java is not there: pip install pyspark, apt install default-jre"
        )
    from pyspark.sql import SparkSession

    from guandian.mining.engines.spark_engine import SparkEngine

    before = dict(os.environ)
    places = (str(Path(__file__).parents[3]), str(ROOT / "src"), before.get("PYTHONPATH", ""))
    os.environ |= {
        "PYTHONPATH": os.pathsep.join(filter(None, places)),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    build: Any = SparkSession.builder
    session = (
        build.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.log.level", "OFF")
        .getOrCreate()
    )
    yield lambda source=SOURCE, model=None: SparkEngine(session, source, model or open_touchy(), 2)
    session.stop()
    os.environ.clear()
    os.environ.update(before)


ELSEWHERE = [pytest.param(name, marks=pytest.mark.slow) for name in ("on_ray", "on_spark")]


@pytest.fixture(params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest) -> Make:
    made: Make = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["threads", *ELSEWHERE])
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = threads if request.param == "threads" else request.getfixturevalue(request.param)
    return made


class Notes(Watch):
    """What was told, and Ctrl-C after so many chunks."""

    def __init__(self, stop_after: int = -1) -> None:
        self.notes: list[str] = []
        self.ids: list[str] = []
        self.opened_files: list[str] = []
        self._left = stop_after

    def opened(self, path: str, guess: object) -> None:
        self.opened_files.append(path)

    def noted(self, words: str) -> None:
        self.notes.append(words)

    def mined(self, reviews: Sequence[Review], mined: Sequence[Mined], *, earlier: bool) -> None:
        self.ids += [review.id for review in reviews]
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The output and the rejects of an undisturbed run of threads."""
    folder = tmp_path_factory.mktemp("whole")
    job(folder).run()
    return (folder / "out.jsonl").read_bytes(), (folder / "rejects.jsonl").read_bytes()


def test_an_engine_gives_the_bytes_counts_and_progress_of_threads(
    tmp_path: Path, make: Make, whole: tuple[bytes, bytes]
) -> None:
    watch = Notes()
    outcome = job(tmp_path, engine=make).run(watch)
    assert (tmp_path / "out.jsonl").read_bytes() == whole[0]
    assert (tmp_path / "rejects.jsonl").read_bytes().count(b"\n") == whole[1].count(b"\n") == 1
    counts = outcome.counts
    assert (counts.reviews, counts.rejected, outcome.fresh) == (430, 1, 430)
    assert watch.ids == [f"r{n}" for n in range(430)]
    assert len(watch.opened_files) == 1
    assert not (tmp_path / "out.jsonl.job").exists()
    again = job(tmp_path, mode="resume", engine=make).run()
    assert again.unchanged and again.counts == counts


def test_what_one_engine_left_another_goes_on_with(
    tmp_path: Path, make: Make, whole: tuple[bytes, bytes]
) -> None:
    for first, then in ((make, threads), (threads, make)):
        (tmp_path / "out.jsonl").unlink(missing_ok=True)
        with pytest.raises(KeyboardInterrupt):
            job(tmp_path, mode="overwrite", engine=first).run(Notes(2))
        assert (tmp_path / "out.jsonl.job").is_dir()
        outcome = job(tmp_path, mode="resume", engine=then).run()
        assert 0 < outcome.fresh <= 430 - 2 * 90
        assert (tmp_path / "out.jsonl").read_bytes() == whole[0]


def test_rows_that_end_their_workers_are_named_and_the_rest_goes_on(
    tmp_path: Path, elsewhere: Make
) -> None:
    before = job(tmp_path, rows=8)
    lines = ["id,text", *(f"r{number},{text}" for number, text in enumerate(texts(24)))]
    for number, words in ((7, DEADLY), (20, POISON), (21, POISON)):
        lines[1 + number] += words
    (tmp_path / "in.csv").write_text("\n".join(lines), encoding="utf-8")
    watch = Notes()
    outcome = replace(before, engine=elsewhere).run(watch)
    assert outcome.counts.reviews == 24
    mined = list(read_mined(tmp_path / "out.jsonl"))
    assert [review.id for review, _ in mined] == [f"r{n}" for n in range(24)]
    silent = [review.id for review, answer in mined if UNANSWERED in answer.warnings]
    assert silent == ["r7", "r20", "r21"]
    assert any("3 reviews" in note and "'r7', 'r20', 'r21'" in note for note in watch.notes)
    assert sum(len(answer.opinions) for _, answer in mined) == outcome.counts.opinions > 24


def test_what_the_owner_of_a_worker_can_repair_is_told(tmp_path: Path, elsewhere: Make) -> None:
    with pytest.raises(GuandianError, match="there is no bundle\n  bring it here"):
        job(tmp_path, engine=partial(elsewhere, open_missing)).run()
    other = partial(elsewhere, partial(open_touchy, 0.0, "other"))
    with pytest.raises(GuandianError, match="another model than this command"):
        job(tmp_path, engine=other).run()
    assert not (tmp_path / "out.jsonl").exists()


def test_another_version_on_a_worker_is_refused_with_what_installs_this_one() -> None:
    refuse_other(Greeting(guandian.__version__, "key", "host", 1), "key")
    repair = rf"pip install 'guandian\[scale\]=={guandian.__version__}'"
    with pytest.raises(GuandianError, match=f"worker on host has guandian 0.1, .*\n.*{repair}"):
        refuse_other(Greeting("0.1", "key", "host", 1), "key")


def test_the_second_of_two_jobs_on_one_output_is_refused(tmp_path: Path, make: Make) -> None:
    class Tries(Notes):
        def mined(self, *_: object, **__: object) -> None:
            with pytest.raises(GuandianError, match="another job is writing"):
                job(tmp_path, engine=make).run()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job(tmp_path, engine=make).run(Tries())


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(
    tmp_path: Path, on_ray: Make, whole: tuple[bytes, bytes]
) -> None:
    engine: Any = on_ray(partial(open_touchy, 0.2))
    done: list[object] = []
    thread = Thread(target=lambda: done.append(job(tmp_path, engine=lambda: engine).run()))
    thread.start()
    for _ in range(2):
        wait(180, engine.processes)
        os.kill(engine.processes()[0], signal.SIGKILL)
    thread.join(180)
    assert done
    assert (tmp_path / "out.jsonl").read_bytes() == whole[0]


@pytest.mark.slow
@pytest.mark.usefixtures("on_ray")
def test_three_kills_of_workers_and_drivers_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setenv("RAY_ADDRESS", ray.get_runtime_context().gcs_address)
    program = Path(__file__).parents[3] / "bench" / "kills.py"
    options = ["--kills", "3", "--rows", "240", "--seed", "4", "--folder", str(tmp_path / "kills")]
    ran = subprocess.run(
        [sys.executable, str(program), *options], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert sum(figures.pop("kills").values()) >= 3
    names = ("lost", "doubled", "other bytes", "folders left")
    assert [figures[name] for name in names] == [0, 0, 0, []]


@pytest.mark.slow
@pytest.mark.usefixtures("on_ray")
def test_a_model_in_python_mines_a_file_by_ray_as_it_does_here(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("\n".join(texts(30)), encoding="utf-8")
    opened = guandian.open(threads=1)
    here = opened.mine_file(tmp_path / "in.txt")
    there = opened.mine_file(tmp_path / "in.txt", engine="ray", workers=1)
    assert [review.to_dict() for review in there] == [review.to_dict() for review in here]


def test_an_engine_that_nobody_knows_is_refused() -> None:
    source = MinerSource()
    with pytest.raises(GuandianError, match="no engine 'spork'"):
        engine_of("spork", source, open_touchy())  # type: ignore[arg-type]


@pytest.mark.slow
def test_more_workers_than_cores_are_refused(tmp_path: Path, on_ray: Make) -> None:
    from guandian.mining.engines.ray_engine import RayEngine

    with pytest.raises(GuandianError, match=r"9999 workers .*\n.*say --workers"):
        job(tmp_path, engine=lambda: RayEngine(SOURCE, open_touchy(), 9999)).run()
