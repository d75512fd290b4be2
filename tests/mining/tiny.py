"""A small miner with a lexicon, for everything around a model; as a program, `guandian` with it."""

from __future__ import annotations

import os
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from guandian.baselines import Lexicon, LexiconMiner
from guandian.baselines.lexicon import Affix, Aspect, Expression
from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.mining.batching import LazyMiner
from guandian.text.sentences import clauses

GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
LEXICON = Lexicon(
    expressions={
        "清晰": Expression(GOOD, "display"),
        "耐用": Expression(GOOD, "battery"),
        "卡顿": Expression(BAD, "performance"),
        "划算": Expression(GOOD, "price"),
        "gorgeous": Expression(GOOD, "display"),
        "flimsy": Expression(BAD, "quality"),
    },
    aspects={
        "屏幕": Aspect("display"),
        "电池": Aspect("battery"),
        "系统": Aspect("performance"),
        "screen": Aspect("display"),
        "hinge": Aspect("quality"),
    },
    prefixes={"很": Affix(), "不": Affix(flips=True), "so ": Affix()},
    suffixes={},
)
CLAUSES = (
    "屏幕很清晰😀", "电池不耐用", "系统卡顿", "很划算", "the screen is so gorgeous",
    "hinge is flimsy 🙃", "快递昨天到的", "送给我爸的", "用了两周来说说", "bought it for my sister",
    "٩(◕‿◕)۶ שלום", "。。。！！",
)  # fmt: skip


class TinyMiner:
    """Looks words up.

    Args:
        delay: seconds that a call takes at least.
        restless: let a probability depend on the texts asked about together, as no model may:
            a job's output then shows whether it always asks about the same texts together.
    """

    def __init__(self, delay: float = 0.0, *, restless: bool = False) -> None:
        self._lexicon = LexiconMiner(LEXICON)
        self._delay = delay
        self._restless = restless
        self.asked: list[str] = []

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        time.sleep(self._delay)
        self.asked += [review.text for review in reviews]
        together = "\0".join(review.text for review in reviews) if self._restless else ""
        return [self._mined(review, together) for review in reviews]

    def _mined(self, review: Review, together: str) -> Mined:
        digest = blake2b((review.text + together).encode(), digest_size=2).digest()
        share = int.from_bytes(digest) / 65536
        places = clauses(review.text)
        opinions = tuple(
            Opinion(
                quad.aspect,
                quad.expression,
                places[bisect_right(places, quad.expression.start, key=_start) - 1],
                quad.category or "",
                quad.polarity,
                share,
                quad.expression.of(review.text),
            )
            for quad in self._lexicon.mine(review.text)
            if quad.expression
        )
        bad = any(one.polarity is BAD for one in opinions)
        return Mined(
            review_id=review.id,
            language=review.language or Language.MIXED,
            sentiment=Sentiment(BAD if bad else GOOD, float(bad), 0.0, float(not bad)),
            opinions=opinions,
            entities=(),
            warnings=() if review.text.isascii() else ("not plain",),
            model="tiny@1",
        )


def _start(span: Span) -> int:
    return span.start


def model(miner: TinyMiner | None = None, key: str = "tiny") -> LazyMiner:
    return LazyMiner(key, "tiny@1", lambda: miner or TinyMiner(), {"display": ("屏幕", "Display")})


def texts(number: int, seed: int = 1, distinct: bool = False) -> Iterator[str]:
    rng = random.Random(seed)
    for index in range(number):
        text = "，".join(rng.choices(CLAUSES, k=rng.randint(1, 9)))
        yield f"{text} {index}" if distinct else text


def write_csv(path: Path, number: int, *, distinct: bool = False) -> Path:
    lines = ["id,text,city"]
    lines += [f'r{n},"{text}",杭州{n % 7}' for n, text in enumerate(texts(number, 1, distinct))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    from guandian import pipelines as composition
    from guandian.cli import main

    delay = float(os.environ.get("TINY_DELAY", "0"))
    composition.open_model = lambda *_, **__: model(TinyMiner(delay, restless=True))
    sys.argv[0] = "guandian"
    main.main()
