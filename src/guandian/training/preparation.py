"""From a recipe's sets to what the loop trains on: leaks dropped, a part held out, tokens cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.data.corpora import corpora, corpus, load
from guandian.data.leaks import drop_leaks, text_key
from guandian.data.sentiment import sentiment_of
from guandian.data.splits import sample, split
from guandian.data.taxonomy import categories, taxonomy, to_default
from guandian.domain import Labelled
from guandian.errors import RecipeError
from guandian.tasks.heads import HeadSpec
from guandian.tasks.targets import Annotated, annotate
from guandian.text.pieces import Pieces
from guandian.training.events import OnEvent, Ready, ignore
from guandian.training.recipe import Part, Recipe


@dataclass(frozen=True, slots=True)
class Corpora:
    """The labelled texts of a recipe.

    Attributes:
        train: what to learn from, with how often each is seen in an epoch.
        holdout: opinion sets' texts kept from training, to fit the confidence on.
        dev: by set name, to score on.
        spec: the label spaces of the heads.
        dropped: by set, texts left out because they stand in some dev part.
    """

    train: list[tuple[Labelled, int]]
    holdout: list[Labelled]
    dev: dict[str, list[Labelled]]
    spec: HeadSpec
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the loop trains on and scores on.

    Attributes:
        examples: annotated training windows.
        times: how often each is seen in an epoch, int64 [len(examples)].
        dev: by set name, the texts to score on.
    """

    examples: Sequence[Annotated]
    times: NDArray[np.int64]
    dev: dict[str, list[Labelled]]


def gather(recipe: Recipe, root: Path) -> Corpora:
    """Read the recipe's sets under the folder `root`.

    Raises:
        RecipeError: when the licence switch leaves nothing.
        GuandianError: an unknown set, a missing folder or a category without a mapping.
    """
    parts = [
        part
        for part in recipe.data
        if not (recipe.exclude_restricted and corpus(part.corpus).restricted)
    ]
    if not parts:
        raise RecipeError(
            "every set of the recipe restricts use", "name other sets or drop exclude_restricted"
        )
    read = [(part, list(_chosen(part, root, recipe.seed))) for part in parts]
    everything = [record for _, records in read for record in records]
    kept, dropped = drop_leaks(everything, _all_dev(root))
    allowed = {id(record) for record in kept}
    train: list[tuple[Labelled, int]] = []
    holdout: list[Labelled] = []
    for part, records in read:
        mine = [_labelled(record, recipe) for record in records if id(record) in allowed]
        if recipe.holdout and corpus(part.corpus).quads:
            shares = {"train": 1 - recipe.holdout, "holdout": recipe.holdout}
            cut = split(mine, shares, seed=recipe.seed)
            mine = cut["train"]
            holdout += cut["holdout"]
        train += [(record, part.times) for record in mine]
    held = {text_key(record.text) for record in holdout}
    train = [(record, times) for record, times in train if text_key(record.text) not in held]
    dev = {
        name: [_labelled(record, recipe) for record in load(name, root, "dev")]
        for name in recipe.evaluation.corpora
    }
    return Corpora(train, holdout, dev, _spec(recipe, [record for record, _ in train]), dropped)


def prepare(
    gathered: Corpora, pieces: Pieces, recipe: Recipe, on_event: OnEvent = ignore
) -> Prepared:
    """Cut the training texts into annotated windows of tokens."""
    examples: list[Annotated] = []
    times: list[int] = []
    for record, often in gathered.train:
        windows = annotate(record, pieces, gathered.spec, recipe.optimisation.max_tokens)
        examples += windows
        times += [often] * len(windows)
    counts = Counter(record.dataset for record, _ in gathered.train)
    tokens = sum(len(e.ids) * often for e, often in zip(examples, times, strict=True))
    lost = sum(example.lost for example in examples)
    on_event(Ready(dict(counts), gathered.dropped, len(gathered.holdout), lost, tokens))
    return Prepared(examples, np.asarray(times, dtype=np.int64), gathered.dev)


def _spec(recipe: Recipe, train: Sequence[Labelled]) -> HeadSpec:
    return HeadSpec(tuple(taxonomy()) if recipe.categories == "default" else categories(train))


def _chosen(part: Part, root: Path, seed: int) -> Iterable[Labelled]:
    records = load(part.corpus, root, part.part)
    if part.longest is not None:
        records = [record for record in records if len(record.text) <= part.longest]
    if part.leave_out is not None:
        records = [record for record in records if record.group != part.leave_out]
    return records if part.most is None else sample(records, part.most, seed=seed)


def _labelled(record: Labelled, recipe: Recipe) -> Labelled:
    """The record in the recipe's categories, with the sentiment that its opinions imply."""
    if recipe.categories == "default":
        record = to_default(record)
    if record.sentiment is None and record.quads:
        return replace(record, sentiment=sentiment_of(record.quads))
    return record


def _all_dev(root: Path) -> list[Labelled]:
    """The dev texts of every known set that lies under `root`."""
    return [
        record
        for known in corpora().values()
        if "dev" in known.parts and (root / known.folder).is_dir()
        for record in load(known.name, root, "dev")
    ]
