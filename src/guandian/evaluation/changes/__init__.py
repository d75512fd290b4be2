"""What changed between two windows of time, and why: numbers alone."""

from guandian.evaluation.changes.causes import Cause, Explanation, Side, explain_change
from guandian.evaluation.changes.cell_blocks import CodedWords, DrawnReviews, blocked_cells
from guandian.evaluation.changes.counted import OpinionCell, WindowCounts, block_numbers
from guandian.evaluation.changes.net_change import net_change
from guandian.evaluation.changes.volume import VolumeChange, volume_change
from guandian.evaluation.changes.window_pairs import (
    DayWindow,
    WindowPair,
    last_complete,
    window_pair,
)

__all__ = [
    "Cause",
    "CodedWords",
    "DayWindow",
    "DrawnReviews",
    "Explanation",
    "OpinionCell",
    "Side",
    "VolumeChange",
    "WindowCounts",
    "WindowPair",
    "block_numbers",
    "blocked_cells",
    "explain_change",
    "last_complete",
    "net_change",
    "volume_change",
    "window_pair",
]
