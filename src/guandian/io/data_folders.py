"""The folder that `--data` names."""

from __future__ import annotations

import os
from pathlib import Path

from guandian.errors import GuandianError
from guandian.io.atomic import why_not_written


def refuse_file(folder: Path) -> None:
    """Refuse what is no folder; one that is not there yet passes.

    Raises:
        GuandianError: it is a file.
    """
    if os.path.isfile(folder):  # noqa: PTH113 - `Path.is_file` raises where this user may not look
        raise GuandianError(f"{folder} is a file, not a folder", "name a folder with --data")


def make_folder(folder: Path) -> None:
    """Make a folder where it is not there.

    Raises:
        GuandianError: it cannot be made.
    """
    refuse_file(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GuandianError(
            f"cannot make the folder {folder}: {why_not_written(error)}",
            "let this user write there, or name another folder with --data",
        ) from error
