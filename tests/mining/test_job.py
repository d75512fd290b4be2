from __future__ import annotations

import csv
import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from guandian.domain import Mined, Review
from guandian.errors import BadRow, GuandianError
from guandian.files import ColumnChoice, ColumnGuess, Layout, read_mined
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job, Watch
from guandian.mining.job_folder import WorkFolder, clear_up, folder_of

from .tiny import TinyMiner, model, texts, write_csv


def job(folder: Path, **changes: object) -> Job:
    """Seven chunks of a file with repeated texts, by a miner that betrays other batches."""
    if not (folder / "in.csv").exists():
        write_csv(folder / "in.csv", 62)
    made = Job(
        Inputs((str(folder / "in.csv"),)),
        folder / "out.jsonl",
        model(TinyMiner(restless=True)),
        workers=2,
        rows=9,
    )
    return replace(made, **changes)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    job(folder).run()
    return (folder / "out.jsonl").read_bytes()


def test_every_review_is_in_the_output_in_order(tmp_path: Path) -> None:
    done = job(tmp_path).run()
    mined = list(read_mined(tmp_path / "out.jsonl"))
    assert [review.id for review, _ in mined] == [f"r{n}" for n in range(62)]
    assert [review.text for review, _ in mined] == list(texts(62))
    assert mined[5][0].extra == {"city": "杭州5"}
    counts = done.counts
    assert (counts.reviews, counts.rejected, done.fresh, done.unchanged) == (62, 0, 62, False)
    assert counts.opinions == sum(len(found.opinions) for _, found in mined) > 62
    assert counts.warnings == sum(len(found.warnings) for _, found in mined) > 0
    assert left(tmp_path) == ["in.csv", "out.jsonl", "out.jsonl.job.json"]


def test_equal_texts_are_computed_once(tmp_path: Path) -> None:
    miner = TinyMiner()
    write_csv(tmp_path / "in.csv", 300)
    done = job(tmp_path, model=model(miner)).run()
    assert sorted(miner.asked) == sorted(set(texts(300)))
    assert done.counts.recalled == 300 - len(set(texts(300))) > 0
    mined = {review.text: found for review, found in read_mined(tmp_path / "out.jsonl")}
    for review, found in read_mined(tmp_path / "out.jsonl"):
        assert replace(found, review_id="") == replace(mined[review.text], review_id="")


def test_answers_do_not_depend_on_order(tmp_path: Path) -> None:
    rows = [f"{text}\n" for text in texts(200, distinct=True)]
    seen = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        (tmp_path / "in.txt").write_text("".join(rows), encoding="utf-8")
        inputs = Inputs((str(tmp_path / "in.txt"),))
        job(tmp_path, inputs=inputs, mode="overwrite", model=model()).run()
        mined = read_mined(tmp_path / "out.jsonl")
        seen.append({review.text: replace(found, review_id="") for review, found in mined})
    assert len(seen[0]) == 200
    assert seen[0] == seen[1] == seen[2]


class Dies:
    """Ends the process without a word at the `moment`-th event about a file in `folder`."""

    def __init__(self, folder: Path, moment: int, events: tuple[str, ...]) -> None:
        self._folder, self._left, self._events = str(folder), moment, events

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event.partition(".")[0] in self._events or event in self._events:
            self._left -= self._folder in str(args[:1])
            if not self._left:
                os._exit(9)


