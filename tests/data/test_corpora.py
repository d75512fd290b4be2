from __future__ import annotations

from pathlib import Path

import pytest

from guandian.data import FORMATS, corpora, corpus, load, stream
from guandian.data.check import check
from guandian.data.checksums import altered, known_sums, sums
from guandian.data.taxonomy import DEFAULT, categories, mapping, unmapped
from guandian.errors import BadRow, GuandianError

# Rows as the data page counts them, and how many of them are left out as a whole.
ROWS = {
    "make-up/train": (2848, 0), "make-up/dev": (328, 0), "make-up-extra/train": (8318, 0),
    "laptop/train": (593, 0), "laptop/dev": (126, 0), "laptop/unlabelled": (26403, 0),
    "food-zh/train": (6478, 0), "food-zh/dev": (1415, 0),
    "phone-en/train": (4985, 1), "phone-en/dev": (1068, 0),
    "dianping/dev": (2771, 0),
    "lap14/train": (903, 0), "lap14/dev": (219, 0), "rest14/train": (1263, 0),
    "rest14/dev": (310, 0), "rest15/train": (603, 0), "rest15/dev": (147, 0),
    "rest16/train": (598, 0), "rest16/dev": (144, 0),
    "dmaste/train": (3824, 0), "dmaste/dev": (1221, 0),
    "acos-laptop/train": (2910, 0), "acos-laptop/dev": (323, 0),
    "acos-rest16/train": (1240, 0), "acos-rest16/dev": (135, 0),
    "memd/train": (12136, 0), "memd/dev": (1690, 0),
    "online-shopping/dev": (6029, 0), "waimai/train": (9559, 0), "waimai/dev": (1208, 0),
    "chnsenticorp/train": (6884, 0), "chnsenticorp/dev": (1048, 0),
    "eprstmt/train": (159, 0), "eprstmt/train-4": (31, 0), "amazon-polarity/train": (7200, 0),
    "amazon-polarity/dev": (800, 0),
    "amazon-music/train": (399, 0), "amazon-music/dev": (100, 0),
    "hp-hc/train": (3908, 0), "hp-hc/dev": (492, 0),
    "taobao/train": (5027, 0), "taobao/dev": (915, 0),
}  # fmt: skip
BAD = {"make-up-extra/train": 3, "laptop/dev": 1, "phone-en/train": 4, "acos-rest16/train": 1}


def test_the_table_is_whole() -> None:
    for known in corpora().values():
        assert known.format in FORMATS
        assert "train" in known.parts
        assert known.categories in {"", DEFAULT, *mapping()}
        assert known.quads or known.sentiment or known.entity_types or known.labels
        assert known.licence
        assert set(known.implicit) <= {"aspect", "expression", "both"}


def test_unknown_names_list_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match=r"no data set 'makeup'.*\n.*make-up, make-up-extra"):
        corpus("makeup")
    with pytest.raises(GuandianError, match=r"make-up has no part 'test'.*\n.*train, dev"):
        load("make-up", tmp_path, "test")
    with pytest.raises(GuandianError, match="no file"):
        load("make-up", tmp_path)


def test_parts_of_several_files_carry_their_group(tmp_path: Path) -> None:
    for domain in ("beauty", "electronics", "fashion", "home"):
        folder = tmp_path / "dmaste" / domain
        folder.mkdir(parents=True)
        (folder / "train.txt").write_text(f"nice {domain}####[([1], [0], 'POS')]####X\n", "utf-8")
    records = load("dmaste", tmp_path)
    assert [(record.id, record.group) for record in records][:2] == [
        ("beauty/train-1", "beauty"),
        ("electronics/train-1", "electronics"),
    ]
    assert {record.dataset for record in records} == {"dmaste"}


@pytest.mark.parametrize("named", ["", "data", "data/waimai_10k"])
def test_the_root_is_the_data_folder_or_the_one_that_holds_it(tmp_path: Path, named: str) -> None:
    file = tmp_path / "data" / "waimai_10k" / "train.csv"
    file.parent.mkdir(parents=True)
    file.write_text("label,review\n1,好😀\n", "utf-8")
    root = tmp_path / named
    assert [record.text for record in load("waimai", root)] == ["好😀"]
    assert [part.name for part in check(root).parts] == ["waimai/train"]
    assert list(sums(root)) == ["waimai_10k/train.csv"]


