"""Do explanations tell what the model goes by? Three trials of `guandian.explain`.

    python bench/explain.py deletion --root FOLDER    words taken away in the order of their effects
    python bench/explain.py gold --root FOLDER        gold expressions found by effects, make-up dev
    python bench/explain.py concepts --root FOLDER    CEBaB: the effect of human edits, foretold

*Deletion*: texts of guandian-wide dev of 5 to 12 words, by seed. All coalitions of words are read,
so the best and the worst order of taking them away is known: normalised AOPC is 1 for the best and
0 for the worst (Edin et al. 2024). Beside: exact Shapley values, occlusion, integrated gradients,
orders by chance. How far the sums of gradients miss is told too.

*Gold*: average precision of characters by their effects, the gold expressions of a review being
what is looked for; the mean of all reviews that have one, and of all characters together.

*Concepts*: the model is a five-star one: logistic regression over the shipped encoder's vectors and
sentiment, fitted on half of CEBaB's exclusive training texts. Explainers learn from the other half
and from pairs of the inclusive ones; scored are pairs of dev that differ in one aspect, by the
cosine and L2 distances of the CEBaB paper (Abraham et al. 2022).
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guandian.bundle import open_folder, shipped
from guandian.data.corpora import load
from guandian.domain import Labelled, Review
from guandian.engine.text_vectors import TextVectors
from guandian.evaluation.logits import softmax
from guandian.explain.attribution import all_coalitions
from guandian.explain.explainer import Explainer, Method
from guandian.explain.explanation import ReviewExplanation
from guandian.explain.masked_readings import MaskedReadings
from guandian.explain.units import cut_units
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.pipelines.explainers import gradients_of
from guandian.tasks.inference import infer
from guandian.text.segmentation import JiebaSegmenter

Floats = NDArray[np.float64]
METHODS: tuple[Method, ...] = ("occlusion", "gradients", "shapley", "exact")
FEWEST = 5
ASPECTS = ("food", "service", "ambiance", "noise")
STANDS = ("Negative", "unknown", "Positive")


def main() -> None:
    """Run one trial and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trial", choices=("deletion", "gold", "concepts"))
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--texts", type=int, default=60, help="at most; 0 is all")
    parser.add_argument("--longest", type=int, default=12, help="words of a text, of deletion")
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--method", choices=METHODS, default="shapley", help="of the trial gold")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    trial: Callable[[argparse.Namespace], None] = {
        "deletion": deletion, "gold": gold, "concepts": concepts,
    }[options.trial]  # fmt: skip
    trial(options)


def deletion(options: argparse.Namespace) -> None:
    """Print normalised AOPC by target and method."""
    miner = open_miner(None, 1)
    rng = np.random.default_rng(options.seed)
    examples = list(load("guandian-wide", options.root, part="dev"))
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    gradients = gradients_of(None, miner)
    gaps, apart, readings = [], [], []
    done = 0
    for at in rng.permutation(len(examples)):
        values = _every_coalition(miner, examples[at], options.longest)
        if values is None:
            continue
        count = int(np.log2(len(next(iter(values.values())))))
        review = Review("", examples[at].text)
        explained = {
            method: Explainer(
                miner, method, options.passes, gradients if method == "gradients" else None
            ).explain(review)
            for method in METHODS
        }
        gaps.append(explained["gradients"].gap)
        apart.append(_apart(explained["gradients"], explained["exact"]))
        readings.append(explained["gradients"].passes)
        if any(len(entry.units) != count for entry in explained.values()):
            explained = {n: e for n, e in explained.items() if len(e.units) == count}
        for target, column in values.items():
            high, low = _bounds(column)
            if high - low < 0.02:
                continue  # nothing to tell apart

            def normal(
                order: Sequence[int], column: Floats = column, high: float = high, low: float = low
            ) -> float:
                return (_aopc(column, order) - low) / (high - low)

            for name, entry in explained.items():
                effects = _effects(entry, target)
                order = np.argsort(-np.asarray(effects), kind="stable").tolist()
                scores[target[0], name].append(normal(order))
            chance = [normal(rng.permutation(count).tolist()) for _ in range(10)]
            scores[target[0], "random"].append(float(np.mean(chance)))
        done += 1
        print(f"{done}: {count} words", file=sys.stderr, flush=True)
        if options.texts and done >= options.texts:
            break
    print(f"{done} texts of {FEWEST}-{options.longest} words, {options.passes} passes")
    print(f"| of | random | {' | '.join(METHODS)} | n |\n|---|---|{'---|' * len(METHODS)}---|")
    for target in ("sentiment", "polarity", "confidence"):
        row = [np.mean(scores[target, name]) for name in ("random", *METHODS)]
        print(
            f"| {target} | "
            + " | ".join(f"{v:.3f}" for v in row)
            + f" | {len(scores[target, 'exact'])} |"
        )
    ratio = [
        np.sum(scores[t, "shapley"]) / np.sum(scores[t, "exact"])
        for t in ("sentiment", "polarity", "confidence")
    ]
    print("shapley / exact: " + ", ".join(f"{value:.3f}" for value in ratio))
    print(
        f"gradients: sums miss by {np.mean(gaps):.4f}, {np.max(gaps):.4f} at most,"
        f" {np.median(readings):.0f} readings (median); the network in torch and the shipped one"
        f" are {np.mean(apart):.4f} apart, {np.max(apart):.4f} at most"
    )


