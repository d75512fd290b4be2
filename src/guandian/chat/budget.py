"""A bound on what a run may cost, in tokens and in money."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition

from guandian.chat.chat_messages import Chat, ChatRequest, Completion, Refused
from guandian.errors import GuandianError

_MILLION = 1_000_000


class BudgetSpent(GuandianError):
    """The next request could cost more than is left."""


@dataclass
class Budget:
    """Counts what requests cost, and refuses one that could pass the bound; thread-safe.

    Attributes:
        tokens: at most, prompts and answers together; None is no bound.
        money: at most, in the currency of the prices; None is no bound.
        prompt_price, answer_price: of a million tokens.
        prompt_tokens, answer_tokens: counted so far.
        requests: answered.
        lost_requests, lost_tokens: attempts that failed and may have been paid for, and how many of
            the counted tokens are theirs.
    """

    tokens: int | None = None
    money: float | None = None
    prompt_price: float = 0.0
    answer_price: float = 0.0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    requests: int = 0
    lost_requests: int = 0
    lost_tokens: int = 0
    _reserved: list[tuple[int, int]] = field(default_factory=list)
    _changed: Condition = field(default_factory=Condition)

    @property
    def spent(self) -> float:
        """Money for what was answered so far, and for what may have been."""
        return self._price(self.prompt_tokens, self.answer_tokens)

    def reserve(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """Hold back what a request may cost at most, until `settle` or `release`.

        It waits while others may still give back what they held.

        Raises:
            BudgetSpent: more than is left.
        """
        with self._changed:
            while self._reserved and self._would_pass(prompt_tokens, answer_tokens):
                self._changed.wait()
            prompts, answers = self._with(prompt_tokens, answer_tokens)
            if self.tokens is not None and prompts + answers > self.tokens:
                raise BudgetSpent(
                    f"the budget of {self.tokens:,} tokens would be passed: "
                    f"{self.prompt_tokens + self.answer_tokens:,} are spent",
                    self._repair("raise budget.tokens and go on with --resume"),
                )
            if self.money is not None and self._price(prompts, answers) > self.money:
                raise BudgetSpent(
                    f"the budget of {self.money:g} would be passed: {self.spent:.4f} are spent",
                    self._repair("raise budget.money and go on with --resume"),
                )
            held = (prompt_tokens, answer_tokens)
            self._reserved.append(held)
            return held

    def settle(self, held: tuple[int, int], completion: Completion) -> None:
        """Count an answer in place of what was held back for it."""
        with self._changed:
            self._reserved.remove(held)
            self.prompt_tokens += completion.prompt_tokens
            self.answer_tokens += completion.answer_tokens
            self.requests += 1
            self._changed.notify_all()

    def lose(self, held: tuple[int, int]) -> int:
        """Count all that was held for a request that failed after it was sent.

        Nobody says what it cost: the model may have read all of it and answered to the bound.

        Returns:
            The tokens that are counted for it.
        """
        with self._changed:
            self._reserved.remove(held)
            self.prompt_tokens += held[0]
            self.answer_tokens += held[1]
            self.lost_requests += 1
            self.lost_tokens += sum(held)
            self._changed.notify_all()
            return sum(held)

    def release(self, held: tuple[int, int]) -> None:
        """Give back what was held for a request that cost nothing: it was not taken."""
        with self._changed:
            self._reserved.remove(held)
            self._changed.notify_all()

    def _repair(self, usual: str) -> str:
        """What to do; with how much of what is spent failed attempts may have cost."""
        if not self.lost_requests:
            return usual
        return f"{usual}; attempts that failed were counted with {self.lost_tokens:,} tokens"

    def _with(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        """All tokens, those that are held back and some more."""
        prompts = self.prompt_tokens + prompt_tokens + sum(p for p, _ in self._reserved)
        return prompts, self.answer_tokens + answer_tokens + sum(a for _, a in self._reserved)

    def _would_pass(self, prompt_tokens: int, answer_tokens: int) -> bool:
        prompts, answers = self._with(prompt_tokens, answer_tokens)
        over = self.money is not None and self._price(prompts, answers) > self.money
        return over or (self.tokens is not None and prompts + answers > self.tokens)

    def _price(self, prompt_tokens: int, answer_tokens: int) -> float:
        cost = prompt_tokens * self.prompt_price + answer_tokens * self.answer_price
        return cost / _MILLION


@dataclass(frozen=True)
class WithinBudget:
    """A model that is asked while the budget lasts.

    An endpoint counts its attempts itself: `ChatEndpoint(budget=...)`.
    """

    chat: Chat
    budget: Budget

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.chat.model

    def complete(self, request: ChatRequest) -> Completion:
        """Answer one request.

        Raises:
            BudgetSpent: it could cost more than is left.
            GuandianError: the model does not answer.
        """
        held = self.budget.reserve(request.estimated_tokens, request.max_tokens or 0)
        try:
            completion = self.chat.complete(request)
        except Refused:
            self.budget.release(held)
            raise
        except BaseException:
            self.budget.lose(held)
            raise
        self.budget.settle(held, completion)
        return completion