def run_and_die(job: Job, moment: int, *events: str) -> bool:
    """Run in a child process; whether it died."""
    child = os.fork()
    if child == 0:
        sys.addaudithook(Dies(job.out.parent, moment, events or ("open", "os", "shutil")))
        try:
            job.run()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def leave_chunks(job: Job, number: int) -> list[Path]:
    """Let a run die that has finished `number` chunks."""
    assert run_and_die(job, number + 2, "os.rename")
    chunks = sorted(job.out.with_name(f"{job.out.name}.job").glob("*.jsonl"))
    assert len(chunks) == number
    return chunks


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet", "out.bio"])
def test_killed_anywhere_and_resumed_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    (tmp_path / "whole").mkdir()
    job(tmp_path / "whole", out=tmp_path / "whole" / name, rows=25).run()
    want = (tmp_path / "whole" / name).read_bytes()
    for moment in range(1, 1000, 1 if name == "out.jsonl" else 7):
        folder = tmp_path / str(moment)
        folder.mkdir()
        one = job(folder, out=folder / name, rows=25)
        died = run_and_die(one, moment)
        done = replace(one, mode="resume").run()
        assert (folder / name).read_bytes() == want
        assert left(folder) == ["in.csv", name, f"{name}.job.json"]
        assert done.counts.reviews == 62
        if not died:
            assert done.unchanged
            break
    assert moment > 30


def test_finished_chunks_are_not_computed_again(tmp_path: Path, whole: bytes) -> None:
    class Stops(TinyMiner):
        def mine(self, reviews: object) -> list[Mined]:
            if len(self.asked) > 30:
                raise KeyboardInterrupt
            return super().mine(reviews)  # type: ignore[arg-type]

    class Keeps(Watch):
        folder: Path | None = None

        def kept(self, folder: Path) -> None:
            self.folder = folder

    stopping, going, watch = Stops(restless=True), TinyMiner(restless=True), Keeps()
    with pytest.raises(KeyboardInterrupt):
        job(tmp_path, model=model(stopping)).run(watch)
    assert watch.folder == tmp_path / "out.jsonl.job"
    assert left(tmp_path) == ["in.csv", "out.jsonl.job"]
    finished = {
        review.text for path in watch.folder.glob("*.jsonl") for review, _ in read_mined(path)
    }
    assert finished
    done = job(tmp_path, model=model(going), mode="resume").run()
    assert not finished & set(going.asked)
    assert done.fresh < 62
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_damaged_chunk_is_computed_again(tmp_path: Path, whole: bytes) -> None:
    chunks = leave_chunks(job(tmp_path), 4)
    chunks[0].write_bytes(chunks[0].read_bytes()[:-40])
    chunks[1].write_bytes(b"".join(chunks[1].read_bytes().splitlines(True)[:-1]))
    job(tmp_path, mode="resume").run()
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_changed_row_costs_its_chunk_alone(tmp_path: Path) -> None:
    leave_chunks(job(tmp_path), 4)
    text = (tmp_path / "in.csv").read_text("utf-8").replace("r2,", "r2x,")
    (tmp_path / "in.csv").write_text(text, "utf-8")
    assert job(tmp_path, mode="resume").run().fresh == 62 - 3 * 9
    assert [r.id for r, _ in read_mined(tmp_path / "out.jsonl")][:4] == ["r0", "r1", "r2x", "r3"]


def test_chunks_of_another_input_are_not_dropped_by_resuming(tmp_path: Path, whole: bytes) -> None:
    chunks = leave_chunks(job(tmp_path), 4)
    write_csv(tmp_path / "other.csv", 20)
    text = (tmp_path / "other.csv").read_text("utf-8").replace("r", "x")
    (tmp_path / "other.csv").write_text(text, "utf-8")
    inputs = Inputs((str(tmp_path / "other.csv"),), ColumnChoice(text="text"))
    with pytest.raises(GuandianError, match=r"none of the 4 chunks .*\n.*--overwrite"):
        replace(job(tmp_path, mode="resume"), inputs=inputs).run()
    assert all(chunk.exists() for chunk in chunks)
    assert job(tmp_path, mode="resume").run().fresh == 62 - 4 * 9
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_by_another_model_chunks_are_made_anew(tmp_path: Path) -> None:
    leave_chunks(job(tmp_path), 4)
    assert replace(job(tmp_path, mode="resume"), model=model(key="other")).run().fresh == 62


class Untouched(TinyMiner):
    def mine(self, reviews: object) -> list[Mined]:
        raise AssertionError("a finished job was mined again")


