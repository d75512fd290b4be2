"""The `guandian` command: a table of subcommands, each imported only when it is called.

To add a subcommand, write `guandian/cli/NAME.py` and add a row to `COMMANDS`. The row's target is
`module:attribute`; the attribute is either

- a function whose parameters carry typer annotations (`guandian mine`), or
- a `typer.Typer` with several commands of its own (`guandian data check`).

The row's summary is what `guandian --help` prints, so that the help needs none of the modules; a
test keeps it equal to the first line of the docstring. A command raises `GuandianError` for what
the caller can repair: it is printed as one message and the exit code is 2. Ctrl-C exits with 130,
SIGTERM with 143.
`--language` stands before or behind the subcommand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from guandian import __version__
from guandian.cli.console.help import Told, called
from guandian.cli.console.options import OneValue
from guandian.cli.console.signals import leave, listen, settle, status
from guandian.cli.console.streams import STREAMS, finish_streams, prepare_streams
from guandian.errors import GuandianError, called_for, near_names, reason
from guandian.wording import VARIABLE, WANTED, Wanted, placeholder, say, told


class CommandRow(NamedTuple):
    """A subcommand's target (`module:attribute`) and its line in `guandian --help`."""

    target: str
    summary: str


_HELP = ("--help", "-h")
_LIKELY = 4
"""The most commands that an unknown one is told to be like."""
COMMANDS: dict[str, CommandRow] = {
    "mine": CommandRow(
        "guandian.cli.mine:mine",
        "Mine opinions from reviews.",
    ),
    "explain": CommandRow(
        "guandian.cli.trust.explain:explain",
        "Tell which words made the answers to a review.",
    ),
    "audit": CommandRow(
        "guandian.cli.audit.commands:app",
        "Audit a model: how it holds under stress, whom it treats alike.",
    ),
    "data": CommandRow(
        "guandian.cli.data.commands:app",
        "Look at labelled sets before learning from them.",
    ),
    "train": CommandRow(
        "guandian.cli.train:train",
        "Fine-tune a model by a recipe.",
    ),
    "ensemble": CommandRow(
        "guandian.cli.ensemble:ensemble",
        "Make bundles answer as one.",
    ),
    "average": CommandRow(
        "guandian.cli.average:average",
        "Average the weights of runs of one recipe.",
    ),
    "compress": CommandRow(
        "guandian.cli.runners.compressing:compress",
        "Make a model smaller in several ways, and say which to take.",
    ),
    "transfer": CommandRow(
        "guandian.cli.transfer:transfer",
        "Learn from some domains, score on others.",
    ),
    "continual": CommandRow(
        "guandian.cli.trust.continual:continual",
        "Learn domains one after another, and tell what is forgotten.",
    ),
    "rates": CommandRow(
        "guandian.cli.rates:rates",
        "Find a learning rate and draw its curve.",
    ),
    "tune": CommandRow(
        "guandian.cli.tune:tune",
        "Search for a better recipe.",
    ),
    "models": CommandRow(
        "guandian.cli.models:app",
        "Compare pretrained models by one recipe; try, promote and roll back served ones.",
    ),
    "adapters": CommandRow(
        "guandian.cli.serving.adapters:app",
        "Make and show adapters: what one tenant's labelled reviews taught, beside a base.",
    ),
    "evaluate": CommandRow(
        "guandian.cli.evaluate:evaluate",
        "Score a bundle on labelled reviews.",
    ),
    "promise": CommandRow(
        "guandian.cli.trust.promise:promise",
        "Measure which precision a model can promise.",
    ),
    "runs": CommandRow(
        "guandian.cli.runs:app",
        "List, show and compare trainings.",
    ),
    "tokenize": CommandRow(
        "guandian.cli.tokenize:tokenize",
        "Split reviews into words, one review a line.",
    ),
    "vectorise": CommandRow(
        "guandian.cli.vectorise:vectorise",
        "Turn reviews into vectors for classic models.",
    ),
    "report": CommandRow(
        "guandian.cli.report:report",
        "Draw a page of charts from mined reviews.",
    ),
    "summarise": CommandRow(
        "guandian.cli.asking.summarise:summarise",
        "Sum up many reviews: key points with numbers, and quotes.",
    ),
    "ask": CommandRow(
        "guandian.cli.asking.ask:ask_question",
        "Answer a question about reviews by one typed call.",
    ),
    "store": CommandRow(
        "guandian.cli.serving.store:app",
        "Keep mined reviews and ask them.",
    ),
    "serve": CommandRow(
        "guandian.cli.serving.serve:serve",
        "Serve mining, questions and the dashboard over HTTP.",
    ),
    "mcp": CommandRow(
        "guandian.cli.serving.mcp:mcp",
        "Offer a service to agents, by the Model Context Protocol over standard input and output.",
    ),
    "keys": CommandRow(
        "guandian.cli.serving.keys:app",
        "Make, list, rotate and revoke the keys of the service.",
    ),
    "watch": CommandRow(
        "guandian.cli.serving.watch:watch",
        "Watch a store, or reviews as they come, and tell when complaints surge.",
    ),
    "channels": CommandRow(
        "guandian.cli.serving.channels:app",
        "Set, list, try and remove the places where alerts are sent.",
    ),
    "replay": CommandRow(
        "guandian.cli.serving.replay:replay",
        "Tell which alerts would have fired over a store's history.",
    ),
    "headlines": CommandRow(
        "guandian.cli.headlines:app",
        "Tell topic and sentiment of headlines.",
    ),
    "knowledge": CommandRow(
        "guandian.cli.knowledge.commands:app",
        "Read catalogues and lexicons, link reviews to them, learn names from labels.",
    ),
    "media": CommandRow(
        "guandian.cli.media.media_commands:app",
        "Read pictures and speech as reviews, and show opinions on them.",
    ),
    "aspects": CommandRow(
        "guandian.cli.proposed_names:propose_names",
        "Propose names of aspects that mean one thing.",
    ),
    "recommend": CommandRow(
        "guandian.cli.recommending.recommend:app",
        "Recommend items, each with its reason and quotes.",
    ),
    "assist": CommandRow(
        "guandian.cli.assist.commands:app",
        "Understand what people write to a shop, and help to answer it.",
    ),
}


