"""A model in a folder of safetensors, opened in this process by transformers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

from guandian.chat import ChatRequest, Completion, Refused
from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs

_MOST_TOKENS = 1024


class TransformersChat:
    """Answers held to the schema by llguidance, one at a time, on a GPU where there is one.

    Args:
        folder: of the model, with a chat template; nothing is fetched, no code of it is run.
        model: what it is called.
        threads: that compute on a CPU.

    Raises:
        GuandianError: torch, transformers or llguidance is missing, or the folder holds no model
            that can chat.
    """

    def __init__(self, folder: Path, model: str, threads: int) -> None:
        self._torch = needs("torch", "train", "a model in a folder")
        transformers = needs("transformers", "train", "a model in a folder")
        needs("llguidance.hf", "llm", "a model in a folder")
        try:
            options = {"local_files_only": True, "trust_remote_code": False}
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **options)
            self._network = transformers.AutoModelForCausalLM.from_pretrained(
                folder, use_safetensors=True, dtype="auto", **options
            ).eval()
        except (OSError, ValueError) as error:
            raise GuandianError(
                f"{folder} holds no language model: {str(error).splitlines()[0]}",
                "name a folder with config.json, safetensors and a tokenizer",
            ) from error
        if self._tokenizer.chat_template is None:
            raise GuandianError(
                f"the tokenizer in {folder} has no chat template", "name a model that can chat"
            )
        if self._torch.cuda.is_available():
            self._network = self._network.cuda()
        self._begin(model, threads)

    @classmethod
    def around(cls, network: Any, tokenizer: Any, model: str) -> Self:
        """Ask a network that is in memory already, such as one that learns.

        Args:
            network: a causal language model of transformers.
            tokenizer: its own, with a chat template.
            model: what it is called.
        """
        chat = cls.__new__(cls)
        chat._torch = needs("torch", "train", "a model in memory")
        chat._network, chat._tokenizer = network, tokenizer
        chat._begin(model, None)
        return chat

    def _begin(self, model: str, threads: int | None) -> None:
        guidance = needs("llguidance.hf", "llm", "a model in a folder")
        self._words = guidance.from_tokenizer(
            self._tokenizer, n_vocab=self._network.config.vocab_size
        )
        self.model, self._threads = model, threads
        self._lock = Lock()
        self._read: tuple[list[int], Any] = [], None

    def complete(self, request: ChatRequest) -> Completion:
        """Answer one request, with the likeliest tokens or by sampling.

        Raises:
            Refused: the request is longer than the model reads.
        """
        with self._lock, self._threaded(), self._torch.inference_mode():
            return self._complete(request)

    @contextmanager
    def _threaded(self) -> Iterator[None]:
        """As many threads as were asked for, and afterwards as before: torch has one number."""
        before = self._torch.get_num_threads()
        self._torch.set_num_threads(self._threads or before)
        try:
            yield
        finally:
            self._torch.set_num_threads(before)

    def _complete(self, request: ChatRequest) -> Completion:
        prompt = self._tokenizer.apply_chat_template(
            [message.to_json() for message in request.messages],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        ).to(self._network.device)
        length = prompt["input_ids"].shape[1]
        most = request.max_tokens or _MOST_TOKENS
        limit = getattr(self._network.config, "max_position_embeddings", None)
        if limit is not None and length + most > limit:
            raise Refused(
                f"{self.model} reads {limit:,} tokens; {length:,} are asked, {most:,} to come",
                "lower max_tokens, or show fewer examples (shots)",
            )
        sampled = bool(request.temperature)
        if request.seed is not None:
            self._torch.manual_seed(request.seed)
        options: dict[str, Any] = {"do_sample": sampled, "max_new_tokens": most}
        if sampled:
            options["temperature"] = request.temperature
        if request.schema is not None:
            options["logits_processor"] = [self._held_to(request.schema, length)]
        read = prompt["input_ids"][0].tolist()
        generated = self._network.generate(
            **prompt, **options, return_dict_in_generate=True, past_key_values=self._recalled(read)
        )
        answer = generated.sequences[0, length:]
        # What was computed for the last token is not in it.
        self._read = generated.sequences[0, :-1].tolist(), generated.past_key_values
        text = self._tokenizer.decode(answer, skip_special_tokens=True)
        ends = self._network.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        cut = len(answer) >= most and int(answer[-1]) not in ends
        return Completion(text, length, len(answer), cut, self.model)

    def _recalled(self, prompt: list[int]) -> Any:
        """Keys and values of the tokens that a prompt begins with as the last one: instructions."""
        read, past = self._read
        self._read = [], None
        layers = getattr(past, "layers", ())
        if not layers or any(getattr(layer, "is_sliding", False) for layer in layers):
            return None
        bound = min(len(prompt) - 1, len(read))
        same = next((k for k in range(bound) if prompt[k] != read[k]), bound)
        if not same:
            return None
        past.crop(same - past.get_seq_length())
        return past

    def _held_to(self, schema: Mapping[str, Any], length: int) -> Any:
        """A processor of logits [1, vocabulary] that leaves what the schema allows."""
        import json

        import llguidance
        import numpy as np
        from llguidance import numpy as masks

        grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema))
        matcher = llguidance.LLMatcher(self._words, grammar)
        if problem := matcher.get_error():
            raise GuandianError(f"llguidance refuses the schema: {problem}")
        mask = masks.allocate_token_bitmask(1, self._words.vocab_size)
        consumed = length

        def hold(ids: Any, scores: Any) -> Any:
            nonlocal consumed
            for token in ids[0, consumed:].tolist():
                matcher.consume_token(token)
            consumed = ids.shape[1]
            masks.fill_next_token_bitmask(matcher, mask)
            allowed = np.unpackbits(mask.view(np.uint8), bitorder="little")[: scores.shape[-1]]
            refused = self._torch.from_numpy(allowed == 0).to(scores.device)
            return scores.masked_fill(refused, -self._torch.inf)

        return hold
