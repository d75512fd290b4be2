"""A run's folder: the recipe that was asked for, where it ran, and everything that happened."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, Self, get_args

from guandian import __version__
from guandian.bundle import folders_of, run_names
from guandian.bundle.bundle import IN_RUN, MANIFEST, REFUSED
from guandian.errors import GuandianError, RecipeError
from guandian.io.atomic import replace_file
from guandian.io.locks import Lock, is_locked, try_lock
from guandian.recipes.decoder_recipe import TASK, DecoderRecipe, parse_decoder_recipe
from guandian.recipes.recipe import Recipe, Stage, parse_recipe
from guandian.tracking.events import Event, Place, Ready

Mode = Literal["new", "resume", "overwrite"]
RECIPE: str = run_names.RECIPE
CHECKPOINT: str = run_names.CHECKPOINT
STATE: str = run_names.STATE
STORAGE: str = run_names.STORAGE
BEST_RECIPE: str = run_names.BEST_RECIPE
BUNDLE, UNCHECKED = IN_RUN, REFUSED
"""Beside it, one that the export's gate refused."""
MODEL, ADAPTER, DESCRIPTION = "model", "adapter", "model.toml"
"""What the training of a language model ends with; the description, which is written last, is what
`--model` takes."""
STATES = "frozen-states.bin"
LOG = "log.jsonl"
ENVIRONMENT = "environment.json"
DATA = "data.json"
LEARNED = "learned.txt"
METRICS = "metrics.csv"
CURVES = tuple(f"curves.{kind}" for kind in ("png", "svg", "html"))
TRACKED = ("tensorboard", "wandb")
_LOCK = "lock"
CHECKPOINTS: tuple[str, ...] = (CHECKPOINT, f"{CHECKPOINT}.old")
"""The checkpoint that a training goes on from, and its name while it is replaced."""
BEST_WEIGHTS = "best.safetensors"
_OF_WEIGHTS = ("best.*", f"{CHECKPOINT}*", "stage-*", "broken-batch-*.safetensors", f"{STATES}*")
_REPLACED = (  # the recipe is written over: a kill in between leaves what is still a run's folder
    BUNDLE,
    DESCRIPTION,
    MODEL,
    ADAPTER,
    *_OF_WEIGHTS,
    LOG,
    ENVIRONMENT,
    DATA,
    LEARNED,
    METRICS,
    *CURVES,
    *TRACKED,
    UNCHECKED,
    "*.json.new",
    f"{LEARNED}.new",
)
_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "onnx", "onnxruntime")


def open_run(folder: Path, recipe: Recipe | DecoderRecipe, mode: Mode) -> bool:
    """Make a run's folder ready and write the recipe into it.

    Args:
        folder: of the run.
        recipe: what is asked for now.
        mode: `new` refuses a run that has learned something, `resume` goes on with it (or begins
            where there is none), `overwrite` removes it first.

    Returns:
        Whether there is a finished run, with nothing left to do.

    Raises:
        GuandianError: a run is there in mode `new`, another process trains in the folder, or it
            holds something else; or there is no such mode.
        RecipeError: the run was begun by another recipe; the keys that differ are named.
    """
    if mode not in get_args(Mode):  # from Python; it must not remove a run
        raise GuandianError(f"no mode {mode!r}", f"the modes are {', '.join(get_args(Mode))}")
    written = folder / RECIPE
    if is_locked(folder / _LOCK):
        raise _busy(folder)
    if mode == "new" and has_learned(folder):
        raise GuandianError(
            f"{folder} holds a run already",
            "say --resume to go on with it, --overwrite to begin anew, or choose another with -o",
        )
    if not written.is_file() and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise GuandianError(f"{folder} is not a run's folder", "choose another one with -o")
    if written.is_file() and mode == "resume":
        _refuse_another(written, recipe)
        return (folder / BUNDLE / MANIFEST).is_file() or (folder / DESCRIPTION).is_file()
    for path in learned_in(folder):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    _write(written, recipe.model_dump(mode="json"))
    return False


def learned_in(folder: Path) -> list[Path]:
    """The paths that `open_run` removes from a run's folder to begin anew."""
    return [path for pattern in _REPLACED for path in folder.glob(pattern)]


def stage_folder(folder: Path, number: int, stage: Stage) -> Path:
    """The folder of a stage's checkpoints; `number` counts from 1."""
    return folder / f"stage-{number}-{stage.name}"


def broken_batch(folder: Path, step: int) -> Path:
    """The file that keeps the batches of a step that broke the training, for a look."""
    return folder / f"broken-batch-{step}.safetensors"


def drop_weights(folder: Path) -> None:
    """Remove what a run has learned, but for a bundle; its recipe and log stay."""
    for pattern in _OF_WEIGHTS:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def files_of(folder: Path) -> list[Path]:
    """The files that a run has left in its folder."""
    return [*(path for name in (RECIPE, _LOCK) for path in folder.glob(name)), *learned_in(folder)]


def has_learned(folder: Path) -> bool:
    """Tell whether there is something to go on from, or a bundle."""
    ends = (BUNDLE, UNCHECKED, DESCRIPTION)
    return is_resumable(folder) or any((folder / name).exists() for name in ends)


def forget(folder: Path) -> None:
    """Remove a run that has learned nothing and is not running; what is no run's stays."""
    if not (folder / RECIPE).is_file() or has_learned(folder) or is_running(folder):
        return
    for path in files_of(folder):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    with suppress(OSError):  # somebody else's file lies there, or it is gone already
        folder.rmdir()


