"""The `guandian` command: a table of subcommands, each imported only when it is called.

To add a subcommand, write `guandian/cli/NAME.py` and add a row to `COMMANDS`. The row's target is
`module:attribute`; the attribute is either

- a function whose parameters carry typer annotations (`guandian mine`), or
- a `typer.Typer` with several commands of its own (`guandian data check`).

The row's summary is what `guandian --help` prints, so that the help needs none of the modules; a
test keeps it equal to the first line of the docstring. A command raises `GuandianError` for what
the caller can repair: it is printed as one message and the exit code is 2. Ctrl-C exits with 130.
`--language` stands before or behind the subcommand; one with a `--language` of its own keeps it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from guandian import __version__
from guandian.cli.streams import finish_streams, prepare_streams
from guandian.errors import GuandianError
from guandian.wording import VARIABLE, Wanted, say, told, wanted


class Row(NamedTuple):
    """Where a subcommand lives (`module:attribute`) and its line in `guandian --help`."""

    target: str
    summary: str


COMMANDS: dict[str, Row] = {
    "mine": Row(
        "guandian.cli.mine:mine",
        "Mine opinions from reviews. 从评论中挖掘观点。",
    ),
    "data": Row(
        "guandian.cli.data:app",
        "Look at labelled sets before learning from them. 训练前检查标注数据。",
    ),
    "train": Row(
        "guandian.cli.train:train",
        "Fine-tune a model by a recipe. 按配方微调模型。",
    ),
    "ensemble": Row(
        "guandian.cli.ensemble:ensemble",
        "Make bundles answer as one. 把多个模型包集成为一个。",
    ),
    "transfer": Row(
        "guandian.cli.transfer:transfer",
        "Learn from some domains, score on others. 领域迁移：在一些领域上训练，在其他领域上评测。",
    ),
    "rates": Row(
        "guandian.cli.rates:rates",
        "Find a learning rate and draw its curve. 寻找学习率并画出曲线。",
    ),
    "tune": Row(
        "guandian.cli.tune:tune",
        "Search for a better recipe. 搜索更好的配方。",
    ),
    "models": Row(
        "guandian.cli.models:app",
        "Compare pretrained models by one recipe. 用同一配方比较预训练模型。",
    ),
    "evaluate": Row(
        "guandian.cli.evaluate:evaluate",
        "Score a bundle on labelled reviews. 在标注评论上评测模型包。",
    ),
    "runs": Row(
        "guandian.cli.runs:app",
        "List, show and compare trainings. 列出、查看、比较训练。",
    ),
    "tokenize": Row(
        "guandian.cli.tokenize:tokenize",
        "Split reviews into words, one review a line. 给评论分词。",
    ),
    "vectorise": Row(
        "guandian.cli.vectorise:vectorise",
        "Turn reviews into vectors for classic models. 把评论变成向量。",
    ),
    "report": Row(
        "guandian.cli.report:report",
        "Draw a page of charts from mined reviews. 把挖掘结果画成一页图表。",
    ),
}


class LazyGroup(TyperGroup):
    """A command group that reads `COMMANDS` and imports a subcommand when it is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """The command of that name, None when there is none."""
        row = COMMANDS.get(cmd_name)
        return load(cmd_name, row) if row else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was asked for; an unknown one is told with those that are like it."""
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            error.message = _with_likely(error.message, get_close_matches(args[0], COMMANDS))
            raise

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Read the command line."""
        with _stoppable():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand."""
        with _stoppable():
            return super().invoke(ctx)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the list of subcommands from the table alone."""
        if COMMANDS:
            with formatter.section("Commands"):
                formatter.write_dl([(name, _said(row.summary)) for name, row in COMMANDS.items()])


def load(name: str, row: Row) -> Any:
    """Import a subcommand and return it as a click command called `name`."""
    module, attribute = row.target.split(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
        found.command(name)(function)
    command = typer.main.get_command(found)
    command.name = name
    for each in (command, *getattr(command, "commands", {}).values()):
        each.help = _said(each.help or "")
        if not any("--language" in option.opts for option in each.params):
            each.params.append(_language_behind())
    return command


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"guandian {__version__}")
        raise typer.Exit


def _language(asked: Wanted | None) -> None:
    if asked is not None:
        os.environ[VARIABLE] = asked


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    language: Annotated[
        Wanted | None,
        typer.Option(
            envvar=VARIABLE,
            callback=_language,
            is_eager=True,
            help="Of messages, tables and errors; by default both. 消息、表格、错误的语言。",
        ),
    ] = None,
) -> None:
    """Opinions from product reviews, with their evidence. 从商品评论中挖掘观点，句句有据。"""


def _language_behind() -> Any:
    """`--language` behind a subcommand, whose function does not see it."""
    behind = typer.Typer(add_completion=False)

    @behind.command()
    def only(
        language: Annotated[
            Wanted | None,
            typer.Option(callback=_language, is_eager=True, hidden=True, expose_value=False),
        ] = None,
    ) -> None: ...

    return typer.main.get_command(behind).params[0]


def _said(words: str) -> str:
    """The first line of a help, `English. 中文。`, in the language that is wanted."""
    first, *rest = words.split("\n", 1)
    sides = re.fullmatch(r"(.*?) ([\u4e00-\u9fff].*)", first)
    return "\n".join([say(sides[2], sides[1]) if sides and wanted() != "both" else first, *rest])


def _with_likely(message: str, names: Iterable[str]) -> str:
    likely = ", ".join(map(repr, names))
    return f"{message.rstrip('.')}. Did you mean {likely}?" if likely else message


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C that a subcommand does not tell of itself has left nothing behind."""
    try:
        yield
    except KeyboardInterrupt:
        from rich.console import Console

        from guandian.cli.resuming import tell_resume

        tell_resume(Console(stderr=True, highlight=False), None)
        raise typer.Exit(130) from None


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    prepare_streams()
    try:
        try:
            code = app(prog_name="guandian", standalone_mode=False)
        except typer.TyperException as error:
            code = _refuse(error)
        except typer.Abort:
            code = _fail("aborted")
        finally:
            finish_streams()
    except GuandianError as error:
        sys.exit(_fail(str(error)))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sys.exit(_fail(f"{place}{error.strerror or error}"))
    sys.exit(code)


def _refuse(error: typer.TyperException) -> int:
    """Tell what is wrong with the command line itself."""
    context, words = getattr(error, "ctx", None), error.format_message()
    if context is None or words == context.get_help():
        typer.echo(words, err=True)
        return error.exit_code
    if likely := getattr(error, "possibilities", None):
        words = _with_likely(error.message, likely)
    command = f"{context.command_path} --help"
    typer.echo(context.get_usage(), err=True)
    typer.echo(say(f"帮助：{command}", f"Try '{command}' for help.", "\n") + "\n", err=True)
    for each in told(words):
        typer.echo(f"{'Error' if each == words else '错误'}: {each}", err=True)
    return error.exit_code


def _fail(message: str) -> int:
    for each in told(message):
        typer.echo(f"guandian: {each}", err=True)
    return 2
