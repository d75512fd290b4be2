"""Engines by their names, and the source from which their workers open the same model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.pipelines.engines.answer_settings import AnswerSettings

if TYPE_CHECKING:
    from guandian.mining.batching import LazyMiner, MiningEngine

EngineName = Literal["ray"]


@dataclass(frozen=True)
class MinerSource:
    """Opens a model wherever it is called; all paths are whole, since workers stand elsewhere.

    Attributes:
        bundle: the model; None is the shipped one.
        custom: of annotation to answer by; None is the model's own.
        filler: a list of boilerplate besides the shipped one.
        settings: what is done with reviews and answers besides.
    """

    bundle: Path | None = None
    custom: str | None = None
    filler: Path | None = None
    settings: AnswerSettings = field(default_factory=AnswerSettings)

    def opened(self) -> LazyMiner:
        """The model, opened when it is first asked, with one thread.

        Raises:
            GuandianError: it is not to be had here.
        """
        from guandian import pipelines

        likeness = bool(self.settings.caution.unlike)
        model = pipelines.open_model(self.bundle, 1, self.custom, self.filler, likeness=likeness)
        return self.settings.of(model)

    def everywhere(self) -> MinerSource:
        """The same with whole paths; a shipped name, which is no path, stays."""
        bundle, filler = map(_whole, (self.bundle, self.filler))
        settings = replace(self.settings, known=self.settings.known.everywhere())
        return MinerSource(bundle, self.custom, filler, settings)


def engine_of(
    name: EngineName, source: MinerSource, model: LazyMiner, workers: int | None = None
) -> Callable[[], MiningEngine]:
    """What makes the engine of that name, when it is needed.

    Args:
        name: of the engine.
        source: of the model, for each worker.
        model: the same, here.
        workers: how many; None is as many as there are cores.

    Raises:
        GuandianError: it needs a library that is not installed.
    """
    there = source.everywhere().opened
    if name != "ray":
        raise GuandianError(f"there is no engine {name!r}", "choose local or ray")
    if find_spec("ray") is None:
        needs("ray", "scale", "--engine ray")

    def made() -> MiningEngine:  # Ray is loaded where something is left to be mined
        from guandian.mining.engines.ray_engine import RayEngine

        return RayEngine(there, model, workers)

    return made


def _whole(path: Path | None) -> Path | None:
    return path.absolute() if path is not None and path.exists() else path
