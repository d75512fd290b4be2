import json
import re
import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

import guandian
from guandian.bundle import Bundle, amend_bundle, shipped, write_ensemble
from guandian.cli.main import app
from guandian.cli.tables.evaluation_tables import columns
from guandian.data import write_own
from guandian.data.leaks import text_digest
from guandian.data.taxonomy import taxonomy
from guandian.domain import (
    Entity,
    Labelled,
    Language,
    Mined,
    Opinion,
    Polarity,
    Quad,
    Review,
    Sentiment,
    Span,
)
from guandian.errors import BadRow, GuandianError
from guandian.files.output.json_record import to_wire

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
SCREEN = Quad(Span(1, 3), Span(3, 6), "screen\x1b[31m", GOOD)
BATTERY = Quad(Span(7, 9), Span(9, 12), "battery [bold]", BAD)
PHONE = Entity(Span(1, 3), "product", 1.0)
TEXTS = ("😀屏幕很清晰，电池不耐用", "😀屏幕很清晰")
GOLD = (
    Labelled("1", TEXTS[0], "own", (SCREEN, BATTERY), BAD, (PHONE,), ("product",)),
    Labelled("2", TEXTS[1], "own", (SCREEN,), GOOD, (), ("product",)),
)


def mined(example: Labelled, quads: tuple[Quad, ...], label: Polarity) -> str:
    scores = {each.value: 0.8 if each is label else 0.1 for each in Polarity}
    found = Mined(
        review_id=example.id,
        language=Language.CHINESE,
        sentiment=Sentiment(label, **scores),
        opinions=tuple(
            Opinion(q.aspect, q.expression, Span(0, 6), q.category or "", q.polarity, 0.75, "")
            for q in quads
        ),
        entities=example.entities or (),
        warnings=(),
        model="made@1",
    )
    wire = to_wire(Review(example.id, example.text), found)
    return json.dumps(wire, ensure_ascii=False) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_own(GOLD, tmp_path / "gold.jsonl")
    right = mined(GOLD[0], (SCREEN, BATTERY), BAD) + mined(GOLD[1], (SCREEN,), GOOD)
    (tmp_path / "right.jsonl").write_text(right, encoding="utf-8")
    half = mined(GOLD[0], (SCREEN,), GOOD) + mined(GOLD[1], (), GOOD)
    (tmp_path / "half.jsonl").write_text(half, encoding="utf-8")
    return tmp_path


