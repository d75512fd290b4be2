"""The training of a language model by a command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.runners.training_run import tell_loading, watched
from guandian.errors import GuandianError
from guandian.pipelines.decoders.train_decoder import DecoderJob, begin_decoder, train_decoder
from guandian.pipelines.recording import recorded
from guandian.recipes.decoder_recipe import load_decoder_recipe
from guandian.tracking.run_folder import DESCRIPTION, Mode
from guandian.wording import say


def decoder_job(
    path: Path,
    root: Path,
    out: Path | None,
    mode: Mode,
    changes: Sequence[str] | None,
    trackers: tuple[str, ...],
) -> DecoderJob:
    """What a command line asks for.

    Raises:
        RecipeError: as `load_decoder_recipe`.
    """
    recipe = load_decoder_recipe(path, tuple(changes or ()))
    folder = out or Path("runs") / recipe.name
    return DecoderJob(recipe, root, folder, mode, trackers, path)


def train_language_model(job: DecoderJob, besides: Sequence[str]) -> None:
    """Train, watched, and tell what `--model` takes.

    Args:
        job: what to train.
        besides: options of other trainings that were named.

    Raises:
        GuandianError: there are such options, or as `train_decoder`.
    """
    if besides or int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise GuandianError(
            f"the training of a language model knows no {besides[0]}"
            if besides
            else "a language model is trained by one process",
            "leave it out" if besides else "leave the launcher out",
        )
    tell_loading(job.recipe.name)
    console = Console(stderr=True, highlight=False)
    finished = begin_decoder(job)
    if not finished:
        from guandian.training.parallel.process_group import ALONE

        with watched(console, job.folder) as watch, recorded(job, watch, ALONE) as record:
            train_decoder(job, record)
    what = say("finished before", sense="bundle") if finished else say("done")
    path = job.folder / DESCRIPTION
    Console(highlight=False).print(Text(f"{what}: {job.recipe.name} → {path}"), soft_wrap=True)
    typer.echo(f"guandian mine reviews.csv --model {path}")
