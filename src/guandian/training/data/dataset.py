"""From a recipe's sets to what the loop trains on: leaks dropped, a part held out, tokens cut."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guandian.data.checksums import digest
from guandian.data.corpora import OWN, Corpus, corpora, corpus, load
from guandian.data.leaks import drop_leaks, text_digest, text_keys
from guandian.data.review_sentiment import sentiment_of
from guandian.data.splits import balanced, sample, split
from guandian.data.taxonomy import all_to_default, categories, taxonomy
from guandian.domain import Labelled
from guandian.errors import BadRow, GuandianError, RecipeError, likely
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import Fold, Part
from guandian.tasks.head_spec import ASPECT, ENTITY_TYPES, EXPRESSION, HeadSpec
from guandian.tasks.targets import Annotated, annotate, join
from guandian.text.perturbations import with_emoji
from guandian.text.pieces import Pieces
from guandian.tracking.events import OnEvent, Read, Ready, ignore
from guandian.training.data.label_checks import checked_labels, labels_of_recipe, refuse_unlabelled
from guandian.training.data.pseudo_labels import Labeller
from guandian.training.data.weak_labels import label_by_words

_HOLDOUT_SEED = 1
"""Held out is the same part of a set in every recipe, whatever it samples, so that a model that is
trained further has not learned before what its confidence is fitted on."""
_FOLDS = 2**31
"""Added to the seed of a recipe, which is less."""


@dataclass(frozen=True, slots=True)
class Corpora:
    """The labelled texts of a recipe.

    Attributes:
        train: what to learn from, with how often each is seen in an epoch.
        holdout: texts kept from training, to fit the confidence on.
        dev: by set name, to score on.
        gate: by set name, to compare the exported bundle on besides.
        spec: the label spaces of the heads.
        dropped: by set, texts left out because they stand in some dev part.
        bad: rows that could not be read and are left out.
        elsewhere: keys of the texts of every dev part and of those held out: no copy may equal one.
        data: the parts that were read.
    """

    train: list[tuple[Labelled, int]]
    holdout: list[Labelled]
    dev: dict[str, list[Labelled]]
    gate: dict[str, list[Labelled]]
    spec: HeadSpec
    dropped: dict[str, int]
    bad: tuple[BadRow, ...] = ()
    elsewhere: frozenset[str] = frozenset()
    data: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The examples that the loop trains on and scores on.

    Attributes:
        examples: annotated training windows.
        times: how often each is seen in an epoch, int64 [len(examples)].
        dev: by set name, the texts to score on.
    """

    examples: Sequence[Annotated]
    times: NDArray[np.int64]
    dev: dict[str, list[Labelled]]

    @property
    def tokens(self) -> int:
        """Of an epoch, repeats counted, without padding."""
        lengths = [len(example.ids) for example in self.examples]
        return int(np.dot(lengths, self.times)) if lengths else 0


def nobody(part: Part, _: Sequence[Labelled]) -> list[Labelled]:
    """Label nothing: there is no model that could."""
    raise RecipeError(f"{part.corpus}: no model labels it", "leave out labelled_by")


def require_sets(recipe: Recipe, root: Path) -> None:
    """Refuse sets that are unknown or not there, all of them at once, before any is read.

    Args:
        recipe: names them.
        root: as for `gather`.

    Raises:
        RecipeError: a recipe without any set.
        GuandianError: naming those that are lacking, and where they were looked for.
    """
    parts, scored, gated = _named(recipe)
    lacking = []
    for labelled_set in map(
        corpus, dict.fromkeys([*(part.corpus for part in parts), *scored, *gated])
    ):
        path = labelled_set.home(root) / labelled_set.folder
        own = labelled_set.name.endswith(OWN)
        if own:
            path /= Path(labelled_set.name).name
        if not path.exists():
            lacking.append(str(path) if own else f"{labelled_set.name} ({path})")
    if lacking:
        raise GuandianError(
            f"there is no {', '.join(lacking)}",
            "put it there, or name with --root the folder that holds it, or that holds data/; "
            f"now {root}",
        )


