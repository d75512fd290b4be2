"""How many tokens of language models each tenant has spent today (UTC), kept over restarts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from guandian.chat import Budget, BudgetSpent, Completion
from guandian.errors import GuandianError
from guandian.io.atomic import write_whole
from guandian.io.bounded import read_text


class _Spent(BaseModel):
    model_config = ConfigDict(extra="forbid")
    day: str
    tokens: dict[str, dict[str, NonNegativeInt]]


class DailyTokens:
    """Counts tokens by tenant and model in a file, before they are spent.

    What is held for a request stands there too: after a kill it counts as spent, for nobody says
    what it cost. The file is read again with the first question: who opened this may have waited
    for another process that still counted.

    Args:
        path: of the file; made with the first token.

    Raises:
        GuandianError: it is there and cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._spent, self._asked = _read(path), False

    def spent(self, tenant: str, model: str) -> int:
        """Tokens of today, those that are held included."""
        with self._lock:
            return self._of_today(tenant, model)

    def hold(self, tenant: str, model: str, tokens: int, most: int) -> str | None:
        """Count tokens that may be spent, where the day's bound leaves room.

        Returns:
            The day that they count on; None where they do not fit.
        """
        with self._lock:
            before = self._of_today(tenant, model)
            if before + tokens > most:
                return None
            self._put(tenant, model, before + tokens)
            return self._spent.day

    def change(self, tenant: str, model: str, by: int, day: str) -> None:
        """Count so many tokens more, or fewer: a request cost other than was held for it.

        Args:
            tenant: whose they are.
            model: the model.
            by: how many more.
            day: on which they were held; of a day that is over nothing comes back.
        """
        with self._lock:
            before = self._of_today(tenant, model)
            if self._spent.day == day:
                self._put(tenant, model, max(0, before + by))

    def _of_today(self, tenant: str, model: str) -> int:
        if not self._asked:
            self._spent, self._asked = _read(self._path), True
        if self._spent.day != _today():
            self._spent = _Spent(day=_today(), tokens={})
        return self._spent.tokens.get(tenant, {}).get(model, 0)

    def _put(self, tenant: str, model: str, tokens: int) -> None:
        self._spent.tokens.setdefault(tenant, {})[model] = tokens
        content = json.dumps(self._spent.model_dump(), ensure_ascii=False)
        write_whole(self._path, content.encode(), overwrite=True)


class _Held(tuple[int, int]):
    """Tokens of a question and of its answer, and the day that they count on."""

    day: str = ""


class TenantBudget(Budget):
    """What one tenant may spend on one model a day.

    Args:
        tokens: counts them.
        tenant: whose they are.
        model: the name by which calls ask for it.
        most: tokens a day.
    """

    def __init__(self, tokens: DailyTokens, tenant: str, model: str, most: int) -> None:
        super().__init__(most)
        self._counted, self._whose = tokens, (tenant, model)
        self.most = most

    @property
    def left(self) -> int:
        """Tokens that are left of today."""
        return max(0, self.most - self._counted.spent(*self._whose))

    def reserve(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """Hold what a request may cost.

        Raises:
            BudgetSpent: the day's tokens do not hold it.
        """
        day = self._counted.hold(*self._whose, prompt_tokens + answer_tokens, self.most)
        if day is None:
            raise BudgetSpent(
                f"a request may take {prompt_tokens + answer_tokens:,} tokens, and"
                f" {self.left:,} of the {self.most:,} of today (UTC) are left",
                "wait for tomorrow, or ask for more: tokens_a_day",
            )
        held = _Held((prompt_tokens, answer_tokens))
        held.day = day
        return held

    def settle(self, held: tuple[int, int], completion: Completion) -> None:
        """Count what an answer cost in place of what was held."""
        cost = max(0, completion.prompt_tokens) + max(0, completion.answer_tokens)
        self._counted.change(*self._whose, cost - sum(held), _day(held))

    def lose(self, held: tuple[int, int]) -> int:
        """Leave counted what a failed request may have cost."""
        return sum(held)

    def release(self, held: tuple[int, int]) -> None:
        """Give back what was held for a request that was not taken."""
        self._counted.change(*self._whose, -sum(held), _day(held))


def _day(held: tuple[int, int]) -> str:
    """The day that tokens were held on."""
    return held.day if isinstance(held, _Held) else _today()


def _read(path: Path) -> _Spent:
    """What a file counts; nothing of today where there is none.

    Raises:
        GuandianError: it cannot be read.
    """
    if not path.is_file():
        return _Spent(day=_today(), tokens={})
    try:
        return _Spent.model_validate_json(read_text(path))
    except ValidationError as error:
        raise GuandianError(
            f"{path} does not say how many tokens were spent", "remove it: counting begins anew"
        ) from error


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
