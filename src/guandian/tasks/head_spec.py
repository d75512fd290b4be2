"""The label spaces of a model's heads, fixed when it is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from guandian.domain import LabelHead, Labelled, Polarity
from guandian.tasks.task import Task
from guandian.tasks.task_table import task_of

ASPECT, EXPRESSION = "aspect", "expression"
ENTITY_TYPES = ("product", "brand", "model")
SPAN_TYPES = (ASPECT, EXPRESSION, *ENTITY_TYPES)
POLARITIES = (Polarity.NEGATIVE, Polarity.NEUTRAL, Polarity.POSITIVE)
NOWHERE = 0
"""Token index of [CLS]: where an absent aspect or expression is read."""


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom of annotation: what a set's annotators mark, and what they leave unmarked.

    A text's first token says which one it is read by, as a control code does (Keskar et al. 2019,
    arXiv:1909.05858): the sets that mark less would else teach silence.

    Attributes:
        name: as sets and `--custom` say it.
        marker: id of the first token; that of the first custom is [CLS].
    """

    name: str
    marker: int


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """The label spaces of one model.

    With B reviews of N tokens ([CLS] first, [SEP] last), C categories and T span types, a model
    answers with these arrays, all logits:

    - `spans` [B, T, N, N]: a span of type t from token i to token j (inclusive)
    - `pairs` [B, 2, N, N]: aspect token i belongs to expression token j, for first tokens
      and for last tokens; row 0 is the absent aspect, column 0 the absent expression
    - `category` [B, N, 2, C], `polarity` [B, N, 2, 3]: read at the aspect (0) and at the
      expression (1), averaged over their tokens and added
    - `implicit` [B, N]: a token of a clause that judges with neither aspect nor expression
    - `sentiment` [B, 3]: of the whole text
    - `tags` [B, N, L] and `moves` [B, L + 2, L] where entities are tags, as `tasks.tags` reads them
    - `label.NAME` [B, K] for each declared label, as its task reads it

    Attributes:
        categories: keys of the taxonomy, in the order of the category logits.
        span_types: in the order of the span logits.
        labels: the declared labels of whole texts.
        tag_types: entity types that tags mark instead of spans, in the order of the tags.
        customs: of annotation that the model tells apart, none where it knows one alone; the first
            is the one that it answers by.
    """

    categories: tuple[str, ...]
    span_types: tuple[str, ...] = SPAN_TYPES
    labels: tuple[LabelHead, ...] = ()
    tag_types: tuple[str, ...] = ()
    customs: tuple[Custom, ...] = ()

    def marker(self, custom: str, cls_id: int) -> int:
        """The first token of a text read by a custom; [CLS] by default and for unknown ones."""
        return next((entry.marker for entry in self.customs if entry.name == custom), cls_id)

    def first(self, examples: Iterable[Labelled]) -> list[Labelled]:
        """The examples that are not labelled by another custom than the first one."""
        others = [custom.name for custom in self.customs[1:]]
        return [example for example in examples if example.custom not in others]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of the declared labels, in their order."""
        return tuple(map(task_of, self.labels))

    @property
    def types(self) -> tuple[str, ...]:
        """All that is marked in a text: the span types, then those of the tags."""
        return (*self.span_types, *self.tag_types)

    def extras(self) -> dict[str, Any]:
        """The fields that only some models have, as plain JSON; empty for the others."""
        fields: dict[str, Any] = {}
        if self.labels:
            fields["heads"] = [asdict(head) for head in self.labels]
        if self.tag_types:
            fields["tag_types"] = list(self.tag_types)
        if self.customs:
            fields["customs"] = {custom.name: custom.marker for custom in self.customs}
        return fields

    @classmethod
    def of(cls, described: Mapping[str, Any], categories: Sequence[str]) -> HeadSpec:
        """The label spaces that a model's configuration or a bundle's labels describe.

        Args:
            described: `span_types` and the fields of `extras`.
            categories: keys of the taxonomy.

        Raises:
            KeyError, TypeError, ValueError: when something is missing or wrong.
        """
        rows = (row | {"classes": tuple(row["classes"])} for row in described.get("heads", ()))
        labels = tuple(task_of(LabelHead(**row)).head for row in rows)
        spans, tags = tuple(described["span_types"]), tuple(described.get("tag_types", ()))
        customs = tuple(Custom(*custom) for custom in described.get("customs", {}).items())
        return cls(tuple(categories), spans, labels, tags, customs)


def with_markers(
    names: Sequence[str], inherited: Sequence[Custom], cls_id: int, rows: int
) -> tuple[Custom, ...]:
    """Customs with their markers: [CLS] for the first, inherited ones as they are, others new.

    Args:
        names: of the customs.
        inherited: those of the model that goes on.
        cls_id: of [CLS].
        rows: of its embeddings; new markers come behind them.
    """
    markers = {custom.name: custom.marker for custom in inherited if custom.marker != cls_id}
    customs = []
    for index, name in enumerate(names):
        if index and name not in markers:
            markers[name], rows = rows, rows + 1
        customs.append(Custom(name, markers[name] if index else cls_id))
    return tuple(customs)


OUTPUTS = ("spans", "pairs", "category", "polarity", "implicit", "sentiment")
"""The arrays that every model has."""
