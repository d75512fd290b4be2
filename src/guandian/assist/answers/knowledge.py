"""All that a shop knows, with what contradicts itself in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from guandian.assist.answers.knowledge_files import read_passages
from guandian.assist.answers.passages import Passage, TwoAnswers, two_answers, without_copies
from guandian.errors import GuandianError
from guandian.files import RejectFile
from guandian.privacy import Masking


@dataclass(frozen=True)
class Knowledge:
    """Passages in a fixed order, each under an id of its own.

    Attributes:
        passages: what can be cited.
    """

    passages: tuple[Passage, ...]

    @classmethod
    def read(
        cls,
        paths: Sequence[Path],
        rejects: RejectFile | None = None,
        masking: Masking | None = None,
    ) -> Knowledge:
        """Read files, as `read_passages` does each.

        Raises:
            BadRow: a row that cannot be read, where nothing takes such rows.
            GuandianError: no file was named, or one cannot be read.
        """
        if not paths:
            raise GuandianError(
                "no knowledge was given to answer from", "name FAQs, manuals or past replies"
            )
        return cls.of([entry for path in paths for entry in read_passages(path, rejects, masking)])

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Knowledge:
        """Keep passages, copies left out; ids that stand twice get a number behind them."""
        unique = without_copies(passages)
        seen: Counter[str] = Counter()
        named = []
        for passage in unique:
            seen[passage.id] += 1
            again = seen[passage.id]
            named.append(replace(passage, id=f"{passage.id}~{again}") if again > 1 else passage)
        return cls(tuple(named))

    @cached_property
    def contradictions(self) -> tuple[TwoAnswers, ...]:
        """Entries that answer a question otherwise than an earlier one."""
        return two_answers(self.passages)

    @cached_property
    def by_id(self) -> dict[str, Passage]:
        """The passages by their ids."""
        return {passage.id: passage for passage in self.passages}

    def __len__(self) -> int:
        return len(self.passages)
