"""Miners from the language model that a person described in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from guandian.bundle import folders_of, open_folder, shipped, shipped_names
from guandian.errors import GuandianError
from guandian.mining.batching import LazyMiner, Mines
from guandian.mining.checked_miner import CheckedMiner

if TYPE_CHECKING:
    from guandian.chat import Budget, Chat, ChatRequest, Completion
    from guandian.llm import Checker, LanguageModel, LLMMiner
    from guandian.mining.boilerplate import Boilerplate

ENDING = ".toml"
_SERVED_RETRIES = 1
"""Of a request within a call that somebody waits for."""
_POSSIBLE = 0.02
"""The confidence from which on a checker tells what it thinks possible."""


def is_description(named: Path | None) -> bool:
    """Tell whether a person named the description of a language model, not a bundle."""
    return named is not None and named.suffix == ENDING and not named.is_dir()


def reads_of_description(path: Path) -> list[Path]:
    """The files that a described model is opened from."""
    from guandian.llm import read_description

    described = read_description(path)
    named = (path, described.gguf, described.folder, described.examples)
    own = [] if described.checker is None else folders_of(_folder(described.checker, path.parent))
    return [*(file for file in named if file is not None), *own]


def open_language_model(path: Path, filler: Boilerplate) -> LazyMiner:
    """The described model as a miner, opened when it is first asked.

    Args:
        path: of the description.
        filler: reviews that are set aside, whatever the model would find in them.

    Raises:
        GuandianError: the description is wrong, or names what is not there.
    """
    from guandian.data.taxonomy import taxonomy_names
    from guandian.llm import read_description

    described = read_description(path)
    check = described.checker

    def opened() -> Mines:
        checker = None if check is None else checker_of(check, path.parent)
        return _whole(language_miner(described), described, checker, filler)

    key = _key_of(described, path.parent, filler)
    return LazyMiner(key, described.model, opened, taxonomy_names())


def _key_of(described: LanguageModel, base: Path, filler: Boilerplate) -> str:
    """The digest of all that the answers of a described model depend on."""
    from guandian.data.taxonomy import taxonomy_names
    from guandian.llm.extraction.prompts import VERSION

    content = f"{described.digest()} {VERSION} {sorted(taxonomy_names())} {filler.digest}"
    if (check := described.checker) is not None:
        manifest = open_folder(_folder(check, base)).manifest.to_json()
        content = f"{content} {check.model_dump_json()} {manifest}"
    return sha256(content.encode()).hexdigest()[:32]


def _whole(
    miner: LLMMiner, described: LanguageModel, checker: Mines | None, filler: Boilerplate
) -> Mines:
    """A language model behind what sets reviews aside, its opinions checked where that is named."""
    from guandian.mining.setting_aside import SettingAside

    aside = SettingAside(miner, filler, described.model)
    check = described.checker
    if check is None or checker is None:
        return aside
    return CheckedMiner(aside, checker, check.least, drop=check.doubtful == "drop")


@dataclass(frozen=True)
class ServedLanguageModel:
    """A language model that answers calls: a miner each, so that one can be stopped by itself.

    Attributes:
        model: what results name as their model.
        names: Chinese and English names of the categories that it knows.
        key: digest of all that its answers depend on.
    """

    model: str
    names: Mapping[str, tuple[str, str]]
    key: str
    _miner: LLMMiner
    _described: LanguageModel
    _checker: Mines | None
    _filler: Boilerplate

    def miner(self) -> Mines:
        """A miner of its own for one call; all share the endpoint and its budget."""
        return _whole(replace(self._miner), self._described, self._checker, self._filler)

    def chat(self) -> Chat:
        """The model as one that can be asked anything, within the same bounds."""
        return _InRoom(self._miner.chat, self._miner.room or BoundedSemaphore())


@dataclass(frozen=True)
class _InRoom:
    """A model that is asked when one of the places for questions is free."""

    _chat: Chat
    _room: BoundedSemaphore

    @property
    def model(self) -> str:
        return self._chat.model

    def complete(self, request: ChatRequest) -> Completion:
        """Answer one request."""
        with self._room:
            return self._chat.complete(request)


def serve_language_model(
    path: Path, budget: Budget, seconds: float, filler: Boilerplate
) -> ServedLanguageModel:
    """A described model that a service asks.

    Args:
        path: of the description.
        budget: of all that asks it here.
        seconds: that one request may take; a shorter `timeout` stands.
        filler: reviews that are set aside.

    Raises:
        GuandianError: the description is wrong, is of a model in this process, or keeps answers.
    """
    from guandian.data.taxonomy import taxonomy_names
    from guandian.llm import read_description

    described = read_description(path)
    if described.endpoint is None:
        raise GuandianError(
            f"{path}: a service asks a language model by its endpoint, not in its own process",
            "serve its weights beside it, and name that address as endpoint",
        )
    if described.cache is not None:
        raise GuandianError(
            f"{path}: cache and budget have no place in a service, which keeps nothing of a call",
            "leave them out: tokens_a_day bounds what a tenant spends",
        )
    brief = {
        "timeout": min(described.timeout, seconds),
        "retries": min(described.retries, _SERVED_RETRIES),
    }
    described = described.model_copy(update=brief)
    checker = None if described.checker is None else checker_of(described.checker, path.parent)
    miner = language_miner(described, _opened(described, budget))
    # Of all calls: one that was left while it waits for its turn asks nothing.
    miner = replace(miner, room=BoundedSemaphore(described.parallel))
    key = _key_of(described, path.parent, filler)
    return ServedLanguageModel(
        described.model, taxonomy_names(), key, miner, described, checker, filler
    )


def checker_of(described: Checker, base: Path) -> Mines:
    """The model that checks: it gives every opinion that it thinks possible at all.

    Args:
        described: who checks.
        base: the folder from which its path is seen.

    Raises:
        BundleError: a missing, altered or unknown bundle, or one that mines no opinions.
    """
    from guandian.pipelines.miners import miner_of

    return miner_of(open_folder(_folder(described, base))).at(_POSSIBLE)


def _folder(described: Checker, base: Path) -> Path:
    if described.model in shipped_names():
        return shipped().with_name(described.model)
    return base / described.model


def language_miner(described: LanguageModel, chat: Chat | None = None) -> LLMMiner:
    """Open a described model.

    Args:
        described: the model.
        chat: that asks it; None opens one within the description's own budget and cache.

    Raises:
        GuandianError: a library is missing, or the model cannot be opened.
    """
    from guandian.data import formats
    from guandian.data.taxonomy import taxonomy_names
    from guandian.llm import LLMMiner
    from guandian.llm.extraction.similar_examples import SimilarExamples

    chat = chat or _bounded(described)
    shown = [] if described.examples is None else formats.read("guandian", described.examples)
    return LLMMiner(
        chat,
        taxonomy_names(),
        described.model,
        votes=described.votes,
        temperature=described.sampled_at,
        max_tokens=described.max_tokens,
        parallel=described.parallel if described.endpoint else 1,
        examples=SimilarExamples(list(shown)),
        shots=described.shots,
        prompt=described.prompt,
        apart=described.apart,
    )


def open_chat(path: Path) -> Chat:
    """The described model as one that can be asked anything, within its budget and cache.

    Raises:
        GuandianError: the description is wrong, a library is missing, or it cannot be opened.
    """
    from guandian.llm import read_description

    return _bounded(read_description(path))


def _bounded(described: LanguageModel) -> Chat:
    from guandian.chat import AnswerCache, Budget, WithinBudget

    limit = described.budget
    budget = Budget(limit.tokens, limit.money, limit.prompt_price, limit.answer_price)
    chat: Chat = _opened(described, budget)
    if described.endpoint is None:
        chat = WithinBudget(chat, budget)
    if described.cache is not None:
        chat = AnswerCache(chat, described.cache, described.source())  # recalled at no cost
    return chat


def _opened(described: LanguageModel, budget: Budget) -> Chat:
    if described.endpoint is not None:
        from guandian.chat import ChatEndpoint

        return ChatEndpoint(
            described.endpoint,
            described.model,
            described.key_variable,
            described.form,
            described.timeout,
            described.retries,
            budget=budget,
        )
    if described.gguf is not None:
        from guandian.llm.gguf_chat import GgufChat

        return GgufChat(described.gguf, described.model, described.context, described.threads)
    from guandian.llm.transformers_chat import TransformersChat

    assert described.folder is not None
    return TransformersChat(described.folder, described.model, described.threads)
