"""A model in one file of weights, opened in this process by xllamacpp."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from guandian.chat import ChatRequest, Completion, Refused
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs


class GgufChat:
    """Answers held to the schema by llama.cpp's grammar, one at a time.

    Args:
        file: of the weights.
        model: what it is called.
        context: tokens that it reads at once, the answer included.
        threads: that compute.

    Raises:
        GuandianError: xllamacpp is not installed, or the file is no model that it knows.
    """

    def __init__(self, file: Path, model: str, context: int, threads: int) -> None:
        library = needs("xllamacpp", "gguf", "a .gguf model")
        parameters = library.CommonParams()
        parameters.model.path = str(file)
        parameters.n_ctx, parameters.n_parallel = context, 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        parameters.warmup, parameters.verbosity = False, -1
        # It listens on a free port of loopback whether asked or not; nobody knows this key.
        parameters.api_keys = [secrets.token_urlsafe(32)]
        try:
            self._server = library.Server(parameters)
        except (RuntimeError, ValueError) as error:
            raise GuandianError(
                f"{file} is no model that xllamacpp opens: {error}", "name another file as gguf"
            ) from error
        self.model = model
        self._lock = Lock()

    def complete(self, request: ChatRequest) -> Completion:
        """Answer one request.

        Raises:
            Refused: the request is longer than the context.
        """
        with self._lock:
            answer = self._server.handle_chat_completions(_content(request))
        if problem := answer.get("error"):
            raise Refused(
                f"{self.model} cannot answer: {problem.get('message', problem)}",
                "raise context, or show fewer examples (shots)",
            )
        choice, usage = answer["choices"][0], answer["usage"]
        return Completion(
            choice["message"]["content"] or "",
            usage["prompt_tokens"],
            usage["completion_tokens"],
            choice["finish_reason"] == "length",
            self.model,
        )


def _content(request: ChatRequest) -> Mapping[str, Any]:
    content: dict[str, Any] = {
        "messages": [message.to_json() for message in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }
    if request.schema is not None:
        wanted = {"name": "answer", "strict": True, "schema": request.schema}
        content["response_format"] = {"type": "json_schema", "json_schema": wanted}
    return {name: value for name, value in content.items() if value is not None}
