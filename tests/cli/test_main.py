from __future__ import annotations

import os
import subprocess
import sys

import pytest

import guandian
from guandian.cli import main as cli
from guandian.errors import GuandianError


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "guandian", *args],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_version_is_the_packages() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"guandian {guandian.__version__}\n")


def test_unknown_command_is_an_error() -> None:
    done = run("no-such-command")
    assert done.returncode == 2
    assert "no-such-command" in done.stderr


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_summary_is_the_first_line_of_the_docstring(name: str) -> None:
    row = cli.COMMANDS[name]
    command = cli.load_command(name, row)
    assert (command.help or "").splitlines()[0] == row.summary


def _broken() -> None:
    """Fail."""
    raise GuandianError("no bundle at 哪里", "give another folder with --model")


def _interrupted() -> None:
    """Stop."""
    raise KeyboardInterrupt


def test_a_terminal_without_emoji_is_no_failure() -> None:
    code = (
        "import sys\nfrom guandian.cli import main as cli\n"
        "cli.COMMANDS['try'] = cli.CommandRow('tests.cli.printing:emoji', 'Try.')\n"
        "sys.argv = ['guandian', 'try']\ncli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONIOENCODING": "gbk"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("gbk").split() == ["好\\U0001f600"]


def _full() -> None:
    """Fill."""
    raise OSError(28, "No space left on device", "out.jsonl")


@pytest.mark.parametrize(
    ("function", "code", "message"),
    [
        ("_broken", 2, "guandian: no bundle at 哪里\n  give another folder with --model\n"),
        (
            "_interrupted",
            130,
            "中断 interrupted; 什么也没有保留 nothing is kept; "
            "重新开始 begin again with: guandian try\n",
        ),
        (
            "_full",
            2,
            "guandian: 无法写入 out.jsonl：磁盘已满\n  在那里腾出空间\n"
            "guandian: cannot write out.jsonl: the disk is full\n  make room there\n",
        ),
    ],
)
def test_failures_leave_with_a_code_and_no_traceback(
    function: str,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(cli.COMMANDS, "try", cli.CommandRow(f"{__name__}:{function}", "Try."))
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(sys, "argv", ["guandian", "try"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == code
    assert capsys.readouterr().err == message


def test_help_imports_no_subcommand() -> None:
    code = (
        "import sys\nfrom guandian.cli import main as cli\nsys.argv = ['guandian', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'onnxruntime', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "rooms = {m[13:] for m in sys.modules if m.startswith('guandian.cli.')}\n"
        "rooms -= {'main', 'console', 'console.help', 'console.options', 'console.signals'}\n"
        "rooms -= {'console.streams', 'console.old_options', 'console.notes'}\n"
        "sys.exit(f'{heavy} {rooms}' if heavy or rooms else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
