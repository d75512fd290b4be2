"""The report of what was mined: a page of charts with the quotes behind them, and a summary."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guandian.display.names import Names
    from guandian.evaluation.correction import Correction, net_of
    from guandian.report.mined.aggregate import Aggregate, aggregate
    from guandian.report.mined.filtering import Filter
    from guandian.report.mined.notebook_html import review_fragment, summary_fragment
    from guandian.report.mined.page_file import page, write_page
    from guandian.report.mined.payload import PageOptions
    from guandian.report.mined.single_review import coloured, one_review
    from guandian.report.mined.standing_out import disagreements
    from guandian.report.mined.terminal import MiningRun, summary_table
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

# Each name comes with its module when it is first asked for: one review takes few of them.
_PLACES = {
    "Aggregate": "guandian.report.mined.aggregate",
    "Correction": "guandian.evaluation.correction",
    "Filter": "guandian.report.mined.filtering",
    "MiningRun": "guandian.report.mined.terminal",
    "Names": "guandian.display.names",
    "PageOptions": "guandian.report.mined.payload",
    "Synonyms": "guandian.text.aspect_names",
    "aggregate": "guandian.report.mined.aggregate",
    "coloured": "guandian.report.mined.single_review",
    "disagreements": "guandian.report.mined.standing_out",
    "net_of": "guandian.evaluation.correction",
    "one_review": "guandian.report.mined.single_review",
    "page": "guandian.report.mined.page_file",
    "review_fragment": "guandian.report.mined.notebook_html",
    "summary_fragment": "guandian.report.mined.notebook_html",
    "summary_table": "guandian.report.mined.terminal",
    "synonyms": "guandian.text.aspect_names",
    "write_page": "guandian.report.mined.page_file",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
