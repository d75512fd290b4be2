"""`guandian compress`: smaller forms of a bundle side by side, and the one to take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import folders_of, model_folder
from guandian.cli.console.resuming import tell_resume
from guandian.cli.console.signals import settle
from guandian.cli.runners.training_run import Root
from guandian.errors import GuandianError
from guandian.io.atomic import write_whole
from guandian.io.output_guard import keep_files_apart, refuse_outputs
from guandian.pipelines import reads_of, require_packages
from guandian.recipes.ladder_plan import DEFAULT_RUNGS, TOKENS, LadderPlan, read_plan, spelled_plan
from guandian.recipes.recipe import load_recipe
from guandian.wording import say, term

if TYPE_CHECKING:
    from guandian.experiments.ladder.ladder import LadderJob, LadderStep

FIGURES, PICTURE = "ladder.json", "ladder.svg"


def compress(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="The model: a bundle's folder or name.")
    ],
    root: Root = Path(),
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The ladder's folder: a rung a folder, and figures.")
    ] = Path("ladder"),
    rungs: Annotated[
        str,
        typer.Option(
            metavar="A,B,...",
            help="Joined by +: layers-N; heads-P, width-P, vocabulary-P (percent that is left); "
            "int8, int4, float16, float32; aware (trained rounded); untrained; tokens-N.",
        ),
    ] = DEFAULT_RUNGS,
    plan: Annotated[
        Path | None, typer.Option(help="In place of --rungs: a TOML file with [[rungs]].")
    ] = None,
    tokens: Annotated[
        int, typer.Option(min=1, max=10**12, help="That each rung is trained on.")
    ] = TOKENS,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="A model to imitate in place of the bundle; rungs with more layers than the "
            "bundle are made from it."
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(help="To train by, with its own sets; by default every set in the root."),
    ] = None,
    most: Annotated[
        int,
        typer.Option(min=1, max=10**9, help="Dev reviews of each set; of the model's own all."),
    ] = 300,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of everything.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a ladder; finished rungs stay.")
    ] = False,
) -> None:
    """Make a model smaller in several ways, and say which to take."""
    require_packages()
    job = _job(bundle, root, out, plan or rungs, (tokens, most, seed), teacher, recipe)
    outputs = [out / FIGURES, out / PICTURE]
    _refuse(job, outputs, plan, recipe, resume=resume)
    console = Console(stderr=True, highlight=False)
    from guandian.experiments.ladder.ladder import make_ladder

    try:
        standings = make_ladder(job, lambda step: _tell(console, step))
    except KeyboardInterrupt:
        settle()
        tell_resume(console, say("what is finished stays"))
        raise typer.Exit(130) from None
    from guandian.experiments.ladder.ladder_picture import draw_ladder
    from guandian.experiments.ladder.ladder_tables import tell_standings

    tell_standings(standings, Console(highlight=False))
    figures = json.dumps(standings.to_json(), ensure_ascii=False, indent=1) + "\n"
    write_whole(outputs[0], figures.encode(), overwrite=True)
    write_whole(outputs[1], draw_ladder(standings, "svg"), overwrite=True)
    typer.echo(f"→ {' '.join(map(str, outputs))}")
    if standings.failed:
        raise typer.Exit(1)


def _job(
    bundle: Path,
    root: Path,
    out: Path,
    plan: Path | str,
    numbers: tuple[int, int, int],
    teacher: Path | None,
    recipe: Path | None,
) -> LadderJob:
    """What the options ask for."""
    from guandian.experiments.ladder.ladder import LadderJob

    wanted: LadderPlan = read_plan(plan) if isinstance(plan, Path) else spelled_plan(plan)
    tokens, most, seed = numbers
    parsed = None if recipe is None else load_recipe(recipe)
    return LadderJob(bundle, root, out, wanted, tokens, teacher, parsed, most, seed)


def _refuse(
    job: LadderJob,
    outputs: list[Path],
    plan: Path | None,
    recipe: Path | None,
    *,
    resume: bool,
) -> None:
    """Refuse to write onto what is read, and into a folder that holds something already."""
    files = [path for path in (plan, recipe) if path is not None]
    models = [*folders_of(model_folder(job.bundle))]
    models += [] if job.teacher is None else folders_of(model_folder(job.teacher))
    read = [*files, *models, *([] if job.recipe is None else reads_of(job.recipe, job.root))]
    keep_files_apart(outputs, read)
    if job.folder.is_dir() and any(job.folder.iterdir()) and not resume:
        raise GuandianError(
            f"{job.folder} holds something already",
            "say --resume to go on with a ladder, or choose another folder with -o",
        )
    if not job.root.is_dir():
        raise GuandianError(
            f"no folder {job.root}", "name with --root the folder that holds the data"
        )
    if job.folder.is_dir():
        refuse_outputs(outputs, read, overwrite=resume)


_WHAT = {
    "shaping": term("shaping"),
    "training": term("training"),
    "judging": term("judging"),
    "timing": term("timing all of them in turns"),
    "kept": term("finished before"),
    "failed": term("failed"),
}


def _tell(console: Console, step: LadderStep) -> None:
    words = f": {step.words}" if step.words else ""
    line = f"{step.rung}: {_WHAT[step.what]}{words}"
    console.print(Text(line, "red" if step.what == "failed" else ""), soft_wrap=True)
