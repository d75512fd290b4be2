"""What commands tell of the bundle or ensemble that a training has made."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from guandian.bundle import Ensemble
from guandian.pipelines.train import TrainedRun
from guandian.wording import Name, counted, say

_DONE = Name("完成", "done")
_BEFORE = Name("已完成，无需重做", "finished before")
_PARITY = {"held out": Name("留出的文本", "held out"), "pooled": Name("合计", "pooled")}


def tell_bundle(run: TrainedRun) -> None:
    """Tell what was written, and how far it is from the model."""
    bundle, what = run.bundle, _DONE if run.fresh else _BEFORE
    screen = Console(highlight=False)
    rows = list(bundle.manifest.parity.items())
    for name, row in rows[:1] if len(rows) == 2 else rows:  # the last pools the others
        screen.print(
            Text(
                f"{_PARITY.get(name, name)}: {say('四元组', 'quad')} F1 "
                f"{row['reference']:.4f} {say('原模型', 'model')}, "
                f"{row['exported']:.4f} {say('模型包', 'bundle')}, {_points(row['change'])}, "
                f"{row['reviews']:,} {say('条评论', 'reviews')}"
            ),
            soft_wrap=True,
        )
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
                f"{say('注意', 'note')}: "
                + say(
                    "留出的文本太少，置信度取成员的平均",
                    "too few texts are held out: the confidence is the mean of the members'",
                ),
                "yellow",
            ),
            soft_wrap=True,
        )
    members = counted(len(ensemble.members), "个成员", "members")
    line = f"{say('完成', 'done')}: {ensemble.manifest.id}, {members} → {ensemble.path}"
    screen.print(Text(line), soft_wrap=True)
