"""Promises of precision: measured on labelled reviews, and looked up for the model that mines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.assets import assets
from guandian.bundle import Bundle, Ensemble, open_folder, shipped
from guandian.errors import GuandianError
from guandian.mining.caution.promises import Promise, Promises, read_promises
from guandian.mining.miner import Miner
from guandian.pipelines.language_models import is_description
from guandian.pipelines.miners import miner_of, weights_of

if TYPE_CHECKING:
    from guandian.domain import Labelled
    from guandian.evaluation.rightness import Meaning
    from guandian.training.promise_measuring import AnsweredReview

LEAST = 100
"""Opinions in reviews that are labelled with some, at least."""
_MEASURE = (
    "measure them: `guandian promise BUNDLE LABELLED.jsonl -o promises.json`, "
    "then --promises promises.json"
)


def promises_of(bundle: Path | None, *files: Path) -> Promises:
    """The promises of a model: of the files, or those that ship with the shipped model.

    Args:
        bundle: the folder of a bundle or ensemble; None is the shipped one.
        files: of promises, of which the first that was measured on this model counts.

    Raises:
        GuandianError: there are none for these weights and this calibration.
    """
    if is_description(bundle):
        raise GuandianError(
            f"{bundle} describes a language model: a share of votes promises nothing",
            "leave --precision out",
        )
    opened = open_folder(bundle or shipped())
    ours = assets() / "promises" / f"{opened.manifest.name}.json"
    given = [read_promises(file) for file in files]
    shipping = [read_promises(ours)] if not files and ours.is_file() else []
    measured = weights_of(opened), confidence_digest(opened)
    for promises in (*given, *shipping):
        if promises.measured_on(*measured):
            return promises
    alike = next((p for p in given if list(p.weights) == measured[0]), None)
    if alike is not None:
        file = files[given.index(alike)]
        raise GuandianError(
            f"{file} was measured on {alike.model} with another calibration than that of"
            f" {opened.path}: its confidences mean other things",
            _MEASURE,
        )
    if given:
        raise GuandianError(
            f"{files[0]} was measured on other weights ({given[0].model}) than those that mine"
            f" ({opened.manifest.id})",
            _MEASURE,
        )
    raise GuandianError(
        f"nobody measured which precision {opened.manifest.id} can promise", _MEASURE
    )


def promise_of(
    bundle: Path | None,
    precision: float | None,
    meaning: Meaning,
    *files: Path,
    custom: str | None = None,
) -> Promise | None:
    """The promise that a person asks for; None where they ask for none.

    Args:
        bundle: as `promises_of` has it.
        precision: the share of opinions that are right.
        meaning: of right.
        *files: as `promises_of` has them.
        custom: of annotation that answers; it must be the model's first.

    Raises:
        GuandianError: nobody measured it, it cannot be kept, or an argument would do nothing.
    """
    if precision is None:
        if files or meaning != "whole":
            raise GuandianError(
                "--promises and --precision-of belong to --precision",
                "say --precision 0.9, or leave them out",
            )
        return None
    if custom is not None:
        raise GuandianError(
            "--precision was measured by the model's first custom of annotation",
            "leave out --custom, or --precision",
        )
    return promises_of(bundle, *files).promise(precision, meaning)


def confidence_digest(bundle: Bundle | Ensemble) -> str:
    """A digest of what makes confidences of a model's arrays, by its first custom."""
    fitted = bundle.manifest.calibration.get("opinions", {})
    return sha256(json.dumps(fitted, sort_keys=True).encode()).hexdigest()


def measure_promises(
    bundle: Path | None, examples: Sequence[Labelled], source: str, threads: int | None = None
) -> Promises:
    """Measure what a model's confidence can promise.

    Args:
        bundle: the folder of a bundle or ensemble; None is the shipped one.
        examples: labelled reviews that it did not learn from.
        source: what they are called, for people.
        threads: as `open_miner` has it.

    Raises:
        GuandianError: too few opinions in reviews that are labelled with opinions.
    """
    from guandian.training.promise_measuring import LEVEL, SHARE_OF_KINDS, promised_rows

    opened = open_folder(bundle or shipped())
    miner = miner_of(opened, threads)
    labelled = [example for example in examples if example.quads is not None]
    answered = answered_reviews(miner, labelled)
    number = sum(len(review.opinions) for review in answered)
    if number < LEAST:
        raise GuandianError(
            f"{number} opinions were mined in {len(labelled)} reviews labelled with opinions",
            f"promises need {LEAST} at least: give more labelled reviews",
        )
    rows, opinions = promised_rows(answered)
    measured = {
        "on": source,
        "reviews": len(answered),
        "kinds": len({review.kind for review in answered}),
        "certainty": LEVEL,
        "share_of_kinds": SHARE_OF_KINDS,
        "date": date.today().isoformat(),
    }
    fitted = confidence_digest(opened)
    return Promises(opened.manifest.id, weights_of(opened), fitted, measured, opinions, rows)


def answered_reviews(miner: Miner, examples: Sequence[Labelled]) -> list[AnsweredReview]:
    """The labelled opinions of each review beside those that a miner finds."""
    from guandian.training.promise_measuring import AnsweredReview

    answers = miner.predict([example.text for example in examples])
    return [
        AnsweredReview(
            str(mined.language), example.group or "", mined.opinions, tuple(example.quads or ())
        )
        for example, mined in zip(examples, answers, strict=True)
    ]
