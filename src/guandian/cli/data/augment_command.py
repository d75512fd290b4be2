"""`guandian data augment`: changed copies of labelled reviews, to learn from besides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console
from rich.progress import track
from rich.text import Text

from guandian.cli.console.log_lines import LogLines
from guandian.cli.console.resuming import tell_resume
from guandian.cli.console.signals import settle
from guandian.data import read
from guandian.data.augmentation import (
    KINDS,
    Augmenter,
    Kind,
    Translator,
    changes,
    load_lexicon,
    neighbour_words,
    new_copies,
    read_vectors,
    translated,
)
from guandian.data.readers.guandian_jsonl import own_line
from guandian.domain import Labelled
from guandian.errors import GuandianError, likely
from guandian.io.atomic import write_whole
from guandian.io.output_guard import keep_files_apart, refuse_outputs, require_ending
from guandian.wording import counted, say

_SHARE = 0.1
_AT_ONCE = 32  # reviews; what was made before an interrupt is kept
_SAID_ANEW = ("translate", "paraphrase")
Copying = Callable[[Sequence[Labelled]], list[Labelled]]


def augment(
    file: Annotated[Path, typer.Argument(help="Labelled reviews in guandian's own JSON Lines.")],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            help="The copies, in the same format.",
        ),
    ],
    kind: Annotated[
        list[str],
        typer.Option(
            help="May be repeated: synonyms, similar, delete, swap, homophones, look_alikes, "
            "split, pinyin, thin; or one alone: translate, paraphrase."
        ),
    ],
    times: Annotated[int, typer.Option(help="Copies of each review.", min=1, max=100)] = 1,
    share: Annotated[
        float | None,
        typer.Option(
            help=f"Of the words that a copy has changed; by default {_SHARE}.", min=0.01, max=0.95
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other copies.", min=0)] = 1,
    lexicon: Annotated[
        Path | None, typer.Option(help="Words of your own that say the same.")
    ] = None,
    vectors: Annotated[
        Path | None, typer.Option(help="For similar: a text file of word2vec or GloVe.")
    ] = None,
    translator: Annotated[
        list[str] | None,
        typer.Option(metavar="ZH-EN=FOLDER", help="A translation model; one for each direction."),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A chat interface like OpenAI's: reviews are sent there."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model of the endpoint.")] = None,
    key_variable: Annotated[
        str | None, typer.Option(help="The environment variable with the endpoint's key.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists.")
    ] = False,
) -> None:
    """Write changed copies of labelled reviews, every span where it belongs."""
    models = [named.partition("=")[2] for named in translator or ()]
    keep_files_apart([out], [file, lexicon, vectors, *models])
    require_ending(out, (".jsonl", ".ndjson"))
    _refuse(kind, vectors=vectors, translator=translator, endpoint=endpoint, model=model)
    anew = kind[0] in _SAID_ANEW
    useless = {
        "--lexicon": anew and lexicon is not None,
        "--share": anew and share is not None,
        "--key-variable": endpoint is None and key_variable is not None,
    }
    if unread := [name for name, there in useless.items() if there]:
        raise GuandianError(
            f"nothing that was asked for reads {unread[0]}", f"leave {unread[0]} out"
        )
    records = list(read("guandian", file))
    if not records:
        raise GuandianError(f"{file} holds no review", "name a file with labelled reviews")
    refuse_outputs([out], overwrite=overwrite)
    copying: Copying
    if anew:
        chosen = _translator(translator, endpoint, model, key_variable, seed)
        copying = partial(
            translated, translator=chosen, paraphrase=kind[0] == "paraphrase", times=times
        )
    else:
        words = load_lexicon(lexicon)
        known = read_vectors(vectors, neighbour_words(records)) if vectors else None
        ways = changes(cast(list[Kind], kind), share or _SHARE, words, known)
        copying = partial(_copies, augmenter=Augmenter(ways, times, seed))
    others = [name for name in (*KINDS, *_SAID_ANEW) if name not in kind]
    _write(records, copying, out, others, overwrite=overwrite)


def _copies(records: Sequence[Labelled], augmenter: Augmenter) -> list[Labelled]:
    return [copy for record in records for copy in augmenter.copies(record)]


def _refuse(
    kinds: Sequence[str],
    *,
    vectors: Path | None,
    translator: list[str] | None,
    endpoint: str | None,
    model: str | None,
) -> None:
    """Refuse options that do not go together, before anything is read."""
    if unknown := [name for name in kinds if name not in (*KINDS, *_SAID_ANEW)]:
        raise GuandianError(
            f"no --kind {unknown[0]}",
            f"{likely(unknown[0], (*KINDS, *_SAID_ANEW))}the kinds are: "
            f"{', '.join((*KINDS, *_SAID_ANEW))}",
        )
    anew = [name for name in kinds if name in _SAID_ANEW]
    if anew and len(kinds) > 1:
        raise GuandianError(
            f"--kind {anew[0]} stands alone", "run the command once for it, once for the others"
        )
    if anew and bool(translator) == bool(endpoint):
        raise GuandianError(
            f"--kind {anew[0]} needs a translator: models or an endpoint, not both",
            "--translator zh-en=FOLDER --translator en-zh=FOLDER, or --endpoint URL --model NAME",
        )
    if not anew and (translator or endpoint):
        raise GuandianError(
            f"--kind {', '.join(kinds)} asks no translator", "leave --translator and --endpoint out"
        )
    if bool(endpoint) != bool(model):
        raise GuandianError("--endpoint and --model go together", "--endpoint URL --model NAME")
    if ("similar" in kinds) != (vectors is not None):
        raise GuandianError(
            "--vectors and --kind similar go together", "--kind similar --vectors FILE"
        )


def _translator(
    models: list[str] | None,
    endpoint: str | None,
    model: str | None,
    key_variable: str | None,
    seed: int,
) -> Translator:
    if endpoint and model:
        from guandian.data.augmentation.chat_translator import Endpoint

        return Endpoint(endpoint, model, key_variable)
    from guandian.pipelines import open_translator

    return open_translator(models or (), seed)


def _write(
    records: Sequence[Labelled],
    copying: Copying,
    out: Path,
    others: Sequence[str],
    *,
    overwrite: bool,
) -> None:
    """Make the copies and write them; those that were made before an error or Ctrl-C too.

    Raises:
        GuandianError: there is none, with the other kinds that could be asked for.
    """
    screen = Console(stderr=True, highlight=False)
    copies: list[Labelled] = []
    stopped: BaseException | None = None
    starts = range(0, len(records), _AT_ONCE)
    quiet, lines = not screen.is_terminal, LogLines(screen)
    lines.total = len(records)
    try:
        for start in track(
            starts, say("augmenting"), console=screen, transient=True, disable=quiet
        ):
            batch = records[start : start + _AT_ONCE]
            copies += copying(batch)
            lines.advance(len(batch))
    except (GuandianError, KeyboardInterrupt) as error:
        stopped = error
        if isinstance(error, KeyboardInterrupt):
            settle()
    written = list(new_copies(copies, records))
    if written:
        write_whole(out, b"".join(map(own_line, written)), overwrite=overwrite)
        copied = len({copy.original for copy in written})
        line = (
            f"{counted(len(records), 'reviews')}, "
            f"{copied:,} {say('changed')}, "
            f"{counted(len(written), 'copies')} → {out}"
        )
        screen.print(Text(line), soft_wrap=True)
    if isinstance(stopped, KeyboardInterrupt) and written:
        words = say("the copies made so far are written")
        tell_resume(screen, words, again="--overwrite")
        raise typer.Exit(130)
    if stopped is not None:
        raise stopped
    if not written:
        raise GuandianError(
            f"not one of the {len(records):,} reviews could be changed; {out} is not written",
            f"give longer reviews, or ask for another --kind: {', '.join(others)}",
        )
