from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from guandian.cli import main
from guandian.domain import Mined, Review
from guandian.engine import usable_cores
from guandian.files import read_mined

from ..mining.tiny import TinyMiner, model  # noqa: TID252

ROOT = Path(__file__).resolve().parent.parent.parent
TINY = [sys.executable, "-m", "tests.mining.tiny", "mine"]
ENV = os.environ | {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT}/src",
    "COLUMNS": "100",
    "PYTHONUTF8": "1",
}


def write(path: Path, number: int) -> Path:
    """Reviews that are all different, and a good many chunks of them."""
    rows = [f"屏幕很清晰😀 {n}，电池不耐用" for n in range(number)]
    path.write_text("\n".join(["text", *rows]) + "\n", encoding="utf-8")
    return path


def run(*args: object, cwd: Path, given: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*TINY, *map(str, args)],
        input=given, cwd=cwd, env=ENV, capture_output=True, check=False,
    )  # fmt: skip
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Runs the command in this process: its exit code, what it prints and what it tells."""

    def called(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["guandian", "mine", *map(str, args)])
        code = 0
        try:
            main.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0
        said = capsys.readouterr()
        return code, said.out, said.err

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(
        "guandian.pipelines.open_model", lambda *_, **__: model(TinyMiner(restless=True))
    )
    return called


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A file of three chunks, and what it gives when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("whole")
    file = write(folder / "in.csv", 5_000)
    done = run(file, "-o", "out.jsonl", cwd=folder)
    assert done.returncode == 0, done.stderr
    return file, (folder / "out.jsonl").read_bytes()


def started(file: Path, folder: Path) -> subprocess.Popen[bytes]:
    """A slow run that has finished one chunk of three."""
    going = subprocess.Popen(
        [*TINY, str(file), "-o", "out.jsonl", "--threads", "1"],
        cwd=folder, env=ENV | {"TINY_DELAY": "1"}, stderr=subprocess.PIPE,
    )  # fmt: skip
    work = folder / "out.jsonl.job"
    for _ in range(2000):
        if len(list(work.glob("*.jsonl"))) >= 1:
            return going
        assert going.poll() is None
        time.sleep(0.02)
    raise AssertionError("no chunk was finished")


@pytest.mark.slow
def test_kill_9_in_the_middle(whole: tuple[Path, bytes], tmp_path: Path) -> None:
    going = started(whole[0], tmp_path)
    going.kill()
    going.communicate()
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl.job"]
    refused = run(whole[0], "-o", "out.jsonl", cwd=tmp_path)
    assert refused.returncode == 2 and "--resume" in refused.stderr
    done = run(whole[0], "-o", "out.jsonl", "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.jsonl").read_bytes() == whole[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "out.jsonl.job.json"]


@pytest.mark.slow
def test_ctrl_c_and_a_second_job_meanwhile(whole: tuple[Path, bytes], tmp_path: Path) -> None:
    going = started(whole[0], tmp_path)
    second = run(whole[0], "-o", "out.jsonl", "--overwrite", cwd=tmp_path)
    assert second.returncode == 2
    assert f"another job is writing out.jsonl: process {going.pid}" in second.stderr
    assert "go on with" not in second.stderr
    going.send_signal(signal.SIGINT)
    told = going.communicate()[1].decode()
    assert going.returncode == 130
    assert "Traceback" not in told
    (again,) = [line for line in told.splitlines() if "go on with" in line]
    command = again.split("go on with: ")[1].split()
    assert command[:2] == ["guandian", "mine"] and command[-1] == "--resume"
    done = run(*command[2:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.jsonl").read_bytes() == whole[1]


@pytest.mark.slow
def test_a_disk_that_fills(whole: tuple[Path, bytes], tmp_path: Path) -> None:
    """A real one, small, in a name space of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=6m tmpfs {disk}"
    if not shutil.which("unshare") or os.system(f"unshare -rm sh -c '{mount}' 2>/dev/null"):
        pytest.skip("needs a system that lets us mount")
    mine = " ".join([*TINY, str(whole[0]), "-o", f"{disk}/out.jsonl"])
    script = (
        f"{mount}; {mine} --overwrite; echo first $? >&2; ls {disk} >&2;"
        f" mount -o remount,size=50m {disk}; {mine} --resume && cp {disk}/out.jsonl {tmp_path}"
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], env=ENV, capture_output=True, check=False
    )
    told = done.stderr.decode()
    assert done.returncode == 0, told
    first, _, _ = told.partition("first 2\n")
    assert "the disk is full" in first and "--resume" in first and "Traceback" not in told
    assert (tmp_path / "out.jsonl").read_bytes() == whole[1]


