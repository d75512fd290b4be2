"""Shares and differences of shares as people read them."""

from __future__ import annotations


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent, without the sign; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f}"


def signed(difference: float) -> str:
    """A difference of shares in points, with plus or minus."""
    points = round(100 * difference, 1) + 0.0  # no negative nought
    return f"{points:+.1f}".replace("-", "\u2212")
