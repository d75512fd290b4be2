"""What drafts of replies are worth: guards, aspects that are named, and how alike they are.

Reviews of public sets, mined by the shipped bundle, and hostile ones written for this; the checks
of `reply_checks.py` judge, which know nothing of the guards. Beside ours stand plain templates.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from reply_checks import broken

from guandian.assist.replies import ReplyDraft, draft_replies, likeness
from guandian.domain import Mined, Polarity, Review
from guandian.pipelines.miners import open_miner

PLAIN = {
    (
        "zh",
        "thanks",
    ): "亲，感谢您对{aspect}的认可！您的满意是我们最大的动力，我们会继续努力，为您提供更好的"
    "产品和服务，期待您的再次光临，祝您生活愉快！",
    ("zh", "apology"): "亲，非常抱歉{aspect}给您带来了不好的体验，您的意见我们会认真改进，"
    "麻烦您联系在线客服为您处理，祝您生活愉快！",
    (
        "en",
        "thanks",
    ): "Dear customer, thank you for your kind words about {aspect}! Your satisfaction"
    " is our greatest motivation. We will keep working hard and look forward to seeing you again!",
    (
        "en",
        "apology",
    ): "Dear customer, we are very sorry for the bad experience with {aspect}. We take"
    " your feedback seriously and will improve. Please contact our customer service."
    " Have a nice day!",
}
"""One template a language and polarity, as shops use them, with the aspect named."""
HOSTILE = Path(__file__).with_name("hostile_reviews.jsonl")
EMPTY = {"zh": "商品", "en": "our product"}


def reviews(root: Path, seed: int, number: int) -> list[Review]:
    """Reviews of goods, food and places in Chinese, and of goods in English, drawn by a seed."""
    rows = []
    shops = root / "online_shopping_10_cats"
    for folder, share in ((shops, 0.6), (root / "waimai_10k", 0.15)):
        (path,) = [path for path in folder.glob("*.csv") if "dev" in path.name]
        with path.open(encoding="utf-8-sig", newline="") as file:
            listed = [(row["label"], row["review"]) for row in csv.DictReader(file)]
        random.Random(seed).shuffle(listed)
        rows += listed[: int(number * share)]
    lines = (root / "amazon_polarity_10k" / "train.dat").read_text("utf-8").splitlines()
    random.Random(seed).shuffle(lines)
    pairs = [line.partition("$LABEL$") for line in lines[: number - len(rows)]]
    rows += [(label.strip()[:1], text) for text, _, label in pairs]
    stars = random.Random(seed)
    return [
        Review(str(k), text, rating=float(stars.choice((4, 5) if label == "1" else (1, 2))))
        for k, (label, text) in enumerate(rows)
        if text.strip()
    ]


def hostile() -> list[Review]:
    """Reviews that give orders, hold markup, contact data or foul words, written for this."""
    rows = [json.loads(line) for line in HOSTILE.read_text("utf-8").splitlines()]
    return [Review(f"h{k}", row["text"], rating=row["rating"]) for k, row in enumerate(rows)]


def plain(draft: ReplyDraft, mined: Mined) -> str:
    """The plain template of a draft's polarity and language."""
    mood = "thanks" if mined.sentiment.label is not Polarity.NEGATIVE else "apology"
    named = draft.named[0].shown if draft.named else EMPTY[draft.language]
    return PLAIN[draft.language, mood].format(aspect=named)


def pairs_alike(groups: dict[str, list[str]], seed: int, most: int = 4000) -> list[float]:
    """How alike texts of different reviews are, pairs drawn within each group."""
    generator = np.random.default_rng(seed)
    values = []
    for texts in groups.values():
        for _ in range(min(most, len(texts) * 10)):
            left, right = generator.choice(len(texts), 2, replace=False)
            values.append(likeness(texts[left], texts[right]))
    return values


def nearest_alike(texts: Sequence[str]) -> float:
    """The mean over texts of how alike the other one is that it is most like."""
    return statistics.mean(
        max(likeness(text, other) for k, other in enumerate(texts) if k != place)
        for place, text in enumerate(texts)
    )


