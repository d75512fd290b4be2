"""A surge planted as text, mined by the shipped bundle; and another bundle over the same texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.monitor.sources.planted_texts import planted

from guandian.bundle import Bundle, shipped, write_bundle
from guandian.mining.batching import Answers
from guandian.monitor.alerts.watch_pass import PassedLook, look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.series import SeriesKey, TimeBuckets, read_series
from guandian.monitor.sources import Intake, TakenIn
from guandian.monitor.sources.dead_letters import DeadLetters
from guandian.monitor.sources.folder_source import FolderSource
from guandian.monitor.sources.source_positions import SourcePositions
from guandian.pipelines.miners import open_model
from guandian.store import Store
from guandian.store.records import Records

pytestmark = pytest.mark.slow
FIRST, DAYS, SURGE = date(2026, 1, 5), 60, (54, 57)
TERMS = WatchTerms()
STRICT = 0.972


def put(folder: Path, name: str, rows: Iterable[dict[str, str]]) -> None:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n")


def take_in(data: Path, folder: Path, bundle: Path | None = None) -> TakenIn:
    """Mine what is new in a folder, as `guandian watch --from` does."""
    model, total = open_model(bundle, 2), TakenIn()
    with ExitStack() as held:
        store = held.enter_context(Store.open(data, write=True, threads=1))
        answers = held.enter_context(Answers(model, 2))
        intake = Intake(store, answers, model, DeadLetters(data / "dead.jsonl"))
        source = FolderSource(folder, SourcePositions(data / "positions.json"), settled=0)
        while number := intake.take(source):
            total += number
    return total


def look(data: Path, day: int) -> PassedLook:
    """The look on the morning after a day."""
    with Store.open(data, threads=1) as store, Records.open(data) as records:
        today = FIRST + timedelta(days=day + 1)
        return look_once(store.reader(), records, "main", TERMS, today)


def test_a_surge_in_texts_is_told_the_day_after_it_began(tmp_path: Path) -> None:
    data, folder = tmp_path / "shop", tmp_path / "in"
    days: dict[int, list[dict[str, str]]] = {}
    for row in planted(FIRST, DAYS, SURGE):
        days.setdefault((date.fromisoformat(row["time"]) - FIRST).days, []).append(row)
    put(folder, "past.jsonl", (row for day in range(SURGE[0]) for row in days[day]))
    assert take_in(data, folder).dead == 0
    assert look(data, SURGE[0] - 1).fired == ()
    fired = []
    for day in range(SURGE[0], DAYS):
        put(folder, f"{day}.jsonl", days[day])
        take_in(data, folder)
        fired += [(day, alert) for alert in look(data, day).fired]
    product = [(day, alert) for day, alert in fired if alert.series["product"] == "星河 X2"]
    assert product and product[0][0] <= SURGE[0] + 1, fired
    assert {alert.series["product"] for _, alert in fired} == {"星河 X2"}
    assert product[0][1].since - FIRST <= timedelta(days=SURGE[0] + 1)


def test_the_same_texts_through_another_bundle_fire_nothing(tmp_path: Path) -> None:
    """The bundle before kept the surest opinions alone: the step is large, and no alert."""
    opened = Bundle.open(shipped())
    calibration = json.loads(json.dumps(opened.manifest.calibration))
    calibration["opinions"]["threshold"] = STRICT
    manifest = replace(opened.manifest, version="0.0.1", calibration=calibration)
    files = {name: opened.path / name for name in opened.manifest.files}
    write_bundle(tmp_path / "before", manifest, files)
    data, folder = tmp_path / "shop", tmp_path / "in"
    rows = list(planted(FIRST, DAYS, None, times=3))
    switch = str(FIRST + timedelta(days=50))
    put(folder, "a.jsonl", (row for row in rows if row["time"] < switch))
    take_in(data, folder, tmp_path / "before")
    look(data, 49)
    fired = []
    for day in range(50, DAYS):
        today = str(FIRST + timedelta(days=day))
        put(folder, f"{day}.jsonl", (row for row in rows if row["time"] == today))
        take_in(data, folder)
        fired += look(data, day).fired
    assert fired == []
    with Store.open(data, threads=1) as store:
        reader = store.reader()
        assert len(reader.overview().models) == 2
        buckets = TimeBuckets("day", FIRST, DAYS)
        counts = read_series(reader, buckets, keys=[SeriesKey(product="Kite 14")]).complaints[0]
        assert counts[50:].mean() > 1.5 * counts[:50].mean()
