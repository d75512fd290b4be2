"""Training from Python, watched in the cell or the terminal that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from html import escape
from pathlib import Path
from time import monotonic
from typing import Any, Self, get_args
from warnings import catch_warnings, filterwarnings

from rich.console import Console

from guandian import pipelines as composition
from guandian.api.error_words import told_in_python
from guandian.api.runs import Run
from guandian.bundle import Bundle, Precision, precision_of
from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe, parse_recipe, put, recipe_values
from guandian.tracking.console import STAGES, Watching, remarks
from guandian.tracking.events import Event, Scored, Stage
from guandian.tracking.run_folder import BUNDLE, Mode
from guandian.tracking.status import is_run
from guandian.wording import say

_EVERY_SECONDS = 1.0
Show = Callable[[Mapping[str, str]], None]


@told_in_python('mode="overwrite"')
def train(
    recipe: str | Path | Mapping[str, Any],
    root: str | Path = ".",
    folder: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    mode: Mode = "new",
    precision: Precision = "int8",
) -> Run:
    """Fine-tune a model by a recipe; needs `guandian[train]`.

    Args:
        recipe: a TOML file, or what would stand in one.
        root: the data folder, or the folder of `data/` and `models/`; paths of a user's own files
            count from it.
        folder: of the run; by default `runs/NAME` of the recipe.
        changes: other values by dotted keys, such as `{"optimisation.epochs": 2}`.
        mode: `new` refuses a run that is there, `resume` goes on with it (a finished one stays),
            `overwrite` begins anew.
        precision: of the bundle's weights: `int8`, or `float32` in a bundle four times as large.

    Raises:
        GuandianError: a package, the data or the base is missing, the run may not be replaced, or
            there is no such mode.
        RecipeError: a recipe with an unknown key or a wrong value.
        KeyboardInterrupt: passed on; `mode="resume"` goes on from the last checkpoint.
    """
    composition.require_packages()
    asked = _recipe(recipe, changes or {})
    place = Path(folder) if folder is not None else Path("runs") / asked.name
    if precision not in get_args(Precision):
        raise GuandianError(f"no precision {precision!r}", "choose int8 or float32")
    composition.keep_what_is_read([place], composition.reads_of(asked, Path(root)), mode)
    if composition.begin_run(asked, Path(root), place, mode) and precision in (
        "int8",
        precision_of(Bundle.open(place / BUNDLE)),
    ):
        return Run(place)
    console = Console(stderr=True, highlight=False)
    if console.is_jupyter:
        with Live(place, _cell()) as live, catch_warnings():
            filterwarnings("ignore", "IProgress not found")  # tqdm, which nothing here draws with
            composition.train_run(asked, Path(root), place, live, precision=precision)
    else:
        with Watching(console) as watch:
            composition.train_run(asked, Path(root), place, watch, precision=precision)
    return Run(place)


class Live:
    """Shows a run that is under way, as its own log tells it.

    Args:
        folder: of the run.
        show: takes what replaces the display before, by media type.
    """

    def __init__(self, folder: Path, show: Show) -> None:
        self._folder, self._show = folder, show
        self._told = ""
        self._remarks: list[str] = []
        self._shown = 0.0

    def __call__(self, event: Event) -> None:
        """Show an event that is in the log."""
        if isinstance(event, Stage):
            self._told = f"{STAGES[event.name]} …"
        self._remarks += [words for words, _ in remarks(event)]
        urgent = isinstance(event, Scored | Stage)
        if urgent or monotonic() - self._shown > _EVERY_SECONDS:
            self._shown = monotonic()
            self._update(self._told)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave what the run has come to."""
        self._update("")

    def _update(self, told: str) -> None:
        if not is_run(self._folder):  # it ended with nothing to keep
            words = "\n".join([*self._remarks, say("什么也没有保留", "nothing is kept")])
            self._show({"text/html": f"<pre>{escape(words)}</pre>", "text/plain": words})
            return
        run = Run(self._folder)
        told_of = [*self._remarks, told] if told else self._remarks
        plain = "\n".join([repr(run), *self._remarks])
        self._show({"text/html": run.display(told_of), "text/plain": plain})


def _cell() -> Show:
    """An output of the present cell that can be replaced."""
    from IPython.display import display

    ask: Any = display  # it has no types
    handle = ask({"text/plain": ""}, raw=True, display_id=True)

    def show(bundle: Mapping[str, str]) -> None:
        handle.update(bundle, raw=True)

    return show


def _recipe(recipe: str | Path | Mapping[str, Any], changes: Mapping[str, Any]) -> Recipe:
    if isinstance(recipe, Mapping):
        values, source = deepcopy(dict(recipe)), "recipe"
    else:
        values, source = recipe_values(Path(recipe)), str(recipe)
    for key, value in changes.items():
        put(values, key, value, f"changes: {key}")
    return parse_recipe(values, source)
