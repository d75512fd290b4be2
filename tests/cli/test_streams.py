"""Standard streams that are closed, whose reader has gone, or that never end."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.cli.called import called_over

from guandian.cli import main as cli
from guandian.data import read, write_own
from guandian.domain import Labelled, Language, Mined, Opinion, Polarity, Review, Sentiment
from guandian.files import to_wire

from .called import called

GUANDIAN = f"{sys.executable} -m guandian"
LABELLED = Path(__file__).parent.parent / "data_files" / "quads_labelled.jsonl"


def names() -> list[str]:
    found = []
    for name, row in cli.COMMANDS.items():
        inner = getattr(cli.load_command(name, row), "commands", {"": None})
        found += [f"{name} {each}".strip() for each in inner]
    return found


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run it in a shell whose pipes fail when any part of them does."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=folder, capture_output=True, check=False, timeout=120,
    )  # fmt: skip


def gone(*args: str | Path, cwd: Path, streams: Sequence[str]) -> int:
    """Run with these streams going into a pipe whose reader has gone; the exit code."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        given = dict.fromkeys(streams, writing)
        rest = {name: subprocess.DEVNULL for name in ("stdout", "stderr") if name not in streams}
        done = subprocess.run(
            [sys.executable, "-m", "guandian", *args],
            cwd=cwd, stdin=subprocess.DEVNULL, check=False, timeout=120, **given, **rest,
        )  # fmt: skip
    finally:
        os.close(writing)
    return done.returncode


@pytest.fixture(
    params=["", pytest.param("1", marks=pytest.mark.slow)], ids=["buffered", "unbuffered"]
)
def buffering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", request.param)


HELP_OF_EACH = """
import json, sys
from guandian.cli import main as cli

codes = {}
for name in json.loads(sys.argv[1]):
    sys.argv = ["guandian", *name.split(), "--help"]
    try:
        cli.main()
        codes[name] = 0
    except SystemExit as left:
        codes[name] = left.code
with open("codes.json", "w", encoding="utf-8") as file:
    json.dump(codes, file)
"""


def test_no_command_needs_its_streams(tmp_path: Path) -> None:
    """One process without streams runs all, one of them once more in a process of its own.

    A traceback would leave with 1, or with 120 from the end of the interpreter.
    """
    call = shlex.join([sys.executable, "-c", HELP_OF_EACH, json.dumps(names())])
    assert shell(f"{call} <&- >&- 2>&-", tmp_path).returncode == 0
    codes = json.loads((tmp_path / "codes.json").read_text("utf-8"))
    assert {name: code for name, code in codes.items() if code not in (0, None)} == {}
    assert list(codes) == names()
    assert shell(f"{GUANDIAN} data check --help <&- >&- 2>&-", tmp_path).returncode == 0


def test_an_error_that_nobody_reads_is_an_error(tmp_path: Path) -> None:
    assert gone("--help", cwd=tmp_path, streams=("stdout", "stderr")) == 0
    assert gone("report", "none.jsonl", cwd=tmp_path, streams=("stdout", "stderr")) == 2
    assert gone("report", "--nonsense", cwd=tmp_path, streams=("stdout", "stderr")) == 2


def rows(count: int) -> list[Labelled]:
    return list(read("guandian", LABELLED))[:count]


def mined(folder: Path) -> Path:
    """Answers to the first labelled reviews."""
    write_own(rows(30), folder / "gold.jsonl")
    mood = Sentiment(Polarity.POSITIVE, 0.1, 0.1, 0.8)
    with (folder / "mined.jsonl").open("w", encoding="utf-8") as file:
        for row in rows(30):
            found = tuple(
                Opinion(q.aspect, q.expression, q.expression, q.category, q.polarity, 0.9, "标签")
                for q in row.quads or ()
                if q.expression
            )
            answer = Mined(row.id, Language.CHINESE, mood, found, (), (), "t@1")
            wire = to_wire(Review(row.id, row.text), answer)
            file.write(json.dumps(wire, ensure_ascii=False) + "\n")
    return folder / "mined.jsonl"


@pytest.mark.usefixtures("buffering")
def test_files_are_written_though_nobody_reads_what_is_told(tmp_path: Path) -> None:
    mined(tmp_path)
    asked = ("evaluate", "mined.jsonl", "gold.jsonl", "--json", "scores.json")
    assert gone(*asked, cwd=tmp_path, streams=("stdout", "stderr")) == 0
    assert json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert gone("report", "mined.jsonl", cwd=tmp_path, streams=("stdout",)) == 0
    assert b"</html>" in (tmp_path / "mined.html").read_bytes()
    # Nor does an output get the number of a closed stream, and with it what is told.
    done = shell(f"{GUANDIAN} mine gold.jsonl -o o.jsonl <&- >&- 2>&-", tmp_path)
    assert done.returncode == 0
    lines = (tmp_path / "o.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == [row.text for row in rows(30)]


@pytest.mark.slow
def test_labels_come_out_of_a_pipe(tmp_path: Path) -> None:
    mined(tmp_path)
    for given in ("/dev/stdin < <(cat gold.jsonl)", "<(cat gold.jsonl)"):
        asked = "--from guandian --to guandian -o out.jsonl --overwrite"
        done = shell(f"{GUANDIAN} data convert {asked} {given}", tmp_path)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "gold.jsonl").read_bytes()
    untold = shell(f"{GUANDIAN} data convert -o x.csv /dev/stdin < gold.jsonl", tmp_path)
    assert untold.returncode == 2 and b"say --from guandian" in untold.stderr
    named = shell(f"{GUANDIAN} data convert -o x.csv - < gold.jsonl", tmp_path)
    assert named.returncode == 2 and b"name standard input /dev/stdin" in named.stderr
    endless = shell(f"{GUANDIAN} data convert --from guandian -o x.csv /dev/zero", tmp_path)
    assert endless.returncode == 2 and b"longer than 8,388,608 characters" in endless.stderr


