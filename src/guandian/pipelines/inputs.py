"""The files and folders that are read for what a person named, so that nothing writes onto them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.bundle import folders_of
from guandian.data.corpora import corpus_files
from guandian.io.output_guard import keep_apart
from guandian.pipelines.base_models import folder_named

if TYPE_CHECKING:
    from guandian.recipes.recipe import Recipe
    from guandian.tracking.run_folder import Mode


def keep_what_is_read(folders: Iterable[Path], reads: Sequence[Path], mode: Mode) -> None:
    """Refuse to begin runs anew that hold what the new ones read, such as the model to start from.

    Args:
        folders: of the runs.
        reads: as for `guandian.io.output_guard.keep_apart`.
        mode: what is to be done with runs that are there.

    Raises:
        GuandianError: naming what would be lost.
    """
    if mode == "overwrite":
        from guandian.tracking.run_folder import files_of as files_of_run

        keep_apart([path for folder in folders for path in files_of_run(folder)], reads)


def reads_of(recipe: Recipe, root: Path) -> list[Path]:
    """What a recipe's trainings read: files of its sets and words, folders of its models.

    Args:
        recipe: names them; what is not there is refused elsewhere.
        root: as in training.
    """
    trainings = [recipe, *map(recipe.at, recipe.stages)]
    named = [part.corpus for one in trainings for part in one.data]
    named += [name for one in trainings for name in (*one.evaluation.corpora, *one.evaluation.gate)]
    found = [path for name in dict.fromkeys(named) for path in corpus_files(name, root)]
    if (asked := recipe.augmentation) is not None:
        found += [root / name for name in (asked.lexicon, asked.vectors) if name is not None]
    for name in (recipe.base.model, *recipe.models()):
        if (place := folder_named(name, root)) is not None:
            found += folders_of(place)
    return found
