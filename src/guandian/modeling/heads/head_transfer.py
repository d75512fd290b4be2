"""What a trained model keeps when it is to learn further with other label spaces."""

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
    state: Mapping[str, Tensor], fresh: Mapping[str, Tensor], before: HeadSpec, wanted: HeadSpec
) -> dict[str, Tensor]:
    """The state dictionary of a model with the label spaces wanted.

    Rows of categories and span types that both have are kept, and heads of declared labels and
    tags that are the same; others start afresh.

    Args:
        state: of the trained model.
        fresh: of an untrained one with the label spaces wanted.
        before: the trained model's label spaces.
        wanted: those of the other.
    """
    declared = (_LABELS, _TAGS)
    found = {name: value for name, value in state.items() if not name.startswith(declared)}
    for names, groups, old, new in (
        (_CATEGORIES, 2, before.categories, wanted.categories),
        (_SPANS, 1, before.span_types, wanted.span_types),
    ):
        if old != new:
            found |= {name: _rows(state[name], fresh[name], old, new, groups) for name in names}
    for place, head in enumerate(wanted.labels):
        known = head in before.labels
        held = f"{_LABELS}{before.labels.index(head) if known else place}."
        found |= _renamed(state if known else fresh, held, f"{_LABELS}{place}.")
    return found | _renamed(state if before.tag_types == wanted.tag_types else fresh, _TAGS, _TAGS)


def _renamed(state: Mapping[str, Tensor], old: str, new: str) -> dict[str, Tensor]:
    return {
        new + name.removeprefix(old): value for name, value in state.items() if name.startswith(old)
    }


def _rows(
    known: Tensor, fresh: Tensor, before: Sequence[str], wanted: Sequence[str], groups: int
) -> Tensor:
    """Rows [groups * labels * n, ...] of the labels that both have, the others fresh."""
    rows = fresh.clone().view(groups, len(wanted), -1, *fresh.shape[1:])
    known = known.view(groups, len(before), -1, *known.shape[1:])
    for index, label in enumerate(wanted):
        if label in before:
            rows[:, index] = known[:, before.index(label)]
    return rows.view(fresh.shape)
