"""Sentiment of a product category that was never seen, each of ten left out in turn: three curves.

    python bench/left_out.py --root FOLDER --out FOLDER [--base MODEL] [--categories A,B]
        [--rows 400] [--scored 400] [--seeds 1,2,3] [--longest 160]

The light variant: the encoder stays as it is, and what is learned stands on its means of texts,
which are computed once and kept in OUT (an interrupted run goes on from there). By default the
encoder is the pretrained base, which has seen none of these reviews; the shipped bundle has
learned all categories.

Ways, all chosen on the other nine categories alone:

- `plain`: logistic regression on the nine; its strength is the one that is best for three of the
  nine, each left out of the other eight.
- `contrastive`: a linear map learned by the supervised contrastive loss on the nine, then the same.
- `causal`: `plain` with the words beside it whose removal changes the answer by the same sign in
  nearly all of the nine; `correlated` has as many words by correlation alone.
- `distilled`: `plain` labels the unlabelled texts of the left-out category; what it is surest of,
  as many of each sentiment, is learned with the nine, three rounds.
- `fifty`: fifty labelled texts of the category beside the nine, counted for a third of them.
- `fifty distilled`: both.

What is scored are the category's dev rows (balanced as they are), which no way reads before.
Prints Markdown rows for docs/experiments.md and writes OUT/left_out.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from numpy.typing import NDArray

from guandian.data import load
from guandian.data.splits import sample
from guandian.domain import Labelled, Polarity
from guandian.evaluation.intervals.wilson import wilson_ends
from guandian.vectors.causal_words import (
    InterventionSettings,
    correlated_words,
    interventions,
    presence,
    word_effects,
)
from guandian.vectors.encoder import EncoderMeans

SET = "online-shopping"
BASE = "multilingual-e5-small-zh-en"
STRENGTHS = (0.1, 1.0, 10.0)
ROUNDS = 3
LABELLED = 50
WAYS = ("plain", "contrastive", "correlated", "causal", "distilled", "fifty", "fifty distilled")
Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Texts:
    """Reviews with their vectors.

    Attributes:
        rows: the reviews.
        vectors: float [T, H].
    """

    rows: Sequence[Labelled]
    vectors: Vectors

    @property
    def praised(self) -> NDArray[np.bool_]:
        """Whether each review praises."""
        return np.array([row.sentiment is Polarity.POSITIVE for row in self.rows])

    @property
    def groups(self) -> NDArray[np.str_]:
        """The category of each."""
        return np.array([row.group for row in self.rows])

    def where(self, chosen: NDArray[np.bool_]) -> Texts:
        """Some of them."""
        return Texts([self.rows[k] for k in np.flatnonzero(chosen).tolist()], self.vectors[chosen])


class KeptVectors:
    """Vectors of texts by an encoder, kept on disk from one call to the next."""

    def __init__(self, model: str, folder: Path) -> None:
        self._folder = folder
        self._encoder = EncoderMeans(model).fit([])
        folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, Vectors] = {}
        for file in sorted(folder.glob("vectors-*.npz")):
            part = np.load(file, allow_pickle=False)
            self._known |= dict(zip(part["keys"].tolist(), part["rows"], strict=True))

    def of(self, texts: Sequence[str]) -> Vectors:
        """Vectors [T, H]; those that are not known yet are computed 100 at a time and kept."""
        keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        names = list(new)
        for start in range(0, len(names), 100):
            part = names[start : start + 100]
            rows = self._encoder.transform([new[key] for key in part]).astype(np.float16)
            file = self._folder / f"vectors-{part[0]}.npz"
            np.savez(file.with_name(f".{file.name}"), keys=np.array(part), rows=rows)
            file.with_name(f".{file.name}").rename(file)
            self._known |= dict(zip(part, rows, strict=True))
            print(f"{start + len(part)} of {len(names)} texts read", flush=True)
        return np.stack([self._known[key] for key in keys]).astype(np.float64)


def main() -> None:
    """Read, learn, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", default="")
    parser.add_argument("--categories", default="")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--scored", type=int, default=400)
    parser.add_argument("--longest", type=int, default=160)
    parser.add_argument("--seeds", default="1,2,3")
    options = parser.parse_args()
    base = options.base or str(options.root / "models" / BASE)
    vectors = KeptVectors(base, options.out / "vectors")
    train, dev = (
        drawn(options.root, part, most, options.longest)
        for part, most in (("train", options.rows), ("dev", options.scored))
    )
    learned = Texts(train, vectors.of([row.text for row in train]))
    scored = Texts(dev, vectors.of([row.text for row in dev]))
    categories = (
        options.categories.split(",") if options.categories else sorted(set(learned.groups))
    )
    began = time.process_time()
    results = {
        category: {
            seed: ways(learned, scored, category, vectors, int(seed))
            for seed in options.seeds.split(",")
        }
        for category in categories
    }
    tell(results, scored)
    content = {"base": base, "rows": options.rows, "scored": options.scored, "results": results}
    content["seconds"] = time.process_time() - began
    (options.out / "left_out.json").write_text(json.dumps(content, ensure_ascii=False, indent=1))


