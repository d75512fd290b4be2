"""`guandian assist train`: what a shop has in its files becomes what helps to answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.assist.understanding.intents.examples import IntentExamples
    from guandian.training.contrastive.tuning import TuningStep


def train(
    intents: Annotated[
        list[Path] | None,
        typer.Option(help="Examples of intents: a text and its intent a row; may be repeated."),
    ] = None,
    dialogues: Annotated[
        list[Path] | None,
        typer.Option(help="Dialogues with ratings, JSON or JSON Lines; may be repeated."),
    ] = None,
    pairs: Annotated[
        list[Path] | None,
        typer.Option(help="Past questions with their best answers; may be repeated."),
    ] = None,
    same: Annotated[
        list[Path] | None,
        typer.Option(help="Pairs of texts, labelled 1 where they mean the same; may be repeated."),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FOLDER", help="Where it goes.")
    ] = Path("intents"),
    base: Annotated[
        str, typer.Option(metavar="MODEL", help="The encoder to begin with: a folder or an id.")
    ] = "multilingual-e5-small-zh-en",
    epochs: Annotated[
        int | None,
        typer.Option(min=0, max=100, help="Times that every example is read; 0 tunes nothing."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 1,
    root: Annotated[
        Path, typer.Option(help="The data folder, beside which models are looked for.")
    ] = Path("data"),
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="ROLE=COLUMN", help="Columns by name: text=NAME, intent=NAME."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
) -> None:
    """Train intents on examples, finding answers on past ones, satisfaction on ratings."""
    if dialogues:
        if intents or pairs:
            raise GuandianError(
                "two kinds to learn were named",
                "say --intents FILE, --pairs FILE or --dialogues FILE",
            )
        from guandian.cli.assist.judge import learn_dialogues

        learn_dialogues(dialogues, out, overwrite=overwrite)
        return
    from guandian.assist.understanding.intents.examples import read_examples
    from guandian.assist.understanding.intents.intent_folder import refuse_intent_folder
    from guandian.io.output_guard import keep_apart

    if pairs and not intents:
        from guandian.cli.assist.answer_options import train_on_pairs

        train_on_pairs(
            pairs, same or (), out, base, root, epochs=epochs, seed=seed, overwrite=overwrite
        )
        return
    if not intents or pairs:
        raise GuandianError(
            "nothing to learn from was named" if not intents else "two kinds to learn were named",
            "say --intents FILE, --pairs FILE or --dialogues FILE",
        )
    keep_apart([out], intents)
    refuse_intent_folder(out, overwrite=overwrite)
    examples = read_examples(intents, columns_by_role(columns))
    for note in examples.notes:
        typer.echo(f"{say('note')}: {note}", err=True)
    _teach(examples, out, base, epochs, seed, root, overwrite=overwrite)


def _teach(
    examples: IntentExamples,
    out: Path,
    base: str,
    epochs: int | None,
    seed: int,
    root: Path,
    *,
    overwrite: bool,
) -> None:
    from guandian.io.optional_libraries import needs

    for library in ("torch", "transformers", "sklearn", "onnxscript"):
        needs(library, "train", "training intents")
    from guandian.pipelines.intents.intent_training import IntentSettings, train_intents

    settings = IntentSettings(base, epochs, seed, root)
    screen = Console(stderr=True, highlight=False)
    trained = train_intents(examples, out, settings, _progress(screen), overwrite=overwrite)
    number, known = trained.about["intents"], trained.about["held_out_accuracy_untuned"]
    typer.echo(
        f"{counted(len(examples.rows), 'examples')}, {counted(number, 'intents')} -> {out}",
        err=True,
    )
    if known is not None:
        words = say("examples held out, before tuning, told right: {share:.1%}", share=known)
        typer.echo(words, err=True)


def columns_by_role(columns: list[str] | None) -> dict[str, str]:
    """`text=NAME` and `intent=NAME` as a dictionary.

    Raises:
        GuandianError: another form, or another role.
    """
    chosen: dict[str, str] = {}
    for column in columns or ():
        role, equals, name = column.partition("=")
        if role not in ("text", "intent") or not equals or not name:
            raise GuandianError(
                f"--column {column}: that is no column", "say --column text=NAME or intent=NAME"
            )
        chosen[role] = name
    return chosen


def _progress(screen: Console):  # type: ignore[no-untyped-def]
    def tell(step: TuningStep) -> None:
        if screen.is_terminal or step.step % 20 == 0 or step.step == step.steps:
            words = say(
                "step {step} of {steps}, loss {loss:.3f}",
                step=step.step,
                steps=step.steps,
                loss=step.loss,
            )
            screen.print(words, end="\r" if screen.is_terminal else "\n", soft_wrap=True)

    return tell