def gather(recipe: Recipe, root: Path, label: Labeller = nobody) -> Corpora:
    """Read the recipe's sets.

    Args:
        recipe: names them.
        root: the data folder with the named sets' folders, or the folder that holds it; paths of
            a user's own files count from it.
        label: labels the texts of parts that a model labels; what it leaves out is not learned.

    Raises:
        RecipeError: an unknown set, or nothing to learn from or to score on is left.
        GuandianError: a missing folder or a category without a mapping.
    """
    parts, scored, gated = _named(recipe)
    require_sets(recipe, root)
    sets = _Sets(root, recipe)
    read = [(part, sets.chosen(part)) for part in parts]
    dev = {name: sets.dev(name, "scored") for name in scored}
    gate = {name: sets.dev(name, "compared") for name in gated}
    everything = [record for _, records in read for record in records]
    scored_on = [*sets.every_dev(), *chain(*dev.values(), *gate.values())]
    remaining, dropped = drop_leaks(everything, scored_on)
    allowed = {id(record) for record in remaining}
    train: list[tuple[Labelled, int]] = []
    holdout: list[Labelled] = []
    for part, records in read:
        mine = _labelled([record for record in records if id(record) in allowed], recipe)
        if part.labelled_by is not None:
            texts = mine if part.most is None else sample(mine, part.most, seed=recipe.seed)
            mine = _refuse_strange(label(part, texts), recipe)
        elif part.seed_words is not None:
            mine = label_by_words(part.seed_words, mine)
        else:
            mine, left_out = _held_out(mine, part, recipe)
            holdout += [record for record in left_out if not record.original]
        train += [(record, part.times) for record in _chosen(mine, part, recipe.seed)]
    if recipe.fold is not None and recipe.fold.of > len(train) + len(holdout):
        raise RecipeError(
            f"{recipe.fold.of} folds of {len(train) + len(holdout)} texts: one would hold none",
            f"say --folds {len(train) + len(holdout)} at most",
        )
    held = {key for record in holdout for key in text_keys(record)}
    train = [(record, times) for record, times in train if held.isdisjoint(text_keys(record))]
    if not train:
        raise RecipeError(
            f"no text is left to learn from: of {len(everything)} read, {sum(dropped.values())} "
            "stand in a dev part",
            "name other sets, or other files for `data` and for `evaluation.corpora`",
        )
    spec = _spec(recipe, [record for record, _ in train])
    refuse_unlabelled(recipe, spec, [record for record, _ in train])
    dev, gate = (
        {name: _labelled(rows, recipe) for name, rows in by_set.items()} for by_set in (dev, gate)
    )
    elsewhere = held.union(*map(text_keys, scored_on))
    bad, data = tuple(sets.bad), tuple(dict.fromkeys(sets.read))
    return Corpora(train, holdout, dev, gate, spec, dropped, bad, frozenset(elsewhere), data)


def scored_sets(recipe: Recipe, root: Path) -> tuple[dict[str, list[Labelled]], tuple[Read, ...]]:
    """The dev parts that a recipe is scored on, as `gather` has them, without reading the others.

    Returns:
        By set name the texts, and what `gather` notes of them.

    Raises:
        RecipeError, GuandianError: as `gather`.
    """
    _, scored, _ = _named(recipe)
    require_sets(recipe, root)
    sets = _Sets(root, recipe)
    dev = {name: _labelled(sets.dev(name, "scored"), recipe) for name in scored}
    return dev, tuple(sets.read)


def prepare(
    gathered: Corpora, pieces: Pieces, recipe: Recipe, on_event: OnEvent = ignore
) -> Prepared:
    """Cut the training texts into annotated windows of tokens."""
    windows_by_set: dict[tuple[str, int], list[Annotated]] = defaultdict(list)
    dice = np.random.default_rng((recipe.seed, 1))
    for record, often in gathered.train:
        shown = dice.random() < recipe.optimisation.emoji
        text = with_emoji(record, recipe.seed) if shown else record
        windows = annotate(text, pieces, gathered.spec, recipe.optimisation.max_tokens)
        windows_by_set[record.dataset, often] += windows
    rng = np.random.default_rng(recipe.seed)
    examples: list[Annotated] = []
    times: list[int] = []
    for (_, often), windows in windows_by_set.items():
        joined = _join(windows, recipe, rng)
        examples += joined
        times += [often] * len(joined)
    counts = Counter(record.dataset for record, _ in gathered.train)
    prepared = Prepared(examples, np.asarray(times, dtype=np.int64), gathered.dev)
    lost = sum(example.lost for example in examples)
    bad = tuple(str(row) for row in gathered.bad)
    held_out = len(gathered.holdout)
    tokens = prepared.tokens
    texts = {text for record, _ in gathered.train for text in (record.text, record.original)}
    keys = frozenset(text_digest(text) for text in texts if text)
    read = gathered.data
    on_event(Ready(dict(counts), gathered.dropped, held_out, lost, tokens, bad, read, keys))
    return prepared


