"""A company's pairs of question and best answer, cut into what is learned and what is held out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guandian.assist.answers.knowledge_files import read_passages
from guandian.errors import BadRow, GuandianError
from guandian.files import RejectFile
from guandian.files.columns.values import as_text
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import refuse_missing
from guandian.files.table import Rejected
from guandian.privacy import Masking

SHARE = 0.2
MOST_HELD_OUT = 500
LEAST = 40
"""Pairs that are needed: a fifth of fewer measures nothing."""
_SAME = ("label", "same", "相同", "标签")
_TRUE, _FALSE = ("1", "true", "yes", "same", "是"), ("0", "false", "no", "different", "否")


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """A question and its best answer, personal data masked."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class PairSplit:
    """Pairs to learn from, and others whose answers and questions do not stand among them."""

    train: tuple[AnswerPair, ...]
    held_out: tuple[AnswerPair, ...]


def read_answer_pairs(paths: Sequence[Path], rejects: RejectFile | None = None) -> list[AnswerPair]:
    """The pairs of tables with `question` and `answer` (or `reply`), each once.

    Raises:
        BadRow: a row that cannot be read, where nothing takes such rows.
        GuandianError: a file is missing or has other columns, or there are too few pairs.
    """
    masking = Masking()
    pairs: dict[AnswerPair, None] = {}
    for path in paths:
        for passage in read_passages(path, rejects, masking):
            for question in filter(None, passage.question.split("\n")):
                cleaned = masking.text(question)[0], masking.text(passage.text)[0]
                pairs.setdefault(AnswerPair(*cleaned))
    if len(pairs) < LEAST:
        raise GuandianError(
            f"{len(pairs)} pairs of question and answer were given, {LEAST} are needed",
            "add past questions with their best answers",
        )
    return [*pairs]


def read_same(paths: Sequence[Path]) -> list[tuple[str, str, bool]]:
    """Labelled pairs of texts: the first two columns, and `label`, 1 where they mean the same.

    Raises:
        BadRow: a row without texts, or with another label.
        GuandianError: a file is missing or has no such columns.
    """
    rows: list[tuple[str, str, bool]] = []
    for path in paths:
        refuse_missing(str(path))
        with ExitStack() as closing:
            for row in table_rows(path, closing):
                if isinstance(row, Rejected):
                    raise row.error
                label = next(
                    (name for name in row.values if name.strip().casefold() in _SAME), None
                )
                texts = [name for name in row.values if name.casefold() not in ("id", "idx", label)]
                if label is None or len(texts) < 2:
                    raise GuandianError(
                        f"{path} has no two texts and a label: {', '.join(row.values)}",
                        "name the columns sentence1, sentence2 and label",
                    )
                value = (as_text(row.values[label]) or "").strip().casefold()
                left, right = ((as_text(row.values[name]) or "").strip() for name in texts[:2])
                if value not in (*_TRUE, *_FALSE) or not left or not right:
                    raise BadRow(str(path), row.line, label, "two texts and 0 or 1 are needed")
                rows.append((left, right, value in _TRUE))
    return rows


def split_pairs(pairs: Sequence[AnswerPair], seed: int = 0, share: float = SHARE) -> PairSplit:
    """Hold out a share of the pairs, at most 500; what shares a question or answer stays together.

    Args:
        pairs: all.
        seed: of the draw.
        share: that is held out.
    """
    group: dict[str, int] = {}
    groups: list[list[int]] = []
    for number, pair in enumerate(pairs):
        keys = f"q{pair.question}", f"a{pair.answer}"
        met = sorted({group[key] for key in keys if key in group})
        home = met[0] if met else len(groups)
        if not met:
            groups.append([])
        for other in met[1:]:
            groups[home] += groups[other]
            groups[other] = []
            for key, value in group.items():
                if value == other:
                    group[key] = home
        groups[home].append(number)
        for key in keys:
            group[key] = home
    wanted = min(MOST_HELD_OUT, round(share * len(pairs)))
    held: list[int] = []
    for drawn in np.random.default_rng(seed).permutation(len(groups)):
        if len(held) < wanted and len(groups[drawn]) <= max(1, wanted // 4):
            held += groups[drawn]
    inside = set(held)
    return PairSplit(
        tuple(pair for number, pair in enumerate(pairs) if number not in inside),
        tuple(pair for number, pair in enumerate(pairs) if number in inside),
    )
