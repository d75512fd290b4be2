"""The folder of a job beside its output: finished chunks, and a lock that dies with its owner."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from guandian.domain import LabelHead
from guandian.errors import GuandianError
from guandian.files import join_chunks
from guandian.io.atomic import move_into_place, refuse_existing, telling, write_whole
from guandian.io.locks import try_lock

Mode = Literal["new", "overwrite", "resume"]
"""The ways of a job with what is there: refuse, replace, or go on with it."""

_STATE = "job.json"
_LOCK = "lock"
_CHUNK = ".jsonl"
_DONE = "done"
_REJECTS = "rejects.json"
RECORD = "record.json"
"""Of the finished job, until it is moved to its place."""
_OURS = re.compile(
    rf"{_LOCK}|{re.escape(_STATE)}|{re.escape(_REJECTS)}|{re.escape(RECORD)}|{_DONE}\.\w+"
    rf"|[0-9a-f]{{32}}{re.escape(_CHUNK)}|\.guandian-[0-9a-f]{{16}}\.partial"
)


def folder_of(out: Path) -> Path:
    """The folder of the job that writes `out`."""
    return out.with_name(f"{out.name}.job")


def clear_up(out: Path) -> Path | None:
    """The folder of a job that was interrupted, if it is there to go on from; else None.

    Ctrl-C pressed again can cut the clearing of a job's end short. This finishes it; a folder that
    another process holds stays.
    """
    folder = folder_of(out)
    if folder.is_dir():
        with suppress(GuandianError), WorkFolder(out):
            pass  # its end removes a folder without a finished chunk
    return folder if folder.is_dir() else None


class WorkFolder:
    """`OUT.job/`, held by one process; it stays while it has finished chunks to go on from.

    Args:
        out: the output; it need not exist.

    Raises:
        GuandianError: when another process holds it, or it cannot be made.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.path = folder_of(out)
        if os.path.lexists(self.path) and not self._is_ours():
            raise GuandianError(
                f"{self.path} is not the folder of a job: something else made it or put files there"
                f", and the job that writes {out} would use it and remove it",
                "move it away, or choose another output with -o",
            )
        with telling(self.path):
            self.path.mkdir(exist_ok=True)
            lock = try_lock(self.path / _LOCK)
        if lock is None:
            raise GuandianError(
                f"another job is writing {out}: process {self._state().get('pid', 'unknown')}",
                "wait for it, stop it, or choose another output with -o",
            )
        self._lock = lock

    def begin(self, mode: Mode, rejects: Path | None = None) -> None:
        """Decide about what is there, and say whose the folder is and where rejects will go.

        Raises:
            GuandianError: when there is an output or an unfinished job that `mode` does not
                cover; nothing was changed then.
        """
        replace = mode == "overwrite"
        if mode == "resume":
            replace = bool(self._state().get("replace"))
            if self.out.exists() and not replace:
                raise GuandianError(
                    f"{self.out} exists and is not what this command makes: its input, its"
                    " options or the model have changed, or something else made it",
                    "say --overwrite to replace it, or choose another output with -o",
                )
        elif mode == "new":
            self._refuse()
        else:
            for chunk in self.kept():
                chunk.unlink()
        self._say(replace=replace, rejects=rejects and str(rejects))

    def began_with(self, rejects: Path) -> bool:
        """Tell whether an earlier run of this job was to write `rejects`."""
        return self._state().get("rejects") == str(rejects)

    def chunk(self, name: str) -> Path:
        """The path of the chunk of that name, there or not yet."""
        return self.path / f"{name}{_CHUNK}"

    @property
    def rejects(self) -> Path:
        """The path of the file that gathers rejected rows."""
        return self.path / _REJECTS

    @property
    def holds(self) -> bool:
        """Tell whether there are finished chunks to go on from."""
        return bool(self.kept())

    def publish(
        self,
        names: Sequence[str],
        passed: Sequence[str],
        heads: Sequence[LabelHead] = (),
        categories: Mapping[str, tuple[str, str]] | None = None,
    ) -> list[str]:
        """Make the output from finished chunks: written in here, synced, and moved to its name.

        Args:
            names: the chunks in order; one may stand twice.
            passed: as for `guandian.files.convert`.
            heads: as for it, too.
            categories: Chinese and English names, as its `names`.

        Returns:
            The writer's notes.

        Raises:
            GuandianError: when it cannot be written; the chunks are still there.
        """
        replace = bool(self._state().get("replace"))
        refuse_existing(self.out, overwrite=replace)
        output = self.path / f"{_DONE}{self.out.suffix}"  # with the chunks, so that nothing is left
        chunks = [self.chunk(name) for name in names]
        notes = join_chunks(
            chunks, output, overwrite=True, passed=passed, heads=heads, names=categories
        )
        # From here on the output may be ours, also for whoever goes on after a kill.
        self._say(replace=True, rejects=self._state().get("rejects"))
        move_into_place(output, self.out, overwrite=replace)
        return notes

    def remove(self) -> None:
        """Leave nothing of a job; the output is there."""
        # What says that the folder is ours goes last, whenever the process is killed.
        for path in sorted(self.path.iterdir(), key=lambda file: file.name in (_STATE, _LOCK)):
            if _OURS.fullmatch(path.name):
                path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody put a file there meanwhile
            self.path.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self.path.is_dir() and not self.holds:
            self.remove()
        self._lock.release()

    def _is_ours(self) -> bool:
        """Tell whether nothing is there but what a job leaves, wherever it was killed."""
        if self.path.is_symlink() or not self.path.is_dir():
            return False
        names = {path.name for path in self.path.iterdir() if path.is_file()}
        if len(names) < len(list(self.path.iterdir())) or not all(map(_OURS.fullmatch, names)):
            return False
        has_state = {"pid", "replace"} <= self._state().keys()
        return has_state or all(name == _LOCK or name.startswith(".") for name in names)

    def kept(self) -> list[Path]:
        """The paths of the finished chunks."""
        return [path for path in self.path.glob(f"*{_CHUNK}") if path.stem != _DONE]

    def _refuse(self) -> None:
        if self.out.exists():
            raise GuandianError(
                f"{self.out} already exists",
                "say --overwrite to replace it, or --resume to keep it if this command made it",
            )
        if self.holds:
            raise GuandianError(
                f"an unfinished job lies in {self.path}",
                "say --resume to go on with it, or --overwrite to begin anew",
            )

    def _state(self) -> dict[str, object]:
        try:
            state = json.loads((self.path / _STATE).read_bytes())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _say(self, *, replace: bool, rejects: object) -> None:
        state = json.dumps({"pid": os.getpid(), "replace": replace, "rejects": rejects})
        write_whole(self.path / _STATE, state.encode(), overwrite=True)
