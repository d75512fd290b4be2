"""What a finished job writes beside its output: what it was made from, so that it is not redone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import guandian
from guandian.errors import GuandianError
from guandian.files.formats.source import refuse_missing
from guandian.io.atomic import move_into_place, refuse_existing, write_whole
from guandian.mining.inputs import STANDARD_INPUT, Inputs
from guandian.mining.job_folder import RECORD
from guandian.privacy import Masking

_BLOCK = 1 << 20
_KEYS = {"guandian", "model", "options", "inputs", "outputs", "counts"}


@dataclass(slots=True)
class Counts:
    """The counts of what went through a job, the part that an earlier run had done included.

    Attributes:
        reviews, opinions, warnings: mined reviews, what was found, what was remarked.
        rejected: rows that could not be read.
        skipped: rows that hold no review, as they have no text.
        recalled: reviews whose answer was known, as an equal text had been answered not long ago.
        repeated_ids: reviews with the id of an earlier one, as far back as `RepeatedIds` remembers.
    """

    reviews: int = 0
    opinions: int = 0
    warnings: int = 0
    rejected: int = 0
    recalled: int = 0
    repeated_ids: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FileState:
    """A file's content at one time; `lines` counts line ends and is left out of the record."""

    path: str
    size: int
    sha256: str
    changed: int
    lines: int

    @classmethod
    def of(cls, path: str | Path) -> FileState:
        """Read the file.

        Raises:
            GuandianError: when it cannot be read.
        """
        digest, lines = hashlib.sha256(), 0
        try:
            with Path(path).open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    lines += block.count(b"\n")
                status = Path(path).stat()
        except FileNotFoundError as error:
            raise GuandianError(
                f"there is no file {path}", "check the name and the folder"
            ) from error
        except OSError as error:
            raise GuandianError(
                f"cannot read {path}: {error.strerror}",
                "check the name, the folder and who may use them",
            ) from error
        return cls(str(path), status.st_size, digest.hexdigest(), status.st_mtime_ns, lines)

    def still(self) -> bool:
        """Tell whether the file has not been written to since, by its size and time."""
        try:
            status = Path(self.path).stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.changed)

    def entry(self) -> dict[str, Any]:
        """The entry of the record for it."""
        return {"path": self.path, "size": self.size, "sha256": self.sha256}


def read_states(inputs: Inputs) -> list[FileState] | None:
    """The inputs' content; None when standard input, a pipe or a device is one: none is read twice.

    Raises:
        GuandianError: when one is missing or cannot be read.
    """
    files = [path for path in inputs.paths if path != STANDARD_INPUT]
    for path in files:
        refuse_missing(path)
    if len(files) < len(inputs.paths) or not all(Path(path).is_file() for path in files):
        return None
    return [FileState.of(path) for path in inputs.paths]


def record_of(out: Path) -> Path:
    """The record of the job that wrote `out`."""
    return out.with_name(f"{out.name}.job.json")


class JobManifest:
    """`OUT.job.json`: the inputs, options, model and counts of the job that made `OUT`.

    Args:
        out: the output.
        inputs: what is read and how.
        states: the inputs' content; None when it is unknown, so that no record is kept.
        rejects: where rejected rows go.
        model: its `name@version` and its key.

    Raises:
        GuandianError: when no record can be written beside the output.
    """

    def __init__(
        self,
        out: Path,
        inputs: Inputs,
        states: Sequence[FileState] | None,
        rejects: Path | None,
        model: tuple[str, str],
    ) -> None:
        self._path = record_of(out)
        refuse_existing(self._path, overwrite=True)
        if self._path.exists() and not self._read().keys() >= _KEYS:
            raise GuandianError(
                f"{self._path} is not the record of a job, and the job that writes {out} would"
                " replace it",
                "move it away, or choose another output with -o",
            )
        self._out, self._states, self._rejects = out, states, rejects
        plain = replace(inputs, paths=(), masking=Masking("off"))  # no secret is written down
        options = {
            name: value for name, value in asdict(plain).items() if name not in ("paths", "masking")
        }
        options["rejects"] = rejects and str(rejects)
        if inputs.masking.mode != "off":
            options["masking"] = inputs.masking.fingerprint
        self._made: dict[str, Any] = {
            "guandian": guandian.__version__,
            "model": model[0],
            "model_key": model[1],
            "options": json.loads(json.dumps(options)),  # as it is read again: lists, no tuples
            "inputs": [state.entry() for state in states or ()],
        }

    def named(self, rejects: Path) -> bool:
        """Tell whether the record of an earlier job says that `rejects` was its rejects file."""
        try:
            return bool(self._read()["options"]["rejects"] == str(rejects))
        except (TypeError, KeyError):
            return False

    def finished(self) -> Counts | None:
        """The counts of the job that made the output from just this; None when none has.

        The inputs and the outputs are compared byte for byte, through their digests.
        """
        if self._states is None:
            return None
        try:
            record = self._read()
            counts, outputs = Counts(**record.pop("counts")), record.pop("outputs")
            same = outputs == [FileState.of(entry["path"]).entry() for entry in outputs]
        except (TypeError, KeyError, AttributeError, GuandianError):
            return None
        return counts if same and _nameless(record) == _nameless(self._made) else None

    def _read(self) -> dict[str, Any]:
        """Read what is there, {} where it is nothing that a job wrote."""
        try:
            record = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return record if isinstance(record, dict) else {}

    def write(self, counts: Counts, folder: Path) -> None:
        """Note that the job is done, unless an input was written to in the meantime.

        Args:
            counts: of the whole output.
            folder: where to write before moving the record to its place.

        Raises:
            GuandianError: when it cannot be written.
        """
        if self._states is None or not all(state.still() for state in self._states):
            self._path.unlink(missing_ok=True)
            return
        outputs = [self._out]
        if self._rejects and counts.rejected:
            outputs.append(self._rejects)
        entries = [FileState.of(path).entry() for path in outputs]
        content = {**self._made, "outputs": entries, "counts": asdict(counts)}
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        # A file name that is not Unicode holds lone surrogates: JSON spells them as escapes.
        written = text.encode(errors="backslashreplace")
        write_whole(folder / RECORD, written, overwrite=True)
        move_into_place(folder / RECORD, self._path, overwrite=True)


def _nameless(record: dict[str, Any]) -> dict[str, Any]:
    """What made an output; of its inputs the names alone, as they may be named from anywhere."""
    inputs = [{**entry, "path": Path(entry["path"]).name} for entry in record["inputs"]]
    return {**record, "inputs": inputs}
