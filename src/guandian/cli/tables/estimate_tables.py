"""What `guandian train --dry-run` shows: parameters, memory, work and time of each training."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from guandian.cli.tables.evaluation_tables import columns, printable
from guandian.display.tables import Fitted
from guandian.io.atomic import write_whole
from guandian.pipelines import estimate_training
from guandian.recipes.recipe import Recipe
from guandian.tracking.console import Watching
from guandian.wording import say, term

if TYPE_CHECKING:
    from guandian.pipelines.estimates import Estimate

_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")
_NUMBERS = (
    term("training"), term("all"), term("learned"), term("heads"),
    term("added"), term("steps"), term("tokens"),
)  # fmt: skip
_MEMORY = (
    term("memory"), term("weights"), term("gradients"),
    term("optimiser"), term("activations"), term("most"),
)  # fmt: skip
_WORK = (
    term("time"), term("a step"), term("in all"),
    term("FLOP/s"), term("minutes"), term("processor"),
    term("scoring"),
)  # fmt: skip


def dry_run(recipe: Recipe, root: Path, json_out: Path | None, *, overwrite: bool) -> None:
    """Estimate each training of a recipe, and show it; nothing but `json_out` is written."""
    with Watching(Console(stderr=True, highlight=False)) as watch:
        estimates = list(estimate_training(recipe, root, watch))
    show(estimates, Console(highlight=False))
    if json_out is not None:
        document = {"trainings": [estimate.to_json() for estimate in estimates]}
        text = json.dumps(document, indent=1) + "\n"
        write_whole(json_out, text.encode(), overwrite=overwrite)


def show(estimates: Sequence[Estimate], screen: Console) -> None:
    """Print tables with a row a training, and what their figures mean."""
    numbers, memory, work = (columns(*names) for names in (_NUMBERS, _MEMORY, _WORK))
    for e in estimates:
        name, size, held, steps = printable(e.name), e.parameters, e.bytes, e.steps
        counts = (size.all, size.learned, size.heads, size.added)
        numbers.add_row(name, *map(_count, counts), f"{steps:,}", f"{e.tokens_an_epoch:,}")
        moments = held.optimiser + held.averages
        kinds = (held.weights, held.gradients, moments, held.activations, held.most)
        memory.add_row(name, *map(_bytes, kinds))
        minutes = (*e.minutes, e.scoring_minutes[0])
        rates = (e.flops_a_step, e.flops, e.pace.flops_per_second)
        work.add_row(name, *map(_scaled, rates), *(f"{number:.1f}" for number in minutes))
    for table in (numbers, memory, work):
        screen.print(Fitted(table))
    lines = [printable(f"{e.name}: {remark}") for e in estimates for remark in _remarks(e)]
    lines.append(
        say(
            "not counted: fitting the confidence, exporting and comparing; patience "
            "may end it sooner"
        )
    )
    for line in lines:
        screen.print(Text(line), soft_wrap=True)


def _count(number: int) -> str:
    """Small numbers as they are, large ones in millions."""
    return f"{number:,}" if number < 10**6 else f"{number / 1e6:,.1f} M"


def _scaled(number: float) -> str:
    """With the prefix of the International System that leaves one to three digits."""
    if not number:
        return "0 "
    power = min(int(math.log10(number)) // 3, len(_PREFIXES) - 1)
    return f"{number / 1000**power:.1f} {_PREFIXES[power]}"


def _bytes(number: int) -> str:
    return f"{_scaled(number)}B"


def _remarks(estimate: Estimate) -> list[str]:
    """How it was measured, and what there is besides."""
    (texts, tokens), memory, pace = estimate.largest_batch, estimate.bytes, estimate.pace
    lines = [
        f"{printable(estimate.method)}, {estimate.precision}, {printable(estimate.device)}; "
        f"{say('largest batch')} {texts:,} × {tokens:,}",
        say("rate of {measured} real steps", measured=pace.measured)
        if pace.by == "steps"
        else say(
            "no weights or no room for real steps: the rate is that of products of "
            "matrices as wide, and training is slower"
        ),
    ]
    if memory.most > estimate.free_bytes:
        free = _bytes(estimate.free_bytes)
        lines.append(say("not enough memory: {free} are free", free=free))
    if pace.most_bytes is not None:
        lines.append(f"{say('GPU memory seen')} {_bytes(pace.most_bytes)}")
    if memory.on_disk:
        states = say("states of frozen layers on disk")
        lines.append(f"{states} {_bytes(memory.on_disk)}")
    if estimate.bits is not None:
        whole = say("whole in the end, in the machine's memory")
        lines.append(f"{whole}: {_bytes(memory.whole)}")
    return lines
