"""What people are told of an alert, in one sentence and some lines, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from guandian.monitor.alerts.alert_sentences import filled, sentence_of
from guandian.monitor.budget import StatedBudget
from guandian.monitor.series.series_key import SeriesKey, own_column
from guandian.store import StoreReader
from guandian.store.records.watching import AlertKind, AlertRecord
from guandian.wording import Name, term

_LONGEST_QUOTE = 120


@dataclass(frozen=True, slots=True)
class AlertWords:
    """What is told of an alert.

    Attributes:
        where: what it is of.
        sentence: what, where, since when, how big with its interval.
        cause: the slice that explains it; None where that is the series itself.
        dated: since when the level is another; None where the sentence says so.
        repeats: how many near copies and floods did not count; None without any.
        why: why it fired, and what the budget still allows.
    """

    where: Name
    sentence: Name
    cause: Name | None
    dated: Name | None
    repeats: Name | None
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
    cause = None
    if smallest != key:
        cause = filled(term("The change lies in {slice}."), {"slice": name_of(reader, smallest)})
    return AlertWords(
        where, sentence_of(alert, where), cause, _dated(alert), _repeats(alert), _why(alert)
    )


def name_of(reader: StoreReader, key: SeriesKey) -> Name:
    """What people call a series."""
    return series_names(reader, [key])[0]


def series_names(reader: StoreReader, keys: Sequence[SeriesKey]) -> list[Name]:
    """What people call so many series."""
    categories = sorted({key.category for key in keys if key.category is not None})
    aspects = sorted({key.aspect for key in keys if key.aspect is not None})
    known = reader.names("category", categories), reader.names("aspect", aspects)
    return [_told(key, *known) for key in keys]


def _told(key: SeriesKey, categories: Mapping[str, Name], aspects: Mapping[str, Name]) -> Name:
    parts: list[Name] = []
    if key.category is not None:
        parts.append(categories[key.category])
    if key.aspect is not None:
        parts.append(aspects[key.aspect])
    zh = "·".join(part.zh for part in parts)
    en = ", ".join(part.en for part in parts)
    if key.product is not None:
        zh = f"{key.product} 的{zh}" if zh else key.product
        en = f"{en} of {key.product}" if en else key.product
    if key.source is not None:
        zh, en = f"{zh}（{key.source}）", f"{en} ({key.source})"
    if key.own is not None:
        column, value = own_column(key.own)
        zh, en = f"{zh}（{column}：{value}）", f"{en} ({column}: {value})"
    return Name(zh, en)


def quoted(text: str) -> str:
    """A quote on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 1]}…"


def _dated(alert: AlertRecord) -> Name | None:
    """Since when the level is another, where that was worked out and is another day."""
    change = alert.facts.get("change")
    if change is None or (
        change["since"] == str(alert.since) and alert.kind is not AlertKind.DRIFT
    ):
        return None
    values = {
        "since": change["since"],
        "before": f"{change['before']:.1f}",
        "after": f"{change['after']:.1f}",
    }
    if alert.unit == "hour":
        words = term("The level changed on {since}: {after} an hour, {before} before.")
    elif alert.unit == "week":
        words = term("The level changed on {since}: {after} a week, {before} before.")
    else:
        words = term("The level changed on {since}: {after} a day, {before} before.")
    return filled(words, values)


def _repeats(alert: AlertRecord) -> Name | None:
    copies, floods = (int(alert.facts.get(name, 0)) for name in ("copies", "floods"))
    return repeats_words(copies, floods) if copies + floods else None


def repeats_words(copies: int, floods: int) -> Name:
    """What does not count in so many words."""
    values = {"copies": f"{copies:,}", "floods": f"{floods:,}"}
    words = term(
        "Not counted: {copies} near copies of other complaints, {floods} more by users who wrote "
        "several."
    )
    return filled(words, values)


def _why(alert: AlertRecord) -> Name:
    budget = alert.facts.get("budget", {})
    chance = max(alert.chance, np.finfo(float).tiny)
    stated = StatedBudget(float(budget.get("a_week", 0)), budget.get("share"))
    known = {
        "chance": _plain(chance, 1),
        "level": _plain(float(budget.get("level", 0)), 2),
        "budget": stated.words,
        "fired": f"{int(budget.get('fired', 0))}",
        "weeks": f"{float(budget.get('weeks', 0)):g}",
        "series": f"{int(budget.get('series', 0)):,}",
    }
    return filled(
        term(
            "Fired because so many have a chance of {chance} without anything unusual, and "
            "{level} is allowed; budget: {budget} over {series} series, fired so far: {fired} in "
            "{weeks} weeks."
        ),
        known,
    )


def _plain(chance: float, digits: int) -> str:
    """A chance as people write it: 0.00006, and of less than one in a million its power of ten."""
    if chance >= 1e-6 or not chance:
        return np.format_float_positional(float(f"{chance:.{digits}g}"), trim="-")
    return f"{chance:.{digits}g}"
