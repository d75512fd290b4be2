"""Runs in Python: one, several, and systems side by side, as notebooks and terminals show them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, overload

from guandian.api.arguments import FromOne, FromZero
from guandian.api.error_words import told_in_python
from guandian.api.mining import Model
from guandian.api.mining import open as open_model
from guandian.display.names import Names
from guandian.domain import Polarity
from guandian.errors import GuandianError
from guandian.evaluation.comparison import FORMAT, SideBySide
from guandian.experiments.compare_runs import Contest, ScoringData
from guandian.io.atomic import write_whole
from guandian.io.output_guard import refuse_outputs
from guandian.report.evaluation.comparison_page import render_side_by_side, set_view
from guandian.report.evaluation.page import letter, systems_view
from guandian.report.evaluation.terms import difference_name, measure_name
from guandian.report.mined.notebook_html import COLOURS, render
from guandian.report.mined.single_review import shown
from guandian.tracking.history import TrainingHistory
from guandian.tracking.run_folder import CURVES
from guandian.tracking.status import STATE_NAMES, RunFolder, find_runs, open_folder_of_run
from guandian.wording import Name, counted, say, term

_FOLDER = Path(__file__).parent / "fragments"
_GOOD, _BAD = COLOURS[Polarity.POSITIVE], COLOURS[Polarity.NEGATIVE]
_STATES = {"finished": _GOOD, "broken": _BAD, "running": "#3182ce"}
_MARKS = {
    "ga": "background:rgba(214,158,46,.32);font-weight:600",
    "ge": "background:rgba(214,158,46,.32)",
    "pa": "border-bottom:3px solid #3182ce;font-weight:600",
    "pe": "border-bottom:3px solid #3182ce",
}
"""Aspect and expression of the gold, tinted, and of the prediction, underlined."""
_SCORES = 12


class Run:
    """A training as it stands on disk; `guandian.run` opens one, `guandian.train` makes one.

    Args:
        folder: of the run.
        read: what stands there, where it was read already.

    Raises:
        GuandianError: it is no run's folder.
    """

    @told_in_python()
    def __init__(self, folder: str | Path, read: RunFolder | None = None) -> None:
        self.folder = Path(folder)
        self._read = read or open_folder_of_run(self.folder)

    @property
    def name(self) -> str:
        """Of the recipe."""
        return self._read.name

    @property
    def state(self) -> str:
        """As `guandian runs` calls it (`finished`, `failed`, ...), when opened."""
        return self._read.state

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The recipe with every default and override."""
        return self._read.recipe

    @property
    def best(self) -> float | None:
        """The best mean of the dev scores, 0 to 1; None where none was told."""
        return self._read.best

    @property
    def minutes(self) -> float | None:
        """By the clock; None without a log."""
        return self._read.minutes

    def metrics(self) -> list[dict[str, float | str]]:
        """Losses and dev scores, a dict an epoch of each training: for `pandas.DataFrame`."""
        return [row for training in self._trainings for row in training.by_epoch()]

    @told_in_python()
    def model(self, threads: FromOne | None = None) -> Model:
        """The model that it made, to mine with.

        Raises:
            GuandianError: it has made none.
        """
        return open_model(self._read.bundle, threads)

    def __repr__(self) -> str:
        best = "" if self.best is None else f", {say('best dev')} {100 * self.best:.1f}"
        minutes = "" if self.minutes is None else f", {self.minutes:.1f} {say('minutes')}"
        state = str(STATE_NAMES[self._read.state])
        lacks = f", {say('lacks')} {', '.join(self._read.missing)}" if self._read.missing else ""
        return f"<guandian run {self.name}: {state}{best}{minutes}, {self.folder}{lacks}>"

    def _repr_html_(self) -> str:
        return self.display(curves=True)

    @told_in_python()
    def display(self, remarks: Sequence[str] = (), *, curves: bool = False) -> str:
        """The run as a piece of HTML.

        Args:
            remarks: what stands below the figures.
            curves: whether losses and dev scores are drawn.
        """
        read = self._read
        base = read.recipe.get("base")
        named = str(base.get("model", "")) if isinstance(base, Mapping) else ""
        seed = "" if read.seed is None else f"seed {read.seed}"
        view = {
            "name": read.name,
            "state": STATE_NAMES[read.state],
            "colour": _STATES.get(read.state, COLOURS[Polarity.NEUTRAL]),
            "best": read.best,
            "minutes": read.minutes,
            "facts": [fact for fact in (named, read.method, seed, str(read.folder)) if fact],
            "missing": read.missing,
            "trainings": [_training(training) for training in self._trainings],
            "remarks": remarks,
            "curves": b64encode(_curves(read)).decode() if curves else "",
        }
        return render("run.html.j2", view, _FOLDER)

    @property
    def _trainings(self) -> Sequence[TrainingHistory]:
        return self._read.history.trainings if self._read.history else ()


