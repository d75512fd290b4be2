"""`guandian assist evaluate`: how well that helps, beside trivial controls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guandian.errors import GuandianError
from guandian.wording import say


def evaluate(
    intents: Annotated[
        Path | None, typer.Option(help="Messages with their intents that nothing was learned from.")
    ] = None,
    dialogues: Annotated[
        list[Path] | None,
        typer.Option(help="Dialogues with ratings, JSON or JSON Lines; may be repeated."),
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Questions with words of their answers, or ids of passages.")
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
    model: Annotated[
        Path, typer.Option(metavar="FOLDER", help="What `guandian assist train --intents` wrote.")
    ] = Path("intents"),
    outside: Annotated[
        Path | None, typer.Option("--out-of-scope", help="Messages about anything else.")
    ] = None,
    examples: Annotated[
        list[Path] | None,
        typer.Option(
            help="What it was trained on, for the control by words alone; may be repeated."
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="ROLE=COLUMN", help="Columns by name: text=NAME, intent=NAME."
        ),
    ] = None,
    json_out: Annotated[Path | None, typer.Option(help="Write the figures there, as JSON.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
) -> None:
    """Score what was trained on messages of people."""
    if dialogues:
        from guandian.cli.assist.judge import score_dialogues

        score_dialogues(dialogues, json_out, overwrite=overwrite)
        return
    if questions is not None and intents is None:
        from guandian.cli.assist.answer_options import evaluate_answers

        evaluate_answers(questions, knowledge or (), models, json_out, overwrite=overwrite)
        return
    if intents is None:
        raise GuandianError(
            "nothing to score on was named",
            "say --intents FILE, --questions FILE or --dialogues FILE",
        )
    _score_intents(intents, model, outside, examples, columns, json_out, overwrite=overwrite)


def _score_intents(
    intents: Path,
    model: Path,
    outside: Path | None,
    examples: list[Path] | None,
    columns: list[str] | None,
    json_out: Path | None,
    *,
    overwrite: bool,
) -> None:
    from guandian.assist.understanding.intents.examples import (
        read_examples,
        read_labelled,
        read_messages,
    )
    from guandian.assist.understanding.intents.intent_folder import open_intents
    from guandian.cli.assist.train import columns_by_role
    from guandian.cli.tables.assist_tables import show_intent_scores
    from guandian.io.atomic import write_json_whole
    from guandian.io.optional_libraries import needs
    from guandian.io.output_guard import keep_files_apart, refuse_outputs

    keep_files_apart([json_out], [intents, model, outside, *(examples or ())])
    chosen = columns_by_role(columns)
    opened = open_intents(model)
    rows = read_labelled(intents, chosen)
    others = [] if outside is None else read_messages(outside, chosen)
    taught = None if not examples else read_examples(examples, chosen)
    refuse_outputs([json_out], overwrite=overwrite)
    if taught is not None:
        needs("sklearn", "train", "the control by words")
    from guandian.pipelines.intents.evaluation import evaluate_intents

    scores = evaluate_intents(
        opened,
        [row.text for row in rows],
        [row.intent for row in rows],
        others,
        None if taught is None else (taught.texts, taught.intents),
    )
    show_intent_scores(scores)
    if json_out is not None:
        write_json_whole(json_out, scores.to_json(), overwrite=overwrite)
        typer.echo(f"{say('figures')} -> {json_out}", err=True)
