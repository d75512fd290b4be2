"""What was mined, for people: a page of charts with the quotes behind them, and a summary."""

from guandian.report.aggregate import Aggregate, aggregate
from guandian.report.html import page
from guandian.report.payload import Names, Options

__all__ = ["Aggregate", "Names", "Options", "aggregate", "page"]
