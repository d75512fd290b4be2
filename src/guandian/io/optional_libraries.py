"""Libraries that extras bring: asked for where they are used, told where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from guandian.errors import GuandianError


def needs(module: str, extra: str, task: str) -> Any:
    """The optional library `module`.

    Raises:
        GuandianError: naming the extra that brings it and the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise GuandianError(
            f"{task} needs {module.partition('.')[0]}, which is not installed",
            f"install the extra {extra!r}: pip install 'guandian[{extra}]'",
        ) from error
