"""The progress of `guandian tune`: trials as they end, the best, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from guandian.tracking.console import Shown
from guandian.wording import say, term

if TYPE_CHECKING:
    from guandian.tuning.study import TrialRow
    from guandian.tuning.trial_log import Standing, Told

STATES = {
    "complete": term("complete"),
    "pruned": term("stopped early"),
    "failed": term("failed"),
    "interrupted": term("interrupted"),
    "running": term("running"),
}
_STYLES = {"failed": "red", "pruned": "dim"}


class SearchProgress(Shown):
    """Shows a search on a console, with live lines below where it is a terminal.

    Args:
        console: to show it on.
        trials: how many there are to be, None without a limit.
    """

    def __init__(self, console: Console, trials: int | None) -> None:
        self._trials = trials
        self._live = Live(console=console, transient=True, auto_refresh=False)
        super().__init__(console, self._live)

    def __call__(self, event: Told) -> None:
        """Show an event."""
        from guandian.tuning.trial_log import Begun, Standing

        if isinstance(event, Begun):
            self._say(f"#{event.number} {say('begins')}: {parameter_text(event.parameters)}")
        elif isinstance(event, Standing):
            self._standing(event)
        else:
            self._ended(event)

    def _ended(self, row: TrialRow) -> None:
        score = "" if row.score is None else f" {score_points(row.score)}"
        reason = f": {row.reason}" if row.reason else ""
        text = f"#{row.number}{score} {STATES[row.state]}, {row.minutes:.1f} min{reason}"
        self._say(text, _STYLES.get(row.state, "bold"))

    def _standing(self, standing: Standing) -> None:
        lines = self._lines(standing)
        if self._console.is_terminal:
            if not self._live.is_started:
                self._live.start()
            self._live.update(Group(*map(Text, lines)), refresh=True)
        elif self._is_due():
            for line in lines:
                self._say(line)

    def _lines(self, standing: Standing) -> list[str]:
        trials = sum(row.state != "interrupted" for row in standing.rows)
        of = "" if self._trials is None else f"/{self._trials}"
        parts = [f"{say('trial')} {trials}{of}"]
        parts += [f"#{n} {100 * share:.0f} % {score_points(best)}"
                  for n, (share, best) in standing.running.items()]  # fmt: skip
        if standing.seconds is not None:
            minutes, seconds = divmod(int(standing.seconds), 60)
            parts.append(
                f"{say('left', sense='of a budget')} {minutes // 60}:{minutes % 60:02}:{seconds:02}"
            )
        best = standing.best
        if best is None:
            return [" · ".join(parts)]
        parameters = parameter_text(best.parameters)
        return [
            " · ".join(parts),
            f"{say('best')} {score_points(best.score)} #{best.number}: {parameters}",
        ]


def score_points(score: float | None) -> str:
    """A score of 0 to 1 in points; a dash for None."""
    return "–" if score is None else f"{100 * score:.2f}"


def parameter_text(parameters: Mapping[str, Any]) -> str:
    """Parameters by name, numbers with three digits."""
    return " ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in parameters.items()
    )
