"""Several examples in one row of tokens: what they share stands once, and none sees another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from guandian.training.decoding.prompt_examples import PromptExample

_TOLD_APART = 16
"""First tokens by which examples are sorted: those of Chinese and of English instructions."""


@dataclass
class PackedRow:
    """Tokens of some examples behind their common beginning.

    A token sees the common beginning and what stands before it in its own example, at the place
    that it would have alone; so each example's log-probabilities are those that it has in a row of
    its own, while instructions of hundreds of tokens are computed once.

    Attributes:
        ids: of the tokens.
        positions: of each token in its own example.
        owners: the branch of each token: 0 is what all share.
        seen: for each branch, the branches that it sees besides.
        answers: for each answer the indexes of its tokens.
        before: for each answer the index of the last token of its question.
    """

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    seen: list[frozenset[int]] = field(default_factory=list)
    answers: list[range] = field(default_factory=list)
    before: list[int] = field(default_factory=list)

    def foretold(self) -> tuple[list[int], list[int]]:
        """Indexes of all tokens of answers, and of those that foretell each."""
        at = [index for answer in self.answers for index in answer]
        by = [
            index
            for last, answer in zip(self.before, self.answers, strict=True)
            for index in (last, *answer[:-1])
        ]
        return at, by

    def tensors(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Ids [N], positions [N], and what may be seen [N, N] from a row to a column."""
        ids = torch.tensor(self.ids, device=device)
        positions = torch.tensor(self.positions, device=device)
        owners = torch.tensor(self.owners, device=device)
        sees = torch.zeros(len(self.seen), len(self.seen), dtype=torch.bool, device=device)
        for branch, others in enumerate(self.seen):
            sees[branch, [branch, *others]] = True
        earlier = torch.ones(len(self.ids), len(self.ids), dtype=torch.bool, device=device).tril()
        return ids, positions, earlier & sees[owners][:, owners]

    def _add(self, tokens: Sequence[int], first: int, seen: frozenset[int]) -> int:
        branch = len(self.seen)
        self.ids += tokens
        self.positions += range(first, first + len(tokens))
        self.owners += [branch] * len(tokens)
        self.seen.append(seen)
        return branch

    @classmethod
    def of(cls, examples: Sequence[PromptExample]) -> PackedRow:
        """The row of some examples; their answers stand in the examples' order."""
        row = cls()
        shared = _shared(examples)
        row._add(examples[0].question[:shared], 0, frozenset())
        for example in examples:
            rest = example.question[shared:]
            branch = row._add(rest, shared, frozenset({0}))
            last = len(row.ids) - 1
            for answer in example.answers:
                start = len(row.ids)
                row._add(answer, len(example.question), frozenset({0, branch}))
                row.answers.append(range(start, start + len(answer)))
                row.before.append(last)
        return row


def _shared(examples: Sequence[PromptExample]) -> int:
    """How many first tokens all questions have in common; the last of each stays its own."""
    shortest = min(len(example.question) for example in examples) - 1
    first, *others = (example.question for example in examples)
    for index in range(shortest):
        if any(other[index] != first[index] for other in others):
            return index
    return shortest


def plan_rows(
    examples: Sequence[PromptExample], order: Iterable[int], most: int
) -> list[list[int]]:
    """Which examples stand together: the next of its kind joins the row until that is full.

    Args:
        examples: all of them.
        order: indexes of those of an epoch, as they are to be seen.
        most: tokens of a row, what is shared counted once; a longer example has a row of its own.
    """
    rows: list[list[int]] = []
    open_rows: dict[tuple[int, ...], tuple[list[int], int]] = {}
    for index in order:
        example = examples[index]
        kind = example.question[:_TOLD_APART]
        own = len(example.question) + sum(map(len, example.answers))
        row, size = open_rows.get(kind, ([], 0))
        if row:
            shared = _shared([examples[row[0]], example])
            size += own - shared
        if not row or size > most:
            row, size = [], own
            rows.append(row)
        row.append(index)
        open_rows[kind] = (row, size)
    return rows
