"""What people are told of an alert, in one sentence and some lines, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.monitor.series.series_key import SeriesKey
from guandian.store import StoreReader
from guandian.store.records.watching import AlertRecord, AlertState
from guandian.wording import Name, singular, term

_LONGEST_QUOTE = 120


@dataclass(frozen=True, slots=True)
class AlertWords:
    """What is told of an alert.

    Attributes:
        where: what it is of.
        sentence: what, where, since when, how big with its interval.
        cause: the slice that explains it; None where that is the series itself.
        why: why it fired, and what the budget still allows.
    """

    where: Name
    sentence: Name
    cause: Name | None
    why: Name


def words_of(reader: StoreReader, alert: AlertRecord, smallest: SeriesKey) -> AlertWords:
    """What is told of an alert.

    Args:
        reader: knows the names of aspects.
        alert: what is told.
        smallest: the slice that explains it.
    """
    key = SeriesKey(**alert.series)
    where = name_of(reader, key)
    times = ratio(alert.observed, alert.expected)
    days = {
        "where": where,
        "since": alert.since.isoformat(),
        "until": alert.until.isoformat(),
        "observed": f"{alert.observed:,}",
        "expected": f"{alert.expected:,.1f}",
        "ratio": f"{times.value:.1f}",
        "low": f"{times.low:.1f}",
        "high": f"{times.high:.1f}",
    }
    if alert.state is AlertState.CLEARED:
        days["cleared"] = alert.cleared.isoformat() if alert.cleared else ""
        sentence = _filled(
            term(
                "The surge of complaints about {where} is over on {cleared}: from {since} to "
                "{until} {observed} reviews complained where {expected} were expected."
            ),
            days,
        )
    elif alert.since == alert.until:
        sentence = _filled(
            term(
                "On {since} {observed} reviews complained about {where} where {expected} were "
                "expected: {ratio} times as many (95 %: {low} to {high})."
            ),
            days,
        )
    else:
        sentence = _filled(
            term(
                "From {since} to {until} {observed} reviews complained about {where} where "
                "{expected} were expected: {ratio} times as many (95 %: {low} to {high})."
            ),
            days,
        )
    cause = None
    if smallest != key:
        cause = _filled(term("The change lies in {slice}."), {"slice": name_of(reader, smallest)})
    return AlertWords(where, sentence, cause, _why(alert))


def ratio(observed: int, expected: float) -> IntervalEstimate:
    """How many times as many as expected, with the exact 95 % interval of a Poisson count."""
    base = max(expected, 0.1)
    low = stats.chi2.ppf(0.025, 2 * observed) / 2 if observed else 0.0
    high = stats.chi2.ppf(0.975, 2 * observed + 2) / 2
    return IntervalEstimate(observed / base, float(low) / base, float(high) / base)


def name_of(reader: StoreReader, key: SeriesKey) -> Name:
    """What people call a series."""
    parts: list[Name] = []
    if key.category is not None:
        parts.append(reader.names("category", [key.category])[key.category])
    if key.aspect is not None:
        parts.append(reader.names("aspect", [key.aspect])[key.aspect])
    zh = "·".join(part.zh for part in parts)
    en = ", ".join(part.en for part in parts)
    if key.product is not None:
        zh = f"{key.product} 的{zh}" if zh else key.product
        en = f"{en} of {key.product}" if en else key.product
    if key.source is not None:
        zh, en = f"{zh}（{key.source}）", f"{en} ({key.source})"
    return Name(zh, en)


def quoted(text: str) -> str:
    """A quote on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 1]}…"


def _why(alert: AlertRecord) -> Name:
    budget = alert.facts.get("budget", {})
    chance = max(alert.chance, np.finfo(float).tiny)
    known = {
        "chance": f"{chance:.1g}",
        "detector": str(alert.facts.get("detector", "")),
        "level": f"{float(budget.get('level', 0)):.2g}",
        "a_week": f"{float(budget.get('a_week', 0)):g}",
        "fired": f"{int(budget.get('fired', 0))}",
        "weeks": f"{int(budget.get('weeks', 0))}",
        "series": f"{int(budget.get('series', 0)):,}",
    }
    return _filled(
        term(
            "Fired because so many have a chance of {chance} without anything unusual "
            "({detector}), and {level} is allowed; budget: {a_week} false alerts a week over "
            "{series} series, fired so far: {fired} in {weeks} weeks."
        ),
        known,
    )


def _filled(words: Name, values: Mapping[str, object]) -> Name:
    filled = {
        language: {
            name: getattr(value, language) if isinstance(value, Name) else value
            for name, value in values.items()
        }
        for language in ("zh", "en")
    }
    return Name(words.zh.format(**filled["zh"]), singular(words.en.format(**filled["en"])))
