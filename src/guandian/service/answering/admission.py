"""Who may come in: a bound on the reviews and on the tokens that are waiting or being read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from guandian.domain import Review
from guandian.service.problems import Problem

_LETTERS = 4
"""Letters of a Latin word's piece, on average; a Han character is a piece of its own."""
_SHORT = 32
"""Tokens of a short review."""
_SMOOTHING = 0.9
_CROWDED, _CALM = 0.8, 1.0
"""The share of the bound on reviews that holds from a refusal on, until so many seconds passed
without one: to refuse takes processor from what reads, so that as many would wait longer."""


def tokens_of(text: str) -> int:
    """About how many tokens the model reads for a text, from its lengths alone."""
    wide = (len(text.encode(errors="replace")) - len(text)) // 2
    wide = min(wide, len(text))
    return 2 + wide + (len(text) - wide) // _LETTERS


class Admission:
    """The bound that all calls meet together, however they are cut into requests.

    Args:
        reviews: that may be in the house, waiting or being read; a call of more comes in alone.
            While calls are refused it is a fifth fewer.
        tokens: the same in tokens.
    """

    def __init__(self, reviews: int, tokens: int) -> None:
        self.most_reviews, self.most_tokens = reviews, tokens
        self.reviews = self.tokens = 0
        self._lock = Lock()
        self._pace, self._refused = 0.0, -math.inf
        self._refused_tokens = 0

    @property
    def bound(self) -> int:
        """Reviews that may be in the house at present."""
        crowded = monotonic() - self._refused < _CALM
        return math.ceil(_CROWDED * self.most_reviews) if crowded else self.most_reviews

    @property
    def full(self) -> bool:
        """Tell whether not even one more short review may come in."""
        return self.reviews >= self.bound or self.tokens >= self.most_tokens

    @contextmanager
    def room(self, reviews: Sequence[Review]) -> Iterator[int]:
        """Room for a call while it is answered; its tokens.

        Raises:
            Problem: 429 where there is no room now, 413 where there never would be.
        """
        number, tokens = len(reviews), sum(tokens_of(review.text) for review in reviews)
        if tokens > self.most_tokens:
            raise Problem(
                413,
                "too-much",
                f"one call holds {number:,} reviews of {tokens:,} tokens",
                f"send {self.most_tokens:,} tokens at most, or a file to /v1/uploads",
            )
        with self._lock:
            crowded = self.reviews and self.reviews + number > self.bound
            if crowded or self.tokens + tokens > self.most_tokens:
                raise self.refusal(tokens)
            self.reviews += number
            self.tokens += tokens
        try:
            yield tokens
        finally:
            with self._lock:
                self.reviews -= number
                self.tokens -= tokens

    def answered(self, reviews: int, seconds: float) -> None:
        """Learn the pace: a thread answered so many reviews in so many seconds."""
        pace = reviews / max(seconds, 1e-6)
        self._pace = pace if not self._pace else _SMOOTHING * self._pace + 0.1 * pace

    @property
    def wait(self) -> int:
        """Whole seconds after which to try again."""
        return max(1, math.ceil(self.reviews / self._pace)) if self._pace else 1

    def take_refused(self) -> int:
        """Tokens that were refused since this was last asked."""
        tokens, self._refused_tokens = self._refused_tokens, 0
        return tokens

    def refusal(self, tokens: int = _SHORT) -> Problem:
        """The problem for who does not get in; `tokens` of a call that was not read are guessed."""
        seconds, self._refused = self.wait, monotonic()
        self._refused_tokens += tokens
        return Problem(
            429,
            "busy",
            "as many reviews or tokens as may be are waiting or being read",
            f"try again in {seconds} seconds",
            headers={
                "Retry-After": str(seconds),
                "RateLimit-Policy": f'"queue";q={self.most_reviews};w=1',
                "RateLimit": f'"queue";r={max(0, self.most_reviews - self.reviews)};t={seconds}',
            },
        )