def test_a_finished_job_says_so(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "in.csv", 5)
    assert call("in.csv", "-o", "out.jsonl")[0] == 0
    code, out, _ = call("in.csv", "-o", "out.jsonl", "--resume")
    assert code == 0 and "nothing is to be done: 5 条评论 reviews, 10 个观点" in out
    code, _, err = call("in.csv", "-o", "out.jsonl")
    assert code == 2 and "already exists" in err and "--overwrite" in err


def test_repeated_ids_are_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n7,好😀\n8,很划算\n7,坏\n", encoding="utf-8")
    words = "警告 warning: 编号与前面的评论相同 a review has the id of an earlier one"
    code, out, _ = call("in.csv", "-o", "out.jsonl")
    assert code == 0 and words in out
    code, out, err = call("in.csv")
    assert code == 0 and words in err and len(out.splitlines()) == 3


def test_the_summary(call: Call, tmp_path: Path) -> None:
    rows = ["评论,城市", "屏幕很清晰😀,杭州", "屏幕很清晰😀,上海", "很划算,苏州", ",无", '"坏,x']
    (tmp_path / "in.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    skip = ("--on-error", "skip")
    code, out, err = call("in.csv", "-o", "out.csv", *skip, "--threads", 9_999)
    assert code == 0
    for words in (
        "3 条评论 reviews", "3 个观点 opinions", "屏幕 Display", "reviews/s", "a core",
        f"{usable_cores()} 核 core", "1 行未读 reject", "out.csv.rejects.jsonl",
        "not plain", "→ out.csv",
    ):  # fmt: skip
        assert words in " ".join(out.split())
    assert "跳过 1 行没有文字的评论" in err and "1 row without a text skipped" in err
    assert "正文 = 评论" in err and "passed through: 城市" in err
    rejects = (tmp_path / "out.csv.rejects.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["line"] for line in rejects] == [6]
    table = (tmp_path / "out.csv").read_text("utf-8-sig")
    assert "城市" in table.splitlines()[0] and "上海" in table
    for name in ("b.csv", "b.jsonl"):
        code, out, err = call("in.csv", "-o", name, *skip, "--quiet")
        assert (code, out) == (0, "") and err.count("\n") == 1 and "without a text" in err


def test_a_bad_row_stops_and_what_was_done_stays(
    call: Call, whole: tuple[Path, bytes], tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes(whole[0].read_bytes() + '"\n好\n'.encode())
    code, _, err = call(file, "-o", "out.jsonl")
    assert code == 2
    assert f"{file}, line 5002: broken quote" in err
    assert "go on with: guandian mine" in err
    file.write_bytes(whole[0].read_bytes())
    assert call(file, "-o", "out.jsonl", "--resume")[0] == 0
    assert (tmp_path / "out.jsonl").read_bytes() == whole[1]


def test_lines_in_lines_out(tmp_path: Path) -> None:
    done = run("-", cwd=tmp_path, given="屏幕很清晰😀\n\n电池不耐用\n".encode())
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["text"] for line in lines] == ["屏幕很清晰😀", "电池不耐用"]
    assert [line["id"] for line in lines] == ["1", "2"]
    assert "2 条评论 reviews" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_whoever_types_is_answered_at_once() -> None:
    going = subprocess.Popen(
        [*TINY, "-"], env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert going.stdin and going.stdout
    for text in ("ok", "屏幕很清晰😀", "很划算"):
        going.stdin.write(f"{text}\n".encode())
        going.stdin.flush()
        assert json.loads(going.stdout.readline())["text"] == text
    going.send_signal(signal.SIGINT)
    rest = going.communicate()
    assert (going.returncode, rest[0]) == (130, b"")
    assert b"Traceback" not in rest[1] and b"Fatal" not in rest[1]


def test_standard_output_is_what_the_file_would_be(whole: tuple[Path, bytes]) -> None:
    """And a reader who leaves is no error."""
    script = f"{' '.join(TINY)} {whole[0]} --quiet | head -2100; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], env=ENV, capture_output=True, check=True)
    *lines, code = done.stdout.splitlines()
    assert lines == whole[1].splitlines()[:2100]
    assert (code, done.stderr) == (b"0", b"")


def test_one_text_is_shown(call: Call) -> None:
    heeded = ("--threads", 1, "--model", "guandian-small", "--quiet")
    code, out, _ = call("--text", "😀屏幕很清晰，\x1b[31m电池不耐用", *heeded)
    assert code == 0
    assert "😀屏幕很清晰，␛[31m电池不耐用" in out
    assert "屏幕 Display" in out and "负面 negative" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "mine takes files or a text"),
        (["x.csv", "--text", "好"], "--text is one review, and files are named too"),
        (["--text", "  "], "the text is empty"),
        (["--text", "good \udcff"], "not Unicode: see its character 6"),
        (["--text", "好", "-o", "out.jsonl"], "writes no file: --out would do nothing"),
        (["--text", "好", "-o", "-"], "leave out --out, or give a file"),
        (["--text", "好", "--resume", "--columns", "text=a"], "--resume, --columns would do"),
        (["--text", "好", "--no-header", "--on-error", "stop"], "--on-error, --header would do"),
        (["in.csv", "-o", "out.jsonl", "--overwrite", "--resume"], "exclude each other"),
        (["in.csv", "--resume"], "name the output with -o"),
        (["in.csv", "-o", "-", "--resume"], "name the output with -o"),
        (["none.csv", "-o", "out.jsonl"], "there is no file none.csv"),
        (["none.csv"], "there is no file none.csv"),
        (["in.csv", "-o", "out.docx"], "no output format goes by the ending '.docx'"),
        (["in.csv", "-o", "none/out.csv"], "does not exist\n  mkdir -p none"),
        (["in.csv", "-o", "in.csv", "--overwrite"], "read and written"),
        (["in.csv", "--rejects", "in.csv"], "read and written"),
        (["in.csv", "-o", "out.csv", "--columns", "text=说"], "no column '说'"),
    ],
)
def test_wrong_calls_say_what_to_do(
    call: Call, tmp_path: Path, args: list[str], words: str
) -> None:
    write(tmp_path / "in.csv", 3)
    code, out, err = call(*args)
    assert (code, out) == (2, "")
    assert words in err and err.startswith("guandian: ")
    assert "Traceback" not in err and "go on with" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_standard_input_into_a_file(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "in.txt").open("w+", encoding="utf-8") as given:
        given.write("屏幕很清晰😀\n很划算\n")
        given.seek(0)
        monkeypatch.setattr(sys, "stdin", given)
        assert call("-", "-o", "out.jsonl")[0] == 0
    assert [review.id for review, _ in read_mined(tmp_path / "out.jsonl")] == ["1", "2"]


