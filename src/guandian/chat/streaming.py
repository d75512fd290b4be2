"""Answers that come in pieces, as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guandian.chat.chat_messages import ChatRequest, Completion, estimated_tokens

_BLANKS = 200
"""White space in a row that no answer needs: a model held to a schema may write it without end."""


class Runaway(Exception):
    """The answer goes on with nothing but white space."""


def events(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """The JSON of each event up to `[DONE]`; comments and other fields are skipped.

    Raises:
        ValueError: what an event holds is no JSON object.
    """
    for line in lines:
        if not line.startswith("data:"):
            continue
        content = line[len("data:") :].strip()
        if content == "[DONE]":
            return
        event = json.loads(content)
        if not isinstance(event, dict):
            raise ValueError(f"no object: {content[:80]}")
        if problem := event.get("error"):
            raise ValueError(f"the endpoint says: {json.dumps(problem, ensure_ascii=False)[:200]}")
        yield event


@dataclass
class Answering:
    """An answer that is still coming."""

    request: ChatRequest
    pieces: list[str] = field(default_factory=list)
    finish: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    blanks: int = 0

    @property
    def ended(self) -> bool:
        """Whether the model said that it is done."""
        return self.finish is not None

    def take(self, event: Mapping[str, Any]) -> None:
        """Add what an event brings.

        Raises:
            Runaway: the text has become endless white space.
            LookupError, TypeError, AttributeError: the event has another form.
        """
        self.model = event.get("model") or self.model
        usage = event.get("usage")
        self.usage = usage if isinstance(usage, dict) else self.usage
        for choice in event.get("choices") or ():
            self.finish = choice.get("finish_reason") or self.finish
            piece = (choice.get("delta") or {}).get("content") or ""
            self.pieces.append(piece)
            stripped = piece.rstrip()
            self.blanks = len(piece) - len(stripped) + (0 if stripped else self.blanks)
            if self.blanks > _BLANKS:
                raise Runaway

    def completion(self, *, cut: bool = False) -> Completion:
        """The answer as far as it came."""
        # Some endpoints cut an emoji in two, half of a pair in each event.
        text = "".join(self.pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        prompt = "".join(message.content for message in self.request.messages)
        counted = _count(self.usage.get("completion_tokens"), text)
        if cut and not self.usage:  # who left before the end does not know what was still written
            counted = max(counted, self.request.max_tokens or 0)
        return Completion(
            text,
            _count(self.usage.get("prompt_tokens"), prompt),
            counted,
            cut or self.finish == "length",
            self.model,
        )


def _count(stated: object, text: str) -> int:
    usable = isinstance(stated, int) and not isinstance(stated, bool) and stated >= 0
    return stated if usable and isinstance(stated, int) else estimated_tokens(text)
