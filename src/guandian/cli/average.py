"""`guandian average`: runs of one recipe become one model by the mean of their weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from guandian.bundle import Precision
from guandian.cli.runners.training_results import tell_bundle
from guandian.cli.runners.training_run import Root, mode_of, watched
from guandian.pipelines.averaging import average_runs, recipe_of_average
from guandian.pipelines.train import TrainingJob


def average(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="Folders of at least two runs.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the run that they make.")],
    root: Root = Path(),
    release: Annotated[str | None, typer.Option(help="Of the bundle, such as 1.2.0.")] = None,
    precision: Annotated[
        Precision | None,
        typer.Option(
            help="Of the bundle's weights: int8; int4 in half its bytes; where whole numbers lose "
            "too much, float32 in four times as many, or float16 in twice."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a run that exists.")
    ] = False,
) -> None:
    """Average the weights of runs of one recipe."""
    mode = mode_of(resume=False, overwrite=overwrite)
    recipe = recipe_of_average(runs, release)
    job = TrainingJob(recipe, root, out, mode, precision)
    console = Console(stderr=True, highlight=False)
    tell_bundle(average_runs(runs, job, partial(watched, console, out)))