def _apart(by_gradients: ReviewExplanation, exact: ReviewExplanation) -> float:
    """The most by which a value of the network in torch is not that of the shipped one."""
    pairs = [(by_gradients.sentiment, exact.sentiment)]
    for ours, theirs in zip(by_gradients.opinions, exact.opinions, strict=True):
        pairs += [(ours.polarity, theirs.polarity), (ours.confidence, theirs.confidence)]
    return max(abs(ours.value - theirs.value) for ours, theirs in pairs)


def _every_coalition(
    miner: Miner, example: Labelled, longest: int
) -> dict[tuple[str, int], Floats] | None:
    """Every target's values [2 ** units]; None for a text of another length."""
    review = Review("", example.text)
    prepared = miner.prepare(review)
    if prepared.encoded is None or not len(prepared.encoded):
        return None
    text = prepared.source.cleaned
    units = cut_units(text, prepared.encoded, JiebaSegmenter(), len(text))
    if not FEWEST <= len(units) <= longest:
        return None
    (findings,) = infer(miner.reader, [text], [prepared.encoded])
    chosen = [candidate for candidate, _ in miner.chosen(review, prepared.source, findings)]
    confidence = miner.labels.confidence
    readings = MaskedReadings(miner.reader, text, prepared.encoded, chosen, confidence)
    beliefs = readings.beliefs(units.tokens(all_coalitions(len(units))))
    lean = beliefs.sentiment[:, 2] - beliefs.sentiment[:, 0]
    # The side of the review: what is taken away first is what speaks most for it.
    values = {("sentiment", 0): lean if lean[-1] >= 0 else -lean}
    for k, candidate in enumerate(chosen):
        values["polarity", k] = beliefs.polarity[:, k, candidate.polarity]
        values["confidence", k] = beliefs.confidence[:, k]
    return values


def _effects(entry: ReviewExplanation, target: tuple[str, int]) -> Floats:
    kind, k = target
    if kind == "sentiment":
        effects = np.array(entry.sentiment.by_unit)
        return effects if entry.sentiment.value >= 0 else -effects
    return np.array(getattr(entry.opinions[k], kind).by_unit)


def _aopc(values: Floats, order: Sequence[int]) -> float:
    units = len(order)
    left, lost = len(values) - 1, 0.0
    for unit in order:
        left &= ~(1 << (units - 1 - unit))
        lost += values[-1] - values[left]
    return lost / units


def _bounds(values: Floats) -> tuple[float, float]:
    """AOPC of the best and of the worst order, over all of them."""
    units = int(np.log2(len(values)))
    most, least = np.zeros(len(values)), np.zeros(len(values))
    for left in range(len(values)):
        smaller = [left & ~(1 << bit) for bit in range(units) if left >> bit & 1]
        most[left] = values[left] + max((most[s] for s in smaller), default=0.0)
        least[left] = values[left] + min((least[s] for s in smaller), default=0.0)
    whole = values[-1]
    return whole - (least[-1] - whole) / units, whole - (most[-1] - whole) / units


