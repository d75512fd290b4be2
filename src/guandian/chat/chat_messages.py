"""What is said to a language model, and what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, Protocol

from guandian.errors import GuandianError

Role = Literal["system", "user", "assistant"]
_TOKEN = 3
"""Bytes a token, where nobody counts: on the safe side for Chinese and English."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str

    def to_json(self) -> dict[str, str]:
        """The message as the interface writes it."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A question to a model.

    Attributes:
        messages: the conversation so far, the question last.
        schema: a JSON schema that the answer must follow; None lets it answer as it likes.
        max_tokens: of the answer; None is the model's own bound.
        temperature: 0 takes the likeliest token; None is the model's own.
        seed: of the sampling; None leaves it to the model.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None

    def digest(self, model: str) -> str:
        """A name for what this model is asked: equal questions have equal names."""
        content = {
            "model": model,
            "messages": [message.to_json() for message in self.messages],
            "schema": self.schema,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def estimated_tokens(self) -> int:
        """About how many tokens all messages have, on the safe side."""
        return sum(estimated_tokens(message.content) for message in self.messages)


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer.

    Attributes:
        text: as it came.
        prompt_tokens, answer_tokens: as the model counted them; an estimate where it did not.
        cut: the answer ended at a bound, not by itself.
        model: who says to have answered.
        lost_tokens: counted for attempts before it that failed; what they cost nobody says.
    """

    text: str
    prompt_tokens: int
    answer_tokens: int
    cut: bool = False
    model: str = ""
    lost_tokens: int = 0


class Refused(GuandianError):
    """This one question is not answered: too long, or not to the liking of a filter."""


class Chat(Protocol):
    """A model that can be asked; thread-safe."""

    @property
    def model(self) -> str:
        """Its name."""

    def complete(self, request: ChatRequest) -> Completion:
        """Answer one request.

        Raises:
            GuandianError: it refuses, or does not answer within its bounds.
        """


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, on the safe side."""
    return len(text.encode(errors="replace")) // _TOKEN + 1
