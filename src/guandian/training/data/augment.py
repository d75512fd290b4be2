"""A recipe's training texts with changed copies beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.data.augmentation import (
    Augmenter,
    SynonymLexicon,
    Vectors,
    changes,
    clauses_beside,
    lacking,
    load_lexicon,
    neighbour_words,
    new_copies,
    read_vectors,
)
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Augmentation
from guandian.training.data.dataset import Corpora

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


def require_files(recipe: Recipe, root: Path) -> None:
    """Refuse an augmentation that lacks a file or a package, before any set is read.

    Raises:
        GuandianError: names what is lacking.
    """
    augmentation = recipe.augmentation
    if augmentation is None:
        return
    if message := lacking(augmentation.kinds):
        raise GuandianError(message, "pip install 'guandian[train]'")
    _lexicon_of(augmentation, root)
    if augmentation.vectors is not None and not (root / augmentation.vectors).is_file():
        raise GuandianError(
            f"augmentation.vectors: no file {root / augmentation.vectors}",
            f"paths count from {root}",
        )


def with_copies(gathered: Corpora, recipe: Recipe, root: Path, embed: Embed) -> Corpora:
    """The sets with the copies that the recipe asks for among the texts to learn from.

    A copy is seen as often as its text and belongs to the same set. None equals a text of any dev
    part, a text held out or another one to learn from.

    Args:
        gathered: the recipe's sets.
        recipe: says which copies.
        root: paths of a user's own files count from it.
        embed: gives words their vectors, float32 [words, size], where no file does.

    Raises:
        GuandianError: a file that cannot be read.
    """
    augmentation = recipe.augmentation
    if augmentation is None:
        return gathered
    records = [record for record, _ in gathered.train]
    copies = [*_copies(gathered, augmentation, recipe, root, embed)] if augmentation.kinds else []
    if augmentation.beside is not None:
        lending = (row for row in records if row.dataset in augmentation.beside.corpora)
        made = clauses_beside(lending, augmentation.beside.texts, recipe.seed)
        copies += ((row, 1) for row in new_copies(made, records, gathered.elsewhere))
    return replace(gathered, train=[*gathered.train, *copies])


def _copies(
    gathered: Corpora, augmentation: Augmentation, recipe: Recipe, root: Path, embed: Embed
) -> Iterator[tuple[Labelled, int]]:
    records = [record for record, _ in gathered.train]
    vectors = (
        _vectors(augmentation, root, records, embed) if "similar" in augmentation.kinds else None
    )
    ways = changes(augmentation.kinds, augmentation.share, _lexicon_of(augmentation, root), vectors)
    augmenter = Augmenter(ways, augmentation.times, recipe.seed)
    often = {(record.dataset, record.text): times for record, times in gathered.train}
    # No copies of copies: a file with some holds what its maker wanted.
    copies = (
        copy for record in records if not record.original for copy in augmenter.copies(record)
    )
    for copy in new_copies(copies, records, gathered.elsewhere):
        yield copy, often[copy.dataset, copy.original]


def _lexicon_of(augmentation: Augmentation, root: Path) -> SynonymLexicon:
    return load_lexicon(None if augmentation.lexicon is None else root / augmentation.lexicon)


def _vectors(
    augmentation: Augmentation, root: Path, records: Sequence[Labelled], embed: Embed
) -> Vectors:
    names = neighbour_words(records)
    if augmentation.vectors is not None:
        return read_vectors(root / augmentation.vectors, names)
    return Vectors(names, embed(names))