def forget_unbegun(runs: Sequence[Path], *, stopped: bool = False) -> None:
    """Remove runs in which no process has trained, and the folder above that they leave empty.

    Args:
        runs: their folders.
        stopped: by Ctrl-C, after which one that has begun and learned nothing goes too.
    """
    for run in runs:
        if run.is_dir() and (stopped or not (run / LOG).exists()):
            forget(run)
            with suppress(OSError):
                run.parent.rmdir()


def is_resumable(folder: Path) -> bool:
    """Tell whether a training in the folder can go on from a checkpoint, its own or a stage's."""
    names = (f"{stage}{name}" for stage in ("", "stage-*/") for name in CHECKPOINTS)
    return any(next(folder.glob(f"{name}/{STATE}"), None) for name in names)


class Log:
    """Writes each event as a line of `log.jsonl`, and `environment.json` when it begins.

    The parts that are read go to `data.json` besides, each with its SHA-256, and a digest of each
    text that is learned from to `learned.txt`. Until it is closed no other process trains in the
    folder.

    Args:
        folder: of a run, as `open_run` left it.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = _hold(folder)
        self._path = folder / LOG
        self._place = Place()
        self._data: list[dict[str, Any]] = []
        if self._path.exists() and not self._path.read_bytes().endswith(b"\n"):
            self._append("\n")  # a line that a kill cut off stays alone
        values = environment()
        _write(folder / ENVIRONMENT, values)
        self._tell("started", values)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, *_: object
    ) -> None:
        """Tell why the run has failed, if it has; Ctrl-C is no failure."""
        if isinstance(error, Exception):
            expected = isinstance(error, GuandianError)
            reason = str(error) if expected else f"{type(error).__name__}: {error}"
            with suppress(OSError):  # of a full disk, say, which is the failure then
                self._tell("failed", {"reason": reason})
        self._lock.release()

    def __call__(self, event: Event) -> None:
        """Append the event."""
        self._place.follow(event)
        stage = {"stage": self._place.stage} if self._place.stage else {}
        values = asdict(event)
        if isinstance(event, Ready):
            # An earlier stage's too.
            learned = values.pop("learned") | learned_by(self._path.parent)
            text = "".join(f"{digest}\n" for digest in sorted(learned))
            replace_file(self._path.with_name(LEARNED), text.encode())
        self._tell(type(event).__name__.lower(), stage | values)
        if isinstance(event, Ready):
            self._data += [stage | asdict(part) for part in event.data]
            _write(self._path.with_name(DATA), {"parts": self._data})

    def _tell(self, name: str, values: dict[str, Any]) -> None:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        row = {"event": name, "time": time, **values}
        self._append(json.dumps(row, ensure_ascii=False) + "\n")

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def learned_by(folder: Path) -> frozenset[str]:
    """Digests of the texts that a run has learned from; none of a run of an old version."""
    try:
        return frozenset((folder / LEARNED).read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def learned_before(path: Path) -> frozenset[str]:
    """Digests of the texts that a model of any kind has learned from, as its runs recorded them.

    Args:
        path: of a run, of its bundle, or of an ensemble of such.
    """
    models = (path, *folders_of(path))
    folders = {folder for model in models for folder in (model, model.parent)}
    return frozenset[str]().union(*map(learned_by, folders))


def environment() -> dict[str, Any]:
    """Collect what the same bytes depend on besides recipe and data: versions, device, threads."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "guandian": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": gpu or platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def is_running(folder: Path) -> bool:
    """Tell whether a process trains in a run's folder at this moment."""
    try:
        return is_locked(folder / _LOCK)
    except OSError:  # a folder that may not be written to
        return False


def _hold(folder: Path) -> Lock:
    lock = try_lock(folder / _LOCK)
    if lock is None:
        raise _busy(folder)
    return lock


def _busy(folder: Path) -> GuandianError:
    return GuandianError(
        f"another process trains in {folder}",
        "wait for it, stop it, or choose another folder with -o",
    )


def _refuse_another(written: Path, recipe: Recipe | DecoderRecipe) -> None:
    try:
        read = json.loads(written.read_text(encoding="utf-8"))
    except ValueError as error:
        raise GuandianError(
            f"{written} cannot be read: {error}", "begin anew: --overwrite"
        ) from error
    before: Recipe | DecoderRecipe
    if isinstance(read, dict) and TASK in read:
        before = parse_decoder_recipe(read, str(written))
    else:
        before = parse_recipe(read, str(written))
    if different := differences(before.model_dump(mode="json"), recipe.model_dump(mode="json")):
        raise RecipeError(
            f"{written.parent} was begun by another recipe; " + "; ".join(different),
            "go on with that recipe, choose another folder with -o, or begin anew: --overwrite",
        )


def _value(value: Any) -> str:
    return "not set" if value is None else repr(value)


def differences(earlier: dict[str, Any], later: dict[str, Any]) -> list[str]:
    """Describe the differences between plain values of two times, a phrase for each dotted key."""
    old, new = _flat(earlier), _flat(later)
    return [
        f"{key}: {_value(old.get(key))} then, {_value(new.get(key))} now"
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    """Plain values by their dotted keys, places in lists counted from 0."""
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if not isinstance(value, dict):
        return {key: value}
    flat: dict[str, Any] = {}
    for name, item in value.items():
        flat |= _flat(item, f"{key}.{name}" if key else name)
    return flat


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    replace_file(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())
