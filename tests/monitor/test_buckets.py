"""Hours, days and weeks of a shop, whatever zone a time is of, and the owner's own columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.monitor.histories import said

from guandian.domain import Mined, Review
from guandian.domain.periods import minute_of
from guandian.errors import GuandianError
from guandian.monitor.alerts import words_of
from guandian.monitor.alerts.replayed_history import replay_history
from guandian.monitor.alerts.watch_pass import look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.monitor.series import SeriesKey, TimeBuckets, complete_buckets, read_series
from guandian.monitor.series.buckets import running_in
from guandian.store import Store, StoreReader
from guandian.store.records import Records

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2025, 3, 30), date(2025, 10, 26)
KEY = SeriesKey(product="X200")


def one(
    name: str, time: str, user: str | None = None, bad: bool = True, **own: str
) -> tuple[Review, Mined]:
    """A review that complains of the battery."""
    where = {"product": "X200", "source": "app", "time": time}
    review, mined = said(name, "battery", where, bad=bad)
    return replace(review, user=user, extra=own), mined


@contextmanager
def reader_of(folder: Path, pairs: list[tuple[Review, Mined]]) -> Iterator[StoreReader]:
    with Store.open(folder, write=True, threads=1) as store:
        store.load(pairs)
        yield store.reader()


def of_product(reader: StoreReader, buckets: TimeBuckets) -> list[int]:
    table = read_series(reader, buckets, 1)
    return table.complaints[table.keys.index(KEY)].astype(int).tolist()


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("2026-01-05", None),
        ("2026-01-05 25:00", None),
        ("2026-01-05 10:30 pm", None),
        ("2026/1/5 9:05", (9 * 60 + 5, None)),
        ("2026年1月5日 10:30", (630, None)),
        ("2026-01-05T10:30:00.123-0330", (630, -210)),
        ("2026-01-05T10:30Z", (630, 0)),
        (None, None),
    ],
)
def test_the_minute_of_a_time(text: str | None, minute: tuple[int, int | None] | None) -> None:
    first = (date(2026, 1, 5) - date(1970, 1, 1)).days * 1440
    assert minute_of(text) == (minute and (first + minute[0], minute[1]))


def test_days_are_those_of_the_shop(tmp_path: Path) -> None:
    times = [
        "2025-03-29T22:59:00Z",  # 23:59 of the day before
        "2025-03-29T23:00:00Z",  # midnight, an hour ahead of UTC
        "2025-03-30T21:59:00Z",  # 23:59, two hours ahead by now
        "2025-03-30T22:00:00Z",  # midnight of the next day
        "2025-03-30 23:59",  # of the shop already
        "2025-03-30",
        "2025-03-30T23:30:00+08:00",  # 17:30
    ]
    pairs = [one(f"r{k}", time) for k, time in enumerate(times)]
    with reader_of(tmp_path, pairs) as reader:
        days = TimeBuckets("day", SPRING - timedelta(days=1), 3, BERLIN)
        assert of_product(reader, days) == [1, 5, 1]
        assert of_product(reader, replace(days, zone="Asia/Shanghai")) == [0, 5, 2]
        assert of_product(reader, TimeBuckets("week", date(2025, 3, 24), 2, BERLIN)) == [6, 1]


def test_the_day_on_which_clocks_go_back_has_25_hours(tmp_path: Path) -> None:
    moment = datetime(2025, 10, 27, 0, 30, tzinfo=UTC)
    now = running_in(BERLIN, moment, "hour")
    hours = complete_buckets(AUTUMN, date(2025, 10, 27), "hour", now, BERLIN)
    starts = [str(start) for start in hours.starts()]
    assert hours.number == 26 and len(set(starts)) == 26
    assert starts[2:4] == ["2025-10-26 02:00:00+02:00", "2025-10-26 02:00:00+01:00"]
    assert [hours.bucket_of(start) for start in hours.starts()] == list(range(26))
    times = ["2025-10-26T00:30Z", "2025-10-26 02:30", "2025-10-26T01:30Z", "2025-10-26"]
    with reader_of(tmp_path, [one(f"r{k}", time) for k, time in enumerate(times)]) as reader:
        counts = of_product(reader, hours)
    assert counts[2:4] == [2, 1] and sum(counts) == 3  # a day alone is in no hour


def test_hours_of_zones_that_are_half_an_hour_off(tmp_path: Path) -> None:
    now = running_in("Asia/Kolkata", datetime(2025, 1, 2, 3, 0, tzinfo=UTC), "hour")
    hours = complete_buckets(date(2025, 1, 2), date(2025, 1, 2), "hour", now, "Asia/Kolkata")
    assert (str(hours.start(0)), hours.number) == ("2025-01-02 00:00:00+05:30", 8)
    pairs = [one("a", "2025-01-01T18:30Z"), one("b", "2025-01-02 01:59")]
    with reader_of(tmp_path, pairs) as reader:
        assert of_product(reader, hours)[:3] == [1, 1, 0]


def test_a_user_counts_once_in_a_bucket_and_copies_once(tmp_path: Path) -> None:
    flood = [one(f"f{k}", "2025-01-02", user="水军") for k in range(9)]
    others = [one(f"o{k}", "2025-01-02") for k in range(3)]
    copies = [
        (replace(review, id=f"c{k}"), replace(mined, review_id=f"c{k}"))
        for k in range(4)
        for review, mined in [one("same", "2025-01-03")]
    ]
    with reader_of(tmp_path, [*flood, *others, *copies]) as reader:
        assert of_product(reader, TimeBuckets("day", date(2025, 1, 2), 2)) == [4, 1]


def test_a_surge_in_one_value_of_an_own_column_fires_for_it(tmp_path: Path) -> None:
    dice, pairs = np.random.default_rng(3), []
    for day in range(60):
        for region in ("华东", "华=北🌏"):
            surging = day >= 56 and region == "华=北🌏"
            for k in range(dice.poisson(12 if surging else 2)):
                name, time = f"{day}-{region}-{k}", str(date(2025, 1, 1) + timedelta(days=day))
                pairs.append(one(name, time, **{"区/域": region}))
    terms = WatchTerms(own=("区/域",))
    with reader_of(tmp_path, pairs) as reader:
        history = replay_history(reader, terms, date(2025, 3, 2))
        own = {alert.series.get("own") for alert in history.ends.values() if alert.fired}
        assert "区/域=华%3D北🌏" not in own and "区/域=华=北🌏" in own
        alert = next(its for its in history.ends.values() if its.series.get("own"))
        key = SeriesKey(**alert.series)
        assert "区/域：华=北🌏" in words_of(reader, alert, key).where.zh
        quotes = reader.opinions(key.selection(alert.since, alert.until)).items
        assert {quote.review.extra["区/域"] for quote in quotes} == {"华=北🌏"}


def test_a_surge_is_told_within_the_hour(tmp_path: Path) -> None:
    dice, pairs = np.random.default_rng(5), []
    for hour in range(24 * 12):
        moment = datetime(2025, 10, 20, tzinfo=UTC) + timedelta(hours=hour)
        rate = 15 if hour >= 24 * 12 - 2 else 1 + (hour % 24 > 8)
        pairs += [one(f"{hour}-{k}", moment.isoformat()) for k in range(dice.poisson(rate))]
    end = datetime(2025, 11, 1, tzinfo=UTC)
    terms = WatchTerms(unit="hour", zone=BERLIN)
    with reader_of(tmp_path, pairs) as reader, Records.open(tmp_path) as records:

        def fired_at(moment: datetime) -> list[str]:
            look = look_once(reader, records, "main", terms, running_in(BERLIN, moment, "hour"))
            return [str(alert.since) for alert in look.fired]

        assert fired_at(end - timedelta(hours=2)) == []
        assert fired_at(end - timedelta(minutes=61)) == []
        assert fired_at(end - timedelta(minutes=59)) == ["2025-10-31 23:00:00+01:00"]
        assert fired_at(end) == []
        (alert,) = records.alerts.list("main", children=False)
        assert alert.unit == "hour" and str(alert.until) == "2025-11-01 00:00:00+01:00"


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(GuandianError, match="no time zone"):
        running_in("Mars/Olympus", datetime.now(UTC), "hour")
