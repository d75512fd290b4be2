"""`guandian assist judge`: how satisfied customers leave dialogues, and which to take over now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from guandian.wording import counted


def judge_command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Dialogues, JSON or JSON Lines: turns with sender and text."),
    ],
    model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="What `guandian assist train --dialogues` wrote."),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="The bundle that reads the tone of turns; the shipped one otherwise."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The judgements, as JSON Lines.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
) -> None:
    """Judge dialogues: satisfaction, and whether a person should take over now."""
    from guandian.assist.satisfaction import DialogueJudge, read_dialogues
    from guandian.cli.tables.reply_tables import show_judgement
    from guandian.io.atomic import write_text_whole
    from guandian.io.output_guard import refuse_outputs
    from guandian.pipelines.miners import open_miner

    refuse_outputs([out], [*files, model, bundle], overwrite=overwrite)
    dialogues = [dialogue for path in files for dialogue in read_dialogues(path)]
    opened = DialogueJudge.open(model, open_miner(bundle))
    judgements = opened.judge_all([dialogue.turns for dialogue in dialogues])
    pairs = list(zip(dialogues, judgements, strict=True))
    if out is None:
        for dialogue, judgement in pairs:
            show_judgement(dialogue, judgement)
        return
    lines = [
        json.dumps({"id": dialogue.id, **judgement.to_dict()}, ensure_ascii=False)
        for dialogue, judgement in pairs
    ]
    write_text_whole(out, "".join(f"{line}\n" for line in lines), overwrite=overwrite)
    urgent = sum(judgement.hand_over for judgement in judgements)
    counts = [counted(len(pairs), "dialogues"), counted(urgent, "to hand over")]
    typer.echo(f"{', '.join(counts)} -> {out}")


def learn_dialogues(files: list[Path], out: Path, *, overwrite: bool) -> None:
    """What `guandian assist train --dialogues` does.

    Raises:
        GuandianError: a file that cannot be read, too few dialogues, or none of a quality rated.
    """
    from dataclasses import replace

    from guandian.assist.satisfaction.satisfaction_model import (
        refuse_satisfaction_folder,
        save_satisfaction,
    )
    from guandian.io.optional_libraries import needs
    from guandian.io.output_guard import keep_apart

    keep_apart([out], files)
    refuse_satisfaction_folder(out, overwrite=overwrite)
    needs("sklearn", "train", "learning from dialogues")
    from guandian.pipelines.dialogues.rated_files import read_rated
    from guandian.pipelines.dialogues.satisfaction_fit import fit_satisfaction

    rated, miner = read_rated(files)
    model = fit_satisfaction(rated, miner)
    about = {**model.about, "files": [path.name for path in files]}
    save_satisfaction(replace(model, about=about), out, overwrite=overwrite)
    typer.echo(f"{counted(len(rated), 'dialogues')} -> {out}")


def score_dialogues(files: list[Path], json_out: Path | None, *, overwrite: bool) -> None:
    """What `guandian assist evaluate --dialogues` does: five splits by seed, beside controls.

    Raises:
        GuandianError: as `learn_dialogues`.
    """
    from dataclasses import asdict

    from guandian.cli.tables.reply_tables import show_satisfaction
    from guandian.io.atomic import write_json_whole
    from guandian.io.optional_libraries import needs
    from guandian.io.output_guard import refuse_outputs

    refuse_outputs([json_out], files, overwrite=overwrite)
    needs("sklearn", "train", "learning from dialogues")
    from guandian.pipelines.dialogues.rated_files import read_rated
    from guandian.pipelines.dialogues.satisfaction_scores import score_satisfaction

    rated, miner = read_rated(files)
    scores = score_satisfaction(rated, miner)
    show_satisfaction(scores)
    if json_out is not None:
        write_json_whole(json_out, asdict(scores), overwrite=overwrite)
