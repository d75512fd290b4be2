"""Names counted in labelled texts, and trees that weigh them beside the model's scores."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from guandian.domain import Entity, Labelled, Span
from guandian.errors import BundleError
from guandian.tasks.decode import Named
from guandian.tasks.gazetteer.gazetteer import Gazetteer
from guandian.tasks.gazetteer.phrase_counts import PhraseCounts, lookup_form
from guandian.tasks.gazetteer.span_rows import MOST, WindowText, span_rows
from guandian.tasks.gazetteer.trees import Trees
from guandian.text.pieces import Encoded

TYPES = ("product", "brand")


def labelled(text: str, *names: tuple[str, str]) -> Labelled:
    entities = tuple(
        Entity(Span(text.index(name), text.index(name) + len(name)), kind, 1.0)
        for name, kind in names
    )
    return Labelled(text, text, "t", entities=entities, entity_types=TYPES)


RECORDS = [
    labelled("红米手机壳", ("红米", "brand"), ("手机壳", "product")),
    labelled("红米手机", ("红米", "brand"), ("手机", "product")),
    labelled("红米粥好喝", ("红米粥", "product")),
]


def encoded(text: str) -> Encoded:
    places = np.arange(len(text), dtype=np.int32)
    return Encoded(places, places, places + 1)


def tree(feature: int, threshold: float, low: float, high: float) -> dict[str, object]:
    leaves = {"left_child": {"leaf_value": low}, "right_child": {"leaf_value": high}}
    return {"tree_structure": {"split_feature": feature, "threshold": threshold, **leaves}}


def test_counts_of_names() -> None:
    counts = PhraseCounts.of(RECORDS, TYPES)
    rows = {
        lookup_form("红米粥")[m.start : m.end]: m.counts.tolist() for m in counts.matches("红米粥")
    }
    # named as product, as brand, seen at all, within a longer name
    assert rows == {"红米": [0, 2, 3, 1], "红米粥": [1, 0, 1, 0]}
    phone = next(m for m in counts.matches("手机") if m.end == 2)
    assert phone.counts.tolist() == [1, 0, 2, 1]
    borders = counts.borders("红米")
    assert borders.shape == (3, 4, 2)
    assert borders[0, 0, 0] > borders[1, 0, 0]  # a name begins at the edge, not within


def test_a_plain_text_is_as_long_as_the_text() -> None:
    for text in ("ＡＢｃ", "İstanbul", "ﬁ½😀", "x\u0301"):
        assert len(lookup_form(text)) == len(text)
    assert lookup_form("ＡＢｃ") == "abc"


def test_trees_answer_as_the_library_that_grew_them() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(400, 5))
    labels = (features[:, 0] > 0).astype(int) + (features[:, 1] * features[:, 2] > 0.3)
    grown = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(features, labels), 8,
    )  # fmt: skip
    trees = Trees.of(grown.dump_model()["tree_info"], 3)
    fresh = rng.normal(size=(50, 5))
    np.testing.assert_allclose(trees.probabilities(fresh), grown.predict(fresh), atol=1e-9)
    again = Trees.from_arrays(trees.to_arrays())
    np.testing.assert_array_equal(again.probabilities(fresh), trees.probabilities(fresh))


def gazetteer(threshold: float = 0.5) -> Gazetteer:
    """It believes the share of times that a phrase was named, and nothing else."""
    counts = PhraseCounts.of(RECORDS, TYPES)
    rows = span_rows(
        np.zeros((2, 5, 5), np.float32),
        WindowText("红米手机壳", encoded("红米手机壳"), 0, 5),
        counts,
    )
    share = rows.model.shape[1] + 4  # behind the four counts: shares of product, of brand
    trees = Trees.of(
        [tree(share, -1, 0, 0), tree(share, 0.4, -3, 3), tree(share + 1, 0.3, -3, 3)], 3
    )
    return Gazetteer(counts, trees, threshold)


def test_names_have_a_say_and_what_they_speak_against_is_told_apart() -> None:
    text = "红米手机壳"
    grids = np.full((1, 2, 5, 5), -5, np.float32)
    grids[0, 0, 1, 2] = 1.0  # the model alone: 米手 is a product
    alone = [Named("product", (2, 3), 0.73), Named("model", (1, 1), 0.6)]
    (named,) = gazetteer().named(grids, [WindowText(text, encoded(text), 0, 5)], [alone])
    told = {(e.type, e.range): e for e in named if e.heard}
    assert set(told) == {("brand", (1, 2)), ("product", (3, 5)), ("model", (1, 1))}
    assert told["brand", (1, 2)].alone == pytest.approx(1 / (1 + np.exp(5)))
    assert told["model", (1, 1)].alone is None  # a type that it does not know
    (withdrawn,) = [e for e in named if not e.heard]
    assert (withdrawn.range, withdrawn.alone) == ((2, 3), 0.73)
    assert withdrawn.probability < 0.1


def test_it_goes_there_and_back_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gazetteer.safetensors"
    names = gazetteer(0.4)
    path.write_bytes(names.to_bytes())
    again = Gazetteer.load(path)
    assert (again.types, again.threshold, again.heeded) == (TYPES, 0.4, True)
    assert again.to_bytes() == names.to_bytes()
    path.write_bytes(b"\x10" + b"\x00" * 40)
    with pytest.raises(BundleError, match="no gazetteer"):
        Gazetteer.load(path)
    circle = names.trees.to_arrays() | {"tree_left": np.zeros_like(names.trees.left)}
    with pytest.raises(ValueError, match="do not follow"):
        Trees.from_arrays(circle)


@pytest.mark.parametrize(
    ("feature", "threshold", "why"),
    [(400, 0.4, "features that no candidate has"), (3, float("nan"), "threshold is nan")],
)
def test_one_that_could_not_answer_is_refused(
    tmp_path: Path, feature: int, threshold: float, why: str
) -> None:
    names = gazetteer(0.4)
    grown = [tree(feature, 0.5, 0.0, 1.0) for _ in range(len(TYPES) + 1)]
    path = tmp_path / "gazetteer.safetensors"
    path.write_bytes(Gazetteer(names.counts, Trees.of(grown, len(TYPES) + 1), threshold).to_bytes())
    with pytest.raises(BundleError, match=why):
        Gazetteer.load(path)


def test_hostile_text_has_bounded_candidates() -> None:
    text = "红米" * 95
    counts = PhraseCounts.of(RECORDS, TYPES)
    rows = span_rows(
        np.ones((2, 190, 190), np.float32), WindowText(text, encoded(text), 0, 190), counts
    )
    assert len(rows.at) == MOST and np.isfinite(rows.features).all()
    none = span_rows(np.zeros((2, 0, 0), np.float32), WindowText("", encoded(""), 0, 0), counts)
    assert len(none.at) == 0
