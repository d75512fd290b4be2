"""The files and folders that are read for what a person named, so that nothing writes onto them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.bundle import folders_of
from guandian.data.corpora import corpus_files
from guandian.io.output_guard import keep_apart
from guandian.pipelines.base_models import folder_named
from guandian.pipelines.language_models import is_description, reads_of_description

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
    """The paths that a recipe's trainings read: files of its sets and words, folders of models.

    Args:
        recipe: names them; what is not there is refused elsewhere.
        root: as in training.
    """
    trainings = [recipe, *map(recipe.at, recipe.stages)]
    named = [part.corpus for training in trainings for part in training.data]
    named += [
        name
        for training in trainings
        for name in (*training.evaluation.corpora, *training.evaluation.gate)
    ]
    paths = [path for name in dict.fromkeys(named) for path in corpus_files(name, root)]
    if (augmentation := recipe.augmentation) is not None:
        paths += [
            root / name for name in (augmentation.lexicon, augmentation.vectors) if name is not None
        ]
    if recipe.knowledge is not None and recipe.knowledge.catalogue is not None:
        paths.append(root / recipe.knowledge.catalogue)
    pairings = [training.objective.pairing for training in trainings]
    for asks in (*pairings, recipe.evaluation.alike):
        if asks is not None and asks.terms is not None:
            paths.append(root / asks.terms)
    for name in (recipe.base.model, *recipe.models()):
        if is_description(Path(name)):
            paths += reads_of_description(root / name)
        elif (folder := folder_named(name, root)) is not None:
            paths += folders_of(folder)
    return paths
