"""What was mined, for people: a page of charts with the quotes behind them, and a summary."""

from guandian.report.aggregate import Aggregate, aggregate
from guandian.report.aspects import Synonyms, synonyms
from guandian.report.filtering import Filter
from guandian.report.fragment import review_fragment, summary_fragment
from guandian.report.html import page, write_page
from guandian.report.payload import Names, Options
from guandian.report.standing_out import Correction, disagreements, net_of
from guandian.report.terminal import Run, coloured, one_review, summary_table

__all__ = [
    "Aggregate",
    "Correction",
    "Filter",
    "Names",
    "Options",
    "Run",
    "Synonyms",
    "aggregate",
    "coloured",
    "disagreements",
    "net_of",
    "one_review",
    "page",
    "review_fragment",
    "summary_fragment",
    "summary_table",
    "synonyms",
    "write_page",
]
