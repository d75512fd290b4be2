from __future__ import annotations

from pathlib import Path

import pytest
from tests.tiny_base import pieces, reviews

from guandian.data import write_own
from guandian.data.taxonomy import taxonomy
from guandian.domain import Entity, Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError, RecipeError
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tracking.events import Event, Ready
from guandian.training.data.dataset import gather, prepare
from guandian.training.model_card import card


def recipe(*names: str, dev: tuple[str, ...] = (), **changes: object) -> Recipe:
    plain = {
        "name": "own",
        "base": {"model": "tiny"},
        "data": [{"corpus": name} for name in names],
        "evaluation": {"corpora": dev},
        "holdout": 0.0,
    }
    return parse_recipe(plain | changes)


def food(folder: Path, part: str, rows: list[tuple[str, str]]) -> None:
    """Texts in the format of food-zh, each with its category at its first two characters."""
    place = folder / "asqp_zh-FoodBeverage"
    place.mkdir(parents=True, exist_ok=True)
    lines = [f"{text}####[['{category}', '0,2', '2,4', 2]]\n" for text, category in rows]
    (place / f"{part}.txt").write_text("".join(lines), encoding="utf-8")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a user's own files: 50 reviews to learn from and 10 to score on."""
    write_own(reviews()[:50], tmp_path / "train.jsonl")
    write_own(reviews()[50:], tmp_path / "dev.jsonl")
    return tmp_path


@pytest.mark.parametrize("absolute", [False, True])
def test_own_files_are_learned_from(own: Path, absolute: bool) -> None:
    train, dev = (str(own / name) if absolute else name for name in ("train.jsonl", "dev.jsonl"))
    root = Path("/") if absolute else own
    gathered = gather(recipe(train, dev=(dev,)), root)
    assert [(record.text, times) for record, times in gathered.train] == [
        (review.text, 1) for review in reviews()[:50]
    ]
    assert [record.text for record in gathered.dev[dev]] == [r.text for r in reviews()[50:]]
    assert gathered.spec.categories == tuple(taxonomy())
    assert all(record.sentiment for record, _ in gathered.train if record.quads)


def test_own_categories_are_those_that_stand_in_the_data(own: Path) -> None:
    gathered = gather(recipe("train.jsonl", categories="own"), own)
    expected = {quad.category for review in reviews()[:50] for quad in review.quads or ()}
    assert gathered.spec.categories == tuple(sorted(name or "" for name in expected))


def test_sets_without_categories_keep_the_default_ones(tmp_path: Path) -> None:
    write_own([Labelled("1", "不错😀", "own", sentiment=Polarity.POSITIVE)], tmp_path / "a.jsonl")
    gathered = gather(recipe("a.jsonl", categories="own"), tmp_path)
    assert gathered.spec.categories == tuple(taxonomy())


def test_a_category_that_the_taxonomy_lacks_names_the_way_out(tmp_path: Path) -> None:
    quad = Quad(Span(0, 2), None, "手感", Polarity.POSITIVE)
    write_own([Labelled("1", "手感😀", "own", quads=(quad,))], tmp_path / "a.jsonl")
    with pytest.raises(GuandianError, match=r"lacks: 手感 \(1\)\n.*categories = \"own\""):
        gather(recipe("a.jsonl"), tmp_path)
    assert gather(recipe("a.jsonl", categories="own"), tmp_path).spec.categories == ("手感",)


def test_own_files_beside_known_sets(own: Path) -> None:
    """Known sets stand in root or in root/data, own paths count from root."""
    food(own / "data", "train", [("味道不错😀", "食品饮料-味道#综合味道")])
    food(own / "data", "dev", [(reviews()[0].text, "食品饮料-味道#综合味道")])
    gathered = gather(recipe("food-zh", "train.jsonl", dev=("food-zh", "dev.jsonl")), own)
    assert gathered.dropped == {"food-zh": 0, "train.jsonl": 1}
    assert len(gathered.train) == 1 + 49
    assert set(gathered.dev) == {"food-zh", "dev.jsonl"}
    assert (gathered.train[0][0].quads or ())[0].category == "taste"


def test_a_text_of_the_own_dev_file_is_never_learned_from(own: Path) -> None:
    write_own([*reviews()[:3], *reviews()[50:]], own / "dev.jsonl")
    gathered = gather(recipe("train.jsonl", dev=("dev.jsonl",)), own)
    assert gathered.dropped == {"train.jsonl": 3}
    with pytest.raises(RecipeError, match="no text is left to learn from: of 50 read, 50 stand"):
        gather(recipe("train.jsonl", dev=("train.jsonl",)), own)