def gold(options: argparse.Namespace) -> None:
    """Print the average precision of gold expressions by kind of effect."""
    from sklearn.metrics import average_precision_score

    miner = open_miner(None, 1, "make-up")
    gradients = gradients_of(None, miner) if options.method == "gradients" else None
    explainer = Explainer(miner, options.method, options.passes, gradients)
    examples = list(load("make-up", options.root, part="dev"))
    by_kind: dict[str, list[tuple[Floats, NDArray[np.bool_]]]] = defaultdict(list)
    rng = np.random.default_rng(options.seed)
    for example in examples[: options.texts or None]:
        wanted = np.zeros(len(example.text), bool)
        for quad in example.quads or ():
            if quad.expression is not None:
                wanted[quad.expression.start : quad.expression.end] = True
        if not wanted.any() or wanted.all():
            continue
        entry = explainer.explain(Review("", example.text))
        for kind, effects in _kinds(entry).items():
            scores = np.zeros(len(example.text))
            for span, effect in zip(entry.units, effects, strict=True):
                scores[span.start : span.end] = effect
            by_kind[kind].append((scores, wanted))
        by_kind["random"].append((rng.random(len(example.text)), wanted))
    print("| effects | mean of reviews | all characters | reviews |\n|---|---|---|---|")
    for kind, pairs in by_kind.items():
        means = [average_precision_score(wanted, scores) for scores, wanted in pairs]
        scores, wanted = (np.concatenate(part) for part in zip(*pairs, strict=True))
        whole = average_precision_score(wanted, scores)
        print(f"| {kind} | {np.mean(means):.3f} | {whole:.3f} | {len(pairs)} |")


def _kinds(entry: ReviewExplanation) -> dict[str, Floats]:
    """For each way to look at an explanation a score of each unit."""
    units = len(entry.units)
    polarity = np.array([o.polarity.by_unit for o in entry.opinions]).reshape(-1, units)
    confidence = np.array([o.confidence.by_unit for o in entry.opinions]).reshape(-1, units)
    none = np.zeros((1, units))
    return {
        "sentiment": np.abs(np.array(entry.sentiment.by_unit)),
        "polarity": np.vstack([polarity, none]).max(0),
        "confidence": np.vstack([confidence, none]).max(0),
        "polarity + confidence": np.vstack([polarity + confidence, none]).max(0),
    }


def concepts(options: argparse.Namespace) -> None:
    """Print the distances between foretold and true effects of edits."""
    folder = options.root / "cebab"
    rng = np.random.default_rng(options.seed)
    exclusive = _texts(folder / "train_exclusive.json.gz")
    inclusive = _grouped(_texts(folder / "train_inclusive.json.gz"), rng, 450)
    dev = _texts(folder / "dev.json.gz")
    rated = [row for row in exclusive if row["review_majority"].isdigit()]
    fit_on = [row for at, row in enumerate(rated) if at % 2 == 0]
    observed = [row for at, row in enumerate(rated) if at % 2]
    stars = _FiveStars(fit_on)
    known: dict[str, Floats] = {}
    for rows in (observed, inclusive, dev):
        for row, probabilities in zip(rows, stars.probabilities(rows), strict=True):
            known[row["id"]] = probabilities
    right = np.mean(
        [
            int(row["review_majority"]) == known[row["id"]].argmax() + 1
            for row in dev
            if row["review_majority"].isdigit()
        ]
    )
    numbers = f"{len(observed)} observed, {len(inclusive)} inclusive"
    print(f"five-star model: {right:.3f} of dev right; {numbers}")
    learner = _SLearner(observed + inclusive, known)
    anchored = _Anchored(list(_pairs(inclusive)), known)
    test = list(_pairs(dev))
    explainers: dict[str, Callable[[dict[str, Any], str, str, str], Floats]] = {
        "random": _by_chance(dev, known, rng),
        "S-learner": learner.effect,
        "mean effect": anchored.mean,
        "anchored": anchored.effect,
    }
    print(
        f"{len(test)} pairs of dev\n| explainer | cosine | L2 | norm difference |\n"
        "|---|---|---|---|"
    )
    for name, explain in explainers.items():
        rows = []
        for first, second, aspect in test:
            true = known[second["id"]] - known[first["id"]]
            told = explain(first, aspect, _stand(first, aspect), _stand(second, aspect))
            rows.append(_distances(true, told))
        cosine, l2, norm = np.mean(rows, axis=0)
        print(f"| {name} | {cosine:.3f} | {l2:.3f} | {norm:.3f} |")


def _by_chance(
    rows: Sequence[dict[str, Any]], known: dict[str, Floats], rng: np.random.Generator
) -> Callable[[dict[str, Any], str, str, str], Floats]:
    """The difference of two texts drawn by chance, whatever is asked."""

    def effect(*_: object) -> Floats:
        first, second = (rows[rng.integers(len(rows))]["id"] for _ in range(2))
        return known[second] - known[first]

    return effect


def _distances(true: Floats, told: Floats) -> tuple[float, float, float]:
    norms = np.linalg.norm(true), np.linalg.norm(told)
    cosine = 1.0 if min(norms) == 0 else 1 - float(true @ told) / float(norms[0] * norms[1])
    return cosine, float(np.linalg.norm(true - told)), abs(float(norms[0] - norms[1]))


