"""Promises of precision: measured on labelled reviews, and looked up for the model that mines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.assets import assets
from guandian.bundle import open_folder, shipped
from guandian.errors import GuandianError
from guandian.mining.caution.promises import Promises, read_promises
from guandian.mining.miner import Miner
from guandian.pipelines.language_models import is_description
from guandian.pipelines.miners import miner_of, weights_of

if TYPE_CHECKING:
    from guandian.domain import Labelled
    from guandian.training.promise_measuring import AnsweredReview

LEAST = 100
"""Opinions in reviews that are labelled with some, at least."""
_MEASURE = "measure them: guandian promise BUNDLE LABELLED.jsonl -o promises.json, then --promises"


def promises_of(bundle: Path | None, file: Path | None = None) -> Promises:
    """The promises of a model: those of a file, or those that ship with the shipped model.

    Raises:
        GuandianError: there are none for these weights.
    """
    if is_description(bundle):
        raise GuandianError(
            f"{bundle} describes a language model: a share of votes promises nothing",
            "leave --precision out",
        )
    opened = open_folder(bundle or shipped())
    weights = weights_of(opened)
    if file is not None:
        promises = read_promises(file)
        if list(promises.weights) != weights:
            raise GuandianError(
                f"{file} was measured on {promises.model}, and {opened.manifest.id} mines",
                _MEASURE,
            )
        return promises
    ours = assets() / "promises" / f"{opened.manifest.name}.json"
    if ours.is_file():
        promises = read_promises(ours)
        if list(promises.weights) == weights:
            return promises
    raise GuandianError(
        f"nobody measured which precision {opened.manifest.id} can promise", _MEASURE
    )


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
    return Promises(opened.manifest.id, weights_of(opened), measured, opinions, rows)


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
