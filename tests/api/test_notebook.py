"""The notebook runs from top to bottom; the run that it leaves shows, lists and compares."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from tests.tiny_base import reviews, write_base

import guandian
from guandian.api import Run, training
from guandian.api.training import Live
from guandian.data import read, write_own
from guandian.domain import Labelled
from guandian.errors import GuandianError, RecipeError
from guandian.pipelines.train import TrainingJob, train
from guandian.recipes.recipe import parse_recipe
from guandian.tracking.events import Event, Scored, Stepped
from guandian.tracking.run_folder import Log, open_run
from guandian.training import loop

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
COMMITTED = ROOT / "docs" / "notebooks" / "guandian.ipynb"
MOST_BYTES = 300_000
NO_NETWORK = """
import sys

def stay(event, args):
    if event in ("socket.getaddrinfo", "socket.connect") and not isinstance(args[-1], str):
        raise RuntimeError(f"the notebook asked the network: {event} {args}")

sys.addaudithook(stay)
"""


class Done(NamedTuple):
    """A notebook that was run: what it holds now, and the folder where it ran."""

    notebook: dict[str, Any]
    root: Path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The notebook, run in an empty folder by a kernel that no network reaches."""
    folder = tmp_path_factory.mktemp("nb")
    (folder / "shut").mkdir()
    (folder / "shut" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    command = [sys.executable, ROOT / "scripts" / "notebook.py", "--folder", folder]
    told = subprocess.run(
        [*map(str, command), "-o", str(folder / "done.ipynb")],
        env=os.environ | {"PYTHONPATH": str(folder / "shut")},
        capture_output=True, encoding="utf-8", check=False, timeout=900,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    found = json.loads((folder / "done.ipynb").read_text("utf-8"))
    return Done(found, folder / "guandian-demo")


@pytest.fixture(scope="module")
def run(done: Done) -> Run:
    return guandian.run(done.root / "runs" / "rucksacks")


def outputs(notebook: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    return [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def kinds(notebook: Mapping[str, Any]) -> list[list[list[str]]]:
    return [[sorted(one.get("data", ["stream"])) for one in cell] for cell in outputs(notebook)]


def test_the_committed_notebook_is_the_one_that_runs(done: Done) -> None:
    committed = json.loads(COMMITTED.read_text("utf-8"))
    assert COMMITTED.stat().st_size < MOST_BYTES
    for cells in zip(committed["cells"], done.notebook["cells"], strict=True):
        assert cells[0]["source"] == cells[1]["source"]
    again = "`python scripts/notebook.py` writes the outputs anew"
    assert kinds(committed) == kinds(done.notebook), again
    spans = [cell[0]["data"]["text/plain"] for cell in outputs(committed) if cell][2]
    assert spans == [cell[0]["data"]["text/plain"] for cell in outputs(done.notebook) if cell][2]
    assert "Span(start=11, end=14), '不耐用', 'negative'" in "".join(spans)


def test_its_outputs_are_displays_without_a_warning_or_a_path(done: Done) -> None:
    for notebook in (json.loads(COMMITTED.read_text("utf-8")), done.notebook):
        shown = [one for cell in outputs(notebook) for one in cell]
        assert {one["output_type"] for one in shown} == {"display_data", "execute_result"}
        html = ["".join(one["data"].get("text/html", "")) for one in shown]
        assert sum(map(bool, html)) >= 7
        for page in filter(None, html):
            assert not HTMLParser(page).css("script, style, link, iframe, form")
        plain = "".join("".join(one["data"]["text/plain"]) for one in shown)
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|Users)/", plain + "".join(html))


def test_what_it_claims_of_training_holds(run: Run, done: Done) -> None:
    """The text says that the model learns: its opinions of the dev part get better."""
    (found,) = guandian.compare(run, root=done.root, before=True).sets
    assert found.gains[0]["pair"].difference.value > 0


def test_a_run_shows_its_figures_and_curves(run: Run) -> None:
    assert run.best is not None and run.minutes is not None and run.state == "finished"
    page = HTMLParser(run._repr_html_())
    shown = page.body.text() if page.body else ""
    for words in ("rucksacks", "完成 finished", "frozen", "seed 1", f"{100 * run.best:.1f}"):
        assert words in shown
    assert "48/48" in shown and len(page.css("tbody tr")) == 4
    (picture,) = page.css("img")
    source = picture.attributes["src"] or ""
    assert source.startswith("data:image/svg+xml;base64,") and not page.css("script, style, link")
    assert "完成 finished" in repr(run) and str(run.folder) in repr(run)
    rows = run.metrics()
    assert len(rows) == 12 and run.best == max(row.get("dev.mean", 0.0) for row in rows)


def test_of_many_scores_the_first_and_last_are_shown(tmp_path: Path) -> None:
    recipe = {"name": "long", "base": {"model": "x"}, "data": [{"corpus": "x.jsonl"}]}
    open_run(tmp_path / "long", parse_recipe(recipe), "new")
    with Log(tmp_path / "long") as log:
        for step in range(1, 31):
            log(Scored(step, {"dev/quad": step / 100}, step / 100, True))
    page = HTMLParser(guandian.run(tmp_path / "long")._repr_html_())
    steps = [row.css("td")[0].text() for row in page.css("tbody tr")]
    assert steps == [*map(str, range(1, 7)), "…", *map(str, range(25, 31))]


def test_a_run_is_opened_as_a_model(run: Run) -> None:
    text = "拉链顺滑，腰带却勒得慌"
    assert run.model().mine(text) == guandian.open(run.folder).mine(text)


def test_runs_are_listed_and_a_broken_one_says_what_it_lacks(run: Run, tmp_path: Path) -> None:
    recipe = parse_recipe({**run.recipe, "name": "waiting"})
    open_run(tmp_path / "<b>waiting", recipe, "new")
    open_run(tmp_path / "lost", recipe, "new")
    (tmp_path / "lost" / "best.safetensors").write_bytes(b"")
    found = guandian.runs(tmp_path, run.folder.parent)
    by_name = {one.folder.name: one.state for one in found}
    assert by_name == {"<b>waiting": "waiting", "lost": "broken", "rucksacks": "finished"}
    html = found._repr_html_()
    assert "残缺 broken" in html and "log.jsonl" in html and "<b>waiting" not in html
    lost = next(one for one in found if one.state == "broken")
    assert "lacks" in repr(lost) and "log.jsonl" in lost._repr_html_()
    assert repr(found[:2]).count("<guandian run") == 2
    with pytest.raises(GuandianError, match="no folder"):
        guandian.runs(tmp_path / "none")


def hostile(done: Done) -> list[Labelled]:
    rows = list(read("guandian", done.root / "dev.jsonl"))
    return [replace(row, text=f"{row.text}<script>x</script>") for row in rows]


def test_systems_stand_side_by_side(run: Run, done: Done, tmp_path: Path) -> None:
    write_own(hostile(done), tmp_path / "dev.jsonl")
    found = guandian.compare("guandian-small", run, data=tmp_path / "dev.jsonl")
    (one,) = found.sets
    each = [evaluation.opinions for evaluation in one.evaluations]
    expected = [f"{100 * result.scores.aspect.f1:.1f}" for result in each if result]
    page = HTMLParser(found._repr_html_())
    assert not page.css("script, style, img, link, iframe")
    figures = {
        row.css("td")[0].text(): [cell.text() for cell in row.css("td")[1:3]]
        for row in page.css("tbody tr")
    }
    assert figures["评价对象 aspect"] == expected and len(expected) == 2
    assert f"aspect  {'  '.join(expected)}" in repr(found)
    texts = {node.text() for node in page.css("details bdi")}
    assert one.errors[0].review.text in texts and not found.notes
    assert found.to_dict()["sets"] == [one.to_json()]
    part = guandian.compare("guandian-small", run, data=done.root, parts="dev")
    assert part.sets[0].evaluations[0].reviews == len(hostile(done))
    saved = found.save(tmp_path / "page.html")
    assert "并排比较" in saved.read_text("utf-8")
    with pytest.raises(GuandianError, match="nothing to compare"):
        guandian.compare(run, root=done.root)
    for read_file in (tmp_path / "dev.jsonl", run.folder / "recipe.json"):
        was = read_file.read_bytes()
        with pytest.raises(GuandianError, match=r"would be (read|replaced)"):
            found.save(read_file, overwrite=True)
        assert read_file.read_bytes() == was
    by_root = guandian.compare("guandian-small", run, root=done.root)
    with pytest.raises(GuandianError, match="would be read and written"):
        by_root.save(done.root / "dev.jsonl", overwrite=True)


def test_categories_that_do_not_compare_are_told(run: Run, done: Done, tmp_path: Path) -> None:
    rows = [
        replace(row, quads=tuple(replace(q, category="weather") for q in row.quads or ()))
        for row in hostile(done)
    ]
    write_own(rows, tmp_path / "own.jsonl")
    mined = guandian.open().mine([row.text for row in rows])
    lines = (json.dumps(one.to_dict(), ensure_ascii=False) for one in mined)
    (tmp_path / "mined.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = guandian.compare(tmp_path / "mined.jsonl", run, data=tmp_path / "own.jsonl")
    assert len(found.notes) == 2 and found.notes[0] in repr(found)
    assert found._repr_html_().count("categories are not those of the labels") == 2


def test_a_run_that_is_there_stays_unless_it_is_said(run: Run, done: Done) -> None:
    with pytest.raises(GuandianError, match="holds a run already"):
        guandian.train(run.recipe, done.root, run.folder)
    again = guandian.train(run.recipe, done.root, run.folder, mode="resume")
    assert again.metrics() == run.metrics()
    with pytest.raises(RecipeError, match="seed: 1 then, 8 now"):
        guandian.train(run.recipe, done.root, run.folder, {"seed": 8}, mode="resume")
    assert run.recipe["seed"] == 1  # what was given stays as it was
    with pytest.raises(RecipeError, match=r"unknown key 'optimisation\.epoch'"):
        guandian.train(run.recipe, done.root, changes={"optimisation.epoch": 1})


def test_what_is_no_mode_removes_nothing(tmp_path: Path) -> None:
    recipe = {"name": "own", "base": {"model": "x"}, "data": [{"corpus": "x.jsonl"}]}
    (tmp_path / "recipe.json").touch()
    (tmp_path / "best.safetensors").touch()
    with pytest.raises(GuandianError, match=r"'Resume' is no choice\n.*new, resume, overwrite"):
        guandian.train(recipe, tmp_path, tmp_path, mode="Resume")  # type: ignore[arg-type]
    assert (tmp_path / "best.safetensors").is_file()


def test_a_recipe_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('name = "own"\nbase = { model = "none-such" }\n', encoding="utf-8")
    with pytest.raises(RecipeError, match="data is missing"):
        guandian.train(file)
    changes = {"data": [{"corpus": "x.jsonl"}]}
    with pytest.raises(GuandianError, match="no base model 'none-such'"):
        guandian.train(str(file), tmp_path, tmp_path / "run", changes)


def test_a_cell_shows_the_run_as_its_log_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    write_own(reviews()[:24], tmp_path / "train.jsonl")
    write_own(reviews()[50:], tmp_path / "dev.jsonl")
    write_base(tmp_path / "models" / "tiny-bert")
    recipe = parse_recipe(
        {
            "name": "own",
            "holdout": 0.0,
            "data": [{"corpus": "train.jsonl"}],
            "base": {"model": "tiny-bert", "layers": 1},
            "optimisation": {"epochs": 1, "batch_texts": 8},
            "evaluation": {"corpora": ["dev.jsonl"], "every": 2},
        }
    )
    shown: list[Mapping[str, str]] = []
    job = TrainingJob(recipe, tmp_path, tmp_path / "run", "resume")
    open_run(tmp_path / "run", recipe, "new")

    def stop(event: Event) -> None:
        live(event)
        if isinstance(event, Stepped) and event.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Live(tmp_path / "run", shown.append) as live:
        train(job, watch=lambda _: nullcontext(stop))
    pages = [HTMLParser(each["text/html"]).text() for each in shown]
    assert "读取数据 reading the sets" in pages[0] and "进行中 running" in pages[0]
    steps = [found[1] for page in pages if (found := re.search(r"(\d)/3", page))]
    assert steps[-1] == "3" and len(set(steps)) > 1
    assert "24 条文本 texts" in pages[-1] and "中断 interrupted" in pages[-1]
    assert "中断 interrupted" in shown[-1]["text/plain"]
    assert "<img" in guandian.run(tmp_path / "run")._repr_html_()
    (tmp_path / "train.jsonl").unlink()
    open_run(tmp_path / "none", recipe, "new")
    lacking = Live(tmp_path / "none", shown.append)
    with pytest.raises(GuandianError, match=r"there is no \S+/train\.jsonl\n"), lacking:
        train(replace(job, folder=tmp_path / "none"), watch=lambda _: nullcontext(lacking))
    assert shown[-1]["text/plain"] == "什么也没有保留 nothing is kept"
    assert not (tmp_path / "none").exists()
