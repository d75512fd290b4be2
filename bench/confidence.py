"""Does confidence keep its word? Trials of promises, of unlike reviews, of shares.

    python bench/confidence.py promises --root FOLDER   precision asked for, held in resamples; and
                                                        on kinds of product left out
    python bench/confidence.py unlike --root FOLDER     far and near texts told from reviews
    python bench/confidence.py shares --root FOLDER     shares of polarities corrected, beside QuaPy

*Shares*: sets halved, or measured on guandian-wide dev; samples of 5 to 95 % criticism.

*Promises*: guandian-wide dev, halved 100 times by seed (reviews, not opinions): measured on one
half, held on the other. *Left out*: all kinds of 20 reviews or more, each in turn; beside is the
threshold that people would take, the precision itself, as a confidence.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import open_folder, shipped
from guandian.bundle.manifest import Manifest
from guandian.data.corpora import load
from guandian.domain import Polarity
from guandian.evaluation.net_sentiment import ORDER
from guandian.evaluation.sentiment_shares import SentimentRates
from guandian.mining.caution.familiarity import LIMIT, Familiarity
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.pipelines.miners import miner_of, reader_of, weights_of
from guandian.pipelines.promising import answered_reviews
from guandian.tasks.inference import VECTORS, infer
from guandian.text.cleaning import clean
from guandian.training.promise_measuring import AnsweredReview, JudgedOpinions, threshold_rows

Floats = NDArray[np.float64]
ASKED = (("whole", 0.8), ("whole", 0.9), ("whole", 0.95), ("triplet", 0.9), ("triplet", 0.95),
         ("polarity", 0.9), ("polarity", 0.95))  # fmt: skip
LEAST = 20
SAMPLE = 100
"""Reviews of which a share is told."""


def main() -> None:
    """Run one trial and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trial", choices=("promises", "unlike", "shares"))
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--texts", type=int, default=2500, help="of the train part, for `unlike`")
    parser.add_argument(
        "--write", type=Path, help="where what `unlike` measured goes; for `shares`, a manifest"
    )
    options = parser.parse_args()
    trial: Callable[[argparse.Namespace], None] = {
        "promises": promises, "unlike": unlike, "shares": shares,
    }[options.trial]  # fmt: skip
    trial(options)


