"""Summaries that a real language model writes: their citations, their numbers, their cost.

`python bench/written_summaries.py MODEL.toml --data data/guandian_written/dev.jsonl --summaries 20`
mines the reviews with the shipped model, draws some for each summary by seed (Chinese and English
by turns), loads them into a store of their own, has key points told by category and lets the model
write a sentence for each. Its answers are read anew here, apart from the package's own reading:

- `cited`: sentences whose citations are quotes of their own point, one at least;
- `numbers`: sentences whose figures outside quotation marks are the store's for their point;
- `kept`: sentences that pass every check of the package, and why the others were dropped;
- `told wrong`: kept sentences with a figure that plain counting over the mined reviews does not
  give, or without a citation: none may be left.

`--server PID` adds the processor seconds of the process that serves the model.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from guandian.analyst.digests.digest import Digest
from guandian.analyst.digests.key_points import DigestSize, make_digest
from guandian.analyst.digests.written_digest import write_digest
from guandian.chat import Chat, ChatRequest, Completion
from guandian.data import formats
from guandian.domain import Language, Mined, Review
from guandian.pipelines import open_miner
from guandian.pipelines.language_models import open_chat
from guandian.store import Selection, Store

_FIGURE = re.compile(r"\d+(?:\.\d+)?%?")
_QUOTED = re.compile('“[^”]*”|"[^"]*"|「[^」]*」|‘[^’]*’')


@dataclass
class Recorded:
    """A chat that keeps what was asked and answered last, and counts tokens."""

    chat: Chat
    request: ChatRequest | None = None
    answer: str = ""
    tokens: Counter[str] = field(default_factory=Counter)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.chat.model

    def complete(self, request: ChatRequest) -> Completion:
        """Ask, and keep it."""
        self.request, self.answer = request, ""
        completion = self.chat.complete(request)
        self.answer = completion.text
        self.tokens["asked"] += completion.prompt_tokens
        self.tokens["answered"] += completion.answer_tokens
        self.tokens["cut"] += completion.cut
        return completion


def counts_of_answer(recorded: Recorded) -> Counter[str]:
    """Sentences of the last answer: all, cited right, with right figures."""
    counts: Counter[str] = Counter()
    assert recorded.request is not None
    asked = json.loads(recorded.request.messages[-1].content)["points"]
    points = {point["id"]: point for point in asked}
    try:
        sentences = json.loads(recorded.answer)["sentences"]
    except (ValueError, KeyError, TypeError):
        return Counter(unreadable=1)
    for said in sentences:
        point = points[said["point"]]
        own = {quote["id"] for quote in point["quotes"]}
        cited = bool(said["cites"]) and set(said["cites"]) <= own
        given = {str(point["reviews"]), point.get("share", "")}
        figures = set(_FIGURE.findall(_QUOTED.sub("", said["text"])))
        right = figures <= given
        counts += Counter(
            sentences=1, cited=cited, numbers=right, stating=bool(figures), both=cited and right
        )
    return counts


def told_wrong(digest: Digest, pairs: list[tuple[Review, Mined]]) -> int:
    """Kept sentences that cite nothing or state what plain counting does not give."""
    wrong = 0
    for point in digest.points:
        if not point.written:
            continue
        behind = sum(
            any((o.category, o.polarity) == (point.key, point.polarity) for o in mined.opinions)
            for _, mined in pairs
        )
        share = f"{100 * behind / len(pairs):.1f}%"
        figures = set(_FIGURE.findall(_QUOTED.sub("", point.written)))
        wrong += not point.cited or not figures <= {str(behind), share}
    return wrong


def processor_seconds(pid: int | None) -> float:
    """Processor seconds of this process and of the one that serves."""
    served = 0.0
    if pid is not None:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        served = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return time.process_time() + served


def main() -> None:
    """Write the summaries and print what they are worth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--summaries", type=int, default=20)
    parser.add_argument("--reviews", type=int, default=40)
    parser.add_argument("--points", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--server", type=int)
    parser.add_argument("--show", action="store_true")
    named = parser.parse_args()

    miner = open_miner(threads=1)
    rows = list(formats.read("guandian", named.data))
    reviews = [Review(row.id, row.text) for row in rows]
    pairs = list(zip(reviews, miner.mine(reviews), strict=True))
    recorded, rng = Recorded(open_chat(named.model)), random.Random(named.seed)
    counts, faults, kept, wrong, points = Counter[str](), Counter[str](), 0, 0, 0
    seconds = 0.0
    for number in range(named.summaries):
        language = (Language.CHINESE, Language.ENGLISH)[number % 2]
        ours = [pair for pair in pairs if pair[1].language is language]
        drawn = rng.sample(ours, min(named.reviews, len(ours)))
        with TemporaryDirectory() as folder, Store.open(Path(folder), write=True) as store:
            store.load(drawn)
            size = DigestSize(named.points, 2)
            digest = make_digest(store.reader(), Selection(), size, "category")
        began = processor_seconds(named.server)
        digest = write_digest(digest, recorded, lambda said: miner.mine([Review("1", said)])[0])
        seconds += processor_seconds(named.server) - began
        assert digest.writing is not None
        counts += counts_of_answer(recorded)
        points += len(digest.points)
        faults.update(digest.writing.dropped)
        kept += digest.writing.passed
        wrong += told_wrong(digest, drawn)
        if named.show:
            print(recorded.answer, flush=True)
        told = {
            "summaries": number + 1,
            "points": points,
            **counts,
            "kept": kept,
            "dropped": dict(faults),
            "told wrong": wrong,
            "tokens": dict(recorded.tokens),
            "processor seconds a summary": round(seconds / (number + 1), 1),
        }
        print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
