"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, EFBIG, ENOSPC, EROFS
from pathlib import Path
from shlex import quote
from typing import BinaryIO

from guandian.errors import GuandianError

_FULL = (ENOSPC, EDQUOT)


def cannot_write(error: OSError) -> bool:
    """Tell whether the disk takes no more, or nothing."""
    return error.errno in (*_FULL, EFBIG, EROFS)


def is_full(error: OSError) -> bool:
    """Tell whether there is no room left."""
    return error.errno in _FULL


def why_not_written(error: OSError) -> str:
    """The system's reason, in words that a reader can act on."""
    return "the disk is full" if is_full(error) else (error.strerror or str(error))


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn the system's errors while writing `path` into ones that say what to do."""
    try:
        yield
    except OSError as error:
        repair = f"make room in {path.parent} and run the same command again"
        if not is_full(error):
            repair = "choose another place with -o and run the same command again"
        raise GuandianError(
            f"cannot write {path}: {why_not_written(error)}; no half-written file is left there",
            repair,
        ) from error


class AtomicFile:
    """A binary file written beside `path`, synced, and renamed to it on `commit`.

    Args:
        path: the file that is to appear.
        overwrite: replace the file that has this name.

    Raises:
        GuandianError: when `path` exists, its folder does not, or it cannot be written.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = path
        self._overwrite = overwrite
        refuse_existing(path, overwrite=overwrite)
        # In the same folder, for a rename is atomic within one file system alone.
        self._beside = path.with_name(f".guandian-{secrets.token_hex(8)}.partial")
        with telling(path):
            self.file: BinaryIO = self._beside.open("xb")

    def commit(self) -> None:
        """Make the file appear under its name; on an error nothing is left."""
        try:
            with telling(self.path):
                # Without it a power cut may leave the new name with the old, empty content.
                self.file.flush()
                os.fsync(self.file.fileno())
                self.file.close()
            move_into_place(self._beside, self.path, overwrite=self._overwrite)
        except GuandianError:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave nothing behind; harmless after `commit`."""
        with suppress(OSError):  # what cannot be flushed is thrown away in any case
            self.file.close()
        self._beside.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write a small file that appears whole; errors as `AtomicFile`."""
    file = AtomicFile(path, overwrite=overwrite)
    try:
        with telling(path):
            file.file.write(content)
    except BaseException:
        file.discard()
        raise
    file.commit()


def write_text_whole(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write a small text in UTF-8 that appears whole; half of a surrogate pair becomes `?`."""
    write_whole(path, text.encode("utf-8", "replace"), overwrite=overwrite)


def write_json_whole(path: Path, content: object, *, overwrite: bool = False) -> None:
    """Write figures as a JSON file for people to read, as `write_text_whole`."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_text_whole(path, text, overwrite=overwrite)


def move_into_place(source: Path, path: Path, *, overwrite: bool = False) -> None:
    """Give a synced file of the same disk its name; it appears there whole.

    Raises:
        GuandianError: when `path` exists, its folder does not, or it cannot be written.
    """
    with telling(path):
        refuse_existing(path, overwrite=overwrite)
        # The rename itself is lasting only when its folder is synced.
        source.replace(path)
        _sync_folder(path.parent)


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield `NAME.new`, which is synced and takes the place of `path` when all went well.

    For files of our own folders, one process at a time; what a kill leaves is written over.

    Raises:
        OSError: as the system gives it; the file is as it was.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        yield fresh
        _sync(fresh)
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Write a small file of a folder of our own; errors as `replacing_file`."""
    with replacing_file(path) as fresh:
        fresh.write_bytes(content)


@contextmanager
def replacing_folder(path: Path, *, reserved: bool = False) -> Iterator[Path]:
    """Yield an empty folder, which is synced and takes the place of `path` when all went well.

    Args:
        path: the folder; it need not be there, and its parent must.
        reserved: `NAME.new` and `NAME.old` are nobody else's, and one process writes at a time.
            What a kill leaves is then removed by the next call; a kill between the two renames
            leaves the former folder as `NAME.old`.

    Raises:
        OSError: as the system gives it; the folder is as it was.
    """
    unique = f".{path.name}-{secrets.token_hex(6)}.partial"
    fresh = path.with_name(f"{path.name}.new" if reserved else unique)
    old = path.with_name(f"{path.name}.old" if reserved else f"{unique}.old")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        yield fresh
        for file in fresh.rglob("*"):
            if file.is_file():
                _sync(file)
        # A folder that is not empty cannot be replaced by a rename: the former one steps aside
        # first.
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
            path.rename(old)
        fresh.rename(path)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    _sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def refuse_existing(path: Path, *, overwrite: bool = False) -> None:
    """Check that a file can appear at `path`.

    Raises:
        GuandianError: when there is one already, the folder is missing, or no file can have the
            name.
    """
    refuse_folder(path)
    if not path.parent.is_dir():
        raise GuandianError(
            f"the folder {path.parent} does not exist", f"mkdir -p {quote(str(path.parent))}"
        )
    with telling(path):
        exists = path.exists()  # fails for a name that is too long
    if exists and not path.is_file():
        raise GuandianError(f"{path} is not an ordinary file", "choose another name with -o")
    if exists and not overwrite:
        raise GuandianError(f"{path} already exists", "say --overwrite to replace it")


def refuse_folder(path: Path) -> None:
    """Check that `path` names a file, not a folder that is there.

    Raises:
        GuandianError: it is a folder; so is `.`, which an empty name is too.
    """
    if os.path.isdir(path):  # noqa: PTH112  never raises
        raise GuandianError(f"{path} is a folder, not a file", "name a file in it")


def _sync(path: Path) -> None:
    # Windows syncs only what is open for writing.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Windows opens no folder, and its renames are journalled by the file system.
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
