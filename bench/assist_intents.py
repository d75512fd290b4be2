"""Intents by few examples: how many are told right, beside words alone and an untuned encoder.

Learns from the published few-shot splits (and, as other draws, from shots of the whole train part
by seed), scores on their valid parts, which nothing here learns from or chooses by. The held-back
tests are not read.

    python bench/assist_intents.py --parts untuned,scope,speed --root FOLDER
    python bench/assist_intents.py --parts tuned --sets BANKING77 --shots 5 --seeds 1
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.assist.understanding import Understander
from guandian.assist.understanding.intents.examples import (
    IntentExample,
    IntentExamples,
    read_messages,
)
from guandian.assist.understanding.intents.head import IntentHead
from guandian.assist.understanding.intents.intent_folder import open_intents
from guandian.assist.understanding.intents.text_encoder import MessageEncoder
from guandian.bundle import Bundle
from guandian.evaluation.metrics.separation import auroc, rejecting
from guandian.pipelines.intents.base_encoder import DEFAULT_BASE, PREFIX, open_base
from guandian.pipelines.intents.evaluation import evaluate_intents, words_alone
from guandian.pipelines.intents.head_fitting import fit_head
from guandian.pipelines.intents.intent_training import (
    IntentSettings,
    background_texts,
    export_encoder,
    train_intents,
)
from guandian.pipelines.miners import open_miner

SETS = ("BANKING77", "CLINC150", "HWU64")
Rows = tuple[list[str], list[str]]
Floats = NDArray[np.float64]


@dataclass
class Data:
    """The sets beside the project, read once."""

    root: Path

    def rows(self, name: str, part: str) -> Rows:
        """Texts and intents of a part of a set."""
        if name == "BANKING77" and part == "train":  # the whole train part lies elsewhere
            file = self.root / "data" / "banking77" / "train.csv"
            with file.open(encoding="utf-8", newline="") as lines:
                pairs = [(row["text"], row["category"]) for row in csv.DictReader(lines)]
        else:
            folder = self.root / "data" / "intents_fewshot" / name / part
            both = [(folder / file).read_text("utf-8").split("\n") for file in ("seq.in", "label")]
            pairs = [(text, intent) for text, intent in zip(*both, strict=True) if text.strip()]
        if part == "train":
            held = {text.lower() for text in self.rows(name, "valid")[0]}
            pairs = [pair for pair in pairs if pair[0].lower() not in held]
        return [text for text, _ in pairs], [intent for _, intent in pairs]

    def outside(self, *parts: str) -> list[str]:
        """Messages out of scope."""
        return read_messages(self.root.joinpath("data", "intents_fewshot", *parts))

    def shots(self, name: str, number: int, draw: int) -> Rows:
        """So many examples of each intent: the published ones for the draw 0, else by seed."""
        if draw == 0:
            return self.rows(name, f"train_{number}")
        by_intent: dict[str, list[str]] = defaultdict(list)
        for text, intent in zip(*self.rows(name, "train"), strict=True):
            by_intent[intent].append(text)
        choose = random.Random(draw)
        pairs = [
            (text, intent)
            for intent, texts in sorted(by_intent.items())
            for text in choose.sample(texts, min(number, len(texts)))
        ]
        return [text for text, _ in pairs], [intent for _, intent in pairs]


class Vectors:
    """Vectors of texts by the untuned encoder, each text computed once."""

    def __init__(self, root: Path, base: str, cache: Path) -> None:
        folder = cache / "encoder"
        if not folder.exists():
            export_encoder(open_base(base, root / "data"), background_texts(), folder)
        self._encoder = MessageEncoder.open(Bundle.open(folder), PREFIX)
        self._file = cache / "vectors.npz"
        self._kept: dict[str, Floats] = {}
        if self._file.exists():
            with np.load(self._file) as kept:
                self._kept = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Vectors [T, H]."""
        missing = sorted(set(texts) - set(self._kept))
        for start in range(0, len(missing), 1000):
            part = missing[start : start + 1000]
            self._kept |= dict(zip(part, self._encoder.vectors(part), strict=True))
        if missing:
            names = np.array(list(self._kept))
            np.savez(self._file, texts=names, vectors=np.stack(list(self._kept.values())))
        return np.stack([self._kept[text] for text in texts])


def right(head: IntentHead, vectors: Floats, intents: Sequence[str]) -> NDArray[np.bool_]:
    """Which messages a head tells right."""
    told = np.array(head.names)[head.probabilities(vectors).argmax(1)]
    return np.array(told == np.array(intents))


def untuned(data: Data, vectors: Vectors, sets: Sequence[str], shots: Sequence[str]) -> None:
    """An untuned encoder under the head, and words alone, over five draws of the examples."""
    for name in sets:
        texts, intents = data.rows(name, "valid")
        for number in shots:
            draws = [0] if number == "full" else range(5)
            ours, words = [], []
            for draw in draws:
                part = (
                    data.rows(name, "train")
                    if number == "full"
                    else data.shots(name, int(number), draw)
                )
                head = fit_head(vectors(part[0]), part[1], np.zeros((0, 0)), draw).head
                ours.append(100 * right(head, vectors(texts), intents).mean())
                told = np.array(words_alone(*part, texts))
                words.append(100 * (told == np.array(intents)).mean())
            print(
                f"untuned {name} {number} shots: {_mean(ours)}; words alone {_mean(words)}"
                f" (draws {len(ours)}, the first is the published split)",
                flush=True,
            )