def test_a_finished_job_is_not_done_again(tmp_path: Path) -> None:
    first = job(tmp_path).run()
    before = (tmp_path / "out.jsonl").stat()
    again = job(tmp_path, mode="resume", model=model(Untouched())).run()
    assert again.unchanged and again.counts == first.counts
    assert (tmp_path / "out.jsonl").stat().st_mtime_ns == before.st_mtime_ns
    assert left(tmp_path) == ["in.csv", "out.jsonl", "out.jsonl.job.json"]


def test_an_input_may_be_named_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = job(tmp_path).run()
    again = job(tmp_path, mode="resume", model=model(Untouched()))
    monkeypatch.chdir(tmp_path)
    assert replace(again, inputs=replace(again.inputs, paths=("in.csv",))).run() == replace(
        first, fresh=0, unchanged=True
    )


@pytest.mark.parametrize("what", ["input", "output", "model", "options", "version", "record"])
def test_another_job_is_not_taken_for_finished(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(tmp_path).run()
    other = job(tmp_path, mode="resume")
    if what == "input":
        text = (tmp_path / "in.csv").read_text("utf-8")
        (tmp_path / "in.csv").write_text(text.replace("r7", "r8"), "utf-8")
    elif what == "output":
        with (tmp_path / "out.jsonl").open("ab") as file:
            file.write(b"\n")
    elif what == "model":
        other = replace(other, model=model(key="other"))
    elif what == "options":
        other = replace(other, inputs=replace(other.inputs, limit=60))
    elif what == "version":
        monkeypatch.setattr("guandian.__version__", "9.9")
    else:
        record = tmp_path / "out.jsonl.job.json"
        record.write_text(json.dumps(json.loads(record.read_text("utf-8")) | {"counts": {"n": 1}}))
    before = (tmp_path / "out.jsonl").read_bytes()
    with pytest.raises(GuandianError, match="not what this command makes") as caught:
        other.run()
    assert "--overwrite" in caught.value.repair
    assert (tmp_path / "out.jsonl").read_bytes() == before
    assert not (tmp_path / "out.jsonl.job").exists()


def test_an_input_that_changes_while_it_is_read_leaves_no_record(tmp_path: Path) -> None:
    class Writes(Watch):
        def mined(self, reviews: object, mined: object, *, earlier: bool) -> None:
            with (tmp_path / "in.csv").open("a", encoding="utf-8") as file:
                file.write("new,屏幕很清晰,杭州\n")

    job(tmp_path).run(Writes())
    assert left(tmp_path) == ["in.csv", "out.jsonl"]


def test_outputs_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("theirs")
    for mode in ("new", "resume"):
        with pytest.raises(GuandianError, match="--overwrite"):
            job(tmp_path, mode=mode).run()
        assert (tmp_path / "out.jsonl").read_text() == "theirs"
        assert left(tmp_path) == ["in.csv", "out.jsonl"]
    job(tmp_path, mode="overwrite").run()
    assert len(list(read_mined(tmp_path / "out.jsonl"))) == 62


def test_an_unfinished_job_is_not_thrown_away_silently(tmp_path: Path, whole: bytes) -> None:
    leave_chunks(job(tmp_path), 4)
    with pytest.raises(
        GuandianError, match=r"unfinished job lies in .*out\.jsonl\.job\n.*--resume"
    ):
        job(tmp_path).run()
    done = job(tmp_path, mode="overwrite").run()
    assert done.fresh == 62
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_an_overwriting_job_that_was_killed_may_still_overwrite(
    tmp_path: Path, whole: bytes
) -> None:
    (tmp_path / "out.jsonl").write_text("the earlier output")
    leave_chunks(job(tmp_path, mode="overwrite"), 4)
    assert (tmp_path / "out.jsonl").read_text() == "the earlier output"
    job(tmp_path, mode="resume").run()
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_an_output_that_appears_meanwhile_is_kept(tmp_path: Path, whole: bytes) -> None:
    class Appears(Watch):
        def mined(self, reviews: object, mined: object, *, earlier: bool) -> None:
            (tmp_path / "out.jsonl").write_text("theirs")

    with pytest.raises(GuandianError, match="already exists"):
        job(tmp_path).run(Appears())
    with pytest.raises(GuandianError, match="--overwrite"):
        job(tmp_path, mode="resume").run()
    assert (tmp_path / "out.jsonl").read_text() == "theirs"
    (tmp_path / "out.jsonl").unlink()
    assert job(tmp_path, mode="resume").run().fresh == 0
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_two_jobs_on_one_output(tmp_path: Path) -> None:
    class Second(Watch):
        tried = False

        def mined(self, reviews: object, mined: object, *, earlier: bool) -> None:
            self.tried = True
            for mode in ("new", "resume", "overwrite"):
                with pytest.raises(GuandianError, match=f"another job .*: process {os.getpid()}\n"):
                    job(tmp_path, mode=mode).run()

    watch = Second()
    job(tmp_path).run(watch)
    assert watch.tried
    assert left(tmp_path) == ["in.csv", "out.jsonl", "out.jsonl.job.json"]


def test_bad_rows_stop_or_go_to_the_rejects(tmp_path: Path) -> None:
    write_csv(tmp_path / "in.csv", 40)
    with (tmp_path / "in.csv").open("a", encoding="utf-8") as file:
        file.write("r40,屏幕很清晰,杭州,too many\nr41,,杭州\nr42,电池不耐用😀,杭州\n")
    with pytest.raises(BadRow, match=r"in\.csv, line 42: 4 cells"):
        job(tmp_path).run()
    skipping = Inputs((str(tmp_path / "in.csv"),), on_error="skip")
    rejects = tmp_path / "rejects.jsonl"
    one = job(tmp_path, inputs=skipping, rejects=rejects, mode="resume")
    done = one.run()
    assert (done.counts.reviews, done.counts.rejected, done.fresh) == (41, 1, 5)
    lines = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert [(line["line"], line["column"]) for line in lines] == [(42, "")]
    assert one.run().unchanged
    rejects.unlink()
    with pytest.raises(GuandianError, match="not what this command makes"):
        one.run()


def test_rejects_of_an_earlier_run_do_not_outlive_it(tmp_path: Path) -> None:
    (tmp_path / "rejects.jsonl").write_text("{}\n")
    one = job(tmp_path, rejects=tmp_path / "rejects.jsonl")
    with pytest.raises(GuandianError, match=r"rejects\.jsonl already exists"):
        one.run()
    (tmp_path / "rejects.jsonl").unlink()
    whole = (tmp_path / "in.csv").read_text(encoding="utf-8")
    with (tmp_path / "in.csv").open("a", encoding="utf-8") as file:
        file.write("x,y,z,1,2,3\n")
    skip = Inputs((str(tmp_path / "in.csv"),), on_error="skip")
    replace(one, inputs=skip).run()
    assert (tmp_path / "rejects.jsonl").exists()
    (tmp_path / "in.csv").write_text(whole, encoding="utf-8")
    replace(one, mode="overwrite").run()
    assert left(tmp_path) == ["in.csv", "out.jsonl", "out.jsonl.job.json"]


@pytest.mark.parametrize("mode", ["new", "resume", "overwrite"])
@pytest.mark.parametrize(
    "theirs",
    [
        "out.jsonl.job/notes.txt",
        "out.jsonl.job/job.json",
        "out.jsonl.job/a/b",
        "out.jsonl.job.json",
    ],
)
def test_what_is_not_a_jobs_stays(tmp_path: Path, mode: str, theirs: str) -> None:
    """A folder or a file that somebody else gave the name that a job gives its own."""
    asked, file = job(tmp_path, mode=mode), tmp_path / theirs
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"mine": "😀"}', "utf-8")
    with pytest.raises(GuandianError, match=r"is not the (folder|record) of a job") as caught:
        asked.run()
    assert file.read_text("utf-8") == '{"mine": "😀"}'
    assert not (tmp_path / "out.jsonl").exists()
    assert "-o" in caught.value.repair