def run(*args: str | Path) -> str:
    done = CliRunner().invoke(
        app, ["evaluate", *map(str, args)], env={"COLUMNS": "160"}, catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_tables_json_and_page_say_the_same(folder: Path) -> None:
    shown = run(
        folder / "half.jsonl", folder / "gold.jsonl", "--against", folder / "right.jsonl",
        "--json", folder / "out.json", "--html", folder / "out.html",
    )  # fmt: skip
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert found["opinions"]["quad"]["f1"] == 0.5
    assert found["baselines"][0]["opinions"]["quad"]["f1"] == 1.0
    assert found["sentiment"]["binary"] and found["sentiment"]["accuracy"] == 0.5
    assert found["entities"]["micro"]["f1"] == 1.0
    page = (folder / "out.html").read_text(encoding="utf-8")
    for words in ("四元组", "50.0", "抽样下限", "漏报", "产品"):
        assert words in shown and words in page
    assert "+50.0" in shown and "battery [bold]" in shown
    assert "\x1b[31m" not in shown


def test_a_row_that_does_not_fit_its_headings_is_no_table() -> None:
    table = columns("polarity", "F1")
    table.add_row("positive", "50.0")
    with pytest.raises(ValueError, match="3 cells under 2 headings"):
        table.add_row("positive", "50.0", "50.0")


def test_a_class_without_gold_shows_a_dash_and_says_why(folder: Path) -> None:
    odd = replace(BATTERY, category="else")
    lines = mined(GOLD[0], (SCREEN, odd), GOOD) + mined(GOLD[1], (SCREEN,), GOOD)
    (folder / "odd.jsonl").write_text(lines, encoding="utf-8")
    args = ("odd.jsonl", "gold.jsonl", "--json", "odd.json", "--html", "odd.html")
    shown = run(*(folder / arg if "." in arg else arg for arg in args))
    rows = [line.split() for line in shown.splitlines()]
    assert ["else", "–", "0.0", "–", "0", "1"] in rows
    assert ["中性", "neutral", "–", "–", "–", "0", "0"] in rows
    assert ["中性", "neutral", "–", "–", "0", "0"] in rows  # where words overlap
    assert "the macro mean counts it as 0" in shown and "宏平均按 0 计" in shown
    found = json.loads((folder / "odd.json").read_text("utf-8"))["opinions"]["by_category"]
    assert found["else"]["f1"] is None and found["screen\x1b[31m"]["f1"] == 1.0
    assert "P 0.0 · R – · 0 条标注" in (folder / "odd.html").read_text("utf-8")


def test_systems_of_other_categories_are_not_compared_in_them(folder: Path) -> None:
    others = [
        tuple(replace(q, category="else") for q in quads)
        for quads in (each.quads or () for each in GOLD)
    ]
    lines = [mined(each, quads, BAD) for each, quads in zip(GOLD, others, strict=True)]
    (folder / "else.jsonl").write_text("".join(lines), encoding="utf-8")
    out, page = folder / "out.json", folder / "out.html"
    both = ("--against", folder / "else.jsonl", "--against", "guandian-small")
    shown = run(folder / "right.jsonl", folder / "gold.jsonl", *both, "--json", out, "--html", page)
    assert shown.count("not comparable") == 2
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["opinions"]["quad"]["f1"] == 1.0
    for theirs in found["baselines"]:
        assert not theirs["opinions"]["with_categories"]
        assert theirs["opinions"]["quad"] is theirs["opinions"]["category_macro_f1"] is None
        assert theirs["paired"]["quad"] is theirs["paired"]["relaxed"] is None
    assert found["baselines"][0]["paired"]["triplet"]["difference"]["value"] == 0.0
    rows = [
        line.split()[-3:] for line in shown.splitlines() if line.lstrip().startswith("四元组 quad")
    ]
    assert ["100.0", "–", "–"] in rows, shown
    assert "–</td>" in page.read_text(encoding="utf-8")


def test_a_set_without_categories_has_no_quads(folder: Path) -> None:
    bare = [
        replace(each, quads=tuple(replace(q, category=None) for q in each.quads or ()))
        for each in GOLD
    ]
    write_own(bare, folder / "bare.jsonl")
    out, page = folder / "out.json", folder / "out.html"
    args = (folder / "right.jsonl", folder / "bare.jsonl", "--against", folder / "half.jsonl")
    shown = run(*args, "--json", out, "--html", page)
    found = json.loads(out.read_text(encoding="utf-8"))
    opinions = found["opinions"]
    assert opinions["triplet"]["f1"] == opinions["relaxed"]["f1"] == 1.0
    assert opinions["quad"] is opinions["f1_intervals"]["quad"] is None
    assert opinions["errors"]["wrong category"] is None and opinions["errors"]["missed"] == 0
    assert found["baselines"][0]["paired"]["quad"] is None
    assert found["baselines"][0]["paired"]["relaxed"]["difference"]["value"] == 0.5
    for text in (shown, page.read_text(encoding="utf-8")):
        assert "no categories to compare" in text and "类别错" not in text
    assert "三元组 F1" in page.read_text(encoding="utf-8")


def test_tables_fit_a_terminal_of_80_columns(folder: Path) -> None:
    right, half = folder / "right.jsonl", folder / "half.jsonl"
    args = ("evaluate", half, folder / "gold.jsonl", "--against", right)
    done = CliRunner().invoke(app, [*map(str, args)], env={"COLUMNS": "80"})
    lines = done.output.splitlines()
    for words in ("评价对象 aspect", "评价词 expression", "宽松匹配 relaxed match"):
        assert any(line.split(words)[0].strip() == "" and "." in line for line in lines)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_words_and_figures_stay_whole_in_40_columns(folder: Path, language: str) -> None:
    args = ("evaluate", folder / "half.jsonl", folder / "gold.jsonl", "--against")
    env = {"COLUMNS": "40", "GUANDIAN_LANGUAGE": language}
    done = CliRunner().invoke(app, [*map(str, args), str(folder / "right.jsonl")], env=env)
    lines = done.output.splitlines()
    start = next(k for k, line in enumerate(lines) if "F1" in line)
    assert [line for line in lines[start:] if cell_len(line.rstrip()) > 40] == []
    assert [line for line in lines if re.match(r"\s*[%…)]", line)] == []
    wide = (
        CliRunner()
        .invoke(app, [*map(str, args), str(folder / "right.jsonl")], env=env | {"COLUMNS": "200"})
        .output
    )
    known = set(re.findall(r"[A-Za-z]+", wide))
    assert set(re.findall(r"[A-Za-z]+", "\n".join(lines[start:]))) <= known


def test_several_seeds_have_a_mean_and_a_deviation(folder: Path) -> None:
    right, half = folder / "right.jsonl", folder / "half.jsonl"
    out, page = folder / "out.json", folder / "out.html"
    args = (half, folder / "gold.jsonl", "--other-seed", right, "--other-seed", right)
    shown = run(*args, "--json", out, "--html", page)
    spread = json.loads(out.read_text(encoding="utf-8"))["over_seeds"]["quad"]
    assert spread["scores"] == [0.5, 1.0, 1.0]
    assert spread["mean"] == pytest.approx(5 / 6) and spread["deviation"] == pytest.approx(0.288675)
    for text in (shown, page.read_text(encoding="utf-8")):
        assert "83.3" in text and "28.9" in text and "各种子" in text


def test_a_bundle_is_called_by_its_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = folder / "runs" / "b-1.0" / "bundle"
    shutil.copytree(str(files("guandian.assets") / "bundles" / "guandian-small"), bundle)
    monkeypatch.chdir(folder)
    args = ("--against", bundle.relative_to(folder), "--category-mapping", "own")
    shown = run("guandian-small", "gold.jsonl", *args)
    assert "guandian-small · gold.jsonl" in shown and "runs/b-1.0/bundle" in shown


def test_a_set_that_recipes_know(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("", encoding="utf-8")
    for root in (shared, shared / "data"):
        with pytest.raises(GuandianError, match="no answer for 328 of 328 reviews"):
            run(tmp_path / "none.jsonl", "--corpus", "make-up", "--root", root)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["right.jsonl"], "which labelled reviews"),
        (["right.jsonl", "gold.jsonl", "--corpus", "make-up"], "which labelled reviews"),
        (["right.jsonl", "gold.jsonl", "--format", "nonsense"], "no format 'nonsense'"),
        (["right.jsonl", "gold.jsonl", "--json", "one.jsonl"], "already exists"),
        (["right.jsonl", "empty.jsonl"], "no labelled review"),
        (["one.jsonl", "gold.jsonl"], "1 of 2 reviews"),
        (["none", "gold.jsonl"], "there is nothing at none"),
        (["right.jsonl", "gold.jsonl", "--other-seed", "runs/2"], "there is nothing at runs/2"),
    ],
)
def test_what_cannot_be_scored_says_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    monkeypatch.chdir(folder)
    Path("empty.jsonl").write_text("", encoding="utf-8")
    Path("one.jsonl").write_text(mined(GOLD[0], (), GOOD), encoding="utf-8")
    with pytest.raises(GuandianError, match=words):
        run(*args)


