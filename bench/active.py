"""Which reviews to label first: quad F1 against seconds of annotators, strategies beside random.

    python bench/active.py --root FOLDER --base BUNDLE --out FOLDER [--sets laptop,food-zh]
        [--by random,entropy,...] [--seeds 1,2,3,4,5] [--picture FILE.svg]

Both parts of a set are put together and a test part is drawn by seed, so that the published dev
part is no test here. The base must not have learned from the sets: docs/active.md has that of
make-up reviews alone. Annotators begin with reviews drawn at random and bare; from then on the
model trained last shows what it finds, they correct that (`AnnotationCost`, `corrections`), and
once the seconds of a round are spent the model is trained anew from the base. What trains is light
(`bench/light_model.py`). Finished runs are kept in the folder. Prints the tables of the page.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from light_model import Answered, LightModel

from guandian.data import load
from guandian.domain import Labelled
from guandian.evaluation import score_quads
from guandian.evaluation.annotation_cost import AnnotationCost, corrections
from guandian.labelling import Item
from guandian.labelling.choosing import Pool, choose_batch

STATED = AnnotationCost()
WAYS: dict[str, tuple[str, bool]] = {
    "random": ("random", False),
    "entropy": ("entropy", False),
    "entropy a second": ("entropy", True),
    "margin": ("margin", False),
    "badge": ("badge", False),
    "core-set": ("core-set", False),
    "committee": ("committee", False),
}
COMMITTEE = 3


@dataclass(frozen=True)
class Setting:
    """How a set is simulated: sizes in reviews, rounds in seconds of annotators from the start."""

    longest: int
    test: int
    pool: int
    rounds: tuple[float, ...]
    passes: float


SETTINGS = {
    "laptop": Setting(200, 220, 499, (1500, 2500, 4000, 6000), 6),
    "food-zh": Setting(80, 400, 600, (3000, 6000, 10000), 6),
}


@dataclass(frozen=True)
class Labelling:
    """A review that was labelled: in which round, and what it took beside reading."""

    row: int
    round: int
    characters: int
    opinions: int
    corrections: int


def main() -> None:
    """Run what has not been run, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default="laptop,food-zh")
    parser.add_argument("--by", default=",".join(WAYS))
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--top", type=int, default=0)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.sets.split(","):
        simulate(asked, name)
        runs = finished(asked.out, name)
        print(tables(name, runs), flush=True)
        if asked.picture:
            draw(runs, asked.picture.with_stem(f"{asked.picture.stem}-{name}"))


def simulate(asked: argparse.Namespace, name: str) -> None:
    """Run every way and seed of a set that is not there yet, the seeds side by side."""
    open_runs = [
        (seed, way, file)
        for seed in map(int, asked.seeds.split(","))
        for way in asked.by.split(",")
        if not (file := asked.out / f"{name}-{seed}-{way.replace(' ', '-')}.json").exists()
    ]
    if not open_runs:
        return
    setting, known = SETTINGS[name], dict[str, Labelled]()
    for part in ("train", "dev"):
        for record in load(name, asked.root, part):
            if record.quads and len(record.text) <= setting.longest:
                known.setdefault(record.text, record)
    every = list(known.values())
    drawn = np.random.default_rng(0).permutation(len(every))[: setting.test + setting.pool]
    records = [every[row] for row in drawn] if len(every) > len(drawn) else every
    categories = sorted({str(q.category) for r in records for q in r.quads or ()})
    model = LightModel(asked.base, records, categories, asked.top)
    for seed, way, file in open_runs:
        run = one_run(model, records, setting, way, seed)
        file.write_text(json.dumps(run), encoding="utf-8")
        shown = ", ".join(f"{point['f1']:.3f}" for point in run["points"])
        print(f"{name} {seed} {way}: {shown}", flush=True)


def one_run(
    model: LightModel, records: Sequence[Labelled], setting: Setting, way: str, seed: int
) -> dict[str, Any]:
    """Label round by round; random goes on until the pool is empty."""
    order = np.random.default_rng(seed).permutation(len(records)).tolist()
    test, pool = order[: setting.test], order[setting.test : setting.test + setting.pool]
    done: list[Labelling] = []
    points: list[dict[str, float]] = []
    shown: dict[int, list[Answered]] = {}
    ends = [*setting.rounds, float("inf")] if way == "random" else [*setting.rounds]
    spent = 0.0
    for number, end in enumerate(ends):
        left = [row for row in pool if row not in {labelling.row for labelling in done}]
        # The first reviews are the same for every way: there is no model yet that could choose.
        chosen = pick(model, records, left, done, shown, way if number else "random", seed + number)
        for row in chosen:
            if spent >= end:
                break
            gold = records[row].quads or ()
            own = shown[row][0].quads if shown else ()
            acts = corrections(gold, own)
            spent += STATED.seconds(len(records[row].text), acts)
            done.append(Labelling(row, number, len(records[row].text), len(gold), acts))
        rows = [labelling.row for labelling in done]
        epochs = round(setting.passes * (len(pool) / len(rows)) ** 0.5)
        learn = model.learn if number else model.learn_first
        top = learn(rows, epochs, seed)
        answers = model.answer(top, [records[row].text for row in test])
        gold_test = [records[row].quads or () for row in test]
        scores = score_quads(gold_test, [answer.quads for answer in answers])
        points.append({"seconds": spent, "reviews": len(rows), "f1": scores.quad.f1})
        left = [row for row in pool if row not in set(rows)]
        if number + 1 < len(ends) and left:
            members = COMMITTEE if way == "committee" else 0
            texts = [records[row].text for row in left]
            several = [model.answer(top, texts)]
            several += [model.answer(top, texts, dropout=True) for _ in range(members)]
            shown = {
                row: list(own) for row, own in zip(left, zip(*several, strict=True), strict=True)
            }
    return {"points": points, "done": [asdict(labelling) for labelling in done]}


