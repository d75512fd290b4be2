"""How far a sequence has come, on disk: an interrupted one goes on from there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guandian.errors import GuandianError
from guandian.experiments.continual.domains import SequenceStart
from guandian.io.atomic import replace_file
from guandian.recipes.continual_settings import ContinualSettings


@dataclass
class Progress:
    """The scores of a sequence so far.

    Attributes:
        path: of the file.
        digest: a digest of all that the scores depend on.
        rows: by position of a domain, the scores after it.
        measures: by domain, what is scored.
        remembered: share of earlier rows at hand, at the end.
        routed: share of texts sent to their own adapter, at the end.
        seconds: of the processor.
        finished: whether the last domain was learned.
    """

    path: Path
    digest: str
    rows: dict[int, tuple[float, ...]] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    remembered: float = 0.0
    routed: float | None = None
    seconds: float = 0.0
    finished: bool = False

    @classmethod
    def read(
        cls, path: Path, start: SequenceStart, method: str, settings: ContinualSettings
    ) -> Progress:
        """The progress that a file tells of; the beginning without one.

        Raises:
            GuandianError: the file is damaged, or is of other texts, another recipe or settings.
        """
        digest = _digest(start, method, settings)
        if not path.is_file():
            return cls(path, digest)
        try:
            stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
            rows = {int(position): tuple(row) for position, row in stored["rows"].items()}
            figures = {name: stored[name] for name in _FIGURES}
            measures = tuple(stored["measures"])
            before = cls(path, stored["digest"], rows, measures, **figures)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise GuandianError(
                f"{path} is damaged: {error!r}", "begin anew with --overwrite"
            ) from error
        if before.digest != digest:
            raise GuandianError(
                f"{path.parent} was learned from other texts, or by another recipe or settings",
                "begin anew with --overwrite, or choose another folder with -o",
            )
        return before

    def save(self) -> None:
        """Write the file, whole or not at all."""
        figures = {name: getattr(self, name) for name in _FIGURES}
        rows = {str(position): row for position, row in self.rows.items()}
        content = {"digest": self.digest, "rows": rows, "measures": self.measures, **figures}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, json.dumps(content, indent=1).encode())


_FIGURES = ("remembered", "routed", "seconds", "finished")


def _digest(start: SequenceStart, method: str, settings: ContinualSettings) -> str:
    """What the scores depend on: recipe, own settings of the method, texts and labels."""
    own = getattr(settings, method, None)
    parts = [
        start.recipe.model_dump_json(),
        start.staged.base,
        "" if own is None else own.model_dump_json(),
        *(repr((domain.name, domain.rows, domain.dev)) for domain in start.domains),
    ]
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()
