"""Labelled corpora: readers, the shared sets, splits, the leak check and the default taxonomy."""

from guandian.data.zhijiang import read_zhijiang

__all__ = ["read_zhijiang"]