def test_baselines_learn_from_the_train_part(folder: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    write_own(GOLD, parts / "dev.jsonl")
    other = "屏幕很清晰，电池不耐用"
    quads = tuple(
        Quad(Span(start, start + 2), Span(start + 2, start + 5), name, polarity)
        for start, name, polarity in ((0, SCREEN.category, GOOD), (6, BATTERY.category, BAD))
    )
    write_own(
        (*GOLD, *(Labelled(f"t{n}", other + "！" * n, "own", quads) for n in range(8))),
        parts / "train.jsonl",
    )
    run(folder / "half.jsonl", parts, "--baselines", "--json", folder / "out.json")
    (lexicon,) = json.loads((folder / "out.json").read_text(encoding="utf-8"))["baselines"]
    assert lexicon["system"] == "lexicon" and lexicon["opinions"]["quad"]["f1"] == 1.0
    assert lexicon["sentiment"] is None
    train = [
        Labelled(f"s{n}", "好坏"[n % 2] * n, "own", None, (GOOD, BAD)[n % 2]) for n in range(9)
    ]
    write_own([each for each in train if each.text], parts / "train.jsonl")
    shown = run(folder / "half.jsonl", parts, "--baselines")
    assert "tfidf-characters" in shown and "bag-of-words" in shown
    with pytest.raises(GuandianError, match="train part"):
        run(folder / "half.jsonl", folder / "gold.jsonl", "--baselines")


def test_bad_rows_of_a_part_that_is_read_twice_are_told_once(folder: Path) -> None:
    parts = folder / "parts"
    parts.mkdir()
    known = [replace(each, group="手机") for each in GOLD]
    other = [
        Labelled(f"o{n}", "好坏"[n % 2] * n, "own", None, (GOOD, BAD)[n % 2]) for n in range(1, 9)
    ]
    for part, rows in (("train", [*known, *other]), ("dev", known)):
        write_own(rows, parts / f"{part}.jsonl")
        with (parts / f"{part}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines('{"text": "😀", "sentiment": "angry"}\n' for _ in range(4))
    both = ("--part", "train", "--part", "dev", "--group", "手机", "--baselines")
    shown = run(folder / "right.jsonl", parts, *both)
    assert shown.count("train.jsonl, line 11") == 1
    assert shown.count("left out: ") == 6 and "left out: 3 more bad rows" in shown


def test_one_group_of_several_parts(folder: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    write_own([replace(GOLD[0], group="手机")], parts / "train.jsonl")
    write_own([replace(GOLD[1], group="手机"), GOLD[0]], parts / "dev.jsonl")
    both = (folder / "right.jsonl", parts, "--part", "train", "--part", "dev")
    shown = run(*both, "--group", "手机")
    assert "parts train dev 手机 · 2 条评论 reviews" in shown
    assert "parts train dev · 3 条评论 reviews" in run(*both)
    assert "parts dev · 2 条评论 reviews" in run(folder / "right.jsonl", parts)
    with pytest.raises(GuandianError, match="group '平板'") as told:
        run(*both, "--group", "平板")
    assert told.value.repair == "the groups are: 手机"
    one_file = run(folder / "right.jsonl", folder / "gold.jsonl", "--part", "a", "--part", "b")
    assert "gold.jsonl · 2 条评论 reviews" in one_file


def test_a_bad_answer_is_named_by_its_line(folder: Path) -> None:
    with (folder / "right.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"id": "3"}\n')
    with pytest.raises(BadRow, match=r"right\.jsonl, line 4: .*text is missing"):
        run(folder / "right.jsonl", folder / "gold.jsonl")


def test_bad_labels_are_left_out_and_said(folder: Path) -> None:
    with (folder / "gold.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"text": "😀", "sentiment": "angry"}\n')
    shown = run(folder / "right.jsonl", folder / "gold.jsonl")
    assert "left out" in shown and "line 3" in shown and "2 条评论 reviews" in shown


def test_own_categories_are_compared_as_they_are_and_that_is_told(folder: Path) -> None:
    told = run("guandian-small", folder / "gold.jsonl")
    assert "that the default taxonomy lacks: screen (2), battery [bold] (1)" in told
    assert "guandian-small: 类别与标注不同" in told
    assert "it does not know: screen (2), battery [bold] (1)" in told
    assert "2 条评论 reviews" in told
    with pytest.raises(GuandianError, match="the default taxonomy lacks"):
        run("guandian-small", folder / "gold.jsonl", "--category-mapping", "default")


@pytest.mark.parametrize("named", ["run", "run/bundle", "together"])
def test_texts_that_a_system_has_learned_from_are_told(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("run", "twin"):
        shutil.copytree(shipped(), Path(name, "bundle"))
    twin = amend_bundle(Bundle.open("twin/bundle"), version="9")
    calibration = twin.manifest.calibration
    write_ensemble(Path("together"), [Bundle.open("run/bundle"), twin], calibration)
    quads = (Quad(Span(1, 3), Span(3, 6), next(iter(taxonomy())), GOOD),)
    write_own([replace(row, quads=quads) for row in GOLD], Path("own.jsonl"))
    told = evaluated(named, "own.jsonl")
    assert "learned" not in told
    Path("run/learned.txt").write_text(f"{text_digest(TEXTS[0])}\n{text_digest('else')}\n", "utf-8")
    told = evaluated(named, "own.jsonl")
    assert f"{named}: 2 条文本中有 1 条是它学过的" in told
    assert "it learned from 1 of the 2 texts" in told
    beside = evaluated(
        "guandian-small", "own.jsonl", "--against", named, "--html", "p.html", "--json", "p.json"
    )
    assert beside.count("it learned from") == 1
    assert Path("p.html").read_text("utf-8").count("it learned from 1 of the 2 texts") == 1
    (remark,) = json.loads(Path("p.json").read_bytes())["remarks"]
    assert remark.startswith(f"{named}: it learned from 1 of")
    found = guandian.compare("guandian-small", named, data="own.jsonl")
    assert [note for note in found.notes if "1 of the 2 texts" in note]
    assert "是它学过的" in found.save("c.html").read_text("utf-8")


def test_two_systems_differ_alike_in_both_commands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`evaluate --against` and `runs compare`: one implementation, one table, one JSON."""

    def bare(name: str) -> str:
        return name.removesuffix(".jsonl")

    monkeypatch.chdir(folder)
    for systems in (("half.jsonl", "right.jsonl"), ("guandian-small", "half.jsonl")):
        shown = evaluated(systems[0], "gold.jsonl", "--against", systems[1], "--json", "one.json")
        call = ["runs", "compare", *systems, "--data", "gold.jsonl", "--json", "two.json"]
        assert CliRunner().invoke(app, call, catch_exceptions=False).exit_code == 0
        one = json.loads(Path("one.json").read_text("utf-8"))
        (two,) = json.loads(Path("two.json").read_text("utf-8"))["sets"]
        named = [system.pop("system") for system in two["systems"]]
        assert named == [*systems] and two["against_first"][0].pop("system") == systems[1]
        beside = one["comparison"]
        assert [system.pop("system") for system in beside["systems"]] == [*map(bare, systems)]
        assert beside["against_first"][0].pop("system") == bare(systems[1])
        for row in (*beside["errors"], *two["errors"]):
            row["systems"] = [bare(name) for name in row["systems"]]
        assert beside == two
        tables = [
            [line for line in printed.splitlines() if line.startswith(("B ", "  四元组", "  实体"))]
            for printed in (shown, CliRunner().invoke(app, [*call[:-1], "three.json"]).output)
        ]
        assert len(tables[0]) >= 2 and tables[0] == tables[1]
        Path("three.json").unlink()
        ours, theirs = one["baselines"][0]["paired"], two["against_first"][0]
        assert (
            {"triplet", "sentiment", "entities"}
            <= ours.keys()
            <= theirs.keys() | {"quad", "relaxed"}
        )
        for name, gain in ours.items():
            if gain is None:
                assert name not in theirs
                continue
            less, more = gain["difference"], theirs[name]["difference"]
            assert (less["value"], less["low"], less["high"]) == (
                -more["value"], -more["high"], -more["low"],
            )  # fmt: skip
            assert gain["better"] == pytest.approx(1 - theirs[name]["better"])
        Path("one.json").unlink(), Path("two.json").unlink()


def evaluated(*words: str) -> str:
    return CliRunner().invoke(app, ["evaluate", *words], catch_exceptions=False).output
