"""Are the names of one aspect put together, and no others? On data/guandian_aspects.

    python bench/aspects.py            the table for docs/experiments.md
    python bench/aspects.py --choose   thresholds on the dev part, a third of it unknown to the list
    python bench/aspects.py --learn    the projection anew (needs torch), from the shipped synonyms

A pair of names counts as right when it stands in one group of both the program and the people.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from guandian.bundle.weights import in_order
from guandian.mining.aspect_groups import LEAST, Vectoriser, group_aspects, names_of_groups
from guandian.mining.name_vectors import PROJECTION, NameVectors, TokenMeans
from guandian.text.aspect_names import Synonyms, aspect_key, synonyms

ROOT = Path(__file__).resolve().parent.parent
DIMENSIONS, ROUNDS, BATCH, RATE, DECAY, DROPPED, HEAT = 128, 40, 512, 2e-3, 1e-2, 0.2, 0.05
Things = Sequence[Sequence[str]]


def grouped_by_hand(part: str) -> list[list[str]]:
    """The things of a part, each with its names."""
    text = (ROOT / "data" / "guandian_aspects" / f"{part}.jsonl").read_text("utf-8")
    return [json.loads(line)["names"] for line in text.splitlines()]


def pairs_of(labels: Sequence[object]) -> set[tuple[int, int]]:
    """The pairs of places with one label."""
    return {(a, b) for b in range(len(labels)) for a in range(b) if labels[a] == labels[b]}


def score(things: Things, vectors: Vectoriser | None, listed: Synonyms, least: float) -> str:
    """Precision, recall and F1 of pairs, for a row of a table."""
    precision, recall, f1 = measures(things, vectors, listed, least)
    return f"{precision:.3f} | {recall:.3f} | {f1:.3f}"


def measures(
    things: Things, vectors: Vectoriser | None, listed: Synonyms, least: float
) -> tuple[float, float, float]:
    """Precision, recall and F1 of pairs."""
    names = [name for thing in things for name in thing]
    right = pairs_of([k for k, thing in enumerate(things) for _ in thing])
    counts = dict.fromkeys(names, 1)
    found_names = names_of_groups(group_aspects(counts, vectors, listed, least=least))
    found = pairs_of([found_names[aspect_key(name)] for name in names])
    common = len(right & found)
    precision, recall = common / max(len(found), 1), common / len(right)
    return precision, recall, 2 * common / (len(found) + len(right))


def learned(means: TokenMeans, listed: Synonyms) -> NDArray[np.float32]:
    """A projection under which synonyms lie nearer than others: softmax over cosines in a batch."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    names = list(listed)
    index = {thing: k for k, thing in enumerate(dict.fromkeys(listed.values()))}
    rows = torch.from_numpy(means(names))
    labels = torch.tensor([index[listed[name]] for name in names])
    linear = torch.nn.Linear(rows.shape[1], DIMENSIONS, bias=False)
    network = torch.nn.Sequential(torch.nn.Dropout(DROPPED), linear)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    for _ in range(ROUNDS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            unit = torch.nn.functional.normalize(network(rows[batch]), dim=1)
            logits = (unit @ unit.T / HEAT).fill_diagonal_(-1e9)
            same = (labels[batch][:, None] == labels[batch]).fill_diagonal_(False)
            sizes = same.sum(1)
            likely = logits.log_softmax(1).masked_fill(~same, 0).sum(1)[sizes > 0]
            loss = -(likely / sizes[sizes > 0]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    projection: NDArray[np.float32] = linear.weight.detach().numpy().T.copy()
    return projection


def without(listed: Synonyms, names: Iterable[str]) -> dict[str, str]:
    """The list without some names; a thing whose own name goes is called by its next one."""
    gone = {aspect_key(name) for name in names}
    members: dict[str, list[str]] = {}
    for name, thing in listed.items():
        if name not in gone:
            members.setdefault(thing, []).append(name)
    return {name: names[0] for names in members.values() for name in names}


def hidden(names: Iterable[str], share: int) -> list[str]:
    """A third of the names, by their hash."""
    return [name for name in names if hashlib.sha256(name.encode()).digest()[0] % 3 == share]


def choose() -> None:
    """F1 by threshold on dev, with each third of its names hidden from the list in turn."""
    means, things = TokenMeans.of_shipped(), grouped_by_hand("dev")
    names = [name for thing in things for name in thing]
    parts = []
    for share in range(3):
        listed = without(synonyms(), hidden(names, share))
        parts.append((listed, NameVectors(means, learned(means, listed))))
    for least in np.arange(0.4, 0.92, 0.04):
        rows = [measures(things, vectors, listed, float(least)) for listed, vectors in parts]
        print(f"{least:.2f}", *(f"{value:.3f}" for value in np.mean(rows, axis=0)), flush=True)
    rows = [measures(things, None, listed, 1) for listed, _ in parts]
    print("list alone", *(f"{value:.3f}" for value in np.mean(rows, axis=0)))


def learn() -> None:
    """Write the projection beside the module that reads it."""
    means = TokenMeans.of_shipped()
    arrays = {"projection": learned(means, synonyms()).astype(np.float16)}
    path = ROOT / "src" / "guandian" / "mining" / PROJECTION
    path.write_bytes(in_order(save(arrays, {"table": means.digest})))


def table() -> None:
    """The table for docs/experiments.md."""
    means, shipped, listed = TokenMeans.of_shipped(), NameVectors.shipped(), synonyms()
    print("| part | list | vectors | precision | recall | F1 |\n|---|---|---|---|---|---|")
    for part in ("dev", "test"):
        things = grouped_by_hand(part)
        for known, vectors, least in (
            ("yes", None, 1.0), ("no", means, LEAST),
            ("no", shipped, LEAST), ("yes", shipped, LEAST),
        ):  # fmt: skip
            words = "none" if vectors is None else "raw" if vectors is means else "projected"
            row = score(things, vectors, listed if known == "yes" else {}, least)
            print(f"| {part} | {known} | {words} | {row} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--learn", action="store_true")
    asked = parser.parse_args()
    if asked.learn:
        learn()
    elif asked.choose:
        choose()
    else:
        table()