def _texts(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = json.load(lines)
    return rows


def _grouped(
    rows: list[dict[str, Any]], rng: np.random.Generator, most: int
) -> list[dict[str, Any]]:
    """The texts of so many originals."""
    names = sorted({row["original_id"] for row in rows})
    chosen = set(rng.permutation(names)[:most].tolist())
    return [row for row in rows if row["original_id"] in chosen]


def _stand(row: dict[str, Any], aspect: str) -> str:
    value = row[f"{aspect}_aspect_majority"]
    return value if value in STANDS else "unknown"


def _pairs(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """An original and its edit of one aspect, whose label the edit changed; both ways."""
    originals = {row["original_id"]: row for row in rows if row["is_original"]}
    for row in rows:
        original = originals.get(row["original_id"])
        aspect = row["edit_type"]
        if row["is_original"] or original is None or aspect not in ASPECTS:
            continue
        if _stand(row, aspect) == _stand(original, aspect):
            continue
        yield original, row, aspect
        yield row, original, aspect


class _FiveStars:
    """Stars from the shipped encoder: logistic regression over its vectors and its sentiment."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self._miner = open_miner(None, 1)
        self._vectors = TextVectors.open(open_folder(shipped()).members[0])
        self._model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        self._model.fit(self._features(rows), [int(row["review_majority"]) for row in rows])

    def probabilities(self, rows: Sequence[dict[str, Any]]) -> Floats:
        """[n, 5]."""
        return np.asarray(self._model.predict_proba(self._features(rows)))

    def _features(self, rows: Sequence[dict[str, Any]]) -> Floats:
        reader = self._miner.reader
        features = []
        for row in rows:
            encoded = reader.pieces.encode(row["description"])
            ids = np.concatenate(
                [[reader.pieces.cls_id], encoded.ids[:190], [reader.pieces.sep_id]]
            )[None].astype(np.int64)
            features.append(self._vectors.run(ids)[0])
        return np.array(features, dtype=np.float64)


class _SLearner:
    """The probabilities of stars from the stands of all aspects; effects are differences."""

    def __init__(self, rows: Sequence[dict[str, Any]], known: dict[str, Floats]) -> None:
        from sklearn.linear_model import Ridge

        self._model = Ridge(1.0).fit(
            [self._code(row) for row in rows], [known[row["id"]] for row in rows]
        )

    def _code(self, row: dict[str, Any], aspect: str = "", stand: str = "") -> list[float]:
        stands = {name: stand if name == aspect else _stand(row, name) for name in ASPECTS}
        return [float(stands[name] == value) for name in ASPECTS for value in STANDS]

    def effect(self, row: dict[str, Any], aspect: str, before: str, after: str) -> Floats:
        first, second = self._model.predict(
            [self._code(row, aspect, before), self._code(row, aspect, after)]
        )
        return np.asarray(second - first)


class _Anchored:
    """The model's answer to this text, moved as edits of the same kind moved others (logits)."""

    def __init__(
        self, pairs: Sequence[tuple[dict[str, Any], dict[str, Any], str]], known: dict[str, Floats]
    ) -> None:
        self._known = known
        moves, means = defaultdict(list), defaultdict(list)
        for first, second, aspect in pairs:
            key = aspect, _stand(first, aspect), _stand(second, aspect)
            before, after = known[first["id"]], known[second["id"]]
            moves[key].append((np.log(before + 1e-6), np.log(after + 1e-6)))
            means[key].append(after - before)
        self._means = {key: np.mean(rows, axis=0) for key, rows in means.items()}
        self._fits = {}
        for key, rows in moves.items():
            x = np.array([np.append(before, 1.0) for before, _ in rows])
            y = np.array([after for _, after in rows])
            prior = np.vstack([np.eye(5), np.zeros(5)])
            self._fits[key] = prior + np.linalg.solve(
                x.T @ x + 20 * np.eye(6), x.T @ (y - x @ prior)
            )

    def mean(self, row: dict[str, Any], aspect: str, before: str, after: str) -> Floats:
        return self._means.get((aspect, before, after), np.zeros(5))

    def effect(self, row: dict[str, Any], aspect: str, before: str, after: str) -> Floats:
        now = self._known[row["id"]]
        fit = self._fits.get((aspect, before, after))
        if fit is None:
            return np.zeros(5)
        return np.asarray(softmax((np.append(np.log(now + 1e-6), 1.0) @ fit)[None])[0] - now)


if __name__ == "__main__":
    main()
