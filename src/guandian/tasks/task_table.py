"""The table of tasks: a row makes a task from its declaration."""

from __future__ import annotations

from collections.abc import Callable

from guandian.domain import LabelHead
from guandian.tasks.labels.multi import Classes
from guandian.tasks.labels.ordinal import Rank
from guandian.tasks.labels.regression import Number
from guandian.tasks.labels.single import OneClass
from guandian.tasks.task import Task

TASKS: dict[str, Callable[[LabelHead], Task]] = {
    "single": OneClass,
    "multi": Classes,
    "ordinal": Rank,
    "regression": Number,
}
"""By the name that a recipe's `kind` says; a new task is a new row."""


def task_of(head: LabelHead) -> Task:
    """The task that a label declares.

    Raises:
        ValueError: no row of that kind, or a declaration that does not fit its task.
    """
    if head.kind not in TASKS:
        raise ValueError(f"no task {head.kind!r}; known: {', '.join(TASKS)}")
    return TASKS[head.kind](head)
