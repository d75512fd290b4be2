"""`guandian transfer`: learn from some domains, score on others, as one matrix."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.cli.runners.training_run import (
    Changes,
    RecipeFile,
    Root,
    begin_with,
    each_watched,
    mode_of,
    resumable,
)
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.evaluation.domains.transfer_matrix import Cell, Matrix
from guandian.experiments.transfer import Kind, find_domains, plan_runs, transfer_matrix
from guandian.io.atomic import write_whole
from guandian.io.output_guard import refuse_outputs
from guandian.pipelines.train import TrainingJob
from guandian.report.evaluation.heatmap import draw_heatmap
from guandian.report.evaluation.terms import MEASURE_NAMES
from guandian.wording import explained, say
from guandian.wording.wrapping import sentence


def transfer(
    recipe: RecipeFile,
    root: Root = Path(),
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Of runs and results; by default runs/NAME-transfer."),
    ] = None,
    groups: Annotated[
        bool,
        typer.Option("--groups", help="Domains are the groups of the first set, not the sets."),
    ] = False,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Learn from one domain at a time, not from all but one.")
    ] = False,
    domains: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="These domains alone.")
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Score an unseen domain on its train part too, not only dev."),
    ] = False,
    changes: Changes = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on; finished runs and scores stay.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove the runs that exist and begin anew.")
    ] = False,
) -> None:
    """Learn from some domains, score on others."""
    mode = mode_of(resume=resume, overwrite=overwrite)
    if find_spec("matplotlib") is None:
        raise GuandianError("the picture needs matplotlib", "pip install 'guandian[train]'")
    whole_recipe = begin_with(recipe, changes)
    chosen = list(dict.fromkeys(filter(None, (domains or "").split(","))))
    kind: Kind = "pairs" if pairs else "leave-one-out"
    compared = find_domains(whole_recipe, root, groups=groups, chosen=chosen)
    folder = out or Path("runs") / f"{whole_recipe.name}-transfer"
    job = TrainingJob(whole_recipe, root, folder, mode, source=recipe)
    runs = [folder / row.folder for row in plan_runs(whole_recipe, compared, kind)]
    if folder.is_dir():
        written = [folder / f"{kind}{ending}" for ending in (".json", ".png", ".svg")]
        refuse_outputs(written, job.reads(), overwrite=mode != "new")
    console = Console(stderr=True, highlight=False)
    with resumable(console, *runs):
        matrix = transfer_matrix(
            job,
            compared,
            kind,
            whole=whole,
            watch=each_watched(console),
            on_refused=lambda error: _tell_refused(console, error),
        )
    _tell(matrix)
    figures = folder / f"{kind}.json"
    text = json.dumps(matrix.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_whole(figures, text.encode(), overwrite=True)
    pictures = draw_heatmap(matrix, folder / kind)
    typer.echo(f"→ {' '.join(map(str, (figures, *pictures)))}")


def _tell_refused(console: Console, error: GuandianError) -> None:
    what = say("scored all the same")
    words = f"{say('note')}: {what}: {explained(str(error))}"
    console.print(Text(words, "yellow"))


def _tell(matrix: Matrix) -> None:
    """A row for each run, a column for each domain; stars where nothing was learned from it."""
    first = say("learned without") if matrix.kind == "leave-one-out" else say("learned from")
    table = Table(box=SIMPLE_HEAD)
    table.add_column(first)
    for name in matrix.columns:
        table.add_column(Text(_safe(name)), justify="right")
    for row in matrix.rows:
        cells = [matrix.cells[row, column] for column in matrix.columns]
        table.add_row(Text(_safe(row)), *(_shown(cell) for cell in cells))
    screen = Console(highlight=False)
    screen.print(Fitted(table))
    for unseen, what in (
        (True, f"* {say('unseen domains')}"),
        (False, say("seen domains")),
    ):
        for measure, value in matrix.means(unseen=unseen).items():
            named = str(MEASURE_NAMES[measure])
            screen.print(sentence(f"{what}: {named} {value:.3f} {say('mean', sense='of a row')}"))


def _shown(cell: Cell) -> Text:
    figures = cell.interval
    star = "*" if cell.unseen else " "
    return Text(
        f"{figures.value:.3f}{star}\n{figures.low:.3f}-{figures.high:.3f}",
        "bold" if cell.unseen else "",
    )


def _safe(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
