"""Answers kept by what was asked: a run that is repeated asks, and pays, nothing twice."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from guandian.chat.chat_messages import Chat, ChatRequest, Completion
from guandian.errors import GuandianError
from guandian.io.atomic import telling, write_whole

_PREFIX = 2


class AnswerCache:
    """A model whose answers are kept in a folder, a file each, named by model and question.

    Args:
        chat: who is asked what was not asked before.
        folder: made where it is missing; nothing in it is ever removed.
        source: who answers, beyond the model's name: an address, or the state of weights.
    """

    def __init__(self, chat: Chat, folder: Path, source: str = "") -> None:
        self._chat, self._folder, self._source = chat, folder, source
        self.recalled = 0

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._chat.model

    def complete(self, request: ChatRequest) -> Completion:
        """The kept answer, or a new one; a damaged file is asked for anew, a cut answer not kept.

        Raises:
            GuandianError: the model does not answer, or the folder cannot be written.
        """
        digest = request.digest(f"{self._source}\n{self.model}")
        path = self._folder / digest[:_PREFIX] / f"{digest}.json"
        recalled = _read(path)
        if recalled is not None:
            self.recalled += 1
            return recalled
        completion = self._chat.complete(request)
        if completion.cut:
            return completion
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        fresh = replace(completion, lost_tokens=0)  # of this time alone
        content = json.dumps(asdict(fresh), ensure_ascii=False).encode()
        write_whole(path, content, overwrite=True)
        return completion


def _read(path: Path) -> Completion | None:
    """A kept answer; None where there is none, or none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Completion(**content) if isinstance(content["text"], str) else None
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    except OSError as error:
        raise GuandianError(
            f"cannot read {path}: {error.strerror}", "name another folder as cache"
        ) from error
