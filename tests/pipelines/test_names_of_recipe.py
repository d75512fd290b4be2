"""A recipe whose bundle asks names along with its network, and the names of a catalogue."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tests.pipelines.fixtures import recipe
from tests.tiny_base import write_base

from guandian.bundle import Bundle, shipped
from guandian.bundle.card_sections import CARD
from guandian.domain import Entity, Labelled, Review, Span
from guandian.errors import GuandianError
from guandian.pipelines import reads_of, train_bundle
from guandian.pipelines.knowledge import gazetteer_learning as learning
from guandian.pipelines.knowledge.listed_names import listed_names
from guandian.pipelines.miners import open_miner
from guandian.tasks.gazetteer.gazetteer import FILE, Gazetteer
from guandian.tracking.events import Phase, ignore

SYLLABLES = "曼青洛乐维沙茶里桐岚禾溪朵可伊诺"
GOODS = ("保温杯", "台灯", "围巾", "鼠标垫", "雨伞")
FILLED = ("{b}{g}正品包邮", "新款{b}家用{g}", "【特价】{b} 大号{g}送礼", "{g} {b}专柜")
NAMES = [a + b for a in SYLLABLES for b in SYLLABLES if a != b]


def titles(brands: list[str]) -> list[Labelled]:
    """A title a brand, so that no other one tells that it is one."""
    rng = random.Random(5)
    rows = []
    for number, brand in enumerate(brands):
        text = rng.choice(FILLED).format(b=brand, g=rng.choice(GOODS)) + f"{number}"
        span = Span(text.index(brand), text.index(brand) + len(brand))
        entities = (Entity(span, "brand", 1.0),)
        rows.append(Labelled(str(number), text, "t", entities=entities, entity_types=("brand",)))
    return rows


def written(path: Path, brands: list[str]) -> Path:
    path.write_text("品牌\n" + "".join(f"{brand}\n" for brand in brands), "utf-8")
    return path


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "ROUNDS", 25)
    monkeypatch.setattr(learning, "PARTITIONS", 1)


def test_names_and_aliases_of_a_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text(
        "品牌,型号,部件,别名\nＬＡＭＥＲ,,,海蓝之谜\n小米,小米14,屏幕,\n小米,屏幕,,\n", "utf-8"
    )
    listed = listed_names(path)
    assert listed["lamer"].tolist() == listed["海蓝之谜"].tolist() == [1, 0, 0, 0, 0]
    assert listed["屏幕"].tolist() == [0, 0, 1, 0, 1]


@pytest.mark.usefixtures("short")
def test_a_catalogue_tells_brands_that_no_labelled_text_names(tmp_path: Path) -> None:
    random.Random(1).shuffle(NAMES)
    learned, unseen = NAMES[:120], NAMES[120:150]
    listed = listed_names(written(tmp_path / "brands.csv", learned + unseen))
    found = {}
    for name, names in (("without", None), ("with", listed)):
        out = tmp_path / name
        learning.with_gazetteer(shipped(), titles(learned), out, 1, listed=names)
        miner = open_miner(out, 1)
        reviews = [Review(brand, f"今年买的{brand}加厚台灯") for brand in unseen]
        found[name] = sum(
            any(e.type == "brand" and e.span.of(review.text) == review.id for e in mined.entities)
            for review, mined in zip(reviews, miner.mine(reviews), strict=True)
        )
    assert found["with"] >= 27 > found["without"]
    again = Gazetteer.load(tmp_path / "with" / FILE)
    assert again.counts.kinds == 5 and set(again.counts.listed) == {*learned, *unseen}
    card = Bundle.open(tmp_path / "with").file(CARD).read_text("utf-8")
    assert "## Names" in card and "150 of a catalogue" in card


def _rows(records: list[Labelled]) -> str:
    return "".join(
        json.dumps(
            {
                "id": row.id,
                "text": row.text,
                "entities": [
                    {"span": [e.span.start, e.span.end], "type": e.type} for e in row.entities or ()
                ],
                "entity_types": list(row.entity_types),
            },
            ensure_ascii=False,
        )
        + "\n"
        for row in records
    )


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_a_training_ends_with_names_beside_its_network(tmp_path: Path) -> None:
    brands = NAMES[:80]
    (tmp_path / "titles.jsonl").write_text(_rows(titles(brands)), "utf-8")
    catalogue = written(tmp_path / "brands.csv", NAMES[:120])
    write_base(tmp_path / "models" / "tiny-bert")
    asked = recipe(
        data=[{"corpus": "titles.jsonl"}],
        knowledge={"catalogue": "brands.csv"},
        evaluation={},
        optimisation={"epochs": 1, "learning_rate": 4e-3, "batch_tokens": 400},
    )
    assert catalogue in reads_of(asked, tmp_path)
    events: list[object] = []
    bundle = train_bundle(asked, tmp_path, tmp_path / "run", events.append)
    assert Phase("names") in events
    assert FILE in bundle.manifest.files
    assert "## Names" in bundle.file(CARD).read_text("utf-8")
    text = f"今年买的{NAMES[100]}加厚台灯"
    (mined,) = open_miner(bundle.path, 1).mine([Review("1", text)])
    told = {e.span.of(text): e.alone for e in mined.entities}
    assert told.get(NAMES[100]) is not None


def test_names_are_refused_before_a_training_that_has_none(tmp_path: Path) -> None:
    write_base(tmp_path / "models" / "tiny-bert")
    with pytest.raises(GuandianError, match="knowledge weighs the scores of spans"):
        recipe(data=[{"corpus": "hp-hc"}], tags="crf", knowledge={})
    with pytest.raises(GuandianError, match="knowledge reads entities, and food-zh annotate none"):
        train_bundle(recipe(knowledge={}), tmp_path, tmp_path / "run", ignore)
    few = recipe(data=[{"corpus": "titles.jsonl"}], knowledge={}, evaluation={})
    (tmp_path / "titles.jsonl").write_text(_rows(titles(NAMES[:20])), "utf-8")
    with pytest.raises(GuandianError, match="20 texts are annotated for entities"):
        train_bundle(few, tmp_path, tmp_path / "run", ignore)
    lost = recipe(data=[{"corpus": "titles.jsonl"}], knowledge={"catalogue": "none.csv"})
    with pytest.raises(GuandianError, match=r"none\.csv"):
        train_bundle(lost, tmp_path, tmp_path / "run", ignore)
    assert not (tmp_path / "run").exists()
