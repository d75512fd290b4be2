"""Miners from the language model that a person described in a file."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.bundle import folders_of, open_folder, shipped, shipped_names
from guandian.mining.batching import LazyMiner, Mines
from guandian.mining.checked_miner import CheckedMiner

if TYPE_CHECKING:
    from guandian.chat import Budget, Chat
    from guandian.llm import Checker, LanguageModel, LLMMiner
    from guandian.mining.boilerplate import Boilerplate

ENDING = ".toml"
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
    from guandian.llm.extraction.prompts import VERSION
    from guandian.mining.setting_aside import SettingAside

    described = read_description(path)
    names = taxonomy_names()
    content = f"{described.digest()} {VERSION} {sorted(names)} {filler.digest}"
    if (check := described.checker) is not None:
        manifest = open_folder(_folder(check, path.parent)).manifest.to_json()
        content = f"{content} {check.model_dump_json()} {manifest}"

    def opened() -> Mines:
        aside = SettingAside(language_miner(described), filler, described.model)
        if check is None:
            return aside
        checker = checker_of(check, path.parent)
        return CheckedMiner(aside, checker, check.least, drop=check.doubtful == "drop")

    key = sha256(content.encode()).hexdigest()[:32]
    return LazyMiner(key, described.model, opened, names)


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


def language_miner(described: LanguageModel) -> LLMMiner:
    """Open a described model.

    Raises:
        GuandianError: a library is missing, or the model cannot be opened.
    """
    from guandian.data import formats
    from guandian.data.taxonomy import taxonomy_names
    from guandian.llm import LLMMiner
    from guandian.llm.extraction.similar_examples import SimilarExamples

    chat = _bounded(described)
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
