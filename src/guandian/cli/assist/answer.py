"""`guandian assist answer`: answers from a shop's own files, each sentence with its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.cli.assist.given_messages import PipedColumns, PipedFormat, given_messages
from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.assist.answers.answerer import Answerer
    from guandian.assist.answers.knowledge import Knowledge


def answer(
    questions: Annotated[
        list[str] | None, typer.Argument(help="Questions; without one they are read from input.")
    ] = None,
    knowledge: Annotated[
        list[Path] | None,
        typer.Option(
            "--knowledge", help="FAQs, past replies (CSV, JSON Lines), manuals (text, Markdown)."
        ),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="What `guandian assist train --pairs` wrote."),
    ] = None,
    prepared: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="What --save wrote, in place of files."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the knowledge there, prepared.")
    ] = None,
    dialogue: Annotated[
        bool, typer.Option("--dialogue", help="The questions follow each other.")
    ] = False,
    format: PipedFormat = None,
    columns: PipedColumns = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print JSON Lines.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Rows that cannot be read go there; without it the first one stops."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
) -> None:
    """Answer questions from a shop's own files, or hand over."""
    from guandian.assist.answers.answer_files import refuse_answers_folder
    from guandian.assist.dialogue.conversation import Conversation
    from guandian.cli.tables.answer_tables import show_answer
    from guandian.io.output_guard import keep_apart, keep_files_apart, refuse_outputs

    files = knowledge or []
    if bool(files) == (prepared is not None):
        raise GuandianError(
            "nothing to answer from was named"
            if not files
            else "both files and prepared knowledge were named",
            "say --knowledge FILE, or --from FOLDER",
        )
    reads = [*files, models, prepared]
    keep_apart([path for path in (save,) if path is not None], reads)
    keep_files_apart([rejects], reads)
    refuse_outputs([rejects], overwrite=overwrite)
    if save is not None:
        refuse_answers_folder(save, overwrite=overwrite)
    answerer = _answerer(files, models, prepared, rejects, overwrite=overwrite)
    if save is not None:
        _save(answerer, save, models, overwrite=overwrite)
    if not questions and save is not None:
        return
    conversation = Conversation() if dialogue else None
    for question in given_messages(questions, format, columns):
        result = answerer.answer(question, conversation)
        if json_lines:
            typer.echo(json.dumps(result.as_json(), ensure_ascii=False))
        else:
            show_answer(question, result)


def _answerer(
    files: Sequence[Path],
    models: Path | None,
    prepared: Path | None,
    rejects: Path | None,
    *,
    overwrite: bool,
) -> Answerer:
    from guandian.assist.answers.answer_files import open_models
    from guandian.assist.answers.answerer import Answerer
    from guandian.assist.answers.knowledge import Knowledge
    from guandian.assist.answers.retriever import Retriever
    from guandian.files import RejectFile

    if prepared is not None:
        return Answerer.open(prepared)
    opened = None if models is None else open_models(models)
    with RejectFile(rejects, overwrite=overwrite) as reject_file:
        read = Knowledge.read(files, reject_file if rejects is not None else None)
    _tell(read, reject_file.count)
    if opened is None:
        return Answerer(Retriever(read))
    encoder, scorer, answerability = opened
    return Answerer(Retriever(read, encoder, scorer=scorer), answerability)


def _tell(knowledge: Knowledge, rejected: int) -> None:
    """What the owner of the files must know, on standard error."""
    if rejected:
        typer.echo(
            f"{say('note')}: {counted(rejected, 'rows', sense='counted')} {say('rejected')}",
            err=True,
        )
    for pair in knowledge.contradictions:
        words = say(
            "two answers to {question!r}: {first}, line {line}, and {second}, line {other}",
            question=pair.second.question.partition("\n")[0][:60],
            first=pair.first.file,
            line=pair.first.line,
            second=pair.second.file,
            other=pair.second.line,
        )
        typer.echo(f"{say('note')}: {words}", err=True)


def _save(answerer: Answerer, folder: Path, models: Path | None, *, overwrite: bool) -> None:
    from guandian.assist.answers.answer_files import save_answers

    save_answers(answerer.retriever, answerer.answerability, folder, models, overwrite=overwrite)
    typer.echo(f"{counted(len(answerer.knowledge), 'passages')} -> {folder}", err=True)