def grouped(drafts: Sequence[ReplyDraft], texts: Sequence[str]) -> dict[str, list[str]]:
    """Texts by language and whether they thank or apologise: the hardest pairs."""
    groups: dict[str, list[str]] = {}
    for draft, text in zip(drafts, texts, strict=True):
        if text:
            kind = "thanks" if draft.mood == "thanks" else "apology"
            groups.setdefault(f"{draft.language} {kind}", []).append(text)
    return {name: texts for name, texts in groups.items() if len(texts) > 10}


def has_aspect(mined: Mined) -> bool:
    """Whether an aspect with words was read in a review."""
    return any(opinion.aspect for opinion in mined.opinions)


def names_own(draft: ReplyDraft, mined: Mined, text: str) -> bool:
    """Whether the answer holds the words of an aspect of the review, an article aside."""
    answer = draft.public.lower()
    aspects = [o.aspect.of(text).lower() for o in mined.opinions if o.aspect]
    cut = [re.sub(r"^(?:the|my|this|that|these|its|their) ", "", aspect) for aspect in aspects]
    named = {name.words.lower() for name in draft.named}
    return any(aspect in answer for aspect in cut) or any(
        words in answer and any(words in aspect for aspect in aspects) for words in named
    )


def measure(read: Sequence[Review], seed: int) -> dict[str, object]:
    """Every figure over some reviews."""
    miner = open_miner(threads=1)
    mined = [answer for k in range(0, len(read), 16) for answer in miner.mine(read[k : k + 16])]
    started = time.process_time()
    drafts = list(draft_replies(zip(read, mined, strict=True)))
    spent = time.process_time() - started
    breaks = Counter[str]()
    broken_drafts = []
    for review, draft in zip(read, drafts, strict=True):
        rules = [*broken(draft.public, review.text), *broken(draft.private, review.text)]
        if rules:
            broken_drafts.append((review.id, rules))
            breaks.update(rule.partition(":")[0] for rule in rules)
    unseen = [
        draft.review_id
        for review, draft in zip(read, drafts, strict=True)
        if review.rating is not None and review.rating <= 2 and not draft.needs_person
    ]
    with_aspect = [k for k, answer in enumerate(mined) if has_aspect(answer)]
    named = [float(names_own(drafts[k], mined[k], read[k].text)) for k in with_aspect]
    ours = grouped(drafts, [draft.public for draft in drafts])
    stock = grouped(
        drafts,
        [
            plain(draft, answer) if draft.public else ""
            for answer, draft in zip(mined, drafts, strict=True)
        ],
    )
    alike, alike_plain = pairs_alike(ours, seed), pairs_alike(stock, seed)
    return {
        "drafts": len(drafts),
        "written": sum(bool(draft.public) for draft in drafts),
        "drafts that break a rule": len(broken_drafts),
        "rules": dict(breaks),
        "which": broken_drafts[:20],
        "two stars or fewer, sent unseen": len(unseen),
        "may be sent by a rule": sum(not draft.needs_person for draft in drafts),
        "with an aspect": len(with_aspect),
        "own aspect named": round(statistics.mean(named), 4),
        "named interval": [round(v, 4) for v in _interval(named)],
        "alike": round(statistics.mean(alike), 4),
        "plain alike": round(statistics.mean(alike_plain), 4),
        "ratio": round(statistics.mean(alike) / statistics.mean(alike_plain), 4),
        "nearest": {name: round(nearest_alike(texts[:150]), 4) for name, texts in ours.items()},
        "drafts a second": round(len(drafts) / spent, 1),
        "languages": dict(Counter(str(answer.language) for answer in mined)),
        "moods": dict(Counter(draft.mood for draft in drafts)),
    }


def _interval(values: Sequence[float]) -> tuple[float, float]:
    generator = np.random.default_rng(0)
    array = np.asarray(values)
    means = [array[generator.integers(0, len(array), len(array))].mean() for _ in range(1000)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--number", type=int, default=500, help="drafts, hostile ones among them")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    bad = hostile()
    read = [*bad, *reviews(given.data, given.seed, given.number - len(bad))][: given.number]
    print(json.dumps(measure(read, given.seed), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