def tuned(data: Data, settings: IntentSettings, name: str, shots: str, out: Path) -> float:
    """Tune on examples, and score the finished folder without torch."""
    part = data.rows(name, "train") if shots == "full" else data.shots(name, int(shots), 0)
    rows = [IntentExample(text, intent, name, k) for k, (text, intent) in
            enumerate(zip(*part, strict=True), start=1)]  # fmt: skip
    began = time.process_time()
    folder = out / f"{name}-{shots}-{settings.seed}"
    train_intents(IntentExamples(tuple(rows), ()), folder, settings, overwrite=True)
    spent = time.process_time() - began
    texts, intents = data.rows(name, "valid")
    scores = evaluate_intents(open_intents(folder), texts, intents)
    print(
        f"tuned {name} {shots} shots, seed {settings.seed}: {100 * scores.accuracy.value:.2f}"
        f" [{100 * scores.accuracy.low:.1f}, {100 * scores.accuracy.high:.1f}],"
        f" confidence error {scores.confidence_error:.3f}, {spent:.0f} s of one core",
        flush=True,
    )
    return 100 * scores.accuracy.value


def scope(data: Data, vectors: Vectors) -> None:
    """What is out of scope, within the domain and far from it, by an untuned encoder."""
    oos = "BANKING77-OOS"
    train, intents = data.rows(oos, "train")
    texts, gold = data.rows(oos, "valid")
    head = fit_head(vectors(train), intents, vectors(background_texts())).head
    _tell_scope(
        "BANKING77-OOS",
        head,
        vectors(texts),
        gold,
        {
            "within the domain": vectors(data.outside(oos, "id-oos", "valid")),
            "far": vectors(data.outside(oos, "ood-oos", "valid")),
        },
    )
    train, intents = data.rows("CLINC150", "train_10")
    texts, gold = data.rows("CLINC150", "valid")
    head = fit_head(vectors(train), intents, np.zeros((0, 0))).head
    outside = vectors(data.outside("CLINC150", "oos", "valid"))
    _tell_scope("CLINC150, 10 shots", head, vectors(texts), gold, {"oos": outside})


def _tell_scope(
    name: str, head: IntentHead, inside: Floats, gold: Sequence[str], kinds: dict[str, Floats]
) -> None:
    correct, near = right(head, inside, gold), head.nearness(inside)
    for kind, outside in kinds.items():
        far = head.nearness(outside)
        kept = (correct & (near >= rejecting(far, 0.95))).mean()
        surest = head.probabilities(inside).max(1), head.probabilities(outside).max(1)
        at = (near >= head.threshold).mean(), (far < head.threshold).mean()
        print(
            f"scope {name}, {kind}: AUROC {auroc(near, far):.4f}, by the surest probability alone"
            f" {auroc(*surest):.4f}; accuracy {100 * correct.mean():.1f}, with 95 % of these"
            f" rejected {100 * kept:.1f}; at the folder's threshold {100 * at[0]:.1f} % within are"
            f" accepted, {100 * at[1]:.1f} % of these rejected",
            flush=True,
        )


def speed(folder: Path, messages: Sequence[str]) -> None:
    """Messages a second, and milliseconds of one message at a time."""
    understander = Understander.open(folder, miner=open_miner())
    understander.understand_many(messages[:32])
    walls, processor = [], time.process_time()
    for message in messages:
        began = time.perf_counter()
        understander.understand(message)
        walls.append(1000 * (time.perf_counter() - began))
    spent = time.process_time() - processor
    walls.sort()
    print(
        f"speed: {len(messages) / spent:.0f} messages a second of one core's time, one at a time;"
        f" p50 {walls[len(walls) // 2]:.0f} ms, p95 {walls[int(0.95 * len(walls))]:.0f} ms by the"
        f" clock; {1000 * spent / len(messages):.1f} ms of processor time each"
    )


def _mean(values: Sequence[float]) -> str:
    spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{spread}"


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", default="untuned,scope")
    parser.add_argument("--root", type=Path, default=Path("../shared"))
    parser.add_argument("--base", default=DEFAULT_BASE)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--shots", default="5,10")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--model", type=Path, help="taught intents, for speed")
    parser.add_argument("--cache", type=Path, default=Path("bench-intents"))
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    data, parts = Data(given.root), given.parts.split(",")
    sets, shots = given.sets.split(","), given.shots.split(",")
    if "untuned" in parts or "scope" in parts:
        vectors = Vectors(given.root, given.base, given.cache)
        if "scope" in parts:
            scope(data, vectors)
        if "untuned" in parts:
            untuned(data, vectors, sets, shots)
    if "tuned" in parts:
        for name in sets:
            for number in shots:
                figures = [
                    tuned(
                        data,
                        IntentSettings(given.base, given.epochs, int(seed), given.root / "data"),
                        name,
                        number,
                        given.cache,
                    )
                    for seed in given.seeds.split(",")
                ]
                print(f"tuned {name} {number} shots: {_mean(figures)}, seeds {given.seeds}")
    if "speed" in parts:
        speed(given.model, data.rows("BANKING77", "valid")[0][:300])


if __name__ == "__main__":
    main()
