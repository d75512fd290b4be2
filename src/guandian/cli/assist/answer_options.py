"""`train --pairs` and `evaluate --questions` of `guandian assist`: what finds a shop's answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from guandian.errors import GuandianError
from guandian.wording import counted, say

EPOCHS = 2


def train_on_pairs(
    pairs: Sequence[Path],
    same: Sequence[Path],
    out: Path,
    base: str,
    root: Path,
    *,
    epochs: int | None,
    seed: int,
    overwrite: bool,
) -> None:
    """Fine-tune what finds answers on past questions with their best answers, and compare."""
    from guandian.assist.answers.answer_files import refuse_models_folder
    from guandian.cli.tables.answer_tables import show_training
    from guandian.io.optional_libraries import needs
    from guandian.io.output_guard import keep_apart
    from guandian.pipelines.answering.held_out_pairs import (
        read_answer_pairs,
        read_same,
        split_pairs,
    )
    from guandian.pipelines.base_models import folder_named

    keep_apart([out], [*pairs, *same])
    refuse_models_folder(out, overwrite=overwrite)
    split = split_pairs(read_answer_pairs(pairs), seed)
    labelled = tuple(read_same(same))
    for library in ("torch", "transformers", "sklearn", "onnxscript"):
        needs(library, "train", "learning from pairs")
    from guandian.pipelines.answering.train_retriever import TrainingPlan, train_models
    from guandian.training.pairs.text_batches import PairSettings

    folder = folder_named(base, root)
    plan = TrainingPlan(
        base if folder is None else str(folder),
        split,
        labelled,
        PairSettings(epochs=epochs or EPOCHS, seed=seed),
        tuple(path.name for path in (*pairs, *same)),
    )
    screen = Console(stderr=True, highlight=False, markup=False)

    def tell(part: str, step: int, steps: int, loss: float) -> None:
        if step % 20 == 0 or step == steps:
            words = say(
                "step {step} of {steps}, loss {loss:.3f}", step=step, steps=steps, loss=loss
            )
            screen.print(f"{part}: {words}", soft_wrap=True)

    report = train_models(plan, out, tell, overwrite=overwrite)
    show_training(report)
    typer.echo(f"{counted(len(split.train), 'pairs')} -> {out}", err=True)


def evaluate_answers(
    questions: Path,
    knowledge: Sequence[Path],
    models: Path | None,
    json_out: Path | None,
    *,
    overwrite: bool,
) -> None:
    """Score answers on questions whose right passages are known."""
    from guandian.assist.answers.answer_files import open_models
    from guandian.assist.answers.knowledge import Knowledge
    from guandian.assist.answers.refusing.default_thresholds import BY_WORDS
    from guandian.assist.answers.retriever import Retriever
    from guandian.cli.tables.answer_tables import show_answer_scores
    from guandian.io.atomic import write_json_whole
    from guandian.io.optional_libraries import needs
    from guandian.io.output_guard import keep_files_apart, refuse_outputs
    from guandian.pipelines.answering.answer_scores import read_questions, score_exam

    keep_files_apart([json_out], [questions, models, *knowledge])
    read = Knowledge.read(knowledge)
    exam = read_questions(questions, read)
    if not exam:
        raise GuandianError(f"{questions} has no question", "give questions with their answers")
    refuse_outputs([json_out], overwrite=overwrite)
    needs("sklearn", "train", "scoring answers")
    retriever, answerability = Retriever(read), BY_WORDS
    if models is not None:
        encoder, scorer, answerability = open_models(models)
        retriever = Retriever(read, encoder, scorer=scorer)
    scores = score_exam(retriever, answerability, exam)
    show_answer_scores(scores)
    if json_out is not None:
        write_json_whole(json_out, scores.to_json(), overwrite=overwrite)
        typer.echo(f"{say('figures')} -> {json_out}", err=True)
