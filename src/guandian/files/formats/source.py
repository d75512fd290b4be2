"""The bytes of a file as they are read: from a disk, standard input, or packed with gzip."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from shlex import quote
from typing import Any, cast

from guandian.errors import GuandianError
from guandian.files.table import empty

PACKED = ".gz"
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")


def open_source(path: str, closing: ExitStack) -> BufferedReader:
    """A file that is open for reading, unpacked where its name ends in .gz.

    Args:
        path: the file; `-` is standard input.
        closing: closes it, when it has been read.

    Raises:
        GuandianError: for a file that is missing, empty or cannot be read.
    """
    if path == "-":
        if sys.stdin is None:
            raise GuandianError("standard input is closed", "give a file, or pipe reviews into it")
        return cast(BufferedReader, sys.stdin.buffer)
    stream = closing.enter_context(_file(path))
    if not path.lower().endswith(PACKED):
        return stream
    raw = cast(io.FileIO, _Unpacked(stream, path))
    unpacked: BufferedReader = closing.enter_context(io.BufferedReader(raw))
    if not unpacked.peek(1):
        raise empty(path)
    return unpacked


class _Unpacked(io.RawIOBase):
    """The content of a stream that gzip packed."""

    def __init__(self, stream: BufferedReader, path: str) -> None:
        self._packed, self._path = gzip.GzipFile(fileobj=stream), path

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As for any file; damage is told with its repair."""
        try:
            return self._packed.readinto(buffer)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise GuandianError(
                f"{self._path} cannot be unpacked: {error}",
                "fetch or pack it anew; gzip -t FILE says whether it is whole",
            ) from error


def refuse_missing(path: str) -> None:
    """Refuse what is no file, without opening it.

    Raises:
        GuandianError: for an address, a folder, and a file that is missing.
    """
    try:
        folder, there = Path(path).is_dir(), Path(path).exists()
    except OSError as error:  # such as a review that was given as a name
        raise GuandianError(
            f"cannot read {path}: {error.strerror}",
            "check the name, the folder and who may use them",
        ) from error
    if folder:
        raise GuandianError(
            f"{path} is a folder, not a file",
            f"name the files in it, such as {quote(path.rstrip('/'))}/*.csv",
        )
    if there:
        return
    if _ADDRESS.match(path):
        raise GuandianError(
            f"{path} is an address, and nothing is fetched",
            "download the file first, for example with curl -L -o FILE ADDRESS, and name that",
        )
    raise GuandianError(f"there is no file {path}", "check the name and the folder")


def _file(path: str) -> BufferedReader:
    refuse_missing(path)
    stream = open_bytes(path)
    if not stream.peek(1):
        stream.close()
        raise empty(path)
    return stream


def open_bytes(path: str | Path) -> BufferedReader:
    """A file that is open for reading, as it stands.

    Raises:
        GuandianError: it cannot be read.
    """
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise GuandianError(
            f"cannot read {path}: {error.strerror}",
            "check the name, the folder and who may use them",
        ) from error
