"""The guard of every command that writes: nothing is written onto what the command reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import quote
from stat import S_ISREG

from guandian.errors import GuandianError
from guandian.io.atomic import refuse_existing, refuse_folder

_REPAIR = "give every output a name of its own"
JSON_ENDINGS = (".json",)
HTML_ENDINGS = (".html", ".htm")
_OWN = Path(__file__).resolve().parent.parent
"""The package, with the model that ships in it."""


def refuse_outputs(
    outputs: Iterable[Path | None],
    reads: Iterable[str | Path | None] = (),
    *,
    overwrite: bool = False,
) -> None:
    """Check, before any work, that files can appear and that nothing read is lost by it.

    Args:
        outputs: every file that will be written; None is one that was not asked for.
        reads: as for `keep_apart`.
        overwrite: files that exist may be replaced, other than those that are read.

    Raises:
        GuandianError: as `keep_apart` and `refuse_existing`.
    """
    files = [path for path in outputs if path is not None]
    keep_files_apart(files, reads)
    for path in files:
        refuse_existing(path, overwrite=overwrite)


def keep_files_apart(
    outputs: Iterable[Path | None], reads: Iterable[str | Path | None] = ()
) -> None:
    """`keep_apart` of outputs that are files, not folders; what exists is `refuse_outputs`' matter.

    Raises:
        GuandianError: naming the file, or the folder that stands in its place.
    """
    files = [path for path in outputs if path is not None]
    for path in files:
        refuse_folder(path)
    keep_apart(files, reads)


def require_ending(path: Path | None, endings: Sequence[str]) -> None:
    """Refuse a file of one format whose name says another, also one that may be replaced.

    Args:
        path: what will be written; None is one that was not asked for. A device has any name.
        endings: of the format, the usual one first.

    Raises:
        GuandianError: naming the file that is meant.
    """
    if path is None or path.suffix.lower() in endings or (path.exists() and not path.is_file()):
        return
    raise GuandianError(
        f"{path}: what is written there ends in {endings[0]}", f"name it {path.stem}{endings[0]}"
    )


def keep_apart(outputs: Iterable[Path | None], reads: Iterable[str | Path | None] = ()) -> None:
    """Refuse outputs that are read by the same command, or that are one and the same.

    A file is known by what it is, not by its spelling: through symlinks, hard links, `..` and the
    cases of letters that the file system does not tell apart.

    Args:
        outputs: files that will be written or folders that will be removed, there already or not.
        reads: files, and folders that are read whole; in such a folder nothing that is there may be
            written over. What is no path, such as the name of a shipped model, does no harm. The
            package itself is always among them.

    Raises:
        GuandianError: naming the file.
    """
    earlier: list[Path] = []
    sources = [Path(path) for path in reads if path is not None]
    for output in outputs:
        if output is None:
            continue
        for source in (*sources, _OWN):
            _refuse(output, source)
        if any(_same(output, other) for other in earlier):
            raise GuandianError(f"{output} would be written twice by one command", _REPAIR)
        earlier.append(output)


def refuse_other_folder(folder: Path, mark: str, *, overwrite: bool, option: str = "-o") -> None:
    """Check, before the work, that a folder of one kind can be written.

    Args:
        folder: that is to appear.
        mark: the file by which its kind is known.
        overwrite: one of its kind may be replaced.
        option: by which it was named.

    Raises:
        GuandianError: there is no place for it, something else stands there, or one that stays.
    """
    if not folder.parent.is_dir():
        raise GuandianError(
            f"the folder {folder.parent} does not exist", f"mkdir -p {quote(str(folder.parent))}"
        )
    if not folder.exists():
        return
    if not (folder / mark).is_file():
        raise GuandianError(
            f"{folder} holds something else: it stays", f"choose another name with {option}"
        )
    if not overwrite:
        raise GuandianError(f"{folder} already exists", "say --overwrite to replace it")


def refuse_twins(files: Sequence[Path]) -> None:
    """Refuse one file under two names among those whose reviews are counted.

    Raises:
        GuandianError: naming the file.
    """
    existing = [path for path in files if path.exists()]
    for index, file in enumerate(existing):
        if twin := next((other for other in existing[:index] if other.samefile(file)), None):
            same = "" if str(twin) == str(file) else f" ({twin})"
            raise GuandianError(
                f"{file} is named twice{same}: its reviews would count twice",
                "name each file once",
            )


def redirected(stream: int) -> Path | None:
    """A name of the file on a disk that a standard stream comes from or goes to, if it does.

    Args:
        stream: 0 is standard input, 1 standard output.
    """
    try:
        on_disk = S_ISREG(os.fstat(stream).st_mode)
    except OSError:  # it is closed
        return None
    return Path(f"/dev/fd/{stream}") if on_disk else None


def _refuse(output: Path, source: Path) -> None:
    if _same(output, source):
        if str(output) == str(source):
            raise GuandianError(f"{output} would be read and written by one command", _REPAIR)
        raise GuandianError(
            f"{output} would be read and written by one command: it is {source}", _REPAIR
        )
    if _within(source, output):
        raise GuandianError(
            f"{output} would be removed or replaced, and {source} in it is read by this command",
            _REPAIR,
        )
    if os.path.lexists(output) and (_within(output, source) or _linked(output, source)):
        raise GuandianError(
            f"{output} would be replaced, and it is a part of {source}, which this command reads",
            _REPAIR,
        )


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there yet, or cannot be looked at
        return _real(path) == _real(other)


def _within(inner: Path, folder: Path) -> bool:
    return os.path.isdir(folder) and _real(folder) in _parents(inner)  # noqa: PTH112  never raises


def _linked(output: Path, folder: Path) -> bool:
    """Tell whether a file is another name of one in a folder."""
    try:
        status = output.stat()
    except OSError:
        return False
    if status.st_nlink < 2 or not os.path.isdir(folder):  # noqa: PTH112
        return False
    return any(_same(output, path) for path in folder.rglob("*") if path.is_file())


def _real(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))


def _parents(path: Path) -> Sequence[str]:
    return [os.path.normcase(parent) for parent in Path(os.path.realpath(path)).parents]