def pick(
    model: LightModel,
    records: Sequence[Labelled],
    left: Sequence[int],
    done: Sequence[Labelling],
    shown: dict[int, list[Answered]],
    way: str,
    seed: int,
) -> list[int]:
    """The reviews that are left, in the order in which a way has them labelled."""
    if not shown or way == "random":
        return [left[k] for k in np.random.default_rng(seed).permutation(len(left))]
    items = [
        Item(
            Labelled(records[row].id, records[row].text, "pool", shown[row][0].quads),
            str(row),
            model="light",
            confidences=shown[row][0].confidences,
        )
        for row in left
    ]
    others = [[member.quads for member in members] for members in zip(
        *(shown[row][1:] for row in left), strict=True)]  # fmt: skip
    pool = Pool(
        items,
        others=others,
        vectors=model.vectors[left],
        known_vectors=model.vectors[[labelling.row for labelling in done]],
    )
    by, per_second = WAYS[way]
    batch = choose_batch(pool, by, len(left), cost=STATED, per_second=per_second, seed=seed)  # type: ignore[arg-type]
    return [left[row] for row in batch.rows]


def finished(out: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    """The runs of each way that are there, by way."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for way in WAYS:
        files = sorted(out.glob(f"{name}-[0-9]*-{way.replace(' ', '-')}.json"))
        if files:
            runs[way] = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return runs


def priced(run: dict[str, Any], cost: AnnotationCost, *, bare: bool = False) -> list[float]:
    """The seconds spent at each point of a run by another cost, or without a model's help."""
    seconds = [0.0] * len(run["points"])
    for labelling in run["done"]:
        acts = labelling["opinions" if bare else "corrections"]
        seconds[labelling["round"]] += cost.seconds(labelling["characters"], acts)
    return [float(total) for total in np.cumsum(seconds)]


def reached(seconds: Sequence[float], f1: Sequence[float], target: float) -> float | None:
    """Seconds at which a curve, straight between its points, first has `target`; None = never."""
    for k, score in enumerate(f1):
        if score >= target:
            if not k:
                return seconds[0]
            share = (target - f1[k - 1]) / (score - f1[k - 1])
            return seconds[k - 1] + share * (seconds[k] - seconds[k - 1])
    return None


def curve(
    runs: Sequence[dict[str, Any]], cost: AnnotationCost, *, bare: bool = False
) -> tuple[list[float], list[float]]:
    """Mean seconds and mean F1 at each round, over seeds."""
    seconds = np.mean([priced(run, cost, bare=bare) for run in runs], axis=0)
    scores = np.mean([[point["f1"] for point in run["points"]] for run in runs], axis=0)
    return seconds.tolist(), scores.tolist()


def tables(name: str, runs: dict[str, list[dict[str, Any]]]) -> str:
    """F1 at each round, and the seconds to what all random labels give, by each cost."""
    rounds = len(SETTINGS[name].rounds)
    whole_seconds, whole = curve(runs["random"], STATED)
    head = " | ".join(f"{seconds:,.0f} s" for seconds in SETTINGS[name].rounds)
    reviews = runs["random"][0]["points"][-1]["reviews"]
    bare = curve(runs["random"], STATED, bare=True)[0][-1]
    lines = [
        f"\n{name}: {len(runs['random'])} seeds; all {reviews:.0f} reviews at random, with the"
        f" model's help: {whole_seconds[-1]:,.0f} s, quad F1 {whole[-1]:.3f};"
        f" without help {bare:,.0f} s\n",
        f"| way | {head} | reviews at the end | share of all random seconds for its F1 |",
        f"|---{'|---' * (rounds + 2)}|",
    ]
    for way, several in runs.items():
        seconds, f1 = curve(several, STATED)
        spread = np.std([[p["f1"] for p in run["points"][:rounds]] for run in several], axis=0)
        cells = [f"{score:.3f} ± {s:.3f}" for score, s in zip(f1[:rounds], spread, strict=True)]
        reviews = mean(run["points"][rounds - 1]["reviews"] for run in several)
        at = reached(seconds, f1, whole[-1])
        share = "not reached" if at is None else f"{at / whole_seconds[-1]:.2f}"
        lines.append(f"| {way} | {' | '.join(cells)} | {reviews:.0f} | {share} |")
    target = whole[rounds - 1]
    lines += [
        "",
        f"Seconds to random's F1 of the last round ({target:.3f}), over random's, by cost:",
        "",
        "| way | stated | " + " | ".join(label for label, _ in STATED.varied()) + " |",
        "|---|---" + "|---" * 6 + "|",
    ]
    for way, several in runs.items():
        cells = []
        for cost in (STATED, *(varied for _, varied in STATED.varied())):
            mine = reached(*curve(several, cost), target)
            theirs = curve(runs["random"], cost)[0][rounds - 1]
            cells.append("–" if mine is None else f"{mine / theirs:.2f}")
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(runs: dict[str, list[dict[str, Any]]], file: Path) -> None:
    """A line a way over minutes of annotators, and random without a model's help."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for way, several in runs.items():
        seconds, f1 = curve(several, STATED)
        style = {"color": "black", "linewidth": 2} if way == "random" else {"linewidth": 1}
        axes.plot(np.divide(seconds, 60), f1, marker=".", label=way, **style)
    seconds, f1 = curve(runs["random"], STATED, bare=True)
    axes.plot(np.divide(seconds, 60), f1, "k:", marker=".", label="random, without help")
    axes.set_xlabel("minutes of annotators, by the stated cost")
    axes.set_ylabel("quad F1 on the test part")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)


if __name__ == "__main__":
    main()