def test_rejects_beside_standard_output(call: Call, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,id\n屏幕好😀,1\n屏幕\n", encoding="utf-8")
    kept = tmp_path / "kept.jsonl"
    kept.write_text("an earlier run's", encoding="utf-8")
    skip = ("in.csv", "--on-error", "skip", "--rejects", "kept.jsonl")
    code, out, err = call(*skip)
    assert (code, out) == (2, "") and "already exists" in err
    code, out, _ = call(*skip, "--overwrite")
    assert code == 0 and len(out.splitlines()) == 1
    assert json.loads(kept.read_text("utf-8"))["line"] == 3


def test_times_that_are_not_read_are_told_with_their_repair(call: Call, tmp_path: Path) -> None:
    rows = "".join(f"屏幕很清晰😀,{day}/1/2025\n" for day in range(1, 4))
    (tmp_path / "in.csv").write_text("text,date\n" + rows, encoding="utf-8")
    for out in (("-o", "out.jsonl"), ()):
        for limit, read in ((), "3 of 3"), (("--limit", 2), "2 of 2"):
            code, _, err = call("in.csv", *out, *limit, *(("--overwrite",) if out else ()))
            assert code == 0 and f"{read} not read as a time, the first is '1/1/2025'" in err
    code, out, err = call("in.csv", "--time-format", "%d/%m/%Y")
    assert json.loads(out.splitlines()[1])["time"] == "2025-01-02" and "not read" not in err


@pytest.mark.slow
def test_ctrl_c_before_anything_is_finished(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(TinyMiner):
        def mine(self, reviews: Sequence[Review]) -> list[Mined]:
            raise KeyboardInterrupt

    monkeypatch.setattr("guandian.pipelines.open_model", lambda *_, **__: model(Stopped()))
    write(tmp_path / "in.csv", 3)
    code, _, err = call("in.csv", "-o", "out.jsonl")
    assert code == 130 and err.endswith("with: guandian mine in.csv -o out.jsonl\n")
    assert err.startswith("中断 interrupted; 什么也没有保留 nothing is kept; ")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_workbook_of_a_shop(call: Call, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["某店评价明细"], ["商品名称", "评分星级", "初评内容", "追评内容"],
        ["保温杯", "五星", "屏幕很清晰😀", "电池不耐用"], ["保温杯", "1星", None, None],
    ):  # fmt: skip
        book.active.append(row)
    hidden = book.create_sheet("底稿")
    hidden.append(["评价"])
    hidden.append(["很划算"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "in.xlsx")
    code, _, err = call("in.xlsx", "-o", "out.xlsx")
    assert code == 0
    for words in (
        "正文 = 初评内容 + 追评内容", "the columns are named in row 2", "sheets not read: 底稿",
        "1 row without a text skipped",
    ):  # fmt: skip
        assert words in err
    code, out, _ = call("in.xlsx", "-o", "out.xlsx", "--resume")
    assert code == 0 and "nothing is to be done" in out
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    head, *rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(one["评价对象"], one["所在列"], one["评分"]) for one in found] == [
        ("屏幕", "初评内容", "5"), ("电池", "追评内容", "5"),
    ]  # fmt: skip
    code, out, _ = call("in.xlsx", "--sheet", "底稿", "--quiet")
    assert code == 0 and json.loads(out)["text"] == "很划算"
    asked = ("--header-row", "2", "--columns", "text=追评内容,text=商品名称")
    code, out, _ = call("in.xlsx", *asked, "--limit", 1, "--quiet")
    assert code == 0 and json.loads(out)["text"] == "电池不耐用\n保温杯"
    assert list(json.loads(out)["parts"]) == ["追评内容", "商品名称"]
    for wrong, told in (("--header-row", "no row that"), ("--sheet", "no sheet '0'")):
        code, _, err = call("in.xlsx", wrong, "0")
        assert code == 2 and told in err


def test_masking_is_said_in_one_way(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "in.csv", 2)
    code, _, err = call("in.csv", "--mask", "pseudonym")
    assert code == 2 and "--mask pseudonym needs --mask-key" in err
    code, _, err = call("in.csv", "--mask-key", "in.csv")
    assert code == 2 and "--mask-key is of pseudonyms, and --mask is off" in err
    code, out, _ = call("--text", "屏幕很清晰，打13800138000", "--mask", "mask")
    assert code == 0 and "打[手机号]" in out and "13800138000" not in out
