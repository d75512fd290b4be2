"""Messages of commands on the bundle or ensemble that a training has made."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from guandian.bundle import Ensemble
from guandian.pipelines.train import TrainedRun
from guandian.wording import counted, say, term

_DONE = term("done")
_BEFORE = term("finished before", sense="bundle")
_PARITY = {"held out": term("held out"), "pooled": term("pooled")}


def tell_bundle(run: TrainedRun) -> None:
    """Tell what was written, and how far it is from the model."""
    bundle, what = run.bundle, _DONE if run.fresh else _BEFORE
    screen = Console(highlight=False)
    rows = list(bundle.manifest.parity.items())
    for name, row in rows[:1] if len(rows) == 2 else rows:  # the last pools the others
        screen.print(
            Text(
                f"{_PARITY.get(name, name)}: {say('quad')} F1 "
                f"{row['reference']:.4f} {say('model', sense='before export')}, "
                f"{row['exported']:.4f} {say('bundle')}, {_points(row['change'])}, "
                f"{row['reviews']:,} {say('reviews')}"
            ),
            soft_wrap=True,
        )
    if rows and run.fresh:
        # Else two figures of one model on one set stand beside each other without a word.
        why = say(
            "scores during the training are of its own precision (bf16 where that is quick), "
            "before the threshold of the confidence; those of model and bundle are of float32, "
            "with it"
        )
        screen.print(Text(f"{say('note')}: {why}", "dim"), soft_wrap=True)
    screen.print(Text(f"{what}: {bundle.manifest.id} → {bundle.path}"), soft_wrap=True)


def _points(change: Mapping[str, float]) -> str:
    """A change of F1 with its interval, in points."""
    value, low, high = (f"{100 * change[key]:+.2f}" for key in ("value", "low", "high"))
    return f"{value} (95 %: {low} … {high})"


def tell_ensemble(ensemble: Ensemble) -> None:
    """Tell what it is, and whether its confidence was fitted."""
    screen = Console(highlight=False)
    if not ensemble.manifest.calibration["opinions"]["fitted"]:
        screen.print(
            Text(
                f"{say('note')}: "
                + say("too few texts are held out: the confidence is the mean of the members'"),
                "yellow",
            ),
            soft_wrap=True,
        )
    members = counted(len(ensemble.members), "members")
    line = f"{say('done')}: {ensemble.manifest.id}, {members} → {ensemble.path}"
    screen.print(Text(line), soft_wrap=True)
