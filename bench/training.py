"""How fast training is beside a plain loop, as a ratio, and whether it learns as much.

    python bench/training.py [--root FOLDER] [--set key=value ...] [--epochs 3] [--rounds 4]

Plain is what a tutorial does: fp32, the texts in random order, 16 a batch, each batch padded to its
longest text, torch's own dropout; and the same padded to the longest text of all. Ours is the
recipe as it is: batches of texts of like length by tokens, bf16 where the processor has it, cheaper
dropout. Model, losses, optimiser and the code of a step are the same otherwise. The trainings take
turns in one process, a share of their steps each; the last of the three only a few steps a turn.
Tokens are counted without padding.

With --root (it holds `data/`) these are the laptop reviews by recipes/laptop-after-make-up.toml,
from the shipped bundle, and after as many epochs both are scored on its dev part. Without it they
are the shipped examples, labelled by the shipped bundle itself, and nothing is scored. Prints
Markdown rows for docs/experiments.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from guandian.assets import assets
from guandian.data import write_own
from guandian.domain import Labelled, Quad
from guandian.engine import usable_cores
from guandian.files import read_reviews
from guandian.modeling.encoders.dropout import QuickDropout
from guandian.pipelines import open_miner, start
from guandian.recipes.recipe import Recipe, load_recipe
from guandian.tracking.events import ignore
from guandian.training.data.batches import Batch
from guandian.training.loop import batches_by_step, schedule
from guandian.training.step import TrainingInputs, TrainState, train_step
from guandian.training.validation import dev_scores

TEXTS = 16
FEW = 2
RECIPE = Path(__file__).parent.parent / "recipes" / "laptop-after-make-up.toml"
EXAMPLES = """
name = "examples"
holdout = 0.0
data = [{ corpus = "examples.jsonl" }]
base = { model = "guandian-small" }
optimisation = { batch_tokens = 1000 }
"""


@dataclass
class Way:
    """One way to train, and what each turn took: real tokens, seconds, processor seconds."""

    name: str
    inputs: TrainingInputs
    state: TrainState
    steps: list[list[list[int]]]
    few: bool = False
    width: int = 0  # to which every batch is padded, if it is wider
    rounds: list[tuple[int, float, float]] = field(default_factory=list)

    def rates(self, clock: int) -> list[float]:
        """Real tokens a second of each turn, by the clock (1) or of the processor (2)."""
        return [taken[0] / taken[clock] for taken in self.rounds]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, help="holds data/")
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    torch.set_num_threads(usable_cores())
    with tempfile.TemporaryDirectory() as place:
        recipe, root = what(asked, Path(place))
        ways = [
            padded("plain, padded to the longest of all", recipe, root, Path(place)),
            plain("plain: fp32, random order, 16 texts a batch", recipe, root, Path(place)),
            ours("ours", recipe, root, Path(place)),
        ]
        for turn in range(asked.rounds):
            for way in ways:
                take_turn(way, turn, asked.rounds)
        report(ways, scored=asked.root is not None)


def what(asked: argparse.Namespace, place: Path) -> tuple[Recipe, Path]:
    """The recipe, and the folder that its sets are in."""
    changes = (f"optimisation.epochs={asked.epochs}", "base.model=guandian-small", *asked.changes)
    if asked.root:
        return load_recipe(RECIPE, changes), asked.root
    write_own(labelled_examples(), place / "examples.jsonl")
    file = place / "examples.toml"
    file.write_text(EXAMPLES, encoding="utf-8")
    return load_recipe(file, changes), place


def labelled_examples() -> list[Labelled]:
    """The shipped examples with what the shipped bundle finds in them."""
    reviews = list(read_reviews(assets() / "examples" / "reviews.csv"))
    mined = open_miner().mine(reviews)
    return [
        Labelled(
            review.id,
            review.text,
            "examples",
            tuple(Quad(o.aspect, o.expression, o.category, o.polarity) for o in one.opinions),
            one.sentiment.label,
        )
        for review, one in zip(reviews, mined, strict=True)
    ]


def ours(name: str, recipe: Recipe, root: Path, folder: Path) -> Way:
    """The recipe as it is."""
    begun = start(recipe, root, ignore)
    steps = schedule(recipe, begun.prepared)
    state = TrainState(recipe, begun, len(steps), folder)
    return Way(name, begun, state, steps)


def plain(name: str, recipe: Recipe, root: Path, folder: Path) -> Way:
    """The same recipe in fp32, with texts as they come."""
    settings = recipe.optimisation.model_copy(update={"precision": "fp32"})
    recipe = recipe.model_copy(update={"optimisation": settings})
    begun = start(recipe, root, ignore)
    repeated = np.repeat(np.arange(len(begun.prepared.examples)), begun.prepared.times)
    rng = np.random.default_rng(recipe.seed)
    order = np.concatenate([rng.permutation(repeated) for _ in range(int(settings.epochs))])
    steps = [[order[k : k + TEXTS].tolist()] for k in range(0, len(order), TEXTS)]
    state = TrainState(recipe, begun, len(steps), folder)
    for place, module in list(begun.model.named_modules()):
        if isinstance(module, QuickDropout):
            begun.model.set_submodule(place, nn.Dropout(module.p))
    return Way(name, begun, state, steps)


def padded(name: str, recipe: Recipe, root: Path, folder: Path) -> Way:
    """The same as `plain`, padded to the longest text; a few steps a turn, it is so slow."""
    way = plain(name, recipe, root, folder)
    way.width = max(len(example.ids) for example in way.inputs.prepared.examples)
    way.few = True
    return way


def take_turn(way: Way, turn: int, turns: int) -> None:
    """Take this turn's share of the steps and keep what they took."""
    first, behind = (len(way.steps) * k // turns for k in (turn, turn + 1))
    steps = way.steps[: min(first + FEW, behind) if way.few else behind]
    began, computed, tokens = time.perf_counter(), time.process_time(), 0
    for done, step in enumerate(batches_by_step(way.state, steps, first), first):
        batches = [widened(batch, way.width) for batch in step.batches] if way.few else step.batches
        train_step(way.state, batches, done, step.of_all)
        tokens += step.tokens
    way.rounds.append((tokens, time.perf_counter() - began, time.process_time() - computed))


def report(ways: Sequence[Way], *, scored: bool) -> None:
    """Print rates, ratios and scores."""
    show("measure", "value", "asked")
    show("---", "---", "---")
    *others, best = ways
    for way in ways:
        texts = sum(len(batch) for step in way.steps for batch in step)
        show(
            f"{way.name} ({len(way.steps)} steps, {texts:,} texts): real tokens/s",
            spread(way.rates(1)),
            "",
        )
        show("the same for each second of the processor", spread(way.rates(2)), "")
    for way in others:
        for clock, name in ((1, "by the clock"), (2, "by processor time")):
            ratios = [a / b for a, b in zip(best.rates(clock), way.rates(clock), strict=True)]
            show(f"ours / {way.name}, {name}", spread(ratios, 2), "" if way.few else "at least 2.5")
    if scored:
        scores = [score(way) for way in ways if not way.few]
        show(
            "main dev measure after the same passes: plain, ours",
            " / ".join(f"{100 * s:.1f}" for s in scores),
            "within 0.3",
        )


def score(way: Way) -> float:
    """The mean over dev sets of the main measure."""
    way.inputs.model.eval()
    found = [
        next(iter(dev_scores(way.inputs.model, way.inputs.pieces, rows).values()))
        for rows in way.inputs.prepared.dev.values()
    ]
    return float(np.mean(found))


def widened(batch: Batch, width: int) -> Batch:
    """The batch padded to `width` tokens."""
    more = width - batch.ids.shape[1]
    targets = replace(
        batch.targets,
        spans=functional.pad(batch.targets.spans, (0, more, 0, more)),
        pairs=functional.pad(batch.targets.pairs, (0, more, 0, more)),
    )
    ids, mask = (functional.pad(one, (0, more)) for one in (batch.ids, batch.mask))
    return Batch(ids, mask, targets, batch.indices)


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median with the lowest and the highest."""
    middle, low, high = (f"{each(values):.{digits}f}" for each in (median, min, max))
    return f"{middle} ({low}-{high})"


def show(*cells: str) -> None:
    """A row of the table, at once."""
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
