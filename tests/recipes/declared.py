"""Heads of every kind that a recipe may declare, and what a model with them answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from guandian.domain import LabelHead
from guandian.modeling.model import OpinionModel
from guandian.tasks.head_spec import HeadSpec

DECLARED: dict[str, dict[str, object]] = {
    "single": {"name": "topic", "kind": "single", "classes": ["price", "delivery"]},
    "multi": {"name": "topics", "kind": "multi", "classes": ["price", "delivery"]},
    "ordinal": {"name": "rating", "kind": "ordinal"},
    "regression": {"name": "score", "kind": "regression", "low": 0, "high": 10, "weight": 2.0},
}
SPECS = {
    kind: replace(HeadSpec(("price",)), labels=(LabelHead(**row),))  # type: ignore[arg-type]
    for kind, row in (
        (kind, {k: tuple(v) if isinstance(v, list) else v for k, v in row.items() if k != "weight"})
        for kind, row in DECLARED.items()
        if kind != "ordinal"
    )
} | {
    "ordinal": HeadSpec(
        ("price",), labels=(LabelHead("rating", "ordinal", ("1", "2", "3", "4", "5")),)
    ),
    "crf": HeadSpec(("price",), ("aspect", "expression"), tag_types=("product", "brand")),
}
IDS = np.array([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])


def answers(network: OpinionModel) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        found = network.eval()(torch.tensor(IDS))
    return {name: np.ascontiguousarray(value.numpy()) for name, value in found.items()}