def _join(
    windows: Sequence[Annotated], recipe: Recipe, rng: np.random.Generator
) -> list[Annotated]:
    """One set's windows, a share of them joined to windows of all lengths that fit."""
    longest = recipe.optimisation.max_tokens
    examples: list[Annotated] = []
    open_ones: dict[tuple[bool, ...], list[Annotated]] = {}
    room: dict[tuple[bool, ...], float] = defaultdict(float)

    def close(parts: Sequence[Annotated]) -> None:
        examples.append(join(parts) if len(parts) > 1 else parts[0])

    for window in windows:
        if not window.readings or window.implicit or rng.random() >= recipe.optimisation.joined:
            examples.append(window)
            continue
        size = len(window.ids) - 2
        if window.known in open_ones and room[window.known] < size:
            close(open_ones.pop(window.known))
        if window.known not in open_ones:
            room[window.known] = longest * rng.uniform(0.3, 1) - 2
        room[window.known] -= size
        open_ones.setdefault(window.known, []).append(window)
    for parts in open_ones.values():
        close(parts)
    return examples


def _named(recipe: Recipe) -> tuple[list[Part], list[str], list[str]]:
    """The sets to learn from, score on and compare on, without those that the recipe excludes."""

    def allowed(name: str) -> bool:
        return not (recipe.exclude_restricted and corpus(name).restricted)

    parts = [part for part in recipe.data if allowed(part.corpus)]
    if not parts:
        raise RecipeError(
            "every set of the recipe restricts use", "name other sets or drop exclude_restricted"
        )
    scored, gated = (
        [name for name in names if allowed(name)]
        for names in (recipe.evaluation.corpora, recipe.evaluation.gate)
    )
    return parts, scored, gated


class _Sets:
    """The sets of a recipe on disk; collects what was read and the rows that cannot be."""

    def __init__(self, root: Path, recipe: Recipe) -> None:
        self.bad: list[BadRow] = []
        self.read: list[Read] = []
        self._recipe = recipe
        self._root = root

    def chosen(self, part: Part) -> list[Labelled]:
        """All that a part of the recipe may learn from."""
        records, sha256 = self._load(part.corpus, part.part)
        named = part.left_out | {part.only} - {None}
        groups = sorted({record.group for record in records} - {""})
        if strange := sorted(name for name in named if name not in groups and name is not None):
            key = "only" if part.only == strange[0] else "leave_out"
            raise RecipeError(
                f"data.{key}: {part.corpus} has no group {strange[0]!r}",
                f"{likely(strange[0], groups)}its groups: {', '.join(groups)}"
                if groups
                else f"none of its texts is in a group: drop {key}",
            )
        selected = [
            record
            for record in records
            if record.group not in part.left_out and part.only in (None, record.group)
        ]
        restriction = _groups({part.only} - {None}, part.left_out)
        self.read.append(
            Read("learned", part.corpus, part.part, restriction, len(selected), sha256)
        )
        return selected

    def dev(self, name: str, use: Literal["scored", "compared"]) -> list[Labelled]:
        """The dev texts of a set, without the groups that training leaves out."""
        parts = [part for part in self._recipe.data if part.corpus == name]
        left_out = frozenset[str]().union(*(part.left_out for part in parts))
        only = {part.only for part in parts} or {None}
        every, sha256 = self._load(name, "dev")
        records = [
            record
            for record in every
            if record.group not in left_out and (None in only or record.group in only)
        ]
        if not any(r.quads is not None or r.sentiment or r.entities or r.labels for r in records):
            raise RecipeError(f"{name} has no labelled text to score on", "choose another dev set")
        groups = _groups(set() if None in only else only, left_out)
        self.read.append(Read(use, name, "dev", groups, len(records), sha256))
        return records

    def every_dev(self) -> list[Labelled]:
        """The dev texts of every named set that is there."""
        texts: list[Labelled] = []
        for labelled_set in corpora().values():
            if self._has_dev(labelled_set):
                records = load(labelled_set.name, self._root, "dev")
                self.read.append(
                    Read("apart", labelled_set.name, "dev", "", len(records), digest(records))
                )
                texts += records
        return texts

    def _has_dev(self, labelled_set: Corpus) -> bool:
        files = [file for group in labelled_set.parts.get("dev", ()) for file in group]
        home = labelled_set.home(self._root)
        return bool(files) and all((home / labelled_set.folder / file).is_file() for file in files)

    def _load(self, name: str, part: str) -> tuple[list[Labelled], str]:
        """The texts of a part, and the SHA-256 of them as they are on disk."""
        records = load(name, self._root, part, on_error=self.bad.append)
        strange = {entity.type for r in records for entity in r.entities or ()} - {*ENTITY_TYPES}
        if strange:
            raise GuandianError(
                f"{name} has entities of types that no model has: {', '.join(sorted(strange))}",
                f"call each one of {', '.join(ENTITY_TYPES)}, or leave it out",
            )
        return checked_labels(records, labels_of_recipe(self._recipe), name), digest(records)


