"""The public Python API, at home in notebooks: a facade over the rooms below."""

from guandian.api.compression import Ladder, compress
from guandian.api.mining import MinedReview, MinedReviews, Model, Summary, open
from guandian.api.runs import Comparison, Run, Runs, compare, run, runs
from guandian.api.training import EnsembleRuns, average, train

__all__ = [
    "Comparison",
    "EnsembleRuns",
    "Ladder",
    "MinedReview",
    "MinedReviews",
    "Model",
    "Run",
    "Runs",
    "Summary",
    "average",
    "compare",
    "compress",
    "open",
    "run",
    "runs",
    "train",
]
