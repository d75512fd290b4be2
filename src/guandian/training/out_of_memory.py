"""Errors of a step without memory: where it was, and which settings need less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from guandian.errors import GuandianError
from guandian.recipes.recipe import Recipe
from guandian.tracking.subprocesses import resident_gigabytes

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")
_SHORTEST = 16


def peak_gigabytes() -> float:
    """The largest memory so far, in GB: of the GPU where there is one, else of the process.

    0 where the system does not tell.
    """
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    try:
        import resource
    except ImportError:  # not on Windows
        return 0.0
    return resident_gigabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


@contextmanager
def telling_memory(recipe: Recipe, step: int, lengths: Sequence[Sequence[int]]) -> Iterator[None]:
    """Turn a lack of memory within a step into an error with the settings to change.

    Args:
        recipe: of the run.
        step: counted from 1.
        lengths: of each batch of the step, the tokens of its texts.

    Raises:
        GuandianError: the processor or the GPU has no memory left.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(sign in str(error) for sign in _SIGNS):
            raise
        largest = max(lengths, key=lambda batch: len(batch) * max(batch))
        texts, tokens = len(largest), max(largest)
        raise GuandianError(
            f"out of memory at step {step}, with a batch of {texts:,} texts x {tokens:,} tokens: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}",
            "\n  ".join(_repairs(recipe, texts, tokens)),
        ) from error


def _repairs(recipe: Recipe, texts: int, tokens: int) -> list[str]:
    """The options to add to the command, the gentlest first."""
    settings = recipe.optimisation
    repairs = []
    if texts > 1:
        half = (
            f"batch_tokens={texts * tokens // 2}"
            if settings.batch_texts is None
            else f"batch_texts={texts // 2}"
        )
        repairs.append(
            f"--set optimisation.{half} --set optimisation.accumulate={2 * settings.accumulate} "
            "(half the batch, as much a step)"
        )
    if not settings.gradient_checkpointing:
        repairs.append("--set optimisation.gradient_checkpointing=true (slower)")
    if len(repairs) < 2:
        shorter = max(_SHORTEST, min(settings.max_tokens, tokens) // 2)
        repairs.append(f"--set optimisation.max_tokens={shorter} (more windows to a long text)")
    opening = "run the same command with --overwrite and "
    return [f"{opening}{repairs[0]}", f"or {repairs[1]}, or both"]
