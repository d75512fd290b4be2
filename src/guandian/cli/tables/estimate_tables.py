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
from guandian.wording import Name, say

if TYPE_CHECKING:
    from guandian.training.estimate.estimate import Estimate


def dry_run(recipe: Recipe, root: Path, json_out: Path | None, *, overwrite: bool) -> None:
    """Estimate each training of a recipe, and show it; nothing but `json_out` is written."""
    with Watching(Console(stderr=True, highlight=False)) as watch:
        found = list(estimate_training(recipe, root, watch))
    show(found, Console(highlight=False))
    if json_out is not None:
        told = json.dumps({"trainings": [one.to_json() for one in found]}, indent=1) + "\n"
        write_whole(json_out, told.encode(), overwrite=overwrite)


def show(found: Sequence[Estimate], screen: Console) -> None:
    """Print tables with a row a training, and what their figures mean."""
    numbers = columns(
        Name("训练", "training"), Name("参数", "all"), Name("学习", "learned"),
        Name("任务头", "heads"), Name("所加", "added"), Name("步数", "steps"),
        Name("词片/轮", "tokens"),
    )  # fmt: skip
    memory = columns(
        Name("内存", "memory"), Name("权重", "weights"), Name("梯度", "gradients"),
        Name("优化器", "optimiser"), Name("激活", "activations"),
        Name("最多", "most"),
    )  # fmt: skip
    work = columns(
        Name("时间", "time"), Name("每步 FLOP", "a step"), Name("全程 FLOP", "in all"),
        Name("速率", "FLOP/s"), Name("分钟", "minutes"), Name("处理器", "processor"),
        Name("评分", "scoring"),
    )  # fmt: skip
    for one in found:
        name, has, held, pace = (
            printable(one.name),
            one.needs.parameters,
            one.needs.memory,
            one.pace,
        )
        sizes = (has.all, has.learned, has.heads, has.added)
        numbers.add_row(name, *map(_count, sizes), f"{one.steps:,}", f"{one.tokens:,}")
        moments = held.optimiser + held.averages
        kinds = (held.weights, held.gradients, moments, held.activations, held.most)
        memory.add_row(name, *(f"{_scaled(size)}B" for size in kinds))
        rates = (one.flops / one.steps, one.flops, pace.flops_per_second)
        spent = (one.learning.clock, one.learning.processor, pace.scoring.clock)
        work.add_row(name, *map(_scaled, rates), *(f"{seconds / 60:.1f}" for seconds in spent))
    for table in (numbers, memory, work):
        screen.print(Fitted(table))
    for one in found:
        for line in _remarks(one):
            screen.print(Text(printable(f"{one.name}: {line}")), soft_wrap=True)
    screen.print(
        Text(
            say(
                "未计入：置信度拟合、导出与核对；提前停止可更短",
                "not counted: fitting the confidence, exporting and comparing; patience may end it "
                "sooner",
            )
        ),
        soft_wrap=True,
    )


def _count(number: int) -> str:
    """Small numbers as they are, large ones in millions."""
    return f"{number:,}" if number < 10**6 else f"{number / 1e6:,.1f} M"


def _scaled(number: float) -> str:
    """With the prefix of the International System that leaves one to three digits."""
    if not number:
        return "0 "
    power = min(int(math.log10(number)) // 3, len(_PREFIXES) - 1)
    return f"{number / 1000**power:.1f} {_PREFIXES[power]}"


_PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")


def _remarks(one: Estimate) -> list[str]:
    """How it was measured, and what there is besides."""
    texts, tokens = one.needs.largest
    lines = [
        f"{printable(one.method)}, {one.precision}, {printable(one.device)}; "
        f"{say('最大批次', 'largest batch')} {texts:,} × {tokens:,}"
    ]
    if one.pace.by == "steps":
        steps = one.pace.measured
        lines.append(say(f"速率实测自 {steps} 步", f"rate of {steps} real steps"))
    else:
        lines.append(
            say(
                "没有权重或内存不足，速率实测自同宽矩阵乘法，实际更慢",
                "no weights or no room for real steps: the rate is that of products of matrices "
                "as wide, and training is slower",
            )
        )
    if one.needs.memory.most > one.free:
        free = f"{_scaled(one.free)}B"
        lines.append(say(f"内存不足，空闲 {free}", f"not enough memory: {free} are free"))
    if one.pace.most_bytes is not None:
        lines.append(f"{say('实测显存峰值', 'GPU memory seen')} {_scaled(one.pace.most_bytes)}B")
    if one.needs.memory.on_disk:
        size = _scaled(one.needs.memory.on_disk)
        lines.append(f"{say('冻结层的状态存于磁盘', 'states of frozen layers on disk')} {size}B")
    if one.bits is not None:
        size = _scaled(one.needs.memory.whole)
        lines.append(
            say("最后还原为 float32，占内存", "whole in the end, in the machine's memory")
            + f": {size}B"
        )
    return lines
