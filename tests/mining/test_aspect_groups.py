from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.mining import name_vectors
from guandian.mining.aspect_groups import (
    group_aspects,
    names_of_groups,
    proposals,
    proposed_lines,
)
from guandian.mining.name_vectors import NameVectors, TokenMeans
from guandian.text.aspect_names import aspect_key

TEST = Path(__file__).parents[2] / "data" / "guandian_aspects" / "test.jsonl"
LISTED = {"屏幕": "屏幕", "screen": "屏幕", "电池": "电池", "a": "a"}
ANGLES = {"屏幕": 0, "screen": 10, "电池": 60, "荧幕": 12, "荧光屏": 14, "电芯": 58, "鞋带": 180,
          "laces": 183, "b": 35}  # fmt: skip


def angles(names: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors in the plane; zeros where no angle is known."""
    rows = [
        (np.cos(np.radians(ANGLES[n])), np.sin(np.radians(ANGLES[n]))) if n in ANGLES else (0, 0)
        for n in names
    ]
    return np.array(rows, np.float32)


def test_names_join_what_they_are_near() -> None:
    counts = {
        "荧幕": 1,
        "电芯": 2,
        "laces": 5,
        "鞋带": 3,
        "Screen": 4,
        "屏幕": 9,
        "荧光屏": 1,
        "雨😀": 7,
    }
    groups = group_aspects(counts, angles, LISTED, least=0.95)
    assert [(g.name, g.names, g.similar) for g in groups] == [
        ("屏幕", ("屏幕", "screen", "荧光屏", "荧幕"), ("荧光屏", "荧幕")),
        ("laces", ("laces", "鞋带"), ("laces", "鞋带")),
        ("雨😀", ("雨😀",), ()),
        ("电池", ("电芯",), ()),
    ]
    proposed = proposals(groups, LISTED)
    assert proposed_lines(proposed) == ["// 屏幕, 荧光屏, 荧幕", "// laces, 鞋带", "// 电池, 电芯"]
    least = {proposal.names[0]: proposal.similarity for proposal in proposed}
    alike = np.cos(np.radians(ANGLES["laces"] - ANGLES["鞋带"]))
    assert least["laces"] == pytest.approx(alike, abs=1e-6), "the cosine of the only two"
    assert 0.95 <= least["屏幕"] < 1 > least["电池"] >= 0.95
    assert {group.similarity for group in groups if group.name == "雨😀"} == {1.0}


def test_two_things_of_the_list_never_join() -> None:
    names = names_of_groups(
        group_aspects({"屏幕": 1, "电池": 1, "b": 1}, angles, LISTED, least=0.3)
    )
    assert names["屏幕"] != names["电池"]
    assert names["b"] in {"屏幕", "电池"}


def test_the_order_does_not_count() -> None:
    counts = {name: k % 3 for k, name in enumerate(ANGLES)}
    forth = group_aspects(counts, angles, LISTED, least=0.9)
    back = group_aspects(dict(reversed(counts.items())), angles, LISTED, least=0.9)
    assert forth == back


def test_without_vectors_the_list_alone_groups() -> None:
    names = names_of_groups(group_aspects({"荧幕": 1, "screen": 1, "屏幕": 1}, None, LISTED))
    assert names == {"荧幕": "荧幕", "screen": "屏幕", "屏幕": "屏幕"}
    assert group_aspects({}, angles, LISTED) == []
    assert names_of_groups(group_aspects({"鞋带": 1, "laces": 2}, angles, {})) == {
        "鞋带": "laces",
        "laces": "laces",
    }


def test_average_linkage_is_exact() -> None:
    """Against the same written plainly."""
    random = np.random.default_rng(3)
    rows = random.normal(size=(40, 5)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    keys = [f"n{k:02}" for k in range(40)]
    listed = {key: keys[k % 4] for k, key in enumerate(keys[:12])}
    vectors = dict(zip(keys, rows, strict=True))

    def of(names: Sequence[str]) -> NDArray[np.float32]:
        return np.array([vectors.get(n, np.zeros(5)) for n in names], np.float32)

    got = names_of_groups(group_aspects(dict.fromkeys(keys, 1), of, listed, least=0.4))
    clusters = [[k for k in range(12) if k % 4 == t] for t in range(4)] + [
        [k] for k in range(12, 40)
    ]
    while True:
        scored = [
            (float(np.mean(rows[a] @ rows[b].T)), i, j)
            for j, b in enumerate(clusters)
            for i, a in enumerate(clusters[:j])
            if not (a[0] < 12 and b[0] < 12)
        ]
        value, i, j = max(scored)
        if value < 0.4:
            break
        clusters[i] += clusters.pop(j)
    wanted = {frozenset(keys[k] for k in cluster) for cluster in clusters}
    found: dict[str, set[str]] = {}
    for key, thing in got.items():
        found.setdefault(thing, set()).add(key)
    assert {frozenset(names) for names in found.values()} == wanted


def test_the_shipped_vectors_reach_what_was_measured() -> None:
    """docs/experiments.md, 2026-11-30: pairwise F1 0.850 on the test part, by 0.8.0."""
    things = [json.loads(line)["names"] for line in TEST.read_text("utf-8").splitlines()]
    names = names_of_groups(group_aspects({n: 1 for t in things for n in t}, NameVectors.shipped()))
    right = {(a, b) for t in things for a in t for b in t if a < b}
    everything = sorted(n for t in things for n in t)
    found = {
        (a, b)
        for k, b in enumerate(everything)
        for a in everything[:k]
        if names[aspect_key(a)] == names[aspect_key(b)]
    }
    assert 2 * len(right & found) / (len(right) + len(found)) >= 0.845


def test_unknown_tokens_have_no_vector() -> None:
    rows = NameVectors.shipped()(["屏幕", "屏\U00020000", ""])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 0], abs=1e-5)


def test_another_encoder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    means = TokenMeans.of_shipped()
    means.digest = "0"
    monkeypatch.setattr(name_vectors.TokenMeans, "of_shipped", lambda: means)
    with pytest.raises(GuandianError, match="of another encoder"):
        NameVectors.shipped.__wrapped__(NameVectors)  # type: ignore[attr-defined]