def test_bad_rows_are_told(own: Path) -> None:
    with (own / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"text": "好😀", "quads": [{"aspect": [0, 9], "polarity": "positive"}]}\n')
    gathered = gather(recipe("train.jsonl"), own)
    events: list[Event] = []
    prepare(gathered, pieces(), recipe("train.jsonl"), events.append)
    (ready,) = events
    assert isinstance(ready, Ready)
    assert ready.counts == {"train.jsonl": 50}
    (bad,) = ready.bad
    assert "train.jsonl, line 51, column quads.aspect: [0, 9] is not inside" in bad


def test_unknown_and_missing_sets_are_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match=r"no data set 'fod-zh'\n.*food-zh"):
        gather(recipe("fod-zh"), tmp_path)
    with pytest.raises(GuandianError, match=r"no data set 'labels'\n.*ends in \.jsonl"):
        gather(recipe("food-zh", dev=("labels",)), tmp_path)
    with pytest.raises(
        GuandianError, match=r"there is no food-zh \(.*Beverage\), waimai.*\n.*--root"
    ):
        gather(recipe("food-zh", "waimai", dev=("food-zh",)), tmp_path)
    with pytest.raises(GuandianError, match=r"there is no \S+/mine\.jsonl\n"):
        gather(recipe("mine.jsonl"), tmp_path)


def test_entities_of_other_types_are_not_lost_silently(tmp_path: Path) -> None:
    entity = Entity(Span(0, 2), "colour", 1.0)
    write_own([Labelled("1", "红色😀", "own", entities=(entity,))], tmp_path / "a.jsonl")
    with pytest.raises(GuandianError, match="colour"):
        gather(recipe("a.jsonl"), tmp_path)


def test_nothing_to_score_on_is_an_error(own: Path) -> None:
    write_own([Labelled("1", "红色😀", "own")], own / "dev.jsonl")
    with pytest.raises(RecipeError, match=r"dev\.jsonl has no labelled text"):
        gather(recipe("train.jsonl", dev=("dev.jsonl",)), own)


def shopping(folder: Path) -> None:
    place = folder / "online_shopping_10_cats"
    place.mkdir(parents=True)
    for part, count in (("train", 12), ("dev", 6)):
        rows = [f"{('书籍', '平板')[k % 2]},{k % 2},{part}第{k}本不错😀" for k in range(count)]
        text = "\n".join(["cat,label,review", *rows, ""])
        (place / f"{part}.csv").write_text(text, encoding="utf-8")


def test_a_group_is_left_out_of_training_and_of_dev(tmp_path: Path) -> None:
    shopping(tmp_path)
    without = [{"corpus": "online-shopping", "leave_out": "书籍"}]
    gathered = gather(recipe(dev=("online-shopping",), data=without), tmp_path)
    assert {record.group for record, _ in gathered.train} == {"平板"}
    assert {record.group for record in gathered.dev["online-shopping"]} == {"平板"}
    wrong = recipe(data=[{"corpus": "online-shopping", "leave_out": "手表"}])
    with pytest.raises(RecipeError, match=r"data.leave_out: .* has no group '手表'\n.*书籍, 平板"):
        gather(wrong, tmp_path)


def test_a_group_that_is_none_cannot_be_left_out(own: Path) -> None:
    wrong = recipe(data=[{"corpus": "train.jsonl", "leave_out": "手表"}])
    with pytest.raises(RecipeError, match=r"none of its texts is in a group: drop leave_out"):
        gather(wrong, own)
    some = [Labelled(str(k), f"好{k}😀", "own", group="书" * (k % 2)) for k in range(2)]
    write_own(some, own / "train.jsonl")
    with pytest.raises(RecipeError, match=r"its groups: 书$"):
        gather(wrong, own)


def test_caps_and_repeats(tmp_path: Path) -> None:
    shopping(tmp_path)
    asked = recipe(data=[{"corpus": "online-shopping", "most": 5, "times": 3}])
    gathered = gather(asked, tmp_path)
    assert [times for _, times in gathered.train] == [3] * 5
    assert gather(asked, tmp_path) == gathered
    none = recipe(data=[{"corpus": "online-shopping", "longest": 3}])
    with pytest.raises(RecipeError, match="no text is left"):
        gather(none, tmp_path)


def test_the_holdout_is_never_trained_on(own: Path) -> None:
    gathered = gather(recipe("train.jsonl", holdout=0.2), own)
    held = {record.text for record in gathered.holdout}
    assert len(held) == pytest.approx(10, abs=1)
    assert not held & {record.text for record, _ in gathered.train}


