"""Matching, metrics, calibration and comparison: scores a model, a rule or an LLM alike."""

from guandian.evaluation.scores import PRF, Counts
from guandian.evaluation.tuples import (
    MEASURES,
    Mode,
    QuadLike,
    TupleScores,
    count_quads,
    exactly_right,
    score_quads,
)

__all__ = [
    "MEASURES",
    "PRF",
    "Counts",
    "Mode",
    "QuadLike",
    "TupleScores",
    "count_quads",
    "exactly_right",
    "score_quads",
]