@pytest.mark.parametrize("left_by", ["nobody", "a kill before the state", "a kill of a write"])
def test_a_folder_that_a_job_left_is_used(tmp_path: Path, left_by: str) -> None:
    folder = tmp_path / "out.jsonl.job"
    folder.mkdir()
    if left_by != "nobody":
        (folder / "lock").touch()
    if left_by == "a kill of a write":
        (folder / f".guandian-{'0a' * 8}.partial").write_text("{")
    job(tmp_path).run()
    assert left(tmp_path) == ["in.csv", "out.jsonl", "out.jsonl.job.json"]


def test_a_file_that_somebody_puts_into_a_jobs_folder_stays(tmp_path: Path) -> None:
    class Writes(Watch):
        def mined(self, reviews: object, mined: object, *, earlier: bool) -> None:
            (tmp_path / "out.jsonl.job" / "notes.txt").write_text("mine")

    job(tmp_path).run(Writes())
    assert left(tmp_path / "out.jsonl.job") == ["notes.txt"]
    assert len(list(read_mined(tmp_path / "out.jsonl"))) == 62


def test_files_of_a_job_that_are_read_are_refused(tmp_path: Path) -> None:
    """An input that has the name of the record, or lies in the folder, that the job would write."""
    first = job(tmp_path)
    first.run()
    mined = Inputs((str(tmp_path / "out.jsonl"),))
    for place in ("again.jsonl.job.json", "again.jsonl.job/in.csv"):
        given = tmp_path / place
        given.parent.mkdir(exist_ok=True)
        given.write_bytes((tmp_path / "out.jsonl").read_bytes())
        asked = job(
            tmp_path,
            inputs=replace(mined, paths=(str(given),), layout=Layout(format="jsonl")),
            out=tmp_path / "again.jsonl",
            mode="overwrite",
        )
        with pytest.raises(GuandianError, match=r"read and written|read by this command"):
            asked.run()
        assert given.read_bytes() == (tmp_path / "out.jsonl").read_bytes()


