"""Labelled reviews to and from the tools that people label with, and how well labels agree."""

from guandian.labelling.items import Item, Notes
from guandian.labelling.tools import (
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
