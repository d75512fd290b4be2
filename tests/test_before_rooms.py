"""What the build before the second plan of rooms (decision 15) wrote opens as it did there.

Commit 3ae8895 wrote `data_files/before_rooms.zip`: a base and a bundle of a tiny model, the run
that trained it, a study of two trials, their recipes, and a job that was killed after one chunk.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

import guandian
from guandian.cli.main import app
from guandian.mining.boilerplate import Boilerplate
from guandian.recipes.recipe import load_recipe

ARCHIVE = Path(__file__).parent / "data_files" / "before_rooms.zip"
MINED = "226d32913c10b7c3edbd6c9306d6f07077d23024a578f40a33ce040bc2a7dd12"
"""SHA-256 of what that build made of `reviews.txt`."""
FILLERS = "484ae1a588a2d176317f1e2e3b2aa624e97f28216c0aa4cbca462a7cf456b81d"
"""The digest of the fillers that it knew; the list has grown since."""


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*words: str) -> str:
    result = CliRunner().invoke(app, [*words])
    assert result.exit_code == 0, result.output
    return result.output


def test_its_bundle_answers_as_it_did(before: Path) -> None:
    called("mine", "five.csv", "--model", "run/bundle", "-o", "again.jsonl", "--quiet")
    assert Path("again.jsonl").read_bytes() == Path("five.jsonl").read_bytes()
    assert len(Path("again.jsonl").read_text("utf-8").splitlines()) == 3


@pytest.mark.slow
def test_its_job_goes_on_from_its_chunk_to_the_same_bytes(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk bears the name of all that its answers depend on, the list of fillers too."""
    monkeypatch.setattr(Boilerplate, "digest", FILLERS)
    (chunk,) = Path("mined.jsonl.job").glob("*.jsonl")
    lines = chunk.read_bytes().splitlines(keepends=True)
    assert len(lines) == 2000
    # One digit is changed: it comes back only if the chunk is taken as it stands.
    changed = lines[0].replace(b'"negative": 0.', b'"negative": 1.', 1)
    assert changed != lines[0]
    chunk.write_bytes(b"".join([changed, *lines[1:]]))
    called("mine", "reviews.txt", "--model", "run/bundle", "-o", "mined.jsonl", "--resume")
    mined = Path("mined.jsonl").read_bytes()
    assert mined.startswith(changed)
    assert hashlib.sha256(mined.replace(changed, lines[0], 1)).hexdigest() == MINED


@pytest.mark.slow
def test_its_job_ends_in_the_same_bytes_by_the_longer_list_of_fillers(before: Path) -> None:
    called("mine", "reviews.txt", "--model", "run/bundle", "-o", "mined.jsonl", "--resume")
    assert hashlib.sha256(Path("mined.jsonl").read_bytes()).hexdigest() == MINED
    assert not Path("mined.jsonl.job").exists()


def test_its_run_is_finished_and_tells_its_scores(before: Path) -> None:
    run = guandian.run("run")
    assert run.state == "finished"
    assert run.recipe["name"] == "before"
    shown = called("runs", "show", "run")
    assert "before" in shown
    assert "judge.jsonl" in shown


@pytest.mark.slow
def test_its_run_and_study_need_nothing_more(before: Path) -> None:
    assert "before@1.0.0" in called("train", "recipe.toml", "-o", "run", "--resume")
    told = called("tune", "search.toml", "space.toml", "--trials", "2", "-o", "study", "--resume")
    assert "best.toml" in told
    assert {path.name for path in Path("study").glob("trial-*") if path.is_dir()} == {
        "trial-0000", "trial-0001"
    }  # fmt: skip


def test_its_recipes_say_the_same(before: Path) -> None:
    recipe = load_recipe(Path("recipe.toml"))
    assert (recipe.name, recipe.seed, recipe.optimisation.epochs) == ("before", 3, 3.0)
    assert load_recipe(Path("search.toml")).optimisation.epochs == 1.0
