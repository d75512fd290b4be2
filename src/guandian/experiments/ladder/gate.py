"""What a rung gets right on the dev sets, review by review, kept beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from guandian.bundle import Bundle
from guandian.bundle.ensemble import manifest_digest
from guandian.data.checksums import digest
from guandian.data.corpora import corpora
from guandian.data.splits import sample
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.evaluation import Counts, count_quads
from guandian.experiments.ladder.training_texts import at_hand, followed
from guandian.io.atomic import replace_file
from guandian.pipelines.miners import read_labels, reader_of
from guandian.recipes.recipe import Recipe
from guandian.tasks.confidence_features import Confidence
from guandian.tasks.inference import answers
from guandian.tasks.opinions import Labels


@dataclass(frozen=True, slots=True)
class DevSets:
    """The labelled reviews that a ladder is judged on.

    Attributes:
        sets: by name; every one has opinions.
    """

    sets: Mapping[str, Sequence[Labelled]]

    @property
    def texts(self) -> list[str]:
        """All of them."""
        return [row.text for rows in self.sets.values() for row in rows]


def dev_sets(recipe: Recipe, bundle: Bundle, root: Path, most: int) -> DevSets:
    """The dev parts of every set with opinions in `root`, and those that a recipe names.

    A recipe that keeps the sets' own categories is judged on those that it names alone.

    Args:
        recipe: of the ladder, whose categories they are mapped to.
        bundle: that is judged; sets of customs that it does not know are left out.
        root: of the data.
        most: a sample of so many of each set; those of the custom that it answers by are whole.

    Raises:
        GuandianError: there is none.
    """
    from guandian.training.data.dataset import scored_sets

    spec = read_labels(bundle).spec
    named = [
        row.name
        for row in corpora().values()
        if row.quads and row.expressions and followed(row, spec) and at_hand(row, root, "dev")
    ]
    own = (*recipe.evaluation.corpora, *recipe.evaluation.gate)
    names = tuple(dict.fromkeys((*(named if recipe.categories == "default" else ()), *own)))
    if not names:
        raise GuandianError(
            f"no dev set with opinions in {root}, by which rungs could be judged",
            "name with --root the folder that holds the sets, or with --recipe a recipe whose "
            "evaluation.corpora names files of your own",
        )
    scored = recipe.evaluation.model_copy(update={"corpora": names, "gate": ()})
    rows, _ = scored_sets(recipe.model_copy(update={"evaluation": scored}), root)
    answered = spec.customs[0].name if spec.customs else ""
    sets = {}
    for name, part in rows.items():
        labelled = [row for row in part if row.quads is not None]
        whole = bool(labelled) and labelled[0].custom == answered
        if labelled:
            sets[name] = labelled if whole else sample(labelled, most, seed=recipe.seed)
    return DevSets(sets)


def counts_of(
    bundle: Bundle, dev: DevSets, file: Path, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Counts]:
    """Count the exact quads that a bundle finds, by set: int64 [reviews, 3].

    Args:
        bundle: answers each set by that set's custom.
        dev: the sets.
        file: a file with earlier counts, which are taken where bundle and reviews are the same.
        tell: told of each set that is read now.
    """
    key = f"{manifest_digest(bundle)} {digest([r for rows in dev.sets.values() for r in rows])}"
    if (earlier := _read(file, key)) is not None:
        return earlier
    labels = read_labels(bundle)
    reader = reader_of(bundle.members, labels.spec, 1)
    counts = {}
    for name, rows in dev.sets.items():
        tell(name)
        custom = rows[0].custom
        opinions = answers(
            replace(reader, custom=custom), [row.text for row in rows], _confidence(labels, custom)
        )
        counts[name] = count_quads([row.quads or () for row in rows], opinions)["quad"]
    content = {"of": key, "counts": {name: rows.tolist() for name, rows in counts.items()}}
    replace_file(file, json.dumps(content).encode())
    return counts


def _confidence(labels: Labels, custom: str) -> Confidence:
    return labels.customs.get(custom, labels.confidence)


def _read(file: Path, key: str) -> dict[str, Counts] | None:
    try:
        content = json.loads(file.read_bytes())
        if content["of"] != key:
            return None
        return {name: np.asarray(rows, np.int64) for name, rows in content["counts"].items()}
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or half a file
        return None