class Runs(Sequence[Run]):
    """Runs below some folders, sorted by path.

    Args:
        runs: the runs.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = tuple(runs)

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> Runs: ...

    def __getitem__(self, index: int | slice) -> Run | Runs:
        return Runs(self._runs[index]) if isinstance(index, slice) else self._runs[index]

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._runs)) or say("no run")

    def _repr_html_(self) -> str:
        rows = [
            {
                "name": run.name,
                "folder": str(run.folder),
                "state": STATE_NAMES[run._read.state],
                "colour": _STATES.get(run.state, COLOURS[Polarity.NEUTRAL]),
                "missing": run._read.missing,
                "method": run._read.method,
                "best": run.best,
                "minutes": run.minutes,
                "seed": run._read.seed,
            }
            for run in self
        ]
        return render("runs.html.j2", {"runs": rows}, _FOLDER)


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Systems on the same labelled reviews; the others are compared with the first.

    Attributes:
        sets: what was found on each set.
        names: Chinese and English names of the categories.
        notes: what to know of it, such as rows that were left out.
        reads: the files and folders that it was made from, onto which `save` does not write.
        remarks: those of the notes that say what the scores cannot tell; they stand on the page.
    """

    sets: tuple[SideBySide, ...]
    names: Names
    notes: tuple[str, ...] = ()
    reads: tuple[Path, ...] = ()
    remarks: tuple[Name, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Every figure, as `guandian runs compare --json` writes it."""
        return {
            "format": FORMAT,
            "sets": [comparison.to_json() for comparison in self.sets],
            "remarks": [remark.en for remark in self.remarks],
        }

    @told_in_python()
    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the page of `guandian runs compare --html`: by class, by category, error by error.

        Raises:
            GuandianError: the file exists, is one that was compared, or cannot be written.
        """
        refuse_outputs([Path(path)], self.reads, overwrite=overwrite)
        page = render_side_by_side(self.sets, self.names, self.remarks)
        write_whole(Path(path), page.encode(), overwrite=overwrite)
        return Path(path)

    def __repr__(self) -> str:
        lines = [
            f"{letter(k)}  {evaluation.system}"
            for k, evaluation in enumerate(self.sets[0].evaluations)
        ]
        for comparison in self.sets:
            first = comparison.evaluations[0]
            lines += ["", f"{first.data}: {counted(first.reviews, 'reviews')}"]
            for key, figures in comparison.figures.items():
                values = ("–" if value is None else f"{100 * value:.1f}" for value in figures)
                gains = (
                    " ".join(difference_name(row[key])) for row in comparison.gains if key in row
                )
                lines.append("  ".join([" ".join(measure_name(key)), *values, *gains]))
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        views = [set_view(comparison, self.names) for comparison in self.sets]
        for view in views:
            for row in (r for kind in view["kinds"] for g in kind["groups"] for r in g["shown"]):
                row["pieces"] = [
                    {"text": shown(text, lines=True), "style": _marks(marks), "title": ""}
                    for text, marks in row["pieces"]
                ]
        systems = systems_view(self.sets[0])
        against = [
            f"{system['letter']} {say('against', sense='letters')} {letter(0)}"
            for system in systems[1:]
        ]
        view = {
            "systems": systems,
            "columns": [system["letter"] for system in systems] + against,
            "sets": views,
            "notes": self.notes,
            "ways": {"up": _GOOD, "down": _BAD, "even": "inherit"},
        }
        return render("comparison.html.j2", view, _FOLDER)


@told_in_python()
def run(folder: str | Path) -> Run:
    """Open a run.

    Raises:
        GuandianError: it is no run's folder.
    """
    return Run(folder)


@told_in_python()
def runs(*folders: str | Path) -> Runs:
    """All runs in folders and below, by default `runs`; broken ones too.

    Raises:
        GuandianError: a folder is not there.
    """
    run_folders = find_runs([Path(folder) for folder in folders] or [Path("runs")])
    return Runs([Run(read.folder, read) for read in run_folders])


@told_in_python()
def compare(
    *systems: str | Path | Run,
    root: str | Path = ".",
    before: bool = False,
    data: str | Path | None = None,
    format: str = "guandian",
    parts: str | Sequence[str] | None = None,
    seed: FromZero = 0,
) -> Comparison:
    """Compare runs or bundles on the same labelled reviews.

    Args:
        *systems: runs, folders of runs or bundles, `guandian-small`, or mined files; the others
            are compared with the first.
        root: of the data, as in training.
        before: what the first run began with takes the first place.
        data: a file or folder of labelled reviews, in place of the runs' dev parts.
        format: of that.
        parts: of that, where it is a folder; one or several, by default `dev`.
        seed: of the bootstrap.

    Raises:
        GuandianError: runs that were scored on other data, or nothing to compare with.
    """
    places = tuple(system.folder if isinstance(system, Run) else Path(system) for system in systems)
    if data is None and (parts is not None or format != "guandian"):
        raise GuandianError("parts and format are those of data", "name data too")
    if data is not None and parts is not None and Path(data).is_file():
        raise GuandianError(f"{data} is one file, which has no parts", "leave parts out")
    several = (parts,) if isinstance(parts, str) else ("dev",) if parts is None else tuple(parts)
    labelled = None if data is None else ScoringData(Path(data), format, None, several)
    notes: list[str] = []
    contest = Contest(places, Path(root), before, labelled, seed)
    sets, names, remarks = contest.hold(notes.append)
    reads = tuple(path.absolute() for path in contest.files())
    return Comparison(tuple(sets), names, tuple(notes), reads, remarks)


def _training(training: TrainingHistory) -> dict[str, Any]:
    """Steps, the latest losses, and the dev scores, the first and last ones where many."""
    scored = sorted(training.scored.items())
    names = list(dict.fromkeys(name for _, row in scored for name in row["scores"]))
    best, half = training.best, _SCORES // 2
    rows = [
        {
            "best": best is not None and step == best[0],
            "cells": [f"{step:,}", *map(_percent, (row["mean"], *map(row["scores"].get, names)))],
        }
        for step, row in scored
    ]
    if len(rows) > _SCORES:
        rows[half:-half] = [{"best": False, "cells": ["…"] * (2 + len(names))}]
    last = training.stepped[max(training.stepped)]["losses"] if training.stepped else {}
    return {
        "stage": training.stage,
        "done": f"{training.done:,}",
        "steps": f"{training.steps:,}",
        "share": training.done / training.steps if training.steps else 0.0,
        "losses": " ".join(f"{name} {value:.3g}" for name, value in last.items()),
        "heads": [term("step"), term("mean"), *names],
        "scores": rows,
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _curves(read: RunFolder) -> bytes:
    """The picture that the run left; drawn from its log where it has left none yet."""
    left = read.folder / CURVES[1]
    if left.is_file():
        return left.read_bytes()
    stepped = read.history is not None and any(
        training.stepped for training in read.history.trainings
    )
    if read.history is None or not stepped or find_spec("matplotlib") is None:
        return b""
    from guandian.tracking.curves import draw_curves

    return draw_curves(read.history, read.name, "svg")


def _marks(marks: str) -> str:
    return ";".join(_MARKS[mark] for mark in marks.split())
