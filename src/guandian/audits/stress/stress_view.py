"""What a stress test found, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from guandian.audits.stress.capability_table import CapabilityRow
from guandian.display.tables import Fitted
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.wording import say


def capability_view(rows: Sequence[CapabilityRow]) -> Fitted:
    """A line for each capability: cases, failures, their share and its interval."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(say("capability"))
    table.add_column(say("task"))
    for heading in (say("tried"), say("failed"), say("share"), say("interval")):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.capability, row.task, f"{row.cases:,}", f"{row.failures:,}", *share_cells(row.rate)
        )
    return Fitted(table)


def share_cells(rate: IntervalEstimate | None) -> tuple[str, str]:
    """A share and its 95 % interval, in per cent."""
    if rate is None:
        return "–", ""
    return f"{rate.value:.1%}", f"{rate.low:.1%} – {rate.high:.1%}"
