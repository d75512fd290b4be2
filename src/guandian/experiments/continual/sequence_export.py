"""What a sequence ended with becomes a bundle, through the gate that every training passes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from guandian.bundle import Bundle
from guandian.bundle.card_sections import amend_card
from guandian.errors import GuandianError
from guandian.evaluation.domains.forgetting import SequenceScores
from guandian.experiments.continual.domains import SequenceStart
from guandian.modeling.model import OpinionModel
from guandian.pipelines.bundling import export_trained
from guandian.tracking.events import OnEvent
from guandian.tracking.run_folder import BUNDLE, UNCHECKED

HEADING = "Learned one domain after another"
SEVERAL = ("adapters",)
"""Methods with a network a domain and a router over the vectors of a further one: a bundle holds
one network, and no engine chooses among several by a text."""


def refuse_unexported(methods: Sequence[str]) -> None:
    """Refuse methods that end with more than one network, before hours are spent on them.

    Raises:
        GuandianError: naming the method.
    """
    for method in methods:
        if method in SEVERAL:
            raise GuandianError(
                f"{method} ends with a network for each domain and a router, and a bundle holds one"
                " network",
                "leave it out of --methods, or leave --export out",
            )


def is_exported(folder: Path) -> bool:
    """Whether a sequence's folder has a bundle, accepted or refused by the gate."""
    return any((folder / name).is_dir() for name in (BUNDLE, UNCHECKED))


def export_sequence(
    start: SequenceStart, model: OpinionModel, folder: Path, on_event: OnEvent
) -> Bundle:
    """Export the model that a sequence ended with to the bundle of its folder.

    Its confidence is fitted on the texts of all domains that the recipe holds out.

    Args:
        start: of the sequence.
        model: that answers every text.
        folder: of the sequence.
        on_event: told of the phases and of what is in doubt.

    Raises:
        GuandianError: as `export_trained`: the bundle stays beside its place.
    """
    trained = replace(start.staged.latest, model=model)
    export_trained(start.recipe, trained, folder, on_event, "int8")
    return Bundle.open(folder / BUNDLE)


def tell_in_card(bundle: Bundle, scores: SequenceScores) -> None:
    """Say in a bundle's card in which order it learned, and what is left of each domain."""
    rows = scores.rows[max(scores.rows)]
    lines = [
        f"By {scores.method}, seed {scores.seed}; {scores.remembered:.1%} of earlier rows at hand."
        " Scores of the network before the export, after the last domain, on dev parts that chose"
        " no weights:",
        "",
        "| domain, in order | measure | score |",
        "|---|---|---|",
        *(
            f"| {' '.join(name.replace('|', '/').split())} | {measure} | {value:.3f} |"
            for name, measure, value in zip(scores.domains, scores.measures, rows, strict=True)
        ),
    ]
    amend_card(bundle, HEADING, "\n".join(lines))


def forget_bundles(folder: Path) -> None:
    """Remove the bundles of a sequence's folder."""
    for name in (BUNDLE, UNCHECKED):
        shutil.rmtree(folder / name, ignore_errors=True)
