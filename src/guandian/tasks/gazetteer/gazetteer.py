"""A gazetteer beside a model: names that labelled texts know have a say in what is an entity.

The grids' scores and the counts of a phrase are features of each candidate span (a soft lexicon, as
Ma et al. 2020, ACL 2020.acl-main.528, but of spans); trees weigh them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from guandian.errors import BundleError, reason
from guandian.evaluation.logits import sigmoid
from guandian.tasks.decode import Named
from guandian.tasks.gazetteer.phrase_counts import PhraseCounts
from guandian.tasks.gazetteer.span_rows import SpanRows, WindowText, feature_count, span_rows
from guandian.tasks.gazetteer.trees import Trees

FILE = "gazetteer.safetensors"
"""The file of a bundle that holds one."""
FORMAT = "guandian-gazetteer/1"
Floats = NDArray[np.float64]
TokenSpan = tuple[int, int, int]
"""First token, last token, type; tokens of a window from 0."""


@dataclass(frozen=True)
class Gazetteer:
    """Names, and trees that say how far they are believed.

    Attributes:
        counts: of names in labelled texts.
        trees: give each candidate the probabilities of no entity and of each type, [K, T + 1].
        threshold: the probability from which a candidate is told.
        heeded: whether the counts are features; without, the trees see the model's scores alone:
            what a gazetteer must be compared with.
    """

    counts: PhraseCounts
    trees: Trees
    threshold: float
    heeded: bool = True

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that it knows; others stay as the model has them."""
        return self.counts.types

    def sure(self, parts: Sequence[SpanRows]) -> list[Floats]:
        """The probabilities [K, T] of each window's candidates, all windows at once."""
        features = [rows.features if self.heeded else rows.model for rows in parts if len(rows.at)]
        none = np.zeros((0, len(self.types)))
        if not features:
            return [none] * len(parts)
        sure = self.trees.probabilities(np.concatenate(features))[:, 1:]
        ends = np.cumsum([len(rows.at) for rows in parts])
        return np.split(sure, ends[:-1])

    def chosen(self, rows: SpanRows, sure: Floats) -> dict[TokenSpan, float]:
        """The candidates that are told and do not overlap, the likeliest first."""
        kinds = sure.argmax(1)
        best = sure[np.arange(len(kinds)), kinds]
        spans: dict[TokenSpan, float] = {}
        for index in np.argsort(-best, kind="stable").tolist():
            if best[index] < self.threshold:
                break
            first, last = rows.at[index].tolist()
            if all(last < a or b < first for a, b, _ in spans):
                spans[first, last, int(kinds[index])] = float(best[index])
        return spans

    def named(
        self,
        grids: NDArray[np.float32],
        pieces: Sequence[WindowText],
        alone: Sequence[Sequence[Named]],
    ) -> list[list[Named]]:
        """The entities of the windows of a batch.

        Args:
            grids: logits [B, T, N, N] of its types, without [CLS] and [SEP].
            pieces: the parts of texts.
            alone: what the model names by itself, ranges with [CLS] counted.

        Returns:
            Entities of all types. Those of the gazetteer's types have its probability, and the
            model's own as `alone`; what the model alone would name is there too, not `heard`.
        """
        parts = [
            span_rows(grid, piece, self.counts) for grid, piece in zip(grids, pieces, strict=True)
        ]
        answered = zip(grids, parts, self.sure(parts), alone, strict=True)
        return [self._named(*answer) for answer in answered]

    def _named(
        self, grids: NDArray[np.float32], rows: SpanRows, sure: Floats, alone: Sequence[Named]
    ) -> list[Named]:
        entities = [entity for entity in alone if entity.type not in self.types]
        spans = self.chosen(rows, sure)
        for (first, last, kind), probability in spans.items():
            own = float(sigmoid(float(grids[kind, first, last])))
            at = (first + 1, last + 1)
            entities.append(Named(self.types[kind], at, probability, own))
        sure_of = {tuple(at): row for at, row in zip(rows.at.tolist(), sure, strict=True)}
        for entity in alone:
            first, last = entity.range[0] - 1, entity.range[1] - 1
            if entity.type not in self.types:
                continue
            kind = self.types.index(entity.type)
            if (first, last, kind) not in spans:
                row = sure_of.get((first, last))
                probability = 0.0 if row is None else float(row[kind])
                own = entity.probability
                entities.append(Named(entity.type, entity.range, probability, own, heard=False))
        return sorted(entities, key=lambda entity: entity.range)

    def to_bytes(self) -> bytes:
        """A safetensors file."""
        from safetensors.numpy import save

        arrays = self.counts.to_arrays() | self.trees.to_arrays()
        about = {"types": self.types, "threshold": self.threshold, "heeded": self.heeded}
        # One entry: safetensors writes several in an order that differs from run to run.
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        return save(whole, {FORMAT: json.dumps(about)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `to_bytes` gave.

        Raises:
            BundleError: it is missing, or something else.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            content = path.read_bytes()
            size = int.from_bytes(content[:8], "little")
            about = json.loads(json.loads(content[8 : 8 + size])["__metadata__"][FORMAT])
            arrays = load(content)
            types = tuple(map(str, about["types"]))
            trees = Trees.from_arrays(arrays)
            if trees.roots.shape[1] != len(types) + 1:
                raise ValueError("its trees are of other types")
            counts, threshold = PhraseCounts.from_arrays(arrays, types), float(about["threshold"])
            if trees.widest() > feature_count(len(types), counts):
                raise ValueError("its trees decide by features that no candidate has")
            if not 0 < threshold < 1:
                raise ValueError(f"its threshold is {threshold}")
            return cls(counts, trees, threshold, bool(about["heeded"]))
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise BundleError(
                f"{path} is no gazetteer: {reason(error)}",
                "learn it again: guandian knowledge learn BUNDLE LABELLED.jsonl -o FOLDER",
            ) from error
