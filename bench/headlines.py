"""Sentiment and topics of financial headlines, and surges of a topic found in a replay.

    python bench/headlines.py --news news_seed.xlsx [--parts sentiment,topics,surges]
        [--surges 60] [--budget 0.25] [--seed 0] [--learn]

The workbook is `zh_financial_news`, which is not part of this project; labels of topics stand in
`headline_topics.json` by its rows. *sentiment*: the head is learned without a fifth of the
headlines (by lot; the newest; those of a fifth of the companies) and scored on it. *topics*:
seeds alone, and learned from the labels that the seeds were written by, on 300 others. *surges*:
headlines of one topic (`made_headlines.py`) are planted into the real ones; found on their first or
second day. `--learn` writes the head that ships, from all headlines.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from headline_surges import replayed_surges
from made_headlines import made_sample

from guandian.files import parse_columns, read_reviews
from guandian.mining.headlines import HeadlineMiner, read_topics
from guandian.mining.headlines import headline_miner as shipped
from guandian.mining.headlines.head_learning import learn_head
from guandian.mining.headlines.headline_miner import SIDES
from guandian.mining.headlines.linear_head import LinearHead
from guandian.mining.headlines.seed_scores import SeedScores
from guandian.mining.headlines.topics import read_sides

CLASSES = tuple(str(side) for side in SIDES)
COLUMNS = ("text=标题", "time=日期", "product=公司")


@dataclass(frozen=True)
class News:
    """Dated headlines.

    Attributes:
        rows: places in the sheet.
        texts, companies, days, labels: of each; labels are `CLASSES`.
    """

    rows: list[int]
    texts: list[str]
    companies: list[str]
    days: list[date]
    labels: list[str]


def read_news(path: Path) -> News:
    """The workbook, in its order."""
    rows, texts, companies, days, labels = [], [], [], [], []
    with read_reviews(path, parse_columns(COLUMNS, roles=("text", "time", "product"))) as reviews:
        for number, review in enumerate(reviews, 2):
            label = review.extra.get("正/负面", "")
            if label in ("0", "1") and review.time:
                rows.append(number)
                texts.append(review.text.strip())
                companies.append(review.product or "")
                days.append(date.fromisoformat(review.time[:10]))
                labels.append(CLASSES[int(label)])
    return News(rows, texts, companies, days, labels)


def learned_sentiment(news: News, rows: Sequence[int], known: NDArray[np.float64]) -> LinearHead:
    """A head of sentiment learned from some of the headlines, beside the scores of seeds."""
    texts, labels = [news.texts[k] for k in rows], [news.labels[k] for k in rows]
    return learn_head(texts, labels, CLASSES, known[rows])


def sentiment(news: News) -> dict[str, Any]:
    """Accuracy on three held-out parts."""
    fifth = lambda word: int(md5(word.encode()).hexdigest(), 16) % 5 == 0  # noqa: E731
    late = sorted(news.days)[round(0.8 * len(news.days))]
    parts: dict[str, NDArray[np.bool_]] = {
        "by lot": np.array([fifth(text) for text in news.texts]),
        "the newest": np.array([day >= late for day in news.days]),
        "of other companies": np.array([fifth(name) for name in news.companies]),
    }
    known = SeedScores(read_sides())(news.texts)
    whole = np.array([CLASSES.index(label) for label in news.labels])
    table: dict[str, Any] = {"seeds alone": float((known.argmax(1) == whole).mean())}
    for name, out in parts.items():
        head = learned_sentiment(news, np.flatnonzero(~out).tolist(), known)
        held = np.flatnonzero(out)
        chances = head.probabilities([news.texts[k] for k in held], known[held])
        truth = np.array([CLASSES.index(news.labels[k]) for k in held])
        right = chances.argmax(1) == truth
        table[name] = {
            "headlines": len(held), "accuracy": float(right.mean()),
            "standard_error": float(right.std() / np.sqrt(len(held))),
            "of_negative": float(right[truth == 0].mean()),
            "of_positive": float(right[truth == 1].mean()),
            "majority": float(max(truth.mean(), 1 - truth.mean())),
        }  # fmt: skip
    return table


def labelled(news: News, part: str) -> tuple[list[str], list[list[str]]]:
    """Headlines whose topics were labelled, and their topics."""
    labels = json.loads((Path(__file__).parent / "headline_topics.json").read_text("utf-8"))
    places = {row: k for k, row in enumerate(news.rows)}
    chosen = [(places[int(row)], topics) for row, topics in labels[part].items()]
    return [news.texts[k] for k, _ in chosen], [topics for _, topics in chosen]


def topics(news: News, seed: int) -> dict[str, Any]:
    """Share of right topics, by seeds alone and learned from labels."""
    miner = HeadlineMiner(read_topics("finance"))
    keys = [topic.key for topic in miner.topics]
    texts, gold = labelled(news, "test")
    known = miner.scores(texts)
    dev_texts, dev_gold = labelled(news, "dev")
    dev_known = miner.scores(dev_texts)
    table = {
        "seeds, dev": _right(keys, dev_known, dev_gold),
        "seeds, test": _right(keys, known, gold),
    }
    for number in (30, 100, 200, len(dev_texts)):
        order = np.random.default_rng(seed).permutation(len(dev_texts))[:number]
        head = learn_head(
            [dev_texts[k] for k in order], [dev_gold[k][0] for k in order], keys, dev_known[order]
        )
        table[f"learned from {number}, test"] = _right(keys, head.probabilities(texts, known), gold)
    made = made_sample(20, seed)
    shares = miner.topic_shares([its.text for its in made])
    table["seeds, made up"] = _right(keys, shares, [[its.topic] for its in made])
    sides = miner.side_shares([its.text for its in made]).argmax(1)
    table["shipped sentiment, made up"] = {
        "headlines": len(made),
        "right": float(np.mean([CLASSES[k] == m.sentiment for k, m in zip(sides, made)])),  # noqa: B905
    }
    return table


def _right(
    keys: Sequence[str], scores: NDArray[np.float64], gold: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """The share of headlines whose topic is the one chosen, or one that is allowed."""
    pairs = list(zip([keys[k] for k in scores.argmax(1)], gold, strict=True))
    by_topic: dict[str, list[bool]] = {}
    for name, right in pairs:
        by_topic.setdefault(right[0], []).append(name in right)
    return {
        "headlines": len(gold),
        "chosen": float(np.mean([name == right[0] for name, right in pairs])),
        "allowed": float(np.mean([name in right for name, right in pairs])),
        "by_topic": {name: f"{sum(rights)} of {len(rights)}" for name, rights in by_topic.items()},
    }  # fmt: skip


def main() -> None:
    """Runs the parts that are named and prints their figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--parts", default="sentiment,topics,surges")
    parser.add_argument("--surges", type=int, default=60, help="of each size")
    parser.add_argument("--budget", type=float, default=0.25, help="false alerts a week")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--learn", action="store_true", help="write the head that ships")
    options = parser.parse_args()
    news, begin = read_news(options.news), time.perf_counter()
    if options.learn:
        known = SeedScores(read_sides())(news.texts)
        head = learned_sentiment(news, range(len(news.texts)), known)
        head.save(Path(shipped.__file__).parent / shipped.SENTIMENT)
        return
    parts, table = options.parts.split(","), {}
    table["headlines"] = len(news.texts)
    table["file_sha256"] = sha256(options.news.read_bytes()).hexdigest()
    if "sentiment" in parts:
        table["sentiment"] = sentiment(news)
    if "topics" in parts:
        table["topics"] = topics(news, options.seed)
    if "surges" in parts:
        table["surges"] = replayed_surges(news, options.surges, options.budget, options.seed)
    table["seconds"] = time.perf_counter() - begin
    print(json.dumps(table, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
