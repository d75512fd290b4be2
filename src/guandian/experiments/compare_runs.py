"""Runs and bundles on the same labelled reviews, the first one the measure of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from guandian.data import corpus as known_corpus
from guandian.data.taxonomy import taxonomy_names
from guandian.display.names import Names
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.evaluation import Mode, SideBySide, set_side_by_side
from guandian.experiments.predictors import (
    LabelledPlace,
    labelled_files,
    learned_remarks,
    open_system,
    refuse_absent,
)
from guandian.pipelines import reads_of
from guandian.pipelines.base_models import base_of, bundle_of
from guandian.tracking.status import (
    RunFolder,
    files_behind,
    is_run,
    open_folder_of_run,
    require_same_data,
    require_unchanged,
)
from guandian.training.data.dataset import scored_sets
from guandian.wording import Name, say

_Sets = dict[str, tuple[list[Labelled], Mode]]


@dataclass(frozen=True, slots=True)
class ScoringData:
    """Labelled reviews to score on in place of the runs' dev parts.

    Attributes:
        data: a file or folder, or None.
        format: of that.
        corpus: in place of `data`, a set that recipes know.
        parts: of either.
    """

    data: Path | None
    format: str
    corpus: str | None
    parts: tuple[str, ...]


class SystemsCompared(NamedTuple):
    """What a comparison of systems gives.

    Attributes:
        sets: the systems side by side on each.
        names: of the categories, where they have any.
        remarks: on what the scores cannot tell.
    """

    sets: list[SideBySide]
    names: Names
    remarks: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """The systems to compare, and the reviews to compare them on.

    Attributes:
        systems: folders of runs and bundles, `guandian-small`, or mined files.
        root: of the data, as in training.
        before: what the first run began with takes the first place.
        labelled: what to score on; None is the dev parts that all the runs were scored on.
        seed: of the bootstrap.
    """

    systems: tuple[Path, ...]
    root: Path
    before: bool = False
    labelled: ScoringData | None = None
    seed: int = 0

    def files(self) -> list[Path]:
        """The files read of the systems and of the labelled reviews, there or not."""
        paths = [path for system in self.systems for path in files_behind(system)]
        if (labelled := self.labelled) is not None:
            paths += labelled_files(
                labelled.data, labelled.format, labelled.corpus, self.root, labelled.parts
            )
        if self.labelled is None or self.before:
            runs = [open_folder_of_run(folder) for folder in self.systems if is_run(folder)]
            for recipe in (run.read_recipe() for run in runs if run.recipe):
                paths += reads_of(recipe, self.root)
        return paths

    def hold(
        self, tell: Callable[[str], None], ready: Callable[[], None] | None = None
    ) -> SystemsCompared:
        """The systems side by side on each set.

        Args:
            tell: told of rows that are left out, and of categories that do not compare.
            ready: called when all is read, before the first review is asked about.

        Raises:
            GuandianError: a run without a bundle, other data, or nothing to compare with.
        """
        named = dict.fromkeys(self.systems)
        for path in named:
            refuse_absent(path)
        runs = {folder: open_folder_of_run(folder) for folder in named if is_run(folder)}
        places = self._places(runs)
        if self.labelled is None:  # before any bundle is opened
            sets, mapped = _dev_parts(list(runs.values()), self.root)
            systems = [open_system(path)._replace(name=name) for name, path in places]
        else:
            systems = [open_system(path)._replace(name=name) for name, path in places]
            sets, mapped = self._read(self.labelled, systems[0].has_default_categories, tell)
        if ready is not None:
            ready()
        remarks = [
            remark
            for rows, _ in sets.values()
            for (_, path), system in zip(places, systems, strict=True)
            for remark in learned_remarks(path, system.name, rows)
        ]
        for remark in remarks:
            tell(str(remark))
        comparisons = [
            set_side_by_side(
                [system.score(rows, name, mode, self.seed, tell) for system in systems]
            )
            for name, (rows, mode) in sets.items()
        ]
        names = taxonomy_names() if mapped or systems[0].has_default_categories else {}
        return SystemsCompared(comparisons, names, tuple(remarks))

    def _places(self, runs: dict[Path, RunFolder]) -> list[tuple[str, Path]]:
        """The bundles behind what was named, and the base of the first run if it was asked for."""
        places = [
            (str(folder), runs[folder].bundle if folder in runs else folder)
            for folder in self.systems
        ]
        if self.before:
            if not runs:
                raise GuandianError(
                    "--before needs a run", "name the base's bundle as the first one"
                )
            recipe = next(iter(runs.values())).read_recipe()
            base = base_of(recipe, self.root)
            if bundle_of(base) is None:
                raise GuandianError(
                    f"{recipe.base.model}, with which the run began, is an encoder without heads: "
                    "it finds no opinions to compare with",
                    "compare with a bundle, guandian-small for example",
                )
            places.insert(0, (f"{recipe.base.model} {say('before')}", Path(base)))
        if len(places) < 2:
            raise GuandianError(
                "there is one system, and nothing to compare it with"
                if places
                else "no system is named, and two are compared",
                "name another run or bundle, or --before for what the run began with",
            )
        return places

    def _read(
        self, labelled: ScoringData, mapped: bool, tell: Callable[[str], None]
    ) -> tuple[_Sets, bool]:
        """The labelled reviews, and whether in the default categories: the first system decides."""
        data, corpus = labelled.data, labelled.corpus
        root = self.root if corpus else None
        source = LabelledPlace(data, labelled.format, corpus, root, mapped, tell)
        parts = tuple(dict.fromkeys(labelled.parts))
        name = " ".join((corpus or str(data), *source.within(parts)))
        rows, mapped = source.comparable(parts)
        return {name: (rows, source.mode)}, mapped


def _dev_parts(runs: Sequence[RunFolder], root: Path) -> tuple[_Sets, bool]:
    """The dev parts that all the runs were scored on, and whether in the default categories."""
    if not runs:
        raise GuandianError(
            "bundles alone do not tell what to score them on",
            "name --data FILE (with --format), or --corpus NAME with --root FOLDER",
        )
    require_same_data(runs)
    recipe = runs[0].read_recipe()
    sets, read = scored_sets(recipe, root)
    require_unchanged(runs[0], read)
    modes: dict[str, Mode] = {
        name: "text" if known_corpus(name).format == "zhijiang" else "span" for name in sets
    }
    mapped = recipe.categories == "default"
    return {name: (rows, modes[name]) for name, rows in sets.items()}, mapped
