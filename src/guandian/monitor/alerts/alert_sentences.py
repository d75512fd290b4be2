"""What, where, since when and how big with its interval: one sentence a kind of alert."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from scipy import stats

from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.store.records.watching import AlertKind, AlertRecord, AlertSeverity, AlertState
from guandian.wording import Name, singular, term

_LEAST = 0.1
"""Expected reviews below which ratios are told of so many: no number is a multiple of nothing."""
_MAJOR, _CRITICAL = 2.0, 4.0
"""Times the usual, at the least."""


def sentence_of(alert: AlertRecord, where: Name) -> Name:
    """The sentence of an alert as it is now.

    Args:
        alert: what is told.
        where: what people call its series.
    """
    times = ratio_of(alert)
    volume = float(alert.facts.get("volume", 0)) or 1.0
    few, expected = alert.expected < _LEAST, max(alert.expected, _LEAST)
    values = {
        "where": where,
        "since": shown_day(alert.since),
        "until": shown_day(alert.until),
        "cleared": shown_day(alert.cleared) if alert.cleared else "",
        "observed": f"{alert.observed:,}",
        "expected": f"{'≤ ' * few}{expected:,.1f}",
        "ratio": f"{'≥ ' * few}{times.value:.1f}",
        "low": f"{times.low:.1f}",
        "high": f"{times.high:.1f}",
        "volume": f"{volume:,.0f}",
        "share": f"{alert.observed / volume:.0%}",
        "usual": f"{'≤ ' * few}{expected / volume:.0%}",
        "days": f"{max(round(float(alert.facts.get('window', 0))), 1)}",
    }
    state = "over" if alert.state is AlertState.CLEARED else "going on"
    if state == "going on" and alert.since == alert.until:
        state = "begun"
    return filled(_words(alert.kind, state), values)


def shown_day(day: date) -> str:
    """A day as people write it, of an hour the time of day too."""
    return f"{day:%Y-%m-%d %H:%M}" if isinstance(day, datetime) else day.isoformat()


def _words(kind: AlertKind, state: str) -> Name:
    if kind is AlertKind.SHARE:
        return _of_share(state)
    if kind is AlertKind.TOPIC:
        return _of_topic(state)
    if kind is AlertKind.DRIFT:
        return _of_drift(state)
    return _of_surge(state)


def _of_surge(state: str) -> Name:
    if state == "over":
        return term(
            "The surge of complaints about {where} is over on {cleared}: from {since} to "
            "{until} {observed} reviews complained where {expected} were expected."
        )
    if state == "begun":
        return term(
            "On {since} {observed} reviews complained about {where} where {expected} were "
            "expected: {ratio} times as many (95 %: {low} to {high})."
        )
    return term(
        "From {since} to {until} {observed} reviews complained about {where} where "
        "{expected} were expected: {ratio} times as many (95 %: {low} to {high})."
    )


def _of_share(state: str) -> Name:
    if state == "over":
        return term(
            "The share of complaints about {where} is as expected again on {cleared}: from {since} "
            "to {until} {share} of {volume} reviews complained where {usual} were expected."
        )
    if state == "begun":
        return term(
            "On {since} {share} of the {volume} reviews that speak of {where} complained where "
            "{usual} were expected: {ratio} times the share (95 %: {low} to {high})."
        )
    return term(
        "From {since} to {until} {share} of the {volume} reviews that speak of {where} complained "
        "where {usual} were expected: {ratio} times the share (95 %: {low} to {high})."
    )


def _of_topic(state: str) -> Name:
    if state == "over":
        return term(
            "The new topic {where} is quiet again on {cleared}: from {since} to {until} {observed} "
            "reviews complained about it."
        )
    if state == "begun":
        return term(
            "A new topic on {since}: {observed} reviews complained about {where}, about which "
            "next to nobody had before."
        )
    return term(
        "A new topic since {since}: until {until} {observed} reviews complained about {where}, "
        "about which next to nobody had before."
    )


def _of_drift(state: str) -> Name:
    if state == "over":
        return term(
            "The slow rise of complaints about {where} is over on {cleared}; it began about "
            "{since}, and in the {days} days until {until} {observed} reviews complained where "
            "{expected} were expected."
        )
    return term(
        "Complaints about {where} have been rising slowly since about {since}: {observed} in the "
        "{days} days until {until} where {expected} were expected: {ratio} times as many (95 %: "
        "{low} to {high})."
    )


def severity_of(alert: AlertRecord) -> AlertSeverity:
    """How bad it is, by the low end of how many times the usual: chance makes nothing critical."""
    low = ratio_of(alert).low
    if low >= _CRITICAL:
        return AlertSeverity.CRITICAL
    return AlertSeverity.MAJOR if low >= _MAJOR else AlertSeverity.MINOR


def ratio_of(alert: AlertRecord) -> IntervalEstimate:
    """How many times as many as expected, with its 95 % interval."""
    volume = float(alert.facts.get("volume", 0))
    if alert.kind is AlertKind.SHARE and volume >= alert.observed:
        return share_ratio(alert.observed, volume, alert.expected)
    return ratio(alert.observed, alert.expected)


def ratio(observed: int, expected: float) -> IntervalEstimate:
    """How many times as many as expected, with the exact 95 % interval of a Poisson count."""
    base = max(expected, _LEAST)
    low = stats.chi2.ppf(0.025, 2 * observed) / 2 if observed else 0.0
    high = stats.chi2.ppf(0.975, 2 * observed + 2) / 2
    return IntervalEstimate(observed / base, float(low) / base, float(high) / base)


def share_ratio(observed: int, volume: float, expected: float) -> IntervalEstimate:
    """How many times the share that was expected, with the exact interval of a binomial count."""
    base = max(expected, _LEAST) / volume
    low = stats.beta.ppf(0.025, observed, volume - observed + 1) if observed else 0.0
    high = stats.beta.ppf(0.975, observed + 1, volume - observed) if observed < volume else 1.0
    return IntervalEstimate(observed / volume / base, float(low) / base, float(high) / base)


def filled(words: Name, values: Mapping[str, object]) -> Name:
    """Words with their values, of which names stand in their own language."""
    filled_in = {
        language: {
            name: getattr(value, language) if isinstance(value, Name) else value
            for name, value in values.items()
        }
        for language in ("zh", "en")
    }
    return Name(words.zh.format(**filled_in["zh"]), singular(words.en.format(**filled_in["en"])))