def test_no_output_is_an_input(tmp_path: Path) -> None:
    job(tmp_path)
    for changes in ({"out": tmp_path / "in.csv"}, {"rejects": tmp_path / "." / "in.csv"}):
        with pytest.raises(GuandianError, match=r"in\.csv would be read and written"):
            job(tmp_path, mode="overwrite", **changes).run()
    with pytest.raises(GuandianError, match="written twice"):
        job(tmp_path, rejects=tmp_path / "out.jsonl").run()
    assert (tmp_path / "in.csv").read_text("utf-8").startswith("id,text")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.jsonl", b"\n\n", "is empty"),
        ("numbers.csv", b"a,b\n1,2\n", "no column looks like the text"),
        ("binary.csv", bytes(range(32)) * 400, "is binary"),
        ("book.csv", b"PK\x03\x04....", r"Excel workbook or a zip"),
        ("other.csv", "text\ncafé déjà vu, très bien".encode("latin-1"), "neither UTF-8 nor GB"),
        ("nul.csv", "text\n屏幕\0很清晰😀\n".encode(), r"line 2, column text: a NUL character"),
        ("lone.jsonl", b'{"text": "\\ud83d good"}\n', r"line 1, column text: a lone surrogate"),
        ("missing.csv", None, "there is no file"),
        ("what.doc", b"text", r"a document that ends in \.doc is not read"),
        (".", None, "is a folder, not a file"),
        ("/dev/zero", None, "no format goes by the ending"),  # without an end to be read to
    ],
)  # fmt: skip
def test_bad_files_are_told_and_leave_nothing(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = left(tmp_path)
    inputs = Inputs((str(tmp_path / name),))
    with pytest.raises(GuandianError, match=words):
        job(tmp_path, inputs=inputs, model=model(Untouched())).run()
    assert left(tmp_path) == sorted([*before, "in.csv"])


@pytest.mark.slow
def test_strange_reviews_are_mined(tmp_path: Path) -> None:
    strange = [
        "😀" * 10_000, "。。。！！？？", "שלום, המסך נהדר", "x",
        "今天下雨了，" * 170_000 + "屏幕很清晰😀",
        "\u200b\u200d好", "é́́́́́́́" * 200, "<b>屏幕</b>&nbsp;很清晰", "=1+1", "\u202eabc",
    ]  # fmt: skip
    lines = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(strange)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = job(tmp_path, inputs=Inputs((str(tmp_path / "in.jsonl"),)), rows=2000).run()
    assert [review.text for review, _ in read_mined(tmp_path / "out.jsonl")] == strange
    assert done.counts.opinions == 2


def test_several_files_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("屏幕很清晰😀\n电池不耐用\n", "utf-8")
    Path("b.jsonl").write_text('{"id": "own", "text": "很划算"}\n{"text": "好"}\n', "utf-8")
    opened: list[tuple[str, dict[str, str]]] = []

    class Opens(Watch):
        def opened(self, path: str, guess: ColumnGuess) -> None:
            opened.append((path, guess.columns))

    job(tmp_path, inputs=Inputs(("a.txt", "b.jsonl"))).run(Opens())
    reviews = [review for review, _ in read_mined("out.jsonl")]
    assert [review.id for review in reviews] == ["a.txt:1", "a.txt:2", "own", "b.jsonl:2"]
    assert opened == [("a.txt", {"text": "text"}), ("b.jsonl", {"text": "text", "id": "id"})]
    with Path("a.txt").open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        done = job(tmp_path, inputs=Inputs(("-",)), mode="overwrite").run()
    assert done.counts.reviews == 2
    assert left(tmp_path) == ["a.txt", "b.jsonl", "in.csv", "out.jsonl"]


def test_file_names_that_are_not_unicode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "\udcc6\udcc0.txt"  # as a system keeps names that were written in GBK
    try:
        Path(name).write_text("屏幕很清晰😀\n", "utf-8")
    except OSError:
        pytest.skip("a system whose names are always Unicode")
    Path("\udcc6\udcc1.txt").write_text("电池不耐用\n", "utf-8")
    for paths in ((name,), (name, "\udcc6\udcc1.txt")):
        job(tmp_path, inputs=Inputs(paths), mode="overwrite").run()
        done = job(tmp_path, inputs=Inputs(paths), mode="resume").run()
        assert done.unchanged
    assert [review.id for review, _ in read_mined("out.jsonl")] == ["??.txt:1", "??.txt:1"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with named pipes")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    feeding = Thread(target=pipe.write_text, args=("屏幕很清晰😀\n", "utf-8"))
    feeding.start()
    done = job(tmp_path, inputs=Inputs((str(pipe),))).run()
    feeding.join()
    assert done.counts.reviews == 1 and not (tmp_path / "out.jsonl.job.json").exists()


def test_limit_and_encoding(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes("屏幕很清晰😀\n電池不耐用\n很划算\n".encode("utf-16-le"))
    inputs = Inputs((str(tmp_path / "in.txt"),), layout=Layout(encoding="utf-16-le"), limit=2)
    done = job(tmp_path, inputs=inputs).run()
    assert [review.text for review, _ in read_mined(tmp_path / "out.jsonl")] == [
        "屏幕很清晰😀", "電池不耐用",
    ]  # fmt: skip
    assert done.counts.reviews == 2


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet"])
def test_tables_hold_what_the_lines_hold(tmp_path: Path, ending: str) -> None:
    from guandian.files import join_chunks

    job(tmp_path).run()
    job(tmp_path, out=tmp_path / f"out.{ending}").run()
    names = job(tmp_path).model.names
    join_chunks([tmp_path / "out.jsonl"], tmp_path / f"want.{ending}", names=names)
    if ending == "xlsx":
        import openpyxl

        books = [openpyxl.load_workbook(tmp_path / f"{n}.xlsx") for n in ("out", "want")]
        found, want = ([list(sheet.values) for sheet in book] for book in books)
        assert found == want
    else:
        found, want = ((tmp_path / f"{n}.{ending}").read_bytes() for n in ("out", "want"))
        assert found == want


@pytest.mark.parametrize("bad", [False, True])
def test_a_file_that_is_not_a_jobs_rejects_is_not_touched(tmp_path: Path, *, bad: bool) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep", encoding="utf-8")
    write_csv(tmp_path / "in.csv", 20)
    if bad:
        with (tmp_path / "in.csv").open("a", encoding="utf-8") as file:
            file.write("x,\n")
    skip = Inputs((str(tmp_path / "in.csv"),), on_error="skip")
    asked = job(tmp_path, inputs=skip, rejects=precious)
    with pytest.raises(GuandianError, match="already exists"):
        replace(asked, mode="resume").run()
    assert precious.read_text(encoding="utf-8") == "keep"
    replace(asked, mode="overwrite").run()
    # Replacing it was asked for, deleting it was not.
    assert (precious.read_text(encoding="utf-8") != "keep") == bad


@pytest.mark.parametrize("size", [244, 240, 236])  # too long with .job.json, with .rejects.jsonl
def test_a_name_too_long_for_what_stands_beside_it_is_told_first(tmp_path: Path, size: int) -> None:
    out = tmp_path / ("o" * size + ".jsonl")
    rejects = out.with_name(f"{out.name}.rejects.jsonl")
    with pytest.raises(GuandianError, match="name too long"):
        job(tmp_path, out=out, rejects=rejects).run()
    assert left(tmp_path) == ["in.csv"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_rating_that_is_none_stays_in_its_column(tmp_path: Path, ending: str) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "评价内容,满意度,时间\n屏幕很清晰😀,随便啦,某天\n很划算,5,2026-01-02\n", "utf-8"
    )
    out = tmp_path / f"out.{ending}"
    Job(Inputs((str(rows),), columns=ColumnChoice(rating="满意度")), out, model()).run()
    if ending == "csv":
        first, *_ = csv.DictReader(out.read_text("utf-8-sig").splitlines())
    else:
        sheet = pytest.importorskip("openpyxl").load_workbook(out).worksheets[0]
        head, row = sheet.iter_rows(max_row=2, values_only=True)
        first = dict(zip(head, row, strict=True))
    of_time = "时间" if ending == "csv" else "时间（原列）"
    assert (first["满意度"], first[of_time]) == ("随便啦", "某天")


def test_watching(tmp_path: Path) -> None:
    class Counts(Watch):
        rows: int | None = 0
        seen: list[Review]
        earlier: list[bool]

        def __init__(self) -> None:
            self.seen, self.earlier = [], []

        def started(self, rows: int | None) -> None:
            self.rows = rows

        def mined(self, reviews: list[Review], mined: list[Mined], *, earlier: bool) -> None:
            assert [review.id for review in reviews] == [found.review_id for found in mined]
            self.seen += reviews
            self.earlier.append(earlier)

    leave_chunks(job(tmp_path), 4)
    watch = Counts()
    job(tmp_path, mode="resume").run(watch)
    assert watch.rows == 62
    assert [review.id for review in watch.seen] == [f"r{n}" for n in range(62)]
    assert watch.earlier == sorted(watch.earlier, reverse=True)
    assert set(watch.earlier) == {True, False}


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "in.txt"
    file.write_text("屏幕很清晰\n", "utf-8")
    (tmp_path / "link.txt").hardlink_to(file)
    for twin in (file, tmp_path / "link.txt"):
        with pytest.raises(GuandianError, match="named twice"):
            Inputs((str(file), str(twin)))


def test_what_a_cut_off_end_left_is_cleared_up(tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    assert clear_up(out) is None
    folder = folder_of(out)
    folder.mkdir()
    (folder / "lock").touch()  # the process was interrupted before it said whose the folder is
    assert clear_up(out) is None
    assert not folder.exists()
    with WorkFolder(out) as work:
        work.begin("new")
        assert clear_up(out) == folder  # somebody has it
        work.chunk("0" * 32).write_bytes(b"{}\n")
    assert clear_up(out) == folder
    assert work.chunk("0" * 32).is_file()