def test_an_own_file_counts_from_the_root_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for place, text in ((tmp_path, "好😀"), (tmp_path / "data", "坏")):
        (place / "own.jsonl").write_text(f'{{"text": "{text}"}}\n', "utf-8")
    assert [record.text for record in load("own.jsonl", tmp_path)] == ["好😀"]


def test_load_skips_and_stream_stops(tmp_path: Path) -> None:
    (tmp_path / "waimai_10k").mkdir()
    (tmp_path / "waimai_10k" / "train.csv").write_text("label,review\n2,?\n1,好\n", "utf-8")
    assert [record.text for record in load("waimai", tmp_path)] == ["好"]
    with pytest.raises(BadRow, match="line 2, column label"):
        list(stream("waimai", tmp_path))


def test_a_set_of_one_file_is_cut_into_two_parts(tmp_path: Path) -> None:
    (tmp_path / "amazon_musical_sample").mkdir()
    rows = "".join(f"Take {k} 🎸,{k % 5 + 1}\n" for k in range(40))
    file = tmp_path / "amazon_musical_sample" / "Musical_instruments_reviews.csv"
    file.write_text("reviewText,overall\n" + rows, "utf-8")
    train, dev = (load("amazon-music", tmp_path, part) for part in ("train", "dev"))
    assert (len(train), len(dev)) == (32, 8)
    assert not {record.id for record in train} & {record.id for record in dev}
    assert load("amazon-music", tmp_path, "dev") == dev


def test_the_shared_files_are_the_ones_behind_the_figures(shared: Path) -> None:
    own = Path(__file__).resolve().parent.parent.parent  # which holds the sets that it publishes
    assert altered(shared / "data") == [] == altered(own)
    joined = {f"guandian_real/train-{number}.jsonl" for number in range(1, 5)}
    assert {*sums(shared / "data"), *sums(own), *joined} == set(known_sums())


@pytest.mark.parametrize("place", ROWS)
def test_the_shared_sets_hold_the_rows_that_their_page_counts(shared: Path, place: str) -> None:
    name, part = place.split("/")
    known = corpus(name)
    bad: list[BadRow] = []
    records = load(name, shared / "data", part, on_error=bad.append)
    rows, left_out = ROWS[place]
    assert len(records) == rows - left_out
    assert len(bad) == BAD.get(place, 0)
    assert len({record.id for record in records}) == len(records)
    if part == "unlabelled":
        return
    if known.categories:
        assert unmapped(categories(records), known) == []
    absent = set()
    for record in records:
        assert (record.quads is not None) == known.quads
        assert (record.sentiment is not None) == known.sentiment
        assert record.entity_types == known.entity_types
        assert tuple(record.labels) == known.labels
        for quad in record.quads or ():
            assert (quad.category is not None) == bool(known.categories)
            lacks = [part for part in ("aspect", "expression") if getattr(quad, part) is None]
            absent.add("both" if len(lacks) == 2 else (lacks or [""])[0])
    if part == "train" and known.quads:
        assert absent - {""} == set(known.implicit)


@pytest.mark.parametrize("name", ["guandian-written", "guandian-hard", "guandian-contrast"])
def test_the_pages_say_how_many_reviews_our_own_sets_have(name: str) -> None:
    root = Path(__file__).parents[2]
    train, dev = (load(name, root, part) for part in ("train", "dev"))
    reviews = f"{len(train):,} / {len(dev)}"
    opinions = sum(len(record.quads or ()) for record in (*train, *dev))
    readme = (root / "data/README.md").read_text("utf-8")
    assert f"CARD.md) | {reviews} | {opinions:,} |" in readme, (reviews, opinions)
    for page in ("docs/data.md", "docs/zh/data.md"):
        assert f"| `{name}` | {reviews} " in (root / page).read_text("utf-8"), page
