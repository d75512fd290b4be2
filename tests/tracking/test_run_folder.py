from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import guandian
from guandian.data.leaks import text_digest
from guandian.errors import GuandianError, RecipeError
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tracking.events import Ready, Saved, Scored
from guandian.tracking.history import read_history
from guandian.tracking.run_folder import Log, files_of, forget, learned_by, open_run


def recipe(**changes: object) -> Recipe:
    plain = {"name": "r", "base": {"model": "b"}, "data": [{"corpus": "laptop"}]}
    return parse_recipe({**plain, **changes})


def learned(folder: Path) -> Path:
    assert not open_run(folder, recipe(), "new")
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "state.json").write_text("{}", encoding="utf-8")
    (folder / "best.safetensors").write_bytes(b"weights")
    return folder


def test_the_resolved_recipe_is_kept(tmp_path: Path) -> None:
    open_run(tmp_path / "runs" / "r", recipe(seed=7), "new")
    kept = json.loads((tmp_path / "runs" / "r" / "recipe.json").read_text("utf-8"))
    assert kept["seed"] == 7
    assert kept["optimisation"]["batch_tokens"] == 1600
    assert parse_recipe(kept) == recipe(seed=7)


def test_a_run_is_not_replaced_unasked(tmp_path: Path) -> None:
    folder = learned(tmp_path / "r")
    with pytest.raises(GuandianError, match=r"holds a run already\n.*--resume.*--overwrite"):
        open_run(folder, recipe(), "new")
    assert not open_run(folder, recipe(), "resume")
    assert (folder / "best.safetensors").read_bytes() == b"weights"
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert not open_run(folder, recipe(seed=2), "overwrite")
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "recipe.json"]


def test_a_kill_while_a_run_is_replaced_leaves_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = learned(tmp_path / "r")

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            open_run(folder, recipe(seed=2), "overwrite")
    assert not open_run(folder, recipe(seed=2), "overwrite")
    assert [path.name for path in folder.iterdir()] == ["recipe.json"]


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    folder = learned(tmp_path / "r")
    with Log(folder):
        with pytest.raises(GuandianError, match=r"another process trains in .*\n.*-o"):
            Log(folder)
        for mode in ("new", "resume", "overwrite"):
            with pytest.raises(GuandianError, match="another process trains"):
                open_run(folder, recipe(), mode)  # type: ignore[arg-type]
        assert (folder / "best.safetensors").exists()
    assert not open_run(folder, recipe(), "resume")


def test_a_key_that_came_later_does_not_stop_a_run_from_going_on(tmp_path: Path) -> None:
    folder = learned(tmp_path / "r")
    kept = json.loads((folder / "recipe.json").read_text("utf-8"))
    del kept["distillation"], kept["optimisation"]["joined"]
    (folder / "recipe.json").write_text(json.dumps(kept), encoding="utf-8")
    assert not open_run(folder, recipe(), "resume")
    with pytest.raises(RecipeError, match=r"joined: 0\.0 then, 0\.5 now"):
        open_run(folder, recipe(optimisation={"joined": 0.5}), "resume")


def test_a_run_that_failed_before_it_learned_anything_begins_anew(tmp_path: Path) -> None:
    open_run(tmp_path / "r", recipe(), "new")
    assert not open_run(tmp_path / "r", recipe(seed=2), "new")


def test_another_recipe_does_not_go_on(tmp_path: Path) -> None:
    folder = learned(tmp_path / "r")
    other = recipe(
        seed=2,
        data=[{"corpus": "laptop", "times": 3}, {"corpus": "own.jsonl"}],
        optimisation={"epochs": 1.5},
    )
    with pytest.raises(RecipeError) as error:
        open_run(folder, other, "resume")
    for words in (
        "seed: 1 then, 2 now",
        "data.0.times: 1 then, 3 now",
        "data.1.corpus: not set then, 'own.jsonl' now",
        "optimisation.epochs: 3.0 then, 1.5 now",
    ):
        assert words in str(error.value)
    assert "None" not in str(error.value) and "not set then, not set" not in str(error.value)
    assert "batch_tokens" not in str(error.value)
    (folder / "recipe.json").write_text("{", encoding="utf-8")
    with pytest.raises(GuandianError, match=r"recipe\.json cannot be read"):
        open_run(folder, recipe(), "resume")