def test_restricted_sets_can_be_left_out(tmp_path: Path) -> None:
    food(tmp_path, "train", [("味道不错😀", "食品饮料-味道#综合味道")])
    food(tmp_path, "dev", [("不好喝😀", "食品饮料-味道#综合味道")])
    both = recipe(
        "rest14",
        "food-zh",
        exclude_restricted=True,
        evaluation={"corpora": ["rest14", "food-zh"], "gate": ["food-zh", "rest14"]},
    )
    assert list(gather(both, tmp_path).dev) == list(gather(both, tmp_path).gate) == ["food-zh"]
    assert [record.dataset for record, _ in gather(both, tmp_path).train] == ["food-zh"]
    with pytest.raises(RecipeError, match="every set of the recipe restricts use"):
        gather(recipe("rest14", exclude_restricted=True), tmp_path)


def test_the_card_names_sets_and_no_folder_of_the_one_who_trained(own: Path) -> None:
    asked = recipe(str(own / "train.jsonl"), base={"model": str(own / "guandian-small")})
    text = card(asked, gather(asked, Path("/")), "guandian-small")
    assert "| train.jsonl | 50 | 0 | the user's own labels | the user's own |" in text
    assert str(own) not in text
    assert "guandian-small, itself from the encoder" in text
    assert "No text of the sets is in the bundle" in text
    assert "may be wrong of them" not in text


def test_the_card_names_what_the_base_learned_from_too(own: Path) -> None:
    asked = recipe(str(own / "train.jsonl"), name="first")
    first = card(asked, gather(asked, Path("/")), "multilingual-e5-small-zh-en")
    food(own, "train", [("味道不错😀", "食品饮料-味道#综合味道")])
    further = recipe("food-zh", name="second")
    second = card(further, gather(further, own), "first", first)
    third = card(further, gather(further, own), "second", second)
    row = "| train.jsonl | 50 | 0 | the user's own labels | the user's own |"
    for text, times in ((second, 1), (third, 2)):
        assert text.count(row) == 1
        assert text.count("| food-zh | 1 |") == times
        assert text.count("No text of the sets is in the bundle") == 1
    assert third.index("Before, as second:") < third.index("Before, as first:") < third.index(row)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_the_texts_is_joined_and_no_token_or_opinion_is_lost(
    own: Path, share: float
) -> None:
    def prepared(joined: float) -> tuple[int, int, int]:
        asked = recipe("train.jsonl", optimisation={"joined": joined, "max_tokens": 64})
        examples = prepare(gather(asked, own), pieces(), asked).examples
        assert max(len(example.ids) for example in examples) <= 64
        return (
            len(examples),
            sum(len(example.ids) - 2 for example in examples),
            sum(len(example.readings or ()) for example in examples),
        )

    alone, joined = prepared(0.0), prepared(share)
    assert joined[1:] == alone[1:]
    assert (joined[0] < alone[0]) == (share > 0)


def test_only_what_is_joined_loses_its_sentiment_and_each_kind_has_its_own_room(
    tmp_path: Path,
) -> None:
    texts = [f"屏幕很亮😀{'好' * (k % 5)}" for k in range(60)]
    quad = Quad(Span(0, 2), Span(2, 4), "performance", Polarity.POSITIVE)
    write_own(
        [
            Labelled(
                str(k), text, "own", quads=(quad,), sentiment=Polarity.POSITIVE,
                entities=(Entity(Span(0, 2), "product", 1.0),) if k % 3 else None,
                entity_types=("product",) if k % 3 else (),
            )
            for k, text in enumerate(texts)
        ],
        tmp_path / "train.jsonl",
    )  # fmt: skip
    asked = recipe("train.jsonl", optimisation={"joined": 1.0, "max_tokens": 40})
    found = prepare(gather(asked, tmp_path), pieces(), asked).examples
    assert max(len(example.ids) for example in found) <= 40
    assert sum(len(example.readings or ()) for example in found) == 60
    narrow = recipe("train.jsonl", optimisation={"joined": 1.0, "max_tokens": 11})
    alone = prepare(gather(narrow, tmp_path), pieces(), narrow).examples
    assert [example.sentiment for example in alone] == [2] * 60


def test_the_same_texts_are_held_out_whatever_a_recipe_samples(own: Path) -> None:
    def held(**changes: object) -> list[str]:
        part = {"corpus": "train.jsonl"} | changes
        asked = recipe("train.jsonl", data=[part], holdout=0.2)
        gathered = gather(asked, own)
        texts = {record.text for record in gathered.holdout}
        assert not texts & {record.text for record, _ in gathered.train}
        return sorted(texts)

    assert len(held()) == 10
    assert held(most=5) == held(longest=20) == held()
    assert held(fit_confidence=False) == []
    part = [{"corpus": "train.jsonl", "most": 30}]
    other = gather(recipe("train.jsonl", data=part, holdout=0.2, seed=7), own)
    assert sorted(record.text for record in other.holdout) == held()
