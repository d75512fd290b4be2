"""The `guandian` command: a table of subcommands, each imported only when it is called.

To add a subcommand, write `guandian/cli/NAME.py` and add a row to `COMMANDS`. The row's target is
`module:attribute`; the attribute is either

- a function whose parameters carry typer annotations (`guandian mine`), or
- a `typer.Typer` with several commands of its own (`guandian data check`).

The row's summary is what `guandian --help` prints, so that the help needs none of the modules; a
test keeps it equal to the first line of the docstring. A command raises `GuandianError` for what
the caller can repair: it is printed as one message and the exit code is 2. Ctrl-C exits with 130.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from guandian import __version__
from guandian.cli.streams import finish_streams, prepare_streams
from guandian.errors import GuandianError


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

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the list of subcommands from the table alone."""
        if COMMANDS:
            with formatter.section("Commands"):
                formatter.write_dl([(name, row.summary) for name, row in COMMANDS.items()])


def load(name: str, row: Row) -> Any:
    """Import a subcommand and return it as a click command called `name`."""
    module, attribute = row.target.split(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
        found.command(name)(function)
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"guandian {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Opinions from product reviews, with their evidence. 从商品评论中挖掘观点，句句有据。"""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    prepare_streams()
    try:
        try:
            app(prog_name="guandian")
        finally:
            finish_streams()
    except GuandianError as error:
        sys.exit(_fail(str(error)))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sys.exit(_fail(f"{place}{error.strerror or error}"))


def _fail(message: str) -> int:
    typer.echo(f"guandian: {message}", err=True)
    return 2
