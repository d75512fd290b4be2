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

from guandian.bundle.bundle import MANIFEST
from guandian.cli.runners.training_run import (
    Changes,
    RecipeFile,
    Root,
    begin_with,
    mode_of,
    resumable,
    train_run,
)
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.evaluation.transfer_matrix import Cell, Matrix
from guandian.experiments.transfer import (
    Domains,
    Kind,
    Row,
    find_domains,
    main_measure,
    plan,
    score_all,
    texts_of,
)
from guandian.io.atomic import write_whole
from guandian.io.output_guard import refuse_outputs
from guandian.pipelines import begin_run, keep_what_is_read, open_miner, reads_of
from guandian.recipes.recipe import Recipe
from guandian.report.evaluation.heatmap import draw
from guandian.report.evaluation.terms import MEASURE_NAMES
from guandian.tracking.run_folder import BUNDLE, UNCHECKED
from guandian.wording import explained, say


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
    asked = begin_with(recipe, changes)
    chosen = list(dict.fromkeys(filter(None, (domains or "").split(","))))
    kind: Kind = "pairs" if pairs else "leave-one-out"
    found = find_domains(asked, root, groups=groups, chosen=chosen)
    rows = plan(asked, found, kind)
    folder = out or Path("runs") / f"{asked.name}-transfer"
    reads = (recipe, *reads_of(asked, root))
    keep_what_is_read([folder / row.folder for row in rows], reads, mode)
    if folder.is_dir():
        written = [folder / f"{kind}{ending}" for ending in (".json", ".png", ".svg")]
        refuse_outputs(written, reads, overwrite=mode != "new")
    console = Console(stderr=True, highlight=False)
    cells: dict[tuple[str, str], Cell] = {}
    with resumable(console, *(folder / row.folder for row in rows)):
        done = [begin_run(row.recipe, root, folder / row.folder, mode) for row in rows]
        for k, (row, finished) in enumerate(zip(rows, done, strict=True), start=1):
            state = f"  {say('已完成', 'finished before')}" if finished else ""
            console.print(Text(f"[{k}/{len(rows)}] {row.folder}{state}", "bold"))
            place = folder / row.folder
            bundle = place / BUNDLE if finished else _trained(row, root, place, console)
            cells |= _cells(row, found, bundle, asked, whole=whole)
    matrix = Matrix(asked.name, kind, found.names, found.names, cells)
    _tell(matrix)
    figures = folder / f"{kind}.json"
    text = json.dumps(matrix.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_whole(figures, text.encode(), overwrite=True)
    pictures = draw(matrix, folder / kind)
    typer.echo(f"→ {' '.join(map(str, (figures, *pictures)))}")


def _trained(row: Row, root: Path, folder: Path, console: Console) -> Path:
    """The bundle of a row; one that the export's gate refused is compared all the same."""
    try:
        return train_run(row.recipe, root, folder, console).path
    except GuandianError as error:
        if not (folder / UNCHECKED / MANIFEST).is_file():
            raise
        what = say("未通过核对，照样比较", "scored all the same")
        told = f"{say('注意', 'note')}: {what}: {explained(str(error))}"
        console.print(Text(told, "yellow"))
        return folder / UNCHECKED


def _cells(
    row: Row, domains: Domains, bundle: Path, recipe: Recipe, *, whole: bool
) -> dict[tuple[str, str], Cell]:
    miner = open_miner(bundle)
    texts = {name: texts_of(row, domains, name, whole=whole) for name in domains.names}
    found = {}
    for name, scores in score_all(bundle.parent, miner, miner.key, texts).items():
        measure = main_measure(name, scores, recipe, groups=domains.groups)
        unseen = name not in row.learned
        found[row.name, name] = Cell(measure, scores[measure], len(texts[name]), unseen)
    return found


def _tell(matrix: Matrix) -> None:
    """A row for each run, a column for each domain; stars where nothing was learned from it."""
    first = (
        say("学习时去掉", "learned without")
        if matrix.kind == "leave-one-out"
        else say("学自", "learned from")
    )
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
        (True, f"* {say('未见领域', 'unseen domains')}"),
        (False, say("已见领域", "seen domains")),
    ):
        for measure, value in matrix.means(unseen=unseen).items():
            named = str(MEASURE_NAMES[measure])
            screen.print(Text(f"{what}: {named} {value:.3f} {say('平均', 'mean')}"))


def _shown(cell: Cell) -> Text:
    figures = cell.interval
    star = "*" if cell.unseen else " "
    return Text(
        f"{figures.value:.3f}{star}\n{figures.low:.3f}-{figures.high:.3f}",
        "bold" if cell.unseen else "",
    )


def _safe(name: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in name)
