"""A model by what a person calls it: a folder, a run's folder, a shipped name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import guandian
from guandian.bundle import Bundle, model_folder, open_folder, shipped, shipped_names
from guandian.bundle.bundle import IN_RUN, REFUSED
from guandian.cli.main import app
from guandian.errors import BundleError, GuandianError
from guandian.experiments.predictors import open_system
from guandian.mining.miner import Miner
from guandian.pipelines.base_models import folder_named

TEXT = "屏幕很清晰😀，但是电池不耐用"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run whose bundle is the shipped one."""
    folder = tmp_path / "runs" / "耳机"
    folder.mkdir(parents=True)
    (folder / "recipe.json").write_text("{}", encoding="utf-8")
    shutil.copytree(shipped(), folder / IN_RUN, copy_function=_linked)
    return folder


def _linked(source: str, target: str) -> str:
    Path(target).symlink_to(source)
    return target


def mined(*args: str) -> str:
    return CliRunner().invoke(app, ["mine", "--text", TEXT, *args], catch_exceptions=False).output


def test_a_run_stands_for_its_bundle_everywhere(run: Path, tmp_path: Path) -> None:
    assert model_folder(run) == model_folder(run / IN_RUN) == run / IN_RUN
    plain = mined()
    assert "不耐用" in plain
    for named in (run, run / IN_RUN, *shipped_names()):
        assert mined("--model", str(named)) == plain
    assert isinstance(open_system(run).predictor, Miner)
    assert folder_named("耳机", tmp_path / "runs") is None
    assert folder_named(str(run), tmp_path) == run / IN_RUN
    assert guandian.open(run / IN_RUN).path == guandian.open(run).path
    words = CliRunner().invoke(app, ["tokenize", "--text", "屏幕", "--pieces", str(run)])
    assert words.output == "屏 幕\n"


def test_every_shipped_name_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shipped_names()[0] == shipped().name
    for name in shipped_names():
        assert isinstance(open_folder(name), Bundle)
        assert isinstance(open_system(Path(name)).predictor, Miner)
        assert folder_named(name, tmp_path) == shipped().with_name(name)
        assert guandian.open(name).path == shipped().with_name(name)
    with pytest.raises(
        BundleError,
        match=r"no bundle at gone: there is no such folder\n.* a bundle that ships: guandian-small",
    ):
        open_folder("gone")


def test_a_refused_bundle_is_not_taken_in_silence(run: Path) -> None:
    (run / IN_RUN).rename(run / REFUSED)
    for open_it in (open_folder, guandian.open):
        with pytest.raises(
            BundleError, match=r"the export gate refused.*\n.*precision[ =]\"?float32"
        ):
            open_it(run)
    assert isinstance(open_folder(run / REFUSED), Bundle)


def test_a_run_without_a_bundle_says_how_to_come_by_one(run: Path, tmp_path: Path) -> None:
    (run / IN_RUN).rename(tmp_path / "elsewhere")
    mine = f"mine --text 好 --model {run}".split()
    opened = (
        lambda: open_folder(run),
        lambda: open_system(run),
        lambda: folder_named(str(run), tmp_path),
        lambda: CliRunner().invoke(app, mine, catch_exceptions=False, standalone_mode=False),
    )
    for each in opened:
        with pytest.raises(BundleError, match="no bundle yet: its training has kept no step"):
            each()
    (run / "checkpoint").mkdir()
    (run / "checkpoint" / "state.json").write_text('{"step": 1011}', encoding="utf-8")
    for each in opened:
        with pytest.raises(BundleError) as told:
            each()
        assert told.value.problem == f"{run} has no bundle yet: its training stands at step 1,011"
        assert told.value.repair == f"go on with `guandian train RECIPE -o {run} --resume`"
    with pytest.raises(BundleError, match=r"step 1,011") as told:
        guandian.open(run)
    assert (
        told.value.repair == f'go on with `guandian.train(RECIPE, folder="{run}", mode="resume")`'
    )
    (run.parent / "study.db").touch()
    for each in opened:
        with pytest.raises(BundleError, match=r"a trial of a search.*\n.*runs/best\.toml -o"):
            each()


def test_a_name_that_is_nearly_a_shipped_one_is_guessed() -> None:
    for each in (open_folder, guandian.open, lambda name: open_system(Path(name))):
        with pytest.raises(GuandianError, match=r"\n  did you mean 'guandian-small'\? name"):
            each("guandian-smal")
