"""Surges of one topic planted into real dated headlines, found by the watch or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
from made_headlines import BAD, made_headlines
from numpy.typing import NDArray

from guandian.domain import Review
from guandian.mining.headlines import HeadlineMiner, read_topics
from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms, detector_for
from guandian.monitor.series import SeriesKey, SeriesTable, TimeBuckets

SIZES = (8, 12, 16, 24, 32)
"""Headlines a day that a surge adds."""
DAYS = 3
"""That a surge lasts."""
_IN_TIME = 2


class DatedNews(Protocol):
    """What is replayed."""

    @property
    def texts(self) -> Sequence[str]:
        """The headlines."""

    @property
    def companies(self) -> Sequence[str]:
        """Of each."""

    @property
    def days(self) -> Sequence[date]:
        """Of each."""


@dataclass(frozen=True)
class MinedNews:
    """Complaints by series and day.

    Attributes:
        counts: negative and all headlines of each series by day of news `[2, days]`.
        days: of news, in order; they are replayed as weekdays that follow one another.
    """

    counts: dict[SeriesKey, NDArray[np.float64]]
    days: list[date]

    def table(self, extra: dict[SeriesKey, NDArray[np.float64]], least: int) -> SeriesTable:
        """The series as the watch has them, with what was planted."""
        sums = dict(self.counts)
        for key, more in extra.items():
            sums[key] = sums.get(key, np.zeros((2, len(self.days)))) + more
        keys = sorted((k for k, v in sums.items() if v[0].sum() >= least), key=repr)
        weeks = -(-len(self.days) // 5)
        counts = np.zeros((2, len(keys), 7 * weeks))
        at = [calendar_day(k) for k in range(len(self.days))]
        for row, key in enumerate(keys):
            counts[:, row, at] = sums[key]
        buckets = TimeBuckets("day", date(2024, 1, 1), calendar_day(len(self.days) - 1) + 1)
        complaints, volume = counts[:, :, : buckets.number]
        return SeriesTable(tuple(keys), buckets, complaints, volume)


def calendar_day(place: int) -> int:
    """The day of a day of news: five in a week, then two without news."""
    return place // 5 * 7 + place % 5


def mined(miner: HeadlineMiner, texts: Sequence[str], companies: Sequence[str]) -> Iterator[Any]:
    """What is told of each headline: topic, company, and whether it is bad."""
    reviews = (
        Review(str(k), text, product=name or None)
        for k, (text, name) in enumerate(zip(texts, companies, strict=True))
    )
    for review, its in miner.mine(reviews):
        (opinion,) = its.opinions
        yield opinion.category, review.brand, opinion.polarity == "negative"


def mined_news(miner: HeadlineMiner, news: DatedNews) -> MinedNews:
    """Complaints of all topics and companies, day by day; a text that was there counts once."""
    days = sorted(set(news.days))
    place = {day: k for k, day in enumerate(days)}
    counts: dict[SeriesKey, NDArray[np.float64]] = {}
    seen: set[str] = set()
    told = mined(miner, news.texts, news.companies)
    for text, day, (topic, company, bad) in zip(news.texts, news.days, told, strict=True):
        if text not in seen:
            for key in (SeriesKey(category=topic), SeriesKey(aspect=company, source="news")):
                counts.setdefault(key, np.zeros((2, len(days))))[:, place[day]] += bad, 1
        seen.add(text)
    return MinedNews(counts, days)


def replayed_surges(news: DatedNews, number: int, budget: float, seed: int) -> dict[str, Any]:
    """False alerts without a surge, and how many planted surges are found in time.

    Args:
        news: dated headlines.
        number: surges of each size.
        budget: false alerts a week.
        seed: of topics, days and texts.
    """
    miner = HeadlineMiner(read_topics("finance"))
    real = mined_news(miner, news)
    terms = WatchTerms(a_week=budget)
    needs = detector_for().needs
    first = next(k for k in range(len(real.days)) if calendar_day(k) >= needs + 14)
    table = real.table({}, terms.least)
    quiet = fired_in(table, terms, needs)
    weeks = (table.buckets.number - needs) / 7
    figures: dict[str, Any] = {
        "days_of_news": len(real.days), "series": len(table.keys), "weeks": round(weeks, 1),
        "budget_a_week": budget, "fired_without_a_surge": len(quiet),
        "fired": Counter(str(key.category or "a company") for key, _ in quiet),
        "surge_days": DAYS, "planted_a_size": number,
    }  # fmt: skip
    busy = {(key, bucket) for key, bucket in quiet}
    for size in SIZES:
        dice = np.random.default_rng([seed, size])
        hits: dict[str, list[bool]] = {topic: [] for topic in BAD}
        told = 0
        for k in range(number):
            topic = list(BAD)[k % len(BAD)]
            start = int(dice.integers(first, len(real.days) - DAYS))
            extra, right = planted(miner, topic, size, start, len(real.days), dice)
            told += right
            key = SeriesKey(category=topic)
            end = calendar_day(start + DAYS - 1) + 1
            after = fired_in(ending(real.table(extra, terms.least), end), terms, end - 7)
            in_time = {calendar_day(start + d) for d in range(_IN_TIME)}
            hits[topic].append(any(b in in_time and (key, b) not in busy for _, b in after))
        figures[f"{size} a day"] = {
            "found_in_two_days": float(np.mean([hit for row in hits.values() for hit in row])),
            "by_topic": {topic: f"{sum(row)} of {len(row)}" for topic, row in hits.items()},
            "planted_headlines_told_right": told / (number * size * DAYS),
        }  # fmt: skip
    return figures


def ending(table: SeriesTable, end: int) -> SeriesTable:
    """A table that ends before a bucket."""
    buckets = TimeBuckets("day", table.buckets.first, end)
    return SeriesTable(table.keys, buckets, table.complaints[:, :end], table.volume[:, :end])


def planted(
    miner: HeadlineMiner, topic: str, size: int, start: int, days: int, dice: np.random.Generator
) -> tuple[dict[SeriesKey, NDArray[np.float64]], int]:
    """Complaints that a surge adds, as the miner tells them, and how many it tells right."""
    source = made_headlines(topic, dice)
    texts = list(dict.fromkeys(text for text, _ in zip(source, range(60 * size), strict=False)))
    texts = texts[: size * DAYS]
    extra: dict[SeriesKey, NDArray[np.float64]] = {}
    right = 0
    for k, (its, _, bad) in enumerate(mined(miner, texts, [""] * len(texts))):
        row = extra.setdefault(SeriesKey(category=its), np.zeros((2, days)))
        row[:, start + k % DAYS] += bad, 1
        right += bad and its == topic
    return extra, right


def fired_in(table: SeriesTable, terms: WatchTerms, since: int) -> list[tuple[SeriesKey, int]]:
    """Series and buckets of the episodes that begin to fire, from a bucket on."""
    watching = SeriesWatch.begun(table, terms)
    fired: dict[str, tuple[SeriesKey, int]] = {}
    for bucket, happenings in enumerate(watching.happenings(table, since), since):
        for happening in happenings:
            alert = happening.alert
            if alert.fired is not None:
                fired.setdefault(alert.id, (SeriesKey(**alert.series), bucket))
    return list(fired.values())
