"""Learn a gazetteer beside a model: names from labelled texts, and how far to believe them.

Counts that a text's own names are in would tell its labels. Leaving out the text alone is not
enough: what is missing from the counts then tells them just as well (a phrase named 31 times in 56
is not named here, one named 30 times in 56 is). So features come from counts of other folds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import Bundle, amend_bundle, open_folder, write_bundle
from guandian.bundle.card_sections import amend_card
from guandian.data.leaks import text_key
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.pipelines.miners import read_labels, reader_of
from guandian.tasks.gazetteer.gazetteer import FILE, Gazetteer, TokenSpan
from guandian.tasks.gazetteer.phrase_counts import PhraseCounts
from guandian.tasks.gazetteer.span_rows import SpanRows, WindowText, span_rows
from guandian.tasks.gazetteer.trees import Trees
from guandian.tasks.inference import Reader, grids_of
from guandian.tasks.targets import token_range
from guandian.text.windows import equal_batches, windows

FOLDS = 5
PARTITIONS = 2
"""Times that the texts are cut into folds: each gives every text other counts to learn from."""
HEADING = "Names"
"""Of the card's section that tells of them."""
LEAST = 50
"""Texts that a gazetteer is learned from, at least."""
THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5)
ROUNDS = 200
_FAR = 1000
_GROWTH: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "max_depth": 7,
    "min_data_in_leaf": 30 * PARTITIONS,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.7,
    "num_threads": 1,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReadWindow:
    """A window of a labelled text as the model read it.

    Attributes:
        piece: the part of the text.
        grids: logits [T, N, N].
        gold: entities (first token, last token, type), tokens of the window from 0.
    """

    piece: WindowText
    grids: NDArray[np.float32]
    gold: frozenset[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class LearnedGazetteer:
    """A gazetteer, and what it was worth on texts that it was not learned from.

    Attributes:
        gazetteer: learned from all texts.
        texts: how many.
        phrases: names that it knows.
        listed: names of a catalogue besides.
        alone, with_names: F1 of entities on the fold that was left out, of the model's grids and
            with a gazetteer of the other folds, whose threshold was chosen on other texts of
            it. The model may have seen those texts.
    """

    gazetteer: Gazetteer
    texts: int
    phrases: int
    listed: int
    alone: float
    with_names: float

    def of_card(self) -> str:
        """What a bundle's card tells of it, Markdown."""
        besides = f" and {self.listed:,} of a catalogue" if self.listed else ""
        return (
            f"{self.phrases:,} names of {self.texts:,} labelled texts{besides} have a say in what "
            f"is an entity of the types {', '.join(self.gazetteer.types)}. Entity F1 on the fifth "
            f"of these texts that was left out, which the model may have seen: {self.alone:.3f} "
            f"by the model alone, {self.with_names:.3f} with names. Names of texts unlike these "
            "are worth less.\n"
        )


@dataclass(frozen=True, slots=True)
class CrossedTexts:
    """Labelled texts as a model read them, with counts that no text's own names are in.

    Attributes:
        read: the windows.
        partitions: of each time that the texts were cut into folds the windows' candidates.
        folds: the windows' folds at the first time.
        whole: counts of all texts.
        texts: how many.
    """

    read: Sequence[ReadWindow]
    partitions: Sequence[Sequence[SpanRows]]
    folds: Sequence[int]
    whole: PhraseCounts
    texts: int


def cross_texts(
    reader: Reader,
    records: Sequence[Labelled],
    seed: int = 1,
    listed: Mapping[str, Floats] | None = None,
) -> CrossedTexts:
    """Read labelled texts and count what they name, fold by fold.

    Args:
        reader: the model; entities must be spans of its grids.
        records: texts that are annotated for entities.
        seed: of the folds.
        listed: names of a catalogue, as `PhraseCounts.listed`.

    Raises:
        GuandianError: too few texts, or a model whose entities are tags or of other types.
    """
    types = _types(reader, records)
    annotated = [record for record in records if record.entities is not None]
    require_enough(annotated)
    read = list(_read(reader, annotated, types))
    crossed = [
        _crossed(read, annotated, types, seed + number * _FAR, listed)
        for number in range(PARTITIONS)
    ]
    whole = PhraseCounts.of(annotated, types, listed=listed)
    return CrossedTexts(read, [rows for rows, _ in crossed], crossed[0][1], whole, len(annotated))


def require_enough(records: Sequence[Labelled]) -> None:
    """Refuse to learn names from a handful of texts.

    Raises:
        GuandianError: fewer than 50 are annotated for entities.
    """
    annotated = sum(record.entities is not None for record in records)
    if annotated < LEAST:
        raise GuandianError(
            f"{annotated} texts are annotated for entities", f"give at least {LEAST}"
        )


def grow_gazetteer(
    crossed: CrossedTexts, seed: int = 1, *, heeded: bool = True
) -> LearnedGazetteer:
    """Grow the trees that weigh names beside a model's scores.

    The threshold is the best on the first fold, by trees of the others. What it is worth there is
    told of each half of that fold by the threshold that is best on the other half.

    Args:
        crossed: what they are grown from.
        seed: of the trees.
        heeded: False grows trees that see the model's scores alone, to compare with.
    """
    needs("lightgbm", "knowledge", "a gazetteer")
    read, first = crossed.read, crossed.partitions[0]
    learned_from = [index for index, fold in enumerate(crossed.folds) if fold]
    held = [index for index, fold in enumerate(crossed.folds) if not fold]
    trees = _grow(read, [first], learned_from, seed, heeded=heeded)
    trial = Gazetteer(crossed.whole, trees, 0.5, heeded)
    left_out, rows = [read[index] for index in held], [first[index] for index in held]
    sure = trial.sure(rows)
    answers = {
        threshold: [
            replace(trial, threshold=threshold).chosen(row, part)
            for row, part in zip(rows, sure, strict=True)
        ]
        for threshold in THRESHOLDS
    }

    def best_of(those: Sequence[int]) -> float:
        """The threshold that is best on some of the windows."""
        these = [left_out[index] for index in those]
        return max(THRESHOLDS, key=lambda limit: _f1(these, [answers[limit][k] for k in those]))

    best, halves = best_of(range(len(left_out))), _halves(left_out)
    honest = {k: answers[best_of(halves[1 - side])][k] for side in (0, 1) for k in halves[side]}
    trees = _grow(read, crossed.partitions, range(len(read)), seed, heeded=heeded)
    learned = Gazetteer(crossed.whole, trees, best, heeded)
    alone = _f1(left_out, [_by_grids(window.grids) for window in left_out])
    names, listed = len(crossed.whole.phrases), len(crossed.whole.listed)
    with_names = _f1(left_out, [honest[index] for index in range(len(left_out))])
    return LearnedGazetteer(learned, crossed.texts, names, listed, alone, with_names)


def _crossed(
    read: Sequence[ReadWindow],
    records: Sequence[Labelled],
    types: Sequence[str],
    seed: int,
    listed: Mapping[str, Floats] | None = None,
) -> tuple[list[SpanRows], list[int]]:
    """The candidates of each window with counts of the other folds, and the windows' folds."""
    fold_of = _folds([record.text for record in records], seed)
    folds = [fold_of[text_key(window.piece.text)] for window in read]
    scale = FOLDS / (FOLDS - 1)
    counts = [
        PhraseCounts.of(
            [r for r in records if fold_of[text_key(r.text)] != fold], types, scale, listed
        )
        for fold in range(FOLDS)
    ]
    rows = [
        span_rows(window.grids, window.piece, counts[fold])
        for window, fold in zip(read, folds, strict=True)
    ]
    return rows, folds


def with_gazetteer(
    folder: Path,
    records: Sequence[Labelled],
    out: Path,
    seed: int = 1,
    *,
    heeded: bool = True,
    listed: Mapping[str, Floats] | None = None,
    overwrite: bool = False,
) -> LearnedGazetteer:
    """Write a bundle again, with a gazetteer that it is asked along with.

    Args:
        folder: of the bundle.
        records: texts that are annotated for entities.
        out: the folder of the new bundle, called as the old one with `-gazetteer` behind it.
        seed: of folds and trees.
        heeded: False makes what it must be compared with.
        listed: names of a catalogue, as `PhraseCounts.listed`.
        overwrite: replace a bundle that is there.

    Raises:
        GuandianError: as `cross_texts`, or an ensemble.
    """
    opened = open_folder(folder)
    if not isinstance(opened, Bundle):
        raise GuandianError(
            f"{folder} is an ensemble, and a gazetteer stands beside one model",
            "name one of its members",
        )
    learned = names_beside(opened, records, seed, heeded=heeded, listed=listed)
    manifest = opened.manifest
    name = f"{manifest.name.removesuffix('-gazetteer')}-gazetteer"
    files: dict[str, Path | bytes] = {entry: opened.path / entry for entry in manifest.files}
    files[FILE] = learned.gazetteer.to_bytes()
    written = write_bundle(out, replace(manifest, name=name), files, overwrite=overwrite)
    amend_card(written, HEADING, learned.of_card())
    return learned


def names_beside(
    bundle: Bundle,
    records: Sequence[Labelled],
    seed: int = 1,
    *,
    heeded: bool = True,
    listed: Mapping[str, Floats] | None = None,
) -> LearnedGazetteer:
    """The gazetteer of labelled texts for a bundle; the arguments are those of `with_gazetteer`.

    Raises:
        GuandianError: as `cross_texts`.
    """
    reader = replace(reader_of([bundle], read_labels(bundle).spec, 1), gazetteer=None)
    return grow_gazetteer(cross_texts(reader, records, seed, listed), seed, heeded=heeded)


def give_names(
    bundle: Bundle,
    records: Sequence[Labelled],
    seed: int = 1,
    listed: Mapping[str, Floats] | None = None,
) -> LearnedGazetteer:
    """Put the gazetteer of labelled texts into a bundle, and into its card.

    Raises:
        GuandianError: as `cross_texts`.
    """
    learned = names_beside(bundle, records, seed, listed=listed)
    amended = amend_bundle(bundle, files={FILE: learned.gazetteer.to_bytes()})
    amend_card(amended, HEADING, learned.of_card())
    return learned


def _types(reader: Reader, records: Sequence[Labelled]) -> tuple[str, ...]:
    looked_for = {kind for record in records for kind in record.entity_types}
    types = tuple(kind for kind in reader.spec.span_types if kind in looked_for)
    if not types:
        raise GuandianError(
            "the model has no grid for what the texts are annotated for: "
            f"{', '.join(sorted(looked_for)) or '-'}",
            f"its spans are {', '.join(reader.spec.span_types)}; a model whose recipe says "
            'tags = "crf" has none of entities',
        )
    return types


def _halves(read: Sequence[ReadWindow]) -> tuple[list[int], list[int]]:
    """The numbers of windows in two halves; those of one text are together."""
    of_text = {text: at % 2 for at, text in enumerate(sorted({w.piece.text for w in read}))}
    halves: tuple[list[int], list[int]] = ([], [])
    for number, window in enumerate(read):
        halves[of_text[window.piece.text]].append(number)
    return halves


def _folds(texts: Sequence[str], seed: int) -> dict[str, int]:
    """A fold for each text; equal texts are of one fold."""
    keys = sorted({text_key(text) for text in texts})
    order = np.random.default_rng(seed).permutation(len(keys))
    return {keys[index]: number % FOLDS for number, index in enumerate(order.tolist())}


def _read(
    reader: Reader, records: Sequence[Labelled], types: Sequence[str]
) -> Iterator[ReadWindow]:
    """The windows of the texts, as the model reads them."""
    encoded = [reader.pieces.encode(record.text) for record in records]
    planned = [
        (index, window)
        for index, record in enumerate(records)
        for window in windows(encoded[index], record.text, reader.max_tokens - 2, 0)
    ]
    for batch in equal_batches(planned, reader.batch_tokens):
        ids = np.stack([reader.ids(encoded[index], window) for index, window in batch])
        grids = grids_of(reader.forward(ids), reader.spec, types)
        for (index, window), grid in zip(batch, grids, strict=True):
            record = records[index]
            piece = WindowText(record.text, encoded[index], window.start, window.end)
            gold = {
                (first - window.start, last - window.start, types.index(entity.type))
                for entity in record.entities or ()
                if entity.type in types
                and (at := token_range(encoded[index], entity.span)) is not None
                for first, last in [at]
                if window.start <= first and last < window.end
            }
            yield ReadWindow(piece, grid.copy(), frozenset(gold))


def _grow(
    read: Sequence[ReadWindow],
    partitions: Sequence[Sequence[SpanRows]],
    learned_from: Sequence[int],
    seed: int,
    *,
    heeded: bool,
) -> Trees:
    """Trees that tell candidates that are entities, and of which type, from those that are none."""
    import lightgbm

    features, labels = [], []
    for rows in partitions:
        for index in learned_from:
            row, gold = rows[index], {(a, b): kind for a, b, kind in read[index].gold}
            features.append(row.features if heeded else row.model)
            labels += [gold.get((a, b), -1) + 1 for a, b in row.at.tolist()]
    classes = len(read[0].grids) + 1
    table = np.concatenate([part for part in features if len(part)])
    settings = _GROWTH | {"objective": "multiclass", "num_class": classes, "seed": seed}
    grown = lightgbm.train(settings, lightgbm.Dataset(table, np.array(labels)), ROUNDS)
    return Trees.of(grown.dump_model()["tree_info"], classes)


def _f1(read: Sequence[ReadWindow], answers: Sequence[Collection[TokenSpan]]) -> float:
    """F1 of answers to windows."""
    right = sum(len(window.gold & {*spans}) for window, spans in zip(read, answers, strict=True))
    counted = sum(
        len(window.gold) + len(spans) for window, spans in zip(read, answers, strict=True)
    )
    return 2 * right / max(counted, 1)


def _by_grids(grids: NDArray[np.float32]) -> set[TokenSpan]:
    """The entities of a window by the model's grids alone."""
    answers: set[TokenSpan] = set()
    for kind, grid in enumerate(grids):
        first, last = np.nonzero(np.triu(grid) > 0)
        marked: list[tuple[int, int]] = []
        for index in np.argsort(-grid[first, last], kind="stable").tolist():
            a, b = int(first[index]), int(last[index])
            if all(b < c or d < a for c, d in marked):
                marked.append((a, b))
        answers |= {(a, b, kind) for a, b in marked}
    return answers