@pytest.mark.parametrize("command", ["data list", "mine --text 屏幕很清晰"])
@pytest.mark.parametrize("streams", [">&-", "<&- | head -1"])
def test_what_is_only_told_may_go_nowhere(command: str, streams: str, tmp_path: Path) -> None:
    done = shell(f"{GUANDIAN} {command} {streams}", tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) == (">&-" not in streams)


@pytest.mark.parametrize("command", ["mine", "tokenize"])
@pytest.mark.usefixtures("buffering")
def test_results_stop_where_nobody_reads_them(command: str, tmp_path: Path) -> None:
    endless = shell(f"(yes 屏幕很清晰 || true) | {GUANDIAN} {command} - | head -1", tmp_path)
    assert (endless.returncode, endless.stderr) == (0, b"")
    assert len(endless.stdout.decode().splitlines()) == 1
    (tmp_path / "in.txt").write_text("屏幕很清晰😀\n" * 20_000, "utf-8")
    quiet = "--quiet" if command == "mine" else ""
    file = shell(f"{GUANDIAN} {command} in.txt {quiet} | head -1", tmp_path)
    assert (file.returncode, file.stderr) == (0, b"")
    assert "屏幕" in file.stdout.decode()


@pytest.mark.parametrize("command", ["mine", "tokenize"])
def test_results_that_could_go_nowhere_are_an_error(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.txt").write_text("屏幕很清晰😀\n", "utf-8")
    closed = shell(f"{GUANDIAN} {command} in.txt >&-", tmp_path)
    assert closed.returncode == 2
    assert b"guandian: standard output is closed" in closed.stderr
    code, told = called_over(f"{command} -", {0: os.devnull})
    assert code == 2 and "guandian: standard input is empty" in told
    monkeypatch.setattr(sys, "stdin", None)
    code, told = called_over(f"{command} -", {})
    assert code == 2 and "guandian: standard input is closed" in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "command", ["data taxonomy", "--version", "tokenize in.txt", "mine in.txt"]
)
def test_a_full_disk_behind_standard_output_is_told(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("屏幕很清晰😀\n", "utf-8")
    code, told = called_over(command, {1: "/dev/full"})
    assert code == 2
    assert told.splitlines()[-4:] == [
        "guandian: 无法写入标准输出：磁盘已满",
        "  在它所去之处腾出空间，或改写到别处",
        "guandian: cannot write standard output: the disk is full",
        "  make room where it goes, or let it go elsewhere",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_nothing_that_could_not_be_written_is_tried_again_at_the_end(tmp_path: Path) -> None:
    """Python would, and leave with 120."""
    done = shell(f"{GUANDIAN} --version >/dev/full", tmp_path)
    assert done.returncode == 2 and b"the disk is full" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_is_complete_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("屏幕很清晰😀\n", "utf-8")
    done = shell(f"{GUANDIAN} mine in.txt -o o.jsonl >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-4:] == [
        "guandian: 无法写入标准输出：磁盘已满；o.jsonl 已完整写出",
        "  在它所去之处腾出空间，或改写到别处，或用 --quiet",
        "guandian: cannot write standard output: the disk is full; o.jsonl is complete",
        "  make room where it goes, let it go elsewhere, or say --quiet",
    ]
    assert json.loads((tmp_path / "o.jsonl").read_text("utf-8"))["text"] == "屏幕很清晰😀"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_standard_error_changes_no_exit_code(tmp_path: Path) -> None:
    assert shell(f"{GUANDIAN} mine --nonsense 2>/dev/full", tmp_path).returncode == 2
    for command in ("mine none.csv", "nonsense"):
        assert called_over(command, {2: "/dev/full"}) == (2, "")


@pytest.mark.parametrize(
    ("command", "streams"),
    [
        ("mine - -o in.txt --overwrite", [0]),
        ("mine in.txt", [1]),
        ("mine -", [0, 1]),
        ("mine - --rejects in.txt --overwrite", [0]),
        ("tokenize in.txt", [1]),
        ("tokenize -", [0, 1]),
        ("vectorise - -o v.npz --save in.txt --overwrite", [0]),
    ],
)
def test_a_redirection_is_an_input_or_an_output_too(
    command: str, streams: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("屏幕很清晰😀\n电池不耐用\n", "utf-8")
    code, told = called_over(command, dict.fromkeys(streams, "in.txt"))
    assert code == 2 and "read and written by one command" in told
    assert (tmp_path / "in.txt").read_text("utf-8") == "屏幕很清晰😀\n电池不耐用\n"


def test_mined_reviews_in_a_pipe_are_refused_not_half_read(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"{}\n")
    os.close(write)
    try:
        for given in ("-", f"/dev/fd/{read}"):
            for command in (("report",), ("store", "load", "--data", str(tmp_path / "s"))):
                done = called(*command, given)
                assert done.returncode == 2 and "is no file" in done.stderr, command
    finally:
        os.close(read)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    "words",
    [
        "mine a.csv --limit 99999999999999999999999", "explain a.csv --row 9223372036854775808",
        "mine a.csv --precision nan", "assist reply --text x --rating inf",
        f"mine a.csv --limit {'9' * 5000}",
    ],
)  # fmt: skip
def test_numbers_beyond_all_are_refused(words: str) -> None:
    done = called(*words.split())
    assert done.returncode == 2 and "takes a finite number of an ordinary size" in done.stderr
