"""The public Python API, at home in notebooks: a facade over the rooms below."""

from guandian.notebook.mining import MinedReview, MinedReviews, Model, Summary, open
from guandian.notebook.runs import Comparison, Run, Runs, compare, run, runs
from guandian.notebook.training import train

__all__ = [
    "Comparison",
    "MinedReview",
    "MinedReviews",
    "Model",
    "Run",
    "Runs",
    "Summary",
    "compare",
    "open",
    "run",
    "runs",
    "train",
]