def drawn(root: Path, part: str, most: int, longest: int) -> list[Labelled]:
    """Short reviews, so many of each category; of `train` as many of each sentiment."""
    rows = [row for row in load(SET, root, part) if len(row.text) <= longest and row.sentiment]
    chosen: list[Labelled] = []
    for category in sorted({row.group for row in rows}):
        own = [row for row in rows if row.group == category]
        if part == "dev":
            chosen += sample(own, most, seed=1)
            continue
        for polarity in (Polarity.NEGATIVE, Polarity.POSITIVE):
            chosen += sample([row for row in own if row.sentiment is polarity], most // 2, seed=1)
    return chosen


def ways(
    learned: Texts, scored: Texts, category: str, vectors: KeptVectors, seed: int
) -> dict[str, float]:
    """The accuracy of every way in the category that is left out."""
    source = learned.where(learned.groups != category)
    target = learned.where(learned.groups == category)
    test = scored.where(scored.groups == category)
    rng = np.random.default_rng((seed, 7))
    source = source.where(rng.random(len(source.rows)) < 0.8)  # what the seeds draw
    strength = chosen_strength(source)
    scores: dict[str, float] = {}

    def score(way: str, model: Model, features: Vectors) -> None:
        scores[way] = float(np.mean((model.praise(features) > 0.5) == test.praised))

    plain = Model(source.vectors, source.praised, strength)
    score("plain", plain, test.vectors)
    turn_by = contrastive_map(source, seed)
    turned = Model(source.vectors @ turn_by, source.praised, strength)
    score("contrastive", turned, test.vectors @ turn_by)
    # All of the nine categories, so that every seed asks the encoder of the same texts.
    whole = learned.where(learned.groups != category)
    causal, correlated = words(whole, plain, vectors)
    for way, chosen in (("causal", causal), ("correlated", correlated)):
        both = Model(joined(source, chosen), source.praised, strength)
        score(way, both, joined(test, chosen))
    score("distilled", distilled(source, target, plain, strength), test.vectors)
    few = balanced_draw(target, rng)
    rest = target.where(~few)
    labelled = target.where(few)
    fifty = with_labels(source, labelled, strength)
    score("fifty", fifty, test.vectors)
    more = distilled(source, rest, fifty, strength, labelled)
    score("fifty distilled", more, test.vectors)
    print(category, seed, {way: round(value, 3) for way, value in scores.items()}, flush=True)
    return scores


class Model:
    """A logistic regression on standardised features."""

    def __init__(
        self,
        features: Vectors,
        praised: NDArray[np.bool_],
        strength: float,
        weights: Vectors | None = None,
    ) -> None:
        from sklearn.linear_model import LogisticRegression

        self._centre, self._scale = features.mean(0), features.std(0) + 1e-6
        self._model = LogisticRegression(C=strength / len(features) * 100, max_iter=2000)
        self._model.fit(self._standard(features), praised, weights)

    def praise(self, features: Vectors) -> Vectors:
        """The probability [T] of praise."""
        return np.asarray(self._model.predict_proba(self._standard(features))[:, 1])

    def _standard(self, features: Vectors) -> Vectors:
        return np.asarray((features - self._centre) / self._scale)


def chosen_strength(source: Texts) -> float:
    """The strength that is best for three of the source categories, each left out of the others."""
    categories = sorted(set(source.groups))[::3]

    def held(strength: float) -> float:
        right = []
        for category in categories:
            inside, outside = source.groups != category, source.groups == category
            part, rest = source.where(inside), source.where(outside)
            model = Model(part.vectors, part.praised, strength)
            right.append(np.mean((model.praise(rest.vectors) > 0.5) == rest.praised))
        return float(np.mean(right))

    return max(STRENGTHS, key=held)


def contrastive_map(source: Texts, seed: int, size: int = 64, steps: int = 150) -> Vectors:
    """A linear map [H, size] by which reviews of one sentiment are near, whatever category."""
    import torch

    from guandian.modeling.heads.head_losses import contrast

    torch.manual_seed(seed)
    features = torch.tensor(source.vectors, dtype=torch.float32)
    scale = features.std(0) + 1e-6
    features = (features - features.mean(0)) / scale
    classes = torch.tensor(source.praised.astype(np.int64))
    layer = torch.nn.Linear(features.shape[1], size, bias=False)
    optimiser = torch.optim.AdamW(layer.parameters(), 1e-3, weight_decay=0.1)
    for _ in range(steps):
        rows = torch.randint(len(features), (256,))
        loss = contrast(layer(features[rows]), classes[rows], 0.1)
        assert loss is not None
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    weights = layer.weight.detach() / scale
    return weights.T.numpy().astype(np.float64)


def words(source: Texts, plain: Model, vectors: KeptVectors) -> tuple[list[str], list[str]]:
    """Words that are causes by intervention, and as many that are correlated most."""
    settings = InterventionSettings()
    texts = [row.text for row in source.rows]
    correlations = correlated_words(texts, source.praised, settings)
    tries = interventions(texts, source.groups.tolist(), correlations, settings)
    effects = word_effects(
        tries,
        plain.praise(vectors.of([attempt.text for attempt in tries])),
        plain.praise(vectors.of([attempt.without for attempt in tries])),
        correlations,
        settings,
    )
    causal = [effect.word for effect in effects if effect.causal]
    return causal, list(correlations)[: len(causal)]


def joined(texts: Texts, chosen: Sequence[str]) -> Vectors:
    """The vectors with the words' presence beside them."""
    return np.hstack([texts.vectors, presence([row.text for row in texts.rows], chosen)])


def distilled(
    source: Texts, target: Texts, model: Model, strength: float, labelled: Texts | None = None
) -> Model:
    """A model that learns its own surest answers to the target's texts, three rounds."""
    for number in range(1, ROUNDS + 1):
        praise = model.praise(target.vectors)
        size = int(len(praise) * 0.5 * number / ROUNDS / 2) * 2
        order = np.argsort(praise)
        sure = np.concatenate([order[: size // 2], order[len(order) - size // 2 :]])
        features = [source.vectors, target.vectors[sure]]
        answers = [source.praised, praise[sure] > 0.5]
        weights = [np.ones(len(source.rows)), np.full(len(sure), 1.0)]
        if labelled is not None:
            features.append(labelled.vectors)
            answers.append(labelled.praised)
            weights.append(np.full(len(labelled.rows), heavy(source, labelled)))
        model = Model(
            np.vstack(features), np.concatenate(answers), strength, np.concatenate(weights)
        )
    return model


def with_labels(source: Texts, labelled: Texts, strength: float) -> Model:
    """A model of the source and a few labelled texts of the target, which count more each."""
    weights = [np.ones(len(source.rows)), np.full(len(labelled.rows), heavy(source, labelled))]
    return Model(
        np.vstack([source.vectors, labelled.vectors]),
        np.concatenate([source.praised, labelled.praised]),
        strength,
        np.concatenate(weights),
    )


def heavy(source: Texts, labelled: Texts) -> float:
    """The weight of a labelled target text: together they count a third of the source."""
    return max(1.0, len(source.rows) / 3 / max(len(labelled.rows), 1))


def balanced_draw(target: Texts, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Fifty texts to label, half of each sentiment, bool [T]."""
    chosen = np.zeros(len(target.rows), dtype=bool)
    for praises in (False, True):
        own = np.flatnonzero(target.praised == praises)
        chosen[rng.permutation(own)[: LABELLED // 2]] = True
    return chosen


def tell(results: dict[str, dict[str, dict[str, float]]], scored: Texts) -> None:
    """Print a row a category, and the mean."""
    print(f"| left out | scored | {' | '.join(WAYS)} |\n|---|---|{'---|' * len(WAYS)}")
    means: dict[str, list[float]] = {way: [] for way in WAYS}
    for category, by_seed in results.items():
        size = int((scored.groups == category).sum())
        cells = []
        for way in WAYS:
            value = mean(scores[way] for scores in by_seed.values())
            means[way].append(value)
            cells.append(f"{value:.3f}")
        print(f"| {category} | {size} | {' | '.join(cells)} |")
    everything = len(scored.rows)
    cells = []
    for way in WAYS:
        value = mean(means[way])
        low, high = wilson_ends(value, everything)
        cells.append(f"**{value:.3f}** ({low:.3f}-{high:.3f})")
    print(f"| mean of {len(results)} | {everything} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
