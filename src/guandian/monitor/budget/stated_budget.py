"""The budget as people state it: so many false alerts a week, or so many wrong in a hundred."""

from __future__ import annotations

import re
from dataclasses import dataclass

from guandian.errors import GuandianError
from guandian.wording import Name, singular, term

_RATE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:/\s*(day|week|month|year))?\s*")
_SHARE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(%|/\s*100)?\s*")
_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 365.25 / 12 / 7, "year": 365.25 / 7}
_LEAST_A_WEEK, _MOST_A_WEEK = 0.001, 1000.0
_LEAST_SHARE, _MOST_SHARE = 0.0001, 0.5


@dataclass(frozen=True, slots=True)
class StatedBudget:
    """What is put up with, all series and kinds of alerts together.

    Attributes:
        a_week: false alerts a week.
        share: of alerts that may be wrong, in place of it; None where that is not what counts.
    """

    a_week: float = 0.25
    share: float | None = None

    @property
    def words(self) -> Name:
        """The budget in words."""
        if self.share is not None:
            words = term("{share} wrong in a hundred alerts", share=f"{100 * self.share:g}")
        else:
            words = term("{a_week} false alerts a week", a_week=f"{self.a_week:g}")
        return Name(words.zh, singular(words.en))


def stated_budget(false_alerts: str | None, false_discovery: str | None) -> StatedBudget:
    """The budget that somebody wrote.

    Args:
        false_alerts: such as `1/week`, `2/month` or `0.25`, which is by the week.
        false_discovery: such as `5%` or `0.05`.

    Raises:
        GuandianError: both are written, or one cannot be read or kept.
    """
    if false_alerts is not None and false_discovery is not None:
        raise GuandianError(
            "two budgets are stated", "state --false-alerts or --false-discovery, not both"
        )
    if false_discovery is not None:
        return StatedBudget(share=_share_of(false_discovery))
    return StatedBudget() if false_alerts is None else StatedBudget(_weekly(false_alerts))


def _weekly(words: str) -> float:
    match = _RATE.fullmatch(words)
    a_week = float(match[1]) / _WEEKS[match[2] or "week"] if match else 0.0
    if not _LEAST_A_WEEK <= a_week <= _MOST_A_WEEK:
        raise GuandianError(
            f"{words!r} is no number of false alerts from 1/1000 to 1,000 a week",
            "write --false-alerts 1/week, 2/month or 0.25",
        )
    return a_week


def _share_of(words: str) -> float:
    match = _SHARE.fullmatch(words)
    share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not _LEAST_SHARE <= share <= _MOST_SHARE:
        raise GuandianError(
            f"{words!r} is no share of wrong alerts from 0.01 % to 50 %",
            "write --false-discovery 5% or 0.05",
        )
    return share
