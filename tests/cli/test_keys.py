from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.called import called
from typer.testing import CliRunner, Result

from guandian.cli.main import app
from guandian.errors import GuandianError
from guandian.store import Store
from guandian.store.records import ApiKey, KeyTerms, Records, Refusal, Scope
from guandian.wording import VARIABLE


def run(*args: str | Path, code: int = 0, columns: int = 200) -> Result:
    result = CliRunner().invoke(
        app, ["keys", *map(str, args)], catch_exceptions=False,
        env={VARIABLE: "en", "COLUMNS": str(columns)},
    )  # fmt: skip
    assert result.exit_code == code, result.output
    return result


def test_a_key_is_made_listed_rotated_and_revoked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = run("create", "--data", data, "--name", "shop 😀", "--scope", "mine", "--scope", "read",
               "--expires", "2099-12-31", "--rate", "600", "--quota", "100000")  # fmt: skip
    text = made.stdout.strip()
    assert "is shown this once" in made.stderr and text not in made.stderr
    with Records.open(data) as records:
        key = records.keys.authenticate(text)
        assert isinstance(key, ApiKey)
    assert key.tenant == "main" and key.terms.scopes == (Scope.READ, Scope.MINE)
    listed = run("list", "--data", data).stdout
    for shown in ("shop 😀", key.id, key.start, "opens", "2099-12-31", "600", "100,000"):
        assert shown in listed
    assert text not in listed
    for columns in (40, 60, 80):
        assert key.id in run("list", "--data", data, columns=columns).stdout
    successor = run("rotate", "--data", data, key.id, "--overlap", "0").stdout.strip()
    assert "expired" in run("list", "--data", data).stdout
    with Records.open(data) as records:
        assert records.keys.authenticate(text) == Refusal.EXPIRED
        heir = records.keys.authenticate(successor)
        assert isinstance(heir, ApiKey) and heir.terms == key.terms
    assert "opens nothing any more" in run("revoke", "--data", data, heir.id).stderr
    with Records.open(data) as records:
        assert records.keys.authenticate(successor) == Refusal.REVOKED
        acts = [entry.act for entry in records.audit.list("main")]
    assert acts == ["key.revoke", "key.rotate", "key.create"]


def test_tenants_do_not_see_each_other(tmp_path: Path) -> None:
    run("create", "--data", tmp_path, "--name", "a", "--scope", "admin", "--tenant", "one")
    assert "admin" in run("list", "--data", tmp_path, "--tenant", "one").stdout
    with pytest.raises(GuandianError, match="two has no key"):
        run("list", "--data", tmp_path, "--tenant", "two")
    with Records.open(tmp_path) as records:
        (key,) = records.keys.list("one")
    with pytest.raises(GuandianError, match=f"there is no key {key.id}"):
        run("revoke", "--data", tmp_path, key.id, "--tenant", "two")


@pytest.mark.parametrize("name", ["../x y", "没有", "", "A", "a" * 65])
def test_a_tenant_is_named_as_the_store_names_folders(tmp_path: Path, name: str) -> None:
    data, who = ["--data", str(tmp_path)], ["--tenant", name]
    for words in (
        ["keys", "create", *data, "--name", "t", "--scope", "read"],
        ["keys", "list", *data],
        ["channels", "set", "a", *data, "--address", "https://a.example/x"],
        ["channels", "list", *data],
        ["watch", *data, "--once"],
        ["replay", *data],
        ["store", "query", *data],
    ):
        done = called(*words, *who, language="en")
        assert done.returncode == 2 and "is no name of a tenant" in done.stderr, words
        assert "不是租户名" in called(*words, *who, language="zh").stderr
    assert list(tmp_path.iterdir()) == []
    with Records.open(tmp_path) as records, pytest.raises(GuandianError, match="no name of a"):
        records.keys.create(name, KeyTerms("t", (Scope.READ,)), "cli")


def test_a_file_is_no_folder_of_data(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text("text\n")
    for words in (
        ["keys", "create", "--name", "t", "--scope", "read"],
        ["channels", "set", "a", "--address", "https://a.example/x"],
        ["channels", "list"],
        ["store", "query"],
        ["store", "status"],
        ["replay"],
        ["serve", "--port", "0"],
    ):
        done = called(*words, "--data", file, language="en")
        assert done.stderr == (
            f"guandian: {file} is a file, not a folder\n  name a folder with --data\n"
        )
        assert "是文件，不是文件夹" in called(*words, "--data", file, language="zh").stderr
    with pytest.raises(GuandianError, match="is a file, not a folder"):
        Store.open(file, write=True)
    inside = called("keys", "create", "--data", file / "x", "--name", "t", "--scope", "read")
    assert inside.returncode == 2 and "cannot make the folder" in inside.stderr


def test_a_folder_that_holds_no_keys_stays_as_it_is(tmp_path: Path) -> None:
    for words in (["list"], ["revoke", "k_1"], ["rotate", "k_1"]):
        with pytest.raises(GuandianError, match="it holds no keys"):
            run(*words, "--data", tmp_path)
        with pytest.raises(GuandianError, match="there is no folder"):
            run(*words, "--data", tmp_path / "none")
    with pytest.raises(GuandianError, match="no scope 'write'"):
        run("create", "--data", tmp_path, "--name", "a", "--scope", "write")
    assert list(tmp_path.iterdir()) == []


def test_what_a_name_holds_does_not_steer_the_terminal(tmp_path: Path) -> None:
    run("create", "--data", tmp_path, "--name", "[red]a\x1b[2J\u202e", "--scope", "read")
    listed = run("list", "--data", tmp_path).stdout
    assert "[red]a\ufffd[2J\ufffd" in listed and "\x1b" not in listed


def test_a_lost_secret_is_told_until_it_is_there_again(tmp_path: Path) -> None:
    run("create", "--data", tmp_path, "--name", "a", "--scope", "read")
    (tmp_path / "keys.secret").rename(tmp_path / "copy")
    for _ in range(2):
        listed = run("list", "--data", tmp_path)
        assert "were made with another" in listed.stderr
        assert f"guandian keys create --data {tmp_path}" in listed.stderr
    (tmp_path / "copy").replace(tmp_path / "keys.secret")
    assert run("list", "--data", tmp_path).stderr == ""
