"""Matching, metrics, calibration and comparison: scores a model, a rule or an LLM alike."""

from guandian.evaluation.calibration import Calibration, calibrate_report
from guandian.evaluation.comparison import (
    Contender,
    Report,
    SideBySide,
    contend,
    set_side_by_side,
)
from guandian.evaluation.error_analysis import (
    Difference,
    ErrorKind,
    count_differences,
    quad_errors,
)
from guandian.evaluation.evaluate import Answer, Options, PlainAnswer, QuadPredictor, ask, evaluate
from guandian.evaluation.intervals.bootstrap import (
    Interval,
    PairedDifference,
    interval,
    paired_difference,
)
from guandian.evaluation.metrics.classification import LabelScores, binary_label, score_labels
from guandian.evaluation.metrics.entities import EntityScores, bio_lines, bio_tags, score_entities
from guandian.evaluation.metrics.scores import PRF, Counts
from guandian.evaluation.metrics.tuples import (
    MEASURES,
    Mode,
    QuadLike,
    TupleScores,
    count_quads,
    exactly_right,
    score_quads,
)
from guandian.evaluation.net_sentiment import NetCounts, PolarityRates, corrected_net
from guandian.evaluation.results import Evaluation, compare_evaluations
from guandian.evaluation.saved_predictions import Recorded

__all__ = [
    "MEASURES",
    "PRF",
    "Answer",
    "Calibration",
    "Contender",
    "Counts",
    "Difference",
    "EntityScores",
    "ErrorKind",
    "Evaluation",
    "Interval",
    "LabelScores",
    "Mode",
    "NetCounts",
    "Options",
    "PairedDifference",
    "PlainAnswer",
    "PolarityRates",
    "QuadLike",
    "QuadPredictor",
    "Recorded",
    "Report",
    "SideBySide",
    "TupleScores",
    "ask",
    "binary_label",
    "bio_lines",
    "bio_tags",
    "calibrate_report",
    "compare_evaluations",
    "contend",
    "corrected_net",
    "count_differences",
    "count_quads",
    "evaluate",
    "exactly_right",
    "interval",
    "paired_difference",
    "quad_errors",
    "score_entities",
    "score_labels",
    "score_quads",
    "set_side_by_side",
]
