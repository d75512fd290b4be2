"""`guandian watch`, `replay` and `channels` on a small store with a surge."""

from __future__ import annotations

import logging
import shutil
from datetime import date
from pathlib import Path

import pytest
from tests.cli.called import called
from tests.monitor.histories import history

from guandian.store import Store
from guandian.store.records import Records
from guandian.store.records.watching import ChannelRecord

SURGE = date(2025, 2, 3), date(2025, 2, 16)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    with Store.open(folder, write=True, threads=1) as store:
        store.load(history(64, SURGE, times=16))
    return folder


@pytest.fixture
def folder(full: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "store"
    shutil.copytree(full, copy)
    return copy


def test_a_replay_tells_what_would_have_fired_and_how_much_earlier(folder: Path) -> None:
    call = ["replay", "--data", folder, "--unit", "week", "--budget", "0.02"]
    done = called(*call, "--since", "2025-01-06", "--noticed", "2025-02-20", language="en")
    assert done.returncode == 0, done.stderr
    (line,) = [
        row for row in done.stdout.splitlines() if row.startswith("2025-02-09") and "星河 X2" in row
    ]
    assert "battery" in line or "2025-02-03" in line
    assert "11 days before it was noticed" in done.stdout and "over on 2025-03-02" in done.stdout
    assert "电池不耐用" in done.stdout and "series" in done.stdout.splitlines()[-2]
    none = called("replay", "--data", folder, "--budget", "many", language="en")
    assert none.returncode == 2


def test_a_look_tells_of_what_was_over_long_ago_once(folder: Path) -> None:
    call = ["watch", "--data", folder, "--once", "--unit", "week", "--budget", "0.02"]
    done = called(*call, language="en")
    assert done.returncode == 0, done.stderr
    assert "buckets judged" in done.stdout and "series" in done.stdout
    again = called(*call, language="en")
    assert again.returncode == 0 and "buckets judged" not in again.stdout


def test_a_history_without_a_series_or_a_judged_day_is_told_of(folder: Path) -> None:
    call = ["replay", "--data", folder, "--unit", "week", "--least", "100000"]
    none = called(*call, language="en")
    assert none.returncode == 0 and "0 alerts" in none.stdout and "0 series" in none.stdout
    assert none.stderr == "guandian: no series has 100,000 complaints, as --least wants\n"
    assert "--least 要求的 100,000 条" in called(*call, language="zh").stderr
    late = called(*call[:5], "--since", "2030-01-01", language="en")
    assert late.returncode == 2 and "say an earlier --since" in late.stderr
    assert "week that is over ends before --since 2030-01-01: the last one is 20" in late.stderr
    zh = called(*call[:5], "--since", "2030-01-01", language="zh").stderr
    assert "都早于 --since 2030-01-01" in zh and "请给出更早的 --since" in zh


def test_a_look_that_sees_nothing_says_so(folder: Path, tmp_path: Path) -> None:
    call = ["watch", "--once", "--by", "没有", "--data"]
    done = called(*call, folder, "--unit", "week", language="en")
    assert done.returncode == 0
    assert "no review has a column 没有; columns: –" in done.stderr
    Store.open(tmp_path / "empty", write=True).close()
    empty = called(*call, tmp_path / "empty", language="en")
    assert (empty.returncode, empty.stderr) == (0, "")
    assert empty.stdout == "nothing fired · 0 series · 0 reviews\n"
    zh = called(*call, tmp_path / "empty", language="zh").stdout
    assert zh == "没有触发预警 · 0 个序列 · 0 条评论\n"


def test_reviews_of_a_folder_are_taken_in_once(folder: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "new.csv").write_text(
        "id,text,product,time\nn1,屏幕很清晰，电池不耐用,星河 X2,2025-03-20\n", "utf-8"
    )
    call = ["watch", "--data", folder, "--once", "--unit", "week", "--from"]
    done = called(*call, inbox, language="en")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"guandian: {inbox}: 1 review\n"
    again = called(*call, inbox, language="en")
    assert again.returncode == 0 and again.stderr == ""
    (inbox / "sheet.csv").write_text("a,b\n1,2\n", "utf-8")
    unread = called(*call, inbox, language="en")
    letters = folder / "sources" / "dead_letters.jsonl"
    assert unread.returncode == 0 and f"lies in {letters}" in unread.stderr
    assert "sheet.csv" in letters.read_text("utf-8")
    wrong = called(*call, "ftp://a.example/x", language="en")
    assert wrong.returncode == 2 and "ftp" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "why", "repair"),
    [
        (["http://127.0.0.1:9/x"], "地址指向内网", "若确实如此，请加 --private"),
        (["https://127.0.0.1:9/x", "--private"], "没有应答（", "请稍后再运行同一条命令"),
        (["kafka://127.0.0.1:9/x"], "连接不上（", "请稍后再运行同一条命令"),
        (["redis://127.0.0.1:9/0?stream=x"], "连接不上（", "请稍后再运行同一条命令"),
    ],
)
def test_a_source_that_fails_is_told_with_what_helps(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    words: list[str],
    why: str,
    repair: str,
) -> None:
    Store.open(tmp_path, write=True).close()
    done = called("watch", "--once", "--data", tmp_path, "--from", *words, language="zh")
    problem, after = done.stderr.splitlines()
    assert done.returncode == 2 and after == f"  {repair}"
    assert problem.startswith(f"guandian: 无法从 {words[0]} 读取评论：{why}")
    assert not [its for its in caplog.records if its.levelno >= logging.WARNING]


