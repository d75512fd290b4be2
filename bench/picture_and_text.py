"""Do a text and its picture tell more than the text alone, and more than with another's picture?

    python bench/picture_and_text.py --data data/guandian_written/dev.jsonl --fonts A.ttc ...

Each review with opinions in two sentences or more is divided: its first sentences are the text, the
last ones, with opinions of their own, are drawn into a picture (plain or a bubble of a chat, by
seed). The gold is that of the whole review. Three readings are scored: the text alone; the text,
and on a new line what the recogniser reads in its picture; the same with the picture of another
review (a shift by one in an order by seed, so that none has its own). Opinions are compared by
their words (width and blanks aside), category and polarity; sentiments by macro F1. Intervals draw
reviews 1,000 times.
"""

from __future__ import annotations

import argparse
import json
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pictures import drawn, squeezed

from guandian.data import formats
from guandian.domain import Labelled, Mined, Polarity, Span
from guandian.evaluation import QuadLike, interval, paired_difference
from guandian.evaluation.metrics.classification import label_cells, macro_f1
from guandian.media import Picture, RapidRecogniser, read_picture
from guandian.pipelines import open_miner
from guandian.text.sentences import sentences

READINGS = ("text alone", "text and picture", "text and another's picture")
_ORDER = tuple(str(polarity) for polarity in Polarity)


@dataclass(frozen=True)
class Divided:
    """A review whose last sentences stand in a picture.

    Attributes:
        gold: the whole review.
        text: its first sentences.
        drawn: the last ones.
        read: what was read in the picture.
    """

    gold: Labelled
    text: str
    drawn: str
    read: str = ""


def main() -> None:
    """Divide, draw, read, mine, and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    divided = [
        half for row in formats.read("guandian", options.data) if (half := divide(row)) is not None
    ]
    draw.shuffle(divided)
    recogniser = RapidRecogniser()
    divided = [with_picture(half, draw, options.fonts, recogniser) for half in divided]
    others = [*divided[1:], *divided[:1]]
    texts = {
        READINGS[0]: [half.text for half in divided],
        READINGS[1]: [f"{half.text}\n{half.read}" for half in divided],
        READINGS[2]: [
            f"{half.text}\n{other.read}" for half, other in zip(divided, others, strict=True)
        ],
    }
    miner = open_miner()
    mined = {name: miner.predict(rows) for name, rows in texts.items()}
    gold = [half.gold for half in divided]
    quads = {name: counts(gold, texts[name], answers) for name, answers in mined.items()}
    moods = {name: cells(gold, answers) for name, answers in mined.items()}
    exact = np.mean([wide(half.read) == wide(half.drawn) for half in divided])
    print(
        f"{len(divided)} reviews, seed {options.seed}; pictures read letter by letter {exact:.2f}"
    )
    for name in READINGS:
        print(f"{name:28} quads {interval(quads[name])}  sentiment {of(moods[name])}")
    for other in (READINGS[0], READINGS[2]):
        gain = paired_difference(quads[READINGS[1]], quads[other])
        mood = paired_difference(moods[READINGS[1]], moods[other], macro_f1)
        print(f"{READINGS[1]} against {other}: quads {gain}; sentiment {mood}")
    print(json.dumps({name: figures(quads[name], moods[name]) for name in READINGS}))


def divide(row: Labelled) -> Divided | None:
    """A review in two halves with opinions of their own; None where it cannot be divided so."""
    if not row.quads or row.sentiment is None:
        return None
    ends = [part.end for part in sentences(row.text)][:-1]
    places = [spans_of(quad) for quad in row.quads]
    for end in reversed(ends):  # as much as can be stays text
        if any(start < end < stop for start, stop in places):
            continue
        before = sum(stop <= end for _, stop in places)
        if 0 < before < len(places):
            return Divided(row, row.text[:end].strip(), row.text[end:].strip())
    return None


def spans_of(quad: QuadLike) -> tuple[int, int]:
    """From the first to the last character that an opinion holds; (0, 0) without any."""
    spans = [span for span in (quad.aspect, quad.expression) if span is not None]
    return min((s.start for s in spans), default=0), max((s.end for s in spans), default=0)


def with_picture(
    half: Divided, draw: random.Random, fonts: Sequence[Path], recogniser: RapidRecogniser
) -> Divided:
    """The same with what is read in the picture of its last sentences."""
    pixels = drawn([half.drawn], draw.choice(list(fonts)), draw.choice(("plain", "chat")))
    read, _ = read_picture(Picture("drawn.png", "0" * 64, pixels), recogniser)
    return Divided(half.gold, half.text, half.drawn, read)


def counts(
    gold: Sequence[Labelled], texts: Sequence[str], answers: Sequence[Mined]
) -> NDArray[np.int64]:
    """Right, found and gold opinions of each review, by their words."""
    rows = []
    for row, text, answer in zip(gold, texts, answers, strict=True):
        wanted = {key(quad, row.text) for quad in row.quads or ()}
        given = {key(opinion, text) for opinion in answer.opinions}
        rows.append((len(wanted & given), len(given), len(wanted)))
    return np.array(rows)


def key(quad: QuadLike, text: str) -> tuple[Any, ...]:
    """An opinion by its words."""
    return (words(quad.aspect, text), words(quad.expression, text), quad.category, quad.polarity)


def words(span: Span | None, text: str) -> str | None:
    """The words of a span, width and blanks aside."""
    return None if span is None else wide(span.of(text))


def wide(text: str) -> str:
    """A text in narrow forms without blanks."""
    return squeezed(unicodedata.normalize("NFKC", text))


def cells(gold: Sequence[Labelled], answers: Sequence[Mined]) -> NDArray[np.int64]:
    """The cell of each review in the table of sentiments."""
    named = [str(row.sentiment) for row in gold]
    return label_cells(named, [str(answer.sentiment.label) for answer in answers], _ORDER)


def of(moods: NDArray[np.int64]) -> str:
    """Macro F1 with its interval."""
    return str(interval(moods, macro_f1))


def figures(quads: NDArray[np.int64], moods: NDArray[np.int64]) -> dict[str, object]:
    """Both scores with their intervals."""
    return {
        "quad F1": interval(quads).to_json(),
        "sentiment macro F1": interval(moods, macro_f1).to_json(),
    }


if __name__ == "__main__":
    main()
