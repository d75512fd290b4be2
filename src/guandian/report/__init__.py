"""The report of what was mined: a page of charts with the quotes behind them, and a summary."""

from guandian.display.names import Names
from guandian.evaluation.correction import Correction, net_of
from guandian.report.mined.aggregate import Aggregate, aggregate
from guandian.report.mined.filtering import Filter
from guandian.report.mined.notebook_html import review_fragment, summary_fragment
from guandian.report.mined.page_file import page, write_page
from guandian.report.mined.payload import PageOptions
from guandian.report.mined.standing_out import disagreements
from guandian.report.mined.terminal import MiningRun, coloured, one_review, summary_table
from guandian.text.aspect_names import Synonyms, synonyms

__all__ = [
    "Aggregate",
    "Correction",
    "Filter",
    "MiningRun",
    "Names",
    "PageOptions",
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
