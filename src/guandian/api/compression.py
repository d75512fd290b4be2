"""Smaller forms of a model from Python: made, judged, shown, opened."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from guandian.api.arguments import FromOne, FromZero
from guandian.api.error_words import told_in_python
from guandian.api.mining import Model
from guandian.api.mining import open as open_model
from guandian.errors import GuandianError, likely
from guandian.pipelines import require_packages
from guandian.recipes.ladder_plan import DEFAULT_RUNGS, TOKENS, LadderPlan, read_plan, spelled_plan
from guandian.recipes.recipe import load_recipe

if TYPE_CHECKING:
    from guandian.experiments.ladder.standings import Standings

_WIDE = 120


class Ladder:
    """The rungs of a ladder, as notebooks and terminals show them.

    Args:
        standings: what came out.
    """

    def __init__(self, standings: Standings) -> None:
        self.standings = standings

    @property
    def pick(self) -> str:
        """The name of the rung to take; `model` where none is proven."""
        return self.standings.pick.name

    @property
    def names(self) -> list[str]:
        """Of the model itself, `model`, and of all rungs."""
        return [row.name for row in self.standings.rows]

    @told_in_python()
    def open(self, rung: str | None = None, threads: FromOne | None = None) -> Model:
        """A rung, to mine with; the one to take where none is named.

        Raises:
            GuandianError: there is no rung of that name.
        """
        rows = {row.name: row for row in self.standings.rows}
        name = rung or self.pick
        if name not in rows:
            raise GuandianError(
                f"no rung {name!r}", f"{likely(name, rows)}choose one of: {', '.join(rows)}"
            )
        return open_model(rows[name].bundle, threads)

    def to_json(self) -> dict[str, Any]:
        """All figures, the choice and its reason."""
        return self.standings.to_json()

    def __repr__(self) -> str:
        from guandian.experiments.ladder.ladder_tables import tell_standings

        page = StringIO()
        tell_standings(self.standings, Console(file=page, width=_WIDE, highlight=False))
        return page.getvalue()

    def _repr_html_(self) -> str:
        from guandian.experiments.ladder.ladder_picture import draw_ladder

        drawn = b64encode(draw_ladder(self.standings, "png")).decode()
        return (
            f'<img alt="" style="max-width:100%" src="data:image/png;base64,{drawn}">'
            f"<pre>{escape(repr(self))}</pre>"
        )


@told_in_python()
def compress(
    bundle: str | Path,
    root: str | Path = ".",
    folder: str | Path = "ladder",
    rungs: str | Path | LadderPlan = DEFAULT_RUNGS,
    tokens: FromZero = TOKENS,
    *,
    teacher: str | Path | None = None,
    recipe: str | Path | None = None,
    most: FromOne = 300,
    seed: FromZero = 1,
) -> Ladder:
    """Make a model smaller in several ways, judge each by the gate of exports, and time them.

    What is finished in the folder stays, what was interrupted goes on. Needs `guandian[train]`.

    Args:
        bundle: the folder or name of the model.
        root: of the sets.
        folder: of the ladder.
        rungs: such as `"int4,layers-4+int4+aware"`; the path of a TOML file with `[[rungs]]`; or a
            plan.
        tokens: that each rung is trained on.
        teacher: a model to imitate in place of the bundle; rungs with more layers than the bundle
            are made from it.
        recipe: by which rungs are trained, with its own sets; None = on every set in the root.
        most: dev reviews of each set; all of those annotated as the model answers.
        seed: of everything.

    Raises:
        GuandianError: the folder holds another ladder, sets or models are missing, or all fail.
        RecipeError: rungs or a recipe that mean nothing.
    """
    require_packages()
    from guandian.experiments.ladder.ladder import LadderJob, make_ladder

    plan = rungs if isinstance(rungs, LadderPlan) else _plan(rungs)
    job = LadderJob(
        Path(bundle),
        Path(root),
        Path(folder),
        plan,
        tokens,
        None if teacher is None else Path(teacher),
        None if recipe is None else load_recipe(Path(recipe)),
        most,
        seed,
    )
    return Ladder(make_ladder(job))


def _plan(rungs: str | Path) -> LadderPlan:
    is_file = isinstance(rungs, Path) or rungs.endswith(".toml")
    return read_plan(Path(rungs)) if is_file else spelled_plan(str(rungs))
