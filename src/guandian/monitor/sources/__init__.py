"""Where reviews come from: files, addresses and streams, mined and stored as they come."""

from guandian.monitor.sources.intake import Intake, TakenIn
from guandian.monitor.sources.review_source import Delivery, ReviewSource, SourceFailure

__all__ = ["Delivery", "Intake", "ReviewSource", "SourceFailure", "TakenIn"]