def test_one_watcher_is_enough(folder: Path) -> None:
    from guandian.io.locks import try_lock

    lock = try_lock(folder / "watch.lock")
    assert lock is not None
    try:
        done = called("watch", "--data", folder, "--once", language="en")
    finally:
        lock.release()
    assert done.returncode == 2 and "another process watches" in done.stderr


def test_channels_are_set_listed_and_removed_without_a_secret_shown(tmp_path: Path) -> None:
    data = tmp_path / "data"
    address = "https://oapi.dingtalk.com/robot/send?access_token=" + "0a1b" * 16
    call = ["channels", "set", "ops", "--data", data, "--address", address]
    done = called(*call, "--words", "zh", "--hours", "9-22", "--severity", "major", language="en")
    assert done.returncode == 0, done.stderr
    assert "ops is set" in done.stderr and "0a1b" not in done.stdout + done.stderr
    with Records.open(data) as records:
        (channel,) = records.channels.list("main")
    assert isinstance(channel, ChannelRecord)
    assert (channel.name, channel.language, channel.terms.hours) == ("ops", "zh", (9, 22))
    listed = called("channels", "list", "--data", data, language="en")
    assert "ops" in listed.stdout and "0a1b0a1b" not in listed.stdout
    gone = called("channels", "remove", "ops", "--data", data, language="en")
    assert gone.returncode == 0 and "ops is gone" in gone.stderr
    for command in ("remove", "try"):
        none = called("channels", command, "ops", "--data", data, language="en")
        assert none.returncode == 2 and "there is no channel ops" in none.stderr
    with Records.open(data) as records:
        assert records.channels.list("main") == []


@pytest.mark.parametrize(
    "words",
    [
        ["--address", "http://127.0.0.1/hook"],
        ["--address", "nothing"],
        ["--address", "https://a.example/x", "--hours", "9-9"],
        ["--address", "https://a.example/x", "--hours", "late"],
        ["--address", "https://a.example/x", "--zone", "Mars/North"],
    ],
)
def test_a_channel_that_cannot_be_is_refused(words: list[str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = called("channels", "set", "ops", "--data", data, *words, language="en")
    assert done.returncode == 2 and done.stderr.startswith("guandian: ")
    assert not data.exists()
