"""Alerts: episodes of series that stand out, and what people are told of them."""

from guandian.monitor.alerts.alert_words import AlertWords, words_of
from guandian.monitor.alerts.episodes import EpisodeBook, Happening
from guandian.monitor.alerts.evidence import AlertEvidence, evidence_of
from guandian.monitor.alerts.watching import SeriesWatch, WatchTerms

__all__ = [
    "AlertEvidence",
    "AlertWords",
    "EpisodeBook",
    "Happening",
    "SeriesWatch",
    "WatchTerms",
    "evidence_of",
    "words_of",
]
