"""Headlines: topic by a few seeds, sentiment by a small head, as mined reviews of a store."""

from guandian.mining.headlines.headline_miner import HeadlineMiner
from guandian.mining.headlines.linear_head import LinearHead
from guandian.mining.headlines.topics import Topic, read_topics, topic_names

__all__ = ["HeadlineMiner", "LinearHead", "Topic", "read_topics", "topic_names"]