def _groups(only: Collection[str | None], left_out: Collection[str | None]) -> str:
    return ", ".join(
        f"{word} {name}"
        for word, names in (("only", only), ("without", left_out))
        for name in sorted(map(str, names))
    )


def _refuse_strange(labelled: list[Labelled], recipe: Recipe) -> list[Labelled]:
    """Refuse texts that a model labelled with categories other than the recipe's."""
    named = {quad.category for record in labelled for quad in record.quads or ()} - {None}
    if recipe.categories == "default" and (strange := named - taxonomy().keys()):
        raise RecipeError(
            "the model that labels texts has other categories than the default ones: "
            f"{', '.join(sorted(map(str, strange))[:5])}",
            'let it label for sentiment alone, or say categories = "own"',
        )
    return labelled


def _held_out(
    mine: list[Labelled], part: Part, recipe: Recipe
) -> tuple[list[Labelled], list[Labelled]]:
    """The texts of a set to learn from, and those to fit the confidence on."""
    left_out: list[Labelled] = []
    if not part.fit_confidence:
        return mine, left_out
    if recipe.holdout and any(record.quads is not None for record in mine):
        shares = {"train": 1 - recipe.holdout, "holdout": recipe.holdout}
        cut = split(mine, shares, seed=_HOLDOUT_SEED)
        mine, left_out = cut["train"], cut["holdout"]
    if recipe.fold is not None:
        mine, fold = _folded(mine, recipe.fold, recipe.seed)
        left_out = [*left_out, *fold]
    return mine, left_out


def _folded(
    records: list[Labelled], fold: Fold, seed: int
) -> tuple[list[Labelled], list[Labelled]]:
    """The folds to learn from, and the one that is left out."""
    names = [str(number) for number in range(1, fold.of + 1)]
    # Samples are drawn by the seed itself: folds in the same order would be their ends.
    cut = split(records, dict.fromkeys(names, 1 / fold.of), seed=seed + _FOLDS)
    left_out = cut.pop(str(fold.leave_out))
    learned_ids = {id(record) for rows in cut.values() for record in rows}
    return [record for record in records if id(record) in learned_ids], left_out


def _chosen(records: list[Labelled], part: Part, seed: int) -> list[Labelled]:
    """The texts that are not too long, balanced and sampled as the part says."""
    if part.longest is not None:
        records = [record for record in records if len(record.text) <= part.longest]
    if part.balanced:
        records = balanced(records, seed=seed)
    return records if part.most is None else sample(records, part.most, seed=seed)


def _spec(recipe: Recipe, train: Sequence[Labelled]) -> HeadSpec:
    own = categories(train) if recipe.categories == "own" else ()
    spec = HeadSpec(own or tuple(taxonomy()), labels=labels_of_recipe(recipe))
    if recipe.tags == "grid":
        return spec
    looked_for = {kind for record in train for kind in record.entity_types}
    types = tuple(kind for kind in ENTITY_TYPES if kind in looked_for)
    return replace(spec, span_types=(ASPECT, EXPRESSION), tag_types=types)


def _labelled(records: Sequence[Labelled], recipe: Recipe) -> list[Labelled]:
    """The records in the recipe's categories, with the sentiment that their opinions imply."""
    if recipe.categories == "default":
        records = all_to_default(records)
    return [
        replace(record, sentiment=sentiment_of(record.quads))
        if record.sentiment is None and record.quads
        else record
        for record in records
    ]
