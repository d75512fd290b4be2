"""Knowledge that is ready for questions, in a folder: passages, vectors, models, thresholds."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file

from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.passages import Passage
from guandian.assist.answers.refusing.answerability import Answerability
from guandian.assist.answers.retriever import Retriever
from guandian.assist.answers.text_models import PairScorer, RetrievalEncoder
from guandian.errors import GuandianError, reason
from guandian.io.atomic import replacing_folder, telling
from guandian.io.bounded import read_text
from guandian.io.output_guard import refuse_other_folder

FORMAT = 1
_NAMES, _PASSAGES, _VECTORS = "answers.json", "passages.jsonl", "vectors.safetensors"
_MODELS = "models.json"
ENCODER, SCORER = "encoder", "scorer"
"""Folders of the models, inside."""
_REPAIR = "prepare it again: guandian assist answer --save"


def refuse_answers_folder(folder: Path, *, overwrite: bool) -> None:
    """Check, before the work, that prepared knowledge can be written to a folder.

    Raises:
        GuandianError: something stands there that is none, or one that stays.
    """
    refuse_other_folder(folder, _NAMES, overwrite=overwrite, option="--save")


def save_answers(
    retriever: Retriever,
    answerability: Answerability,
    folder: Path,
    models: Path | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write prepared knowledge; it appears whole.

    Args:
        retriever: with the knowledge and its vectors.
        answerability: the thresholds.
        folder: that is to appear.
        models: the folder that the retriever's models were opened from; they are copied.
        overwrite: replace prepared knowledge that stands there.

    Raises:
        GuandianError: it cannot be written there.
    """
    refuse_answers_folder(folder, overwrite=overwrite)
    lines = [json.dumps(asdict(row), ensure_ascii=False) for row in retriever.knowledge.passages]
    with telling(folder), replacing_folder(folder) as fresh:
        # Lone surrogates can only be written as escapes, which JSON spells just like this.
        (fresh / _PASSAGES).write_bytes(
            "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
        )
        parts = [_PASSAGES]
        if retriever.vectors is not None:
            save_file({"vectors": retriever.vectors}, fresh / _VECTORS)
            parts.append(_VECTORS)
        for name in (ENCODER, SCORER):
            if models is not None and (models / name).is_dir():
                shutil.copytree(models / name, fresh / name)
        names = {
            "format": FORMAT,
            "encoder": retriever.encoder.key if retriever.encoder else None,
            "scorer": retriever.scorer.key if retriever.scorer else None,
            "answerability": answerability.to_json(),
            "sha256": {name: _digest(fresh / name) for name in parts},
        }
        (fresh / _NAMES).write_text(json.dumps(names, ensure_ascii=False, indent=1), "utf-8")


def open_answers(folder: Path) -> tuple[Retriever, Answerability]:
    """Read prepared knowledge.

    Raises:
        GuandianError: it is missing, incomplete, altered or of another version.
    """
    try:
        names = json.loads(read_text(folder / _NAMES))
        if names["format"] != FORMAT:
            raise GuandianError(f"{folder} has the format {names['format']}, not {FORMAT}", _REPAIR)
        for name in (_PASSAGES, *([_VECTORS] if names["encoder"] else [])):
            if _digest(folder / name) != names["sha256"][name]:
                raise GuandianError(f"{folder / name} was altered", _REPAIR)
        rows = (folder / _PASSAGES).read_bytes().decode("utf-8").splitlines()
        knowledge = Knowledge(tuple(Passage(**json.loads(row)) for row in rows))
        answerability = Answerability.from_json(names["answerability"])
        encoder = RetrievalEncoder.open(folder / ENCODER) if names["encoder"] else None
        scorer = PairScorer.open(folder / SCORER) if names["scorer"] else None
        vectors = load_file(folder / _VECTORS)["vectors"] if encoder else None
        for model, key in ((encoder, "encoder"), (scorer, "scorer")):
            if model is not None and model.key != names[key]:
                raise GuandianError(f"{folder / key} was replaced by another model", _REPAIR)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GuandianError(
            f"{folder} is no prepared knowledge: {reason(error)}", _REPAIR
        ) from error
    return Retriever(knowledge, encoder, vectors, scorer), answerability


def refuse_models_folder(folder: Path, *, overwrite: bool) -> None:
    """Check, before the work, that models can be written to a folder.

    Raises:
        GuandianError: something stands there that holds none, or that stays.
    """
    refuse_other_folder(folder, _MODELS, overwrite=overwrite)


def write_models(
    folder: Path, retriever: Retriever, answerability: Answerability, report: Mapping[str, Any]
) -> None:
    """Write what belongs to the models that stand in a folder: thresholds, and how they came.

    Args:
        folder: that holds `encoder`, and `scorer` where there is one.
        retriever: with these models.
        answerability: calibrated with them.
        report: what the training gained.
    """
    names = {
        "format": FORMAT,
        "encoder": retriever.encoder.key if retriever.encoder else None,
        "scorer": retriever.scorer.key if retriever.scorer else None,
        "answerability": answerability.to_json(),
        "report": report,
    }
    (folder / _MODELS).write_text(json.dumps(names, ensure_ascii=False, indent=1), "utf-8")


def open_models(folder: Path) -> tuple[RetrievalEncoder, PairScorer | None, Answerability]:
    """What `guandian assist train --pairs` wrote: models and thresholds.

    Raises:
        GuandianError: it is missing, altered or of another version.
    """
    repair = "train them again: guandian assist train --pairs"
    try:
        names = json.loads(read_text(folder / _MODELS))
        if names["format"] != FORMAT:
            raise GuandianError(f"{folder} has the format {names['format']}, not {FORMAT}", repair)
        answerability = Answerability.from_json(names["answerability"])
        keys = names["encoder"], names["scorer"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GuandianError(f"{folder} holds no models: {reason(error)}", repair) from error
    encoder = RetrievalEncoder.open(folder / ENCODER)
    scorer = PairScorer.open(folder / SCORER) if keys[1] else None
    if (encoder.key, scorer.key if scorer else None) != keys:
        raise GuandianError(f"the models in {folder} were replaced by others", repair)
    return encoder, scorer, answerability


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
