"""The weights that a trained model keeps where it learns further with other label spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from guandian.tasks.head_spec import HeadSpec

_LABELS, _TAGS = "heads.labels.", "heads.tags."
_CATEGORIES = ("heads.category.weight", "heads.category.bias")
_SPANS = tuple(
    f"heads.spans.{part}.{kind}" for part in ("queries_keys", "ends") for kind in ("weight", "bias")
)


def kept_state(
    state: Mapping[str, Tensor], fresh: Mapping[str, Tensor], before: HeadSpec, after: HeadSpec
) -> dict[str, Tensor]:
    """The state dictionary of a trained model with the label spaces `after`.

    Rows of categories and span types that both have are kept, and heads of declared labels and
    tags that are the same; others start afresh.

    Args:
        state: of the trained model.
        fresh: of an untrained one with the label spaces `after`.
        before: the trained model's label spaces.
        after: the label spaces that it goes on with.
    """
    declared = (_LABELS, _TAGS)
    moved = {name: value for name, value in state.items() if not name.startswith(declared)}
    for names, groups, old, new in (
        (_CATEGORIES, 2, before.categories, after.categories),
        (_SPANS, 1, before.span_types, after.span_types),
    ):
        if old != new:
            moved |= {name: _rows(state[name], fresh[name], old, new, groups) for name in names}
    for index, head in enumerate(after.labels):
        shared = head in before.labels
        prefix = f"{_LABELS}{before.labels.index(head) if shared else index}."
        moved |= _renamed(state if shared else fresh, prefix, f"{_LABELS}{index}.")
    return moved | _renamed(state if before.tag_types == after.tag_types else fresh, _TAGS, _TAGS)


def _renamed(state: Mapping[str, Tensor], old: str, new: str) -> dict[str, Tensor]:
    return {
        new + name.removeprefix(old): value for name, value in state.items() if name.startswith(old)
    }


def _rows(
    trained: Tensor, fresh: Tensor, before: Sequence[str], after: Sequence[str], groups: int
) -> Tensor:
    """Rows [groups * labels * n, ...] of the labels that both have, the others fresh."""
    rows = fresh.clone().view(groups, len(after), -1, *fresh.shape[1:])
    trained = trained.view(groups, len(before), -1, *trained.shape[1:])
    for index, label in enumerate(after):
        if label in before:
            rows[:, index] = trained[:, before.index(label)]
    return rows.view(fresh.shape)
