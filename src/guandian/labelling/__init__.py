"""Labelled reviews to and from the tools that people label with, and how well labels agree."""

from guandian.labelling.annotation import Item, Notes
from guandian.labelling.tool_registry import (
    TOOLS,
    Tool,
    by_annotator,
    one_each,
    read_items,
    tool_of,
    write_items,
)

__all__ = [
    "TOOLS",
    "Item",
    "Notes",
    "Tool",
    "by_annotator",
    "one_each",
    "read_items",
    "tool_of",
    "write_items",
]