class ToldCommand(OneValue, Told, TyperCommand):
    """A command."""


class ToldGroup(OneValue, Told, TyperGroup):
    """A command with commands of its own."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was asked for; an unknown one is told with those that are like it."""
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            within = "" if ctx.parent is None else str(ctx.info_name)
            error.message = _with_likely(
                f"No such command {args[0]!r}.", likely_commands(args[0], within)
            )
            raise


class LazyGroup(ToldGroup):
    """A command group that reads `COMMANDS` and imports a subcommand when it is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """The command of that name, None when there is none."""
        row = COMMANDS.get(cmd_name)
        return load_command(cmd_name, row) if row else None

    def summaries(self, ctx: Any) -> Iterable[tuple[str, str]]:
        """The subcommands, by the table alone."""
        return [(name, row.summary) for name, row in COMMANDS.items()]

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Read the command line."""
        with _stoppable():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand."""
        with _stoppable():
            return super().invoke(ctx)


@cache
def load_command(name: str, row: CommandRow) -> Any:
    """Import a subcommand and return it as a click command called `name`."""
    module, attribute = row.target.split(":")
    group = getattr(import_module(module), attribute)
    if not isinstance(group, typer.Typer):
        function, group = group, typer.Typer(add_completion=False, rich_markup_mode=None)
        group.command(name)(function)
    group.info.cls = ToldGroup
    for subcommand in group.registered_commands:
        subcommand.cls = ToldCommand
    command = typer.main.get_command(group)
    command.name = name
    for entry in (command, *getattr(command, "commands", {}).values()):
        # click keeps the option that it makes at the first call, whoever calls it
        entry.context_settings.setdefault("help_option_names", [*_HELP])
        for parameter in entry.params:
            if parameter.param_type_name == "argument":
                parameter.metavar = called(parameter)
        if not any("--language" in parameter.opts for parameter in entry.params):
            entry.params.append(_language_behind())
    return command


def likely_commands(word: str, within: str = "") -> list[str]:
    """The commands whose last word is the given one, else those like it: `data doubts`.

    Args:
        word: what was typed.
        within: the group that it was typed behind, whose commands come first.
    """
    paths: dict[str, list[str]] = {}
    for name, row in COMMANDS.items():
        paths.setdefault(name, []).append(name)
        for inner in getattr(load_command(name, row), "commands", ()):
            paths.setdefault(inner, []).append(f"{name} {inner}")
    words = [word] if word in paths else near_names(word, paths, 0.7)
    commands = [path for near in words for path in paths[near]]
    commands.sort(key=lambda path: (not path.startswith(f"{within} "), path.count(" ")))
    return commands[:_LIKELY]


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": [*_HELP]},
)


def _version(flag: bool) -> None:
    if flag:
        typer.echo(f"guandian {__version__}")
        raise typer.Exit


def _language(language: Wanted | None) -> None:
    if language is not None:
        os.environ[VARIABLE] = language


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
            help="Of messages, tables and errors; by default both.",
        ),
    ] = None,
) -> None:
    """Opinions from product reviews, with their evidence."""


def asked_for(words: Sequence[str]) -> Wanted | None:
    """The language that a command line asks for, wherever it does: errors come first."""
    for k, word in enumerate(words):
        if word == "--":
            return None
        name, equals, value = word.partition("=")
        if name == "--language":
            value = value if equals else "".join(words[k + 1 : k + 2])
            return next((language for language in WANTED if language == value), None)
    return None


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


def _with_likely(message: str, names: Iterable[str]) -> str:
    likely = ", ".join(map(repr, names))
    return f"{message.rstrip('.')}. Did you mean {likely}?" if likely else message


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C that a subcommand does not tell of itself has left nothing behind."""
    try:
        yield
    except KeyboardInterrupt:
        settle()
        from rich.console import Console

        from guandian.cli.console.resuming import tell_resume

        tell_resume(Console(stderr=True, highlight=False), None)
        raise typer.Exit(130) from None


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    listen()
    prepare_streams()
    _language(asked_for(sys.argv[1:]))
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
        sys.exit(_fail(str(_of_system(error))))
    leave(status(code))


