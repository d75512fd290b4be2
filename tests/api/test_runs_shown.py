"""Runs, lists of runs and comparisons as notebooks and terminals show them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from tests.cli.trained_runs import DEV, trained
from tests.tiny_base import reviews

import guandian
from guandian.api.training import EnsembleRuns, Live
from guandian.data import write_own
from guandian.errors import GuandianError, RecipeError
from guandian.recipes.recipe import parse_recipe
from guandian.tracking.events import Phase, Scored
from guandian.tracking.run_folder import Log, open_run


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    write_own(DEV, folder / "dev.jsonl")
    write_own(reviews()[20:30], folder / "train.jsonl")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        trained(folder / "runs" / "one", seed=1)
        trained(folder / "runs" / "two", seed=2)
    return folder


def test_a_run_tells_its_state_and_figures(root: Path) -> None:
    run = guandian.run(root / "runs" / "one")
    assert (run.name, run.state, run.best) == ("one", "finished", pytest.approx(0.51))
    assert run.recipe["seed"] == 1 and run.minutes is not None
    assert "完成 finished" in repr(run) and "51.0" in repr(run)
    (row,) = run.metrics()
    assert row["dev.mean"] == pytest.approx(0.51)
    page = HTMLParser(run._repr_html_())
    shown = page.body.text() if page.body else ""
    for words in ("one", "lora", "seed 1", "51.0", "3/3"):
        assert words in shown
    assert not page.css("script, style, link")
    text = "拉链顺滑，腰带却勒得慌"
    assert run.model(threads=1).mine(text).opinions == guandian.open(threads=1).mine(text).opinions


def test_runs_are_listed_and_a_broken_one_says_what_it_lacks(root: Path, tmp_path: Path) -> None:
    recipe = parse_recipe({**guandian.run(root / "runs" / "one").recipe, "name": "waiting"})
    open_run(tmp_path / "<b>waiting", recipe, "new")
    open_run(tmp_path / "lost", recipe, "new")
    (tmp_path / "lost" / "best.safetensors").write_bytes(b"")
    listed = guandian.runs(tmp_path, root / "runs")
    states = {run.folder.name: run.state for run in listed}
    assert states == {
        "<b>waiting": "waiting", "lost": "broken", "one": "finished", "two": "finished",
    }  # fmt: skip
    html = listed._repr_html_()
    assert "残缺 broken" in html and "log.jsonl" in html and "<b>waiting" not in html
    lost = next(run for run in listed if run.state == "broken")
    assert "lacks" in repr(lost) and "log.jsonl" in lost._repr_html_()
    assert len(listed[:2]) == 2 and repr(listed[:2]).count("<guandian run") == 2
    assert repr(listed[:0]) == "没有运行 no run"
    with pytest.raises(GuandianError, match="no folder"):
        guandian.runs(tmp_path / "none")


def test_of_many_scores_the_first_and_last_are_shown(tmp_path: Path) -> None:
    recipe = {"name": "long", "base": {"model": "x"}, "data": [{"corpus": "x.jsonl"}]}
    open_run(tmp_path / "long", parse_recipe(recipe), "new")
    with Log(tmp_path / "long") as log:
        for step in range(1, 31):
            log(Scored(step, {"dev/quad": step / 100}, step / 100, True))
    page = HTMLParser(guandian.run(tmp_path / "long")._repr_html_())
    steps = [row.css("td")[0].text() for row in page.css("tbody tr")]
    assert steps == [*map(str, range(1, 7)), "…", *map(str, range(25, 31))]


def test_systems_side_by_side_are_shown_and_saved(root: Path, tmp_path: Path) -> None:
    run = guandian.run(root / "runs" / "two")
    write_own(DEV[:6], tmp_path / "dev.jsonl")
    side = guandian.compare("guandian-small", run, data=tmp_path / "dev.jsonl")
    (pair,) = side.sets
    opinions = [evaluation.opinions for evaluation in pair.evaluations]
    figures = [f"{100 * result.scores.aspect.f1:.1f}" for result in opinions if result]
    assert len(figures) == 2 and figures[0] == figures[1]  # the run holds the shipped bundle
    page = HTMLParser(side._repr_html_())
    assert not page.css("script, style, img, link, iframe")
    rows = {
        row.css("td")[0].text(): [cell.text() for cell in row.css("td")[1:3]]
        for row in page.css("tbody tr")
    }
    assert rows["评价对象 aspect"] == figures and f"aspect  {'  '.join(figures)}" in repr(side)
    assert json.loads(json.dumps(side.to_dict()))["sets"] and not side.notes
    saved = side.save(tmp_path / "page.html")
    assert "并排比较" in saved.read_text("utf-8")
    was = (tmp_path / "dev.jsonl").read_bytes()
    with pytest.raises(GuandianError, match=r"would be (read|replaced)"):
        side.save(tmp_path / "dev.jsonl", overwrite=True)
    assert (tmp_path / "dev.jsonl").read_bytes() == was
    with pytest.raises(GuandianError, match="nothing to compare"):
        guandian.compare(run, root=root)


def test_a_cell_is_told_what_the_log_tells(root: Path, tmp_path: Path) -> None:
    recipe = parse_recipe(guandian.run(root / "runs" / "one").recipe)
    shown: list[dict[str, str]] = []
    open_run(tmp_path / "run", recipe, "new")
    with (
        Log(tmp_path / "run") as log,
        Live(tmp_path / "run", lambda m: shown.append({**m})) as live,
    ):
        for event in (Phase("reading"), Scored(3, {"dev/quad": 0.25}, 0.25, True)):
            log(event)
            live(event)
    assert len(shown) == 3 and "读取数据 reading the sets" in shown[0]["text/html"]
    assert "25.0" in shown[1]["text/plain"] and "reading the sets" not in shown[2]["text/html"]
    with Live(tmp_path / "none", lambda m: shown.append({**m})):
        pass
    assert shown[-1]["text/plain"] == "什么也没有保留 nothing is kept"


def test_what_is_no_mode_precision_or_key_changes_nothing(root: Path, tmp_path: Path) -> None:
    run = guandian.run(root / "runs" / "one")
    log = (run.folder / "log.jsonl").read_bytes()
    with pytest.raises(GuandianError, match="holds a run already"):
        guandian.train(run.recipe, root, run.folder)
    with pytest.raises(GuandianError, match=r"mode='Resume' is no choice\n.*new, resume, overwr"):
        guandian.train(run.recipe, root, run.folder, mode="Resume")  # type: ignore[arg-type]
    with pytest.raises(GuandianError, match="did you mean 'int8'"):
        guandian.train(run.recipe, root, run.folder, precision="int2")  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match=r"unknown key 'optimisation\.epoch'"):
        guandian.train(run.recipe, root, changes={"optimisation.epoch": 1})
    with pytest.raises(GuandianError, match="are trained by one process each"):
        guandian.train(run.recipe, root, tmp_path / "s", seeds=[1, 2], workers=2)  # type: ignore[call-overload]
    with pytest.raises(GuandianError, match="two different runs at least"):
        guandian.average([run], root, tmp_path / "average")
    with pytest.raises(GuandianError, match=r"another recipe|have no mean"):
        guandian.average([run, root / "runs" / "two"], root, tmp_path / "average")
    assert not (tmp_path / "average").exists()
    assert (run.folder / "log.jsonl").read_bytes() == log
    members = EnsembleRuns(root / "runs", [run])
    assert [member.name for member in members] == ["one"] and members.folder == root / "runs"