def test_a_finished_run_is_known(tmp_path: Path) -> None:
    folder = learned(tmp_path / "r")
    (folder / "bundle").mkdir()
    assert not open_run(folder, recipe(), "resume")
    (folder / "bundle" / "manifest.json").write_text("{}", encoding="utf-8")
    assert open_run(folder, recipe(), "resume")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"1")
    for mode in ("new", "resume", "overwrite"):
        with pytest.raises(GuandianError, match="is not a run's folder"):
            open_run(tmp_path, recipe(), mode)  # type: ignore[arg-type]
        with pytest.raises(GuandianError, match="is not a run's folder"):
            open_run(tmp_path / "photo.jpg", recipe(), mode)  # type: ignore[arg-type]


def test_events_are_logged_and_a_line_that_a_kill_cut_off_stays_alone(tmp_path: Path) -> None:
    open_run(tmp_path / "r", recipe(), "new")
    path = tmp_path / "r" / "log.jsonl"
    Log(tmp_path / "r")(Scored(3, {"own/quad": 0.5}, 0.5, True))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event": "st')
    Log(tmp_path / "r")(Saved(4, "somewhere"))
    lines = path.read_text("utf-8").splitlines()
    assert lines.pop(2) == '{"event": "st'
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["started", "scored", "started", "saved"]
    assert events[1]["scores"] == {"own/quad": 0.5}
    environment = json.loads((tmp_path / "r" / "environment.json").read_text("utf-8"))
    assert environment["packages"]["torch"]
    assert environment["threads"] >= 1


def test_what_has_learned_nothing_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    waiting, mixed, kept = tmp_path / "waiting", tmp_path / "mixed", learned(tmp_path / "kept")
    for folder in (waiting, mixed):
        open_run(folder, recipe(), "new")
    (mixed / "notes.txt").write_text("mine", encoding="utf-8")
    (mixed / "best.safetensors").write_bytes(b"of no checkpoint")
    for folder in (waiting, mixed, kept):
        forget(folder)
    assert not waiting.exists()
    assert [path.name for path in mixed.iterdir()] == ["notes.txt"]
    assert (kept / "recipe.json").is_file() and (kept / "best.safetensors").is_file()
    (tmp_path / "metrics.csv").write_text("of somebody else", encoding="utf-8")
    forget(tmp_path)  # which is no run
    assert (tmp_path / "metrics.csv").is_file()
    open_run(tmp_path / "r", recipe(), "new")
    with Log(tmp_path / "r"):  # as another process would
        forget(tmp_path / "r")
        assert (tmp_path / "r" / "log.jsonl").is_file()


def test_the_log_tells_why_a_run_failed_until_it_goes_on(tmp_path: Path) -> None:
    open_run(tmp_path / "r", recipe(), "new")
    for error, told in (
        (GuandianError("no room", "make some"), "no room\n  make some"),
        (ValueError("odd"), "ValueError: odd"),
        (KeyboardInterrupt(), ""),  # which is no failure
    ):
        with pytest.raises(type(error)), Log(tmp_path / "r"):
            raise error
        assert read_history(tmp_path / "r").failure == told


def test_the_texts_that_are_learned_from_are_known_again(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    open_run(folder, recipe(), "new")
    first, second = frozenset({text_digest("屏幕 很清晰😀")}), frozenset({text_digest("other")})
    with Log(folder) as log:
        log(Ready({"a": 1}, {}, 0, 0, 9, learned=first))
    with Log(folder) as log:  # of a later stage, or gone on with
        log(Ready({"b": 1}, {}, 0, 0, 9, learned=second))
    assert learned_by(folder) == first | second
    assert text_digest("屏幕很清晰😀") in first and text_digest("屏幕") not in first
    assert "learned" not in (folder / "log.jsonl").read_text("utf-8")
    assert folder / "learned.txt" in files_of(folder)
    open_run(folder, recipe(), "overwrite")
    assert learned_by(folder) == frozenset()


def test_one_file_names_what_is_in_a_run() -> None:
    """The names that a run's folder has, as they stand in code, are told by two modules alone."""
    package = Path(guandian.__file__).parent
    owners = {"bundle/run_names.py", "tracking/run_folder.py"}
    named = re.compile(
        r'"(recipe\.json|log\.jsonl|environment\.json|study\.db|best\.toml|state\.json|'
        r'best\.safetensors|checkpoint(\.old)?|stage-|broken-batch-)["{*]'
    )
    others = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if named.search(path.read_text("utf-8"))
    ]
    assert set(others) - owners == set()
    assert owners <= set(others)