def _refuse(error: typer.TyperException) -> int:
    """Tell what is wrong with the command line itself."""
    context, words = getattr(error, "ctx", None), error.format_message()
    if context is not None and words == context.get_help():
        typer.echo(words, err=True)
        return error.exit_code
    if context is not None:
        command = f"{context.command_path} --help"
        typer.echo(context.get_usage(), err=True)
        typer.echo(say("Try '{command}' for help.", between="\n", command=command) + "\n", err=True)
    words = _explained(error, words)
    for line in told(words):
        if line == words:
            typer.echo(f"Error: {line}", err=True)
            continue
        parameter = getattr(error, "param", None)
        word = called(parameter) if isinstance(parameter, TyperArgument) else ""
        chinese = line.replace(f"'{word}'", f"'{placeholder(word).zh}'") if word else line
        typer.echo(f"错误：{chinese}", err=True)
    return error.exit_code


def _explained(error: typer.TyperException, words: str) -> str:
    """The fault in typer's words, with the value that was given and those that are like it."""
    if likely := getattr(error, "possibilities", None):
        return _with_likely(error.message, likely)
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if option and context:
        names = [name for row in context.command.get_params(context) for name in row.opts]
        long = [name for name in names if name.startswith("--")]
        return _with_likely(words, near_names(option, long))
    wrong = getattr(error.__cause__, "errors", None)
    if wrong is None:
        return words
    value, words = wrong()[0].get("input"), words.replace("Value error, ", "")
    descriptor = error.param.type_descriptor  # type: ignore[attr-defined]
    if descriptor.is_datetime:
        (form,) = descriptor.parameter_info.formats
        return f"{words.partition(': ')[0]}: {value!r} is no day such as {date.today():{form}}"
    if descriptor.choices is None:
        first = wrong()[0]
        own = first["type"] in ("value_error", "assertion_error")
        wrongly = words.partition(": ")[2] if own else f"takes {called_for(first)}"
        return f"{words.partition(': ')[0]}: {wrongly}, got {value!r}"
    return _with_likely(words, near_names(str(value), descriptor.choices))


def _of_system(error: OSError) -> GuandianError:
    """The error that the system gives a command, with what to do about it."""
    from guandian.io.atomic import cannot_write, is_full, why_not_written

    target, why = error.filename or "standard output", why_not_written(error)
    if not cannot_write(error):
        if target in STREAMS:
            return GuandianError(f"cannot use {target}: {why}", "it is closed: let it go somewhere")
        problem = reason(error) if error.filename is None else f"cannot use {target}: {why}"
        return GuandianError(problem, "check the name, the folder and who may use them")
    if target in STREAMS:
        return GuandianError(
            f"cannot write {target}: {why}", "make room where it goes, or let it go elsewhere"
        )
    room, elsewhere = "make room there", "choose another place with -o"
    return GuandianError(f"cannot write {target}: {why}", room if is_full(error) else elsewhere)


def _fail(message: str) -> int:
    for line in told(message):
        typer.echo(f"guandian: {line}", err=True)
    return 2
