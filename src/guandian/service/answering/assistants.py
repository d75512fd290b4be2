"""What understands messages, answers them and drafts replies: opened once, asked by routes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as Unfinished
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self

from guandian.assist.answers.answerer import Answerer
from guandian.assist.replies import HouseStyle, read_style
from guandian.assist.understanding import Understander
from guandian.assist.understanding.intents.intent_folder import IntentModel, open_intents
from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.privacy import Masking
from guandian.service.answering.batcher import Abandoned, TooLate
from guandian.service.auth import TENANT
from guandian.service.problems import Problem

if TYPE_CHECKING:
    from guandian.service.parts import Service

INTENTS, ANSWERS, STYLE = "intents", "answers", "style.toml"
"""What may stand in the folder after `--assist`."""


class Assistants:
    """What a shop taught: intents, knowledge, a house style; each may be missing.

    Args:
        intents: tells what a message wants.
        answerer: answers from the shop's knowledge.
        style: of replies.
    """

    def __init__(
        self,
        intents: IntentModel | None = None,
        answerer: Answerer | None = None,
        style: HouseStyle | None = None,
    ) -> None:
        self.intents, self.answerer = intents, answerer
        self.style = style or HouseStyle()

    @classmethod
    def open(cls, folder: Path | None) -> Self:
        """Open what stands in a folder: `intents/`, `answers/`, `style.toml`.

        Raises:
            GuandianError: the folder is not there, holds none of them, or one cannot be opened.
        """
        if folder is None:
            return cls()
        there = [name for name in (INTENTS, ANSWERS, STYLE) if (folder / name).exists()]
        if not there:
            raise GuandianError(
                f"{folder} holds none of {INTENTS}/, {ANSWERS}/ and {STYLE}",
                f"guandian assist answer --knowledge FAQ.csv --save {folder / ANSWERS}",
            )
        return cls(
            open_intents(folder / INTENTS) if INTENTS in there else None,
            Answerer.open(folder / ANSWERS) if ANSWERS in there else None,
            read_style(folder / STYLE if STYLE in there else None),
        )

    def of(self, tenant: str) -> Assistants:
        """What serves callers of a tenant: a shop taught it, so others than the first get none."""
        return self if tenant == TENANT else Assistants()

    def understander(self, miner: BatchedMiner | KnownMined, masking: Masking) -> Understander:
        """What understands messages, mined by a miner."""
        return Understander(miner, self.intents, masking)


class BatchedMiner:
    """Mines together with all other calls of the service, in a thread that may wait.

    Args:
        service: whose model mines.
        tenant: for whom; counted in the metrics.
        seconds: that all it mines may take together, from now on.
    """

    def __init__(self, service: Service, tenant: str, seconds: float) -> None:
        self._service, self._tenant, self._seconds = service, tenant, seconds
        self._end = monotonic() + seconds

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine each review, in their order.

        Raises:
            Problem: 503 where the deadline passed, or the service ends.
        """
        model = self._service.model.of_tenant(self._tenant).miner
        left = max(0.0, self._end - monotonic())
        future = self._service.calls.submit(model, [*reviews], left)
        try:
            answers = future.result(left)
        except (TooLate, Unfinished):
            future.cancel()
            raise Problem(
                503,
                "late",
                f"no answer within the {self._seconds:g} seconds of the deadline",
                "send fewer reviews at once, or give it longer",
                headers={"Retry-After": "1"},
            ) from None
        except (Abandoned, CancelledError):
            raise Problem(503, "ending", "the service is about to end", "send it anew") from None
        self._service.metrics.mined(self._tenant, answers)
        return answers


class KnownMined:
    """Gives what was mined before.

    Args:
        mined: in the order in which it will be asked for.
    """

    def __init__(self, mined: Sequence[Mined]) -> None:
        self._mined = [*mined]

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """The same, whatever is asked."""
        return self._mined
