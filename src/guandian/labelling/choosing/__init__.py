"""Which reviews to label next, so that the seconds of annotators teach a model the most."""

from guandian.labelling.choosing.next_batch import NextBatch, Pool, choose_batch
from guandian.labelling.choosing.strategies import STRATEGIES, Strategy

__all__ = ["STRATEGIES", "NextBatch", "Pool", "Strategy", "choose_batch"]
