"""A step that really finds no memory tells which settings need less."""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from tests.tiny_base import model
from tests.training.fixtures import SPEC, prepared, recipe, started

from guandian.errors import GuandianError
from guandian.tasks.targets import Annotated, join
from guandian.training.loop import train_steps
from guandian.training.out_of_memory import telling_memory
from guandian.training.step import TrainState

DATA = prepared(False)


@contextmanager
def little_memory(megabytes: int) -> Iterator[None]:
    """While this is open the process may take so much more, and no more."""
    now = int(re.search(r"VmSize:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])  # type: ignore[index]
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now * 1024 + megabytes * 2**20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def long_text() -> Annotated:
    """A window of about 480 tokens."""
    said = [e for e in DATA.examples if e.readings and not e.implicit]
    parts = said[:1]
    while sum(len(part.ids) for part in parts) < 480:
        parts.append(said[len(parts) % len(said)])
    return join(parts)


def failing(settings: dict[str, object], folder: Path, texts: int = 4) -> GuandianError:
    asked = recipe(optimisation={"batch_texts": None, "batch_tokens": 90_000} | settings)
    examples = [long_text()] * texts
    with (
        TrainState(asked, started(model(SPEC), examples), 9, folder) as learner,
        little_memory(20),
        pytest.raises(GuandianError) as told,
    ):
        next(train_steps(learner, [[], [list(range(texts))]], 1))
    return told.value


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the limit is Linux's")
def test_a_batch_that_is_too_large_names_itself_and_what_needs_less(tmp_path: Path) -> None:
    told = failing({"accumulate": 3}, tmp_path)
    found = re.search(r"step 2, with a batch of 4 texts x (\d+) tokens: .*alloc", told.problem)
    assert found, told.problem
    assert f"batch_tokens={4 * int(found[1]) // 2} " in told.repair
    assert "optimisation.accumulate=6" in told.repair
    assert "optimisation.gradient_checkpointing=true" in told.repair
    assert isinstance(told.__cause__, RuntimeError | MemoryError)


@pytest.mark.parametrize(
    ("settings", "texts", "words", "unsaid"),
    [
        ({"batch_texts": 9}, 9, "batch_texts=4 .*accumulate=2", "batch_tokens"),
        ({}, 1, "max_tokens=112 ", "accumulate"),
        ({"gradient_checkpointing": True}, 4, "batch_tokens=1000 .*max_tokens=112", "check"),
    ],
)
def test_the_settings_follow_from_the_recipe(
    settings: dict[str, object], texts: int, words: str, unsaid: str
) -> None:
    asked = recipe(optimisation={"batch_texts": None} | settings)
    with pytest.raises(GuandianError) as told, telling_memory(asked, 1, [[500] * texts, [3]]):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\n more")
    assert re.search(words, told.value.repair, re.DOTALL), told.value.repair
    assert unsaid not in told.value.repair
    assert told.value.problem.endswith("Tried to allocate 2.00 GiB.")


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shape"), telling_memory(recipe(), 1, [[4]]):
        torch.zeros(2) @ torch.zeros(3, 3)
