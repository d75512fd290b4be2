"""Categories that deserve a look: best and worst ones, moved ones, and nets that disagree."""

from __future__ import annotations

from math import hypot
from typing import Any

from guandian.domain import Polarity
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.quotes import Sample
from guandian.report.mined.tallies import DIFFERENT, OpinionTally

SURE = 0.95
"""Confidence that no category of all is named by chance as the best or the worst."""
MOVED = 0.99
"""Confidence that no category is named by chance as moved."""


def disagreements(total: Aggregate, correction: Correction | None) -> list[tuple[str, str]]:
    """Pairs of `opinions`, `reviews` and `stars` whose nets have intervals that do not meet."""
    nets = {
        "opinions": net_of(total.whole.tally, correction),
        "reviews": total.of_reviews(correction),
        "stars": total.stars.net(),
    }
    known = [(name, net) for name, net in nets.items() if net]
    return [
        (name, other)
        for k, (name, ours) in enumerate(known)
        for other, its in known[k + 1 :]
        if ours.low > its.high or its.low > ours.high
    ]


def standouts(
    total: Aggregate, minimum: int, correction: Correction | None = None
) -> dict[str, Any]:
    """The categories that stand out, each None when none has the support and a clear interval.

    Looking at many categories, one strays by chance: the intervals that decide are as much wider
    as there are categories (Bonferroni). What few different words say, often as it may be, is
    not named: `DIFFERENT` wordings stand behind each.

    Args:
        total: the counts.
        minimum: reviews that a number rests on at least.
        correction: of the net; what has moved is judged as found.

    Returns:
        `praised`, the key with the highest lower end above zero; `criticised`, with the lowest
        upper end below zero; `moved`, see `_moved`.
    """
    cells = [
        (key, cell) for key, cell in total.categories.ranked() if cell.tally.reviews >= minimum
    ]
    level = 1 - (1 - SURE) / max(1, len(cells))
    known = [
        (key, net, cell) for key, cell in cells if (net := net_of(cell.tally, correction, level))
    ]
    fair = [(net.low, key) for key, net, cell in known if _varied(cell, Polarity.POSITIVE)]
    grim = [(-net.high, key) for key, net, cell in known if _varied(cell, Polarity.NEGATIVE)]
    praised, criticised = (max(ends, default=(0.0, "")) for ends in (fair, grim))
    return {
        "praised": praised[1] if praised[0] > 0 else None,
        "criticised": criticised[1] if criticised[0] > 0 else None,
        "moved": _moved(total, minimum),
    }


def _varied(cell: OpinionTally, *kinds: Polarity) -> bool:
    """Tell whether different words enough are among its opinions of these polarities."""
    return len(set().union(*(cell.wordings.get(kind, ()) for kind in kinds))) >= DIFFERENT


def _moved(total: Aggregate, minimum: int) -> dict[str, Any] | None:
    """The category whose net differs most between the last quarter of the time and before.

    Returns:
        `key`, `since`, the `change` with its interval, which excludes zero at `MOVED` over all
        categories looked at, their number `looked`, `reviews` before and lately, and the `cell`
        of the late ones; None where none has.
    """
    _, series = total.timeline.series()
    days = list(series)
    if len(days) < 2:
        return None
    since = days[len(days) - max(1, len(days) // 4)]
    halves: list[tuple[str, OpinionTally, OpinionTally]] = []
    for key, _ in total.categories.ranked():
        old, new = OpinionTally(Sample(1)), OpinionTally(Sample(6))
        for day, row in series.items():
            if key in row:
                (new if day >= since else old).merge(row[key])
        enough = min(old.tally.reviews, new.tally.reviews) >= minimum
        if enough and all(_varied(cell, *Polarity) for cell in (old, new)):
            halves.append((key, old, new))
    level = 1 - (1 - MOVED) / max(1, len(halves))
    moves = [(_change(old.tally, new.tally, level), key, old, new) for key, old, new in halves]
    clear = [move for move in moves if move[0].low > 0 or move[0].high < 0]
    if not clear:
        return None
    change, key, old, new = max(clear, key=lambda move: abs(move[0].value))
    return {
        "key": key,
        "since": since.isoformat(),
        "change": change,
        "looked": len(halves),
        "reviews": [old.tally.reviews, new.tally.reviews],
        "cell": new,
    }


def _change(old: Tally, new: Tally, level: float) -> IntervalEstimate:
    """The later net less the earlier one, with Newcombe's interval."""
    before, lately = old.net(level), new.net(level)
    assert before and lately
    change = lately.value - before.value
    return IntervalEstimate(
        change,
        change - hypot(lately.value - lately.low, before.high - before.value),
        change + hypot(lately.high - lately.value, before.value - before.low),
    )
