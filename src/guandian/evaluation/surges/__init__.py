"""Why complaints surge: the smallest slice that explains it. Numbers alone."""

from guandian.evaluation.surges.slice_search import VERSION, explain_surge
from guandian.evaluation.surges.surge_cause import SurgeCause
from guandian.evaluation.surges.surge_table import SurgeTable

__all__ = ["VERSION", "SurgeCause", "SurgeTable", "explain_surge"]
