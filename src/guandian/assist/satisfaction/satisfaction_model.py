"""A linear model from a dialogue's numbers to how raters would be spread over five levels."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from guandian.assist.satisfaction.dialogues import LEVELS, QUALITIES, Quality
from guandian.assist.satisfaction.turn_features import BUCKETS, DialogueNumbers
from guandian.errors import GuandianError, reason
from guandian.io.atomic import replacing_folder, telling
from guandian.io.bounded import read_whole
from guandian.io.output_guard import refuse_other_folder

FORMAT = 1
_ARRAYS, _NAMES = "satisfaction.safetensors", "satisfaction.json"
_REPAIR = "learn it again: guandian assist train --dialogues"
_FEWEST = 1e-3
"""The least share of raters at a level."""
_WIDEST = 4.0
"""Standard deviations beyond which a number says no more."""
_MOST_BYTES = 64 * 2**20
_FIELDS = ("rarity", "words", "form", "intercept", "mean", "deviation")


@dataclass(frozen=True, slots=True)
class SatisfactionModel:
    """What was learned of dialogues.

    Attributes:
        rarity: [buckets], the weight of each run; 0 for those that were hardly seen.
        words: [buckets, qualities x levels].
        form: [features, qualities x levels].
        intercept: [qualities x levels].
        mean, deviation: [features] of form and tone.
        bar: mean satisfaction at or below which a person should take over.
        miner: id of the model that the tones are of.
        about: what was learned from and how well.
    """

    rarity: NDArray[np.float32]
    words: NDArray[np.float32]
    form: NDArray[np.float32]
    intercept: NDArray[np.float32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    bar: float
    miner: str
    about: Mapping[str, Any]

    def predict(self, dialogues: Sequence[DialogueNumbers]) -> dict[Quality, NDArray[np.float64]]:
        """Shares of raters at each level, [dialogues, levels], by quality.

        Args:
            dialogues: one at least.
        """
        rows = np.array([dialogue.form for dialogue in dialogues])
        scores = self.scaled(rows) @ self.form + self.intercept
        for number, dialogue in enumerate(dialogues):
            buckets, weights = run_weights(dialogue.runs, self.rarity)
            scores[number] += weights @ self.words[buckets].astype(np.float64)
        shares = {}
        for number, quality in enumerate(QUALITIES):
            start = number * len(LEVELS)
            part = np.clip(scores[:, start : start + len(LEVELS)], _FEWEST, None)
            shares[quality] = part / part.sum(1, keepdims=True)
        return shares

    def scaled(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Form and tone in standard deviations, within bounds."""
        return np.asarray(np.clip((rows - self.mean) / self.deviation, -_WIDEST, _WIDEST))


def run_weights(
    runs: Sequence[Counter[int]], rarity: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Buckets of the runs of a dialogue, and their weights, those of each part of length one."""
    buckets: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    weights: list[NDArray[np.float64]] = [np.zeros(0)]
    for counts in runs:
        numbers = np.fromiter(counts, np.int64, len(counts))
        values = 1 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))
        values = values * rarity[numbers]
        length = float(np.linalg.norm(values))
        if length:
            buckets.append(numbers)
            weights.append(values / length)
    return np.concatenate(buckets), np.concatenate(weights)


def save_satisfaction(model: SatisfactionModel, folder: Path, *, overwrite: bool = False) -> None:
    """Write a model; it appears whole.

    Raises:
        GuandianError: it cannot be written there.
    """
    refuse_satisfaction_folder(folder, overwrite=overwrite)
    arrays = {name: getattr(model, name) for name in _FIELDS}
    solid = {
        name: np.ascontiguousarray(array, np.float16 if name == "words" else np.float32)
        for name, array in arrays.items()
    }
    content = save(solid)
    names = {
        "format": FORMAT,
        "bar": model.bar,
        "miner": model.miner,
        "about": dict(model.about),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    with telling(folder), replacing_folder(folder) as fresh:
        (fresh / _ARRAYS).write_bytes(content)
        (fresh / _NAMES).write_text(json.dumps(names, ensure_ascii=False, indent=1), "utf-8")


def refuse_satisfaction_folder(folder: Path, *, overwrite: bool) -> None:
    """Check, before the work, that a model can be written to a folder.

    Raises:
        GuandianError: something stands there that is no such model, or one that stays.
    """
    refuse_other_folder(folder, _NAMES, overwrite=overwrite)


def open_satisfaction(folder: Path) -> SatisfactionModel:
    """Read a model.

    Raises:
        GuandianError: it is missing, altered or of another version.
    """
    try:
        names = json.loads(read_whole(folder / _NAMES, _MOST_BYTES))
        if names["format"] != FORMAT:
            raise GuandianError(f"{folder} has the format {names['format']}, not {FORMAT}", _REPAIR)
        content = read_whole(folder / _ARRAYS, _MOST_BYTES)
        if hashlib.sha256(content).hexdigest() != names["sha256"]:
            raise GuandianError(f"{folder / _ARRAYS} was altered", _REPAIR)
        arrays = {name: array.astype(np.float32) for name, array in load(content).items()}
        rarity, words, form, intercept, mean, deviation = (arrays[name] for name in _FIELDS)
        bar, miner = float(names["bar"]), str(names["miner"])
        model = SatisfactionModel(
            rarity, words, form, intercept, mean, deviation, bar, miner, names["about"]
        )
        outputs = len(QUALITIES) * len(LEVELS)
        if model.words.shape != (BUCKETS, outputs) or model.form.shape != (
            len(model.mean),
            outputs,
        ):
            raise GuandianError(f"{folder} is of another version", _REPAIR)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GuandianError(
            f"{folder} is no model of dialogues: {reason(error)}", _REPAIR
        ) from error
    return model