def promises(options: argparse.Namespace) -> None:
    """Print how often what was asked for is held, in resamples and on kinds left out."""
    examples = [e for e in load("guandian-wide", options.root, part="dev") if e.quads is not None]
    reviews = answered_reviews(open_miner(None, 1), examples)
    kinds = [kind for kind, n in Counter(r.kind for r in reviews).items() if n >= LEAST]
    rng = np.random.default_rng(options.seed)
    print(
        "| right | asked | held | of, feasible | kept | precision | left out: broken | by itself |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for meaning, precision in ASKED:
        held, feasible, kept, got = 0, 0, [], []
        for _ in range(options.draws):
            order = rng.permutation(len(reviews))
            half = len(order) // 2
            threshold = _threshold([reviews[k] for k in order[:half]], kinds, meaning, precision)
            if threshold is None:
                held += 1
                continue
            share, right = _kept([reviews[k] for k in order[half:]], meaning, threshold)
            feasible += 1
            held += right >= precision
            kept.append(share)
            got.append(right)
        broken, plain, tried = 0, 0, 0
        for kind in kinds:
            others = [review for review in reviews if review.kind != kind]
            own = [review for review in reviews if review.kind == kind]
            threshold = _threshold(others, [k for k in kinds if k != kind], meaning, precision)
            plain += _kept(own, meaning, precision)[1] < precision
            if threshold is not None:
                tried += 1
                broken += _kept(own, meaning, threshold)[1] < precision
        mean = f"{np.mean(kept):.3f} | {np.mean(got):.3f}" if kept else "– | –"
        print(
            f"| {meaning} | {precision} | {held} of {options.draws} | {feasible} | {mean} "
            f"| {broken} of {tried} | {plain} of {len(kinds)} |"
        )


def unlike(options: argparse.Namespace) -> None:
    """Print how well other texts are told from reviews, and how many of each are warned of."""
    rng = np.random.default_rng(options.seed)
    opened = open_folder(shipped())
    spec = miner_of(opened, 1).labels.spec
    reader = replace(reader_of(opened.members, spec, 1, vectors=True), spans=False)

    def vectors(texts: Sequence[str]) -> tuple[Floats, NDArray[np.int64]]:
        answered = infer(reader, [clean(text)[0] for text in texts])
        tokens = np.array([len(findings.encoded) for findings in answered])
        return np.array([findings.arrays[VECTORS] for findings in answered]), tokens

    train = list(load("guandian-wide", options.root, part="train"))
    learned_from = [train[k] for k in rng.permutation(len(train))[: options.texts]]
    dev = list(load("guandian-wide", options.root, part="dev"))
    learned, _ = vectors([e.text for e in learned_from])
    held_out, tokens = vectors([e.text for e in dev])
    (weights,) = weights_of(opened)
    halves = rng.permutation(len(dev))
    fit, test = halves[: len(dev) // 2], halves[len(dev) // 2 :]
    familiar = Familiarity.measure(weights, learned, held_out[fit], tokens[fit])
    inside = familiar.likeness(held_out[test], tokens[test])
    print("| texts | AUROC | warned of |\n|---|---|---|")
    print(f"| reviews held out | – | {(inside <= LIMIT).mean():.3f} |")
    for name, texts in _far(options.root, rng).items():
        outside = familiar.likeness(*vectors(texts))
        print(f"| {name} | {_auroc(inside, outside):.3f} | {(outside <= LIMIT).mean():.3f} |")
    near = []
    train_kinds = np.array([e.group for e in learned_from])
    dev_kinds = np.array([e.group for e in dev])
    for kind in sorted({*dev_kinds.tolist()}):
        own = dev_kinds == kind
        if own.sum() >= LEAST:
            others = held_out[~own], tokens[~own]
            without = Familiarity.measure(weights, learned[train_kinds != kind], *others)
            own_likeness = without.likeness(held_out[own], tokens[own])
            near.append(_auroc(without.likeness(*others), own_likeness))
    print(f"| kinds left out of the statistics, mean of {len(near)} | {np.mean(near):.3f} | – |")
    if options.write is not None:
        Familiarity.measure(weights, learned, held_out, tokens).save(options.write)


def _far(root: Path, rng: np.random.Generator) -> dict[str, list[str]]:
    """Texts that are no reviews, and reviews of kinds of product that no set has."""
    import openpyxl

    with (root / "banking77" / "train.csv").open(encoding="utf-8") as lines:
        banking = [row[0] for row in csv.reader(lines)][1:]
    book = openpyxl.load_workbook(root / "zh_financial_news" / "news_seed.xlsx", read_only=True)
    headlines = [str(row[-1]) for row in book.active.iter_rows(min_row=2, values_only=True)]
    book.close()
    written = [example.text for example in load("guandian-written", root, part="dev")]
    return {
        "banking questions": [banking[k] for k in rng.permutation(len(banking))[:400]],
        "headlines": [headlines[k] for k in rng.permutation(len(headlines))[:400]],
        "further kinds of product (guandian-written dev)": written,
    }


def _auroc(inside: Floats, outside: Floats) -> float:
    """How often a text from outside is less like than one from inside; ties count half."""
    less = (outside[:, None] < inside).mean() + (outside[:, None] == inside).mean() / 2
    return float(less)


def shares(options: argparse.Namespace) -> None:
    """Print errors of shares of whole reviews over prevalences, and how often intervals hold them.

    For each set, what the model answers is measured on one half, or on `guandian-wide` alone (the
    shipped rates); shares are corrected in samples of the rest, drawn without replacement.
    """
    miner = open_miner(None, 1)
    wide = _answered(miner, "guandian-wide", options)
    measured = SentimentRates.measure(*wide[:3])
    if options.write is not None:
        manifest = Manifest.from_json(options.write.read_text("utf-8"), str(options.write))
        rates = manifest.calibration["polarity"] | {"sentiment": measured.to_json()}
        amended = replace(manifest, calibration={**manifest.calibration, "polarity": rates})
        options.write.write_text(amended.to_json(), "utf-8")
    print(
        f"{options.draws} samples of {SAMPLE} at each of 5 to 95 % criticism, seed {options.seed}"
    )
    print("| reviews | measured on | as found | report | of as found | ACC | PACC | EMQ | held |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in ("guandian-wide", "waimai", "online-shopping", "amazon-polarity"):
        answered = wide if name == "guandian-wide" else _answered(miner, name, options)
        _shares_of(name, answered, None, options)
        if name != "guandian-wide":
            _shares_of(name, answered, measured, options)


Answered = tuple[list[Polarity], list[Polarity], list[str], NDArray[np.float64]]
"""Labelled and answered sentiment, kind, and beliefs `[n, 3]` as `ORDER`."""


def _answered(miner: Miner, name: str, options: argparse.Namespace) -> Answered:
    """The dev reviews of a set that have a sentiment, 1,500 at most."""
    examples = [e for e in load(name, options.root, part="dev") if e.sentiment is not None]
    order = np.random.default_rng(options.seed).permutation(len(examples))[:1500]
    examples = [examples[place] for place in order.tolist()]
    mined = [answer.sentiment for answer in miner.predict([e.text for e in examples])]
    beliefs = np.array([[s.positive, s.neutral, s.negative] for s in mined])
    gold = [e.sentiment for e in examples if e.sentiment is not None]
    kinds = [f"{e.dataset}/{e.group}" for e in examples]
    return gold, [s.label for s in mined], kinds, beliefs / beliefs.sum(1, keepdims=True)


def _shares_of(
    name: str, answered: Answered, rates: SentimentRates | None, options: argparse.Namespace
) -> None:
    """Print the row of a set, measured on half of it or by `rates`."""
    gold, labels, groups, beliefs = answered
    sides = np.array([ORDER.index(polarity) for polarity in gold])
    classes = np.unique(sides)  # QuaPy's are asked among the sentiments that are there
    likely = beliefs[:, classes] / beliefs[:, classes].sum(1, keepdims=True)
    places = np.searchsorted(classes, sides)
    rng = np.random.default_rng(options.seed)
    errors: dict[str, list[float]] = {}
    held = number = 0
    for _ in range(options.draws):
        order = rng.permutation(len(gold))
        fit, rest = order[: len(order) // 2], order[len(order) // 2 :]
        measured = rates or SentimentRates.measure(
            *[[column[k] for k in fit] for column in (gold, labels, groups)]
        )
        kinds = 1 if rates else len(set(groups))
        methods = {} if rates else _quapy(likely[fit], places[fit])
        for criticism in np.arange(1, 20) / 20:
            bad = int(rng.binomial(SAMPLE, criticism))
            drawn = np.concatenate([
                rng.choice(own, min(len(own), count), replace=False)
                for side, count in ((0, SAMPLE - bad), (2, bad))
                if len(own := rest[sides[rest] == side])
            ])  # fmt: skip
            true = float((sides[drawn] == 2).mean())
            counts = Counter(labels[k] for k in drawn.tolist())
            ours = measured.corrected(counts, kinds).shares[Polarity.NEGATIVE]
            told = {"as found": counts[Polarity.NEGATIVE] / len(drawn), "report": ours.value}
            for method, quantifier in methods.items():
                given = likely[drawn].argmax(1) if method == "ACC" else likely[drawn]
                told[method] = float(quantifier.aggregate(given)[-1])
            for method, share in told.items():
                errors.setdefault(method, []).append(abs(share - true))
            held += ours.low <= criticism <= ours.high
            number += 1
    mean = {method: float(np.mean(values)) for method, values in errors.items()}
    others = [f"{mean[m]:.3f}" if m in mean else "–" for m in ("ACC", "PACC", "EMQ")]
    print(
        f"| {name} | {'guandian-wide' if rates else 'its other half'} | {mean['as found']:.3f} | "
        f"{mean['report']:.3f} | {mean['report'] / mean['as found']:.2f} | {' | '.join(others)} | "
        f"{held / number:.3f} |"
    )


def _quapy(likely: NDArray[np.float64], places: NDArray[np.int64]) -> dict[str, Any]:
    """QuaPy's quantifiers, fitted to beliefs and labels among the same sentiments."""
    import quapy.method.aggregative as quapy
    from sklearn.dummy import DummyClassifier

    known = np.arange(likely.shape[1])
    answered = DummyClassifier().fit(known[:, None], known)  # the answers are there already
    methods = {
        name: getattr(quapy, name)(answered, fit_classifier=False, val_split=None)
        for name in ("ACC", "PACC", "EMQ")
    }
    for name, method in methods.items():
        if name == "EMQ":
            method.train_prevalence = np.bincount(places) / len(places)
        method.aggregation_fit(likely.argmax(1) if name == "ACC" else likely, places)
    return methods


def _threshold(
    reviews: Sequence[AnsweredReview], kinds: Sequence[str], meaning: str, precision: float
) -> float | None:
    rows = threshold_rows(JudgedOpinions.of(reviews, meaning), kinds, [precision])
    return rows[0][1] if rows else None


def _kept(reviews: Sequence[AnsweredReview], meaning: str, threshold: float) -> tuple[float, float]:
    """The share of opinions that are kept, and of those the share that is right (1 of none)."""
    judged = JudgedOpinions.of(reviews, meaning)
    sure = judged.confidence >= threshold
    return float(sure.mean()), float(judged.right[sure].mean()) if sure.any() else 1.0


if __name__ == "__main__":
    main()
