"""Files that ship inside the package: the default bundle and the example reviews."""

from __future__ import annotations

from pathlib import Path


def assets() -> Path:
    """The folder that holds the shipped files."""
    return Path(__file__).parent
