"""The rungs of a ladder side by side, and which of them a careful engineer takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guandian.export.parity import POOLED_LOSS, WORST_LOSS, ParityRow, ParityTable
from guandian.tracking.subprocesses import Cost
from guandian.wording import Name, term

FORMAT = "guandian-ladder/1"
MODEL = "model"
"""The name of the row of the model that the rungs are made from."""
_AS_QUICK = 0.95


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """What a bundle's network is.

    Attributes:
        layers: of the encoder.
        heads: of all layers together.
        width: mean inner features of a feed-forward block.
        vocabulary: rows of the table of embeddings.
        parameters: numbers in all.
    """

    layers: int
    heads: int
    width: float
    vocabulary: int
    parameters: int


@dataclass(frozen=True, slots=True)
class RungStanding:
    """A rung as it came out.

    Attributes:
        name: of the rung; `model` is the one that all are made from.
        bundle: where it stands.
        shape: of its network.
        precision: of its weights.
        megabytes: of its weights, graph and tokenizer.
        loading: seconds of the processor from the files to the first answer.
        tokens: that it was trained on.
        cost: of its training.
        parity: its exact tuples against the model's, by set and pooled.
        rate: reviews a second of one thread's own time; 0 before it was measured.
    """

    name: str
    bundle: str
    shape: NetworkShape
    precision: str
    megabytes: float
    loading: float
    tokens: int
    cost: Cost
    parity: ParityTable
    rate: float = 0.0

    @property
    def pooled(self) -> ParityRow:
        """All dev sets together."""
        return self.parity.rows[-1]

    def row(self, name: str) -> ParityRow | None:
        """The row of a set."""
        return next((row for row in self.parity.rows if row.name == name), None)

    @property
    def lost(self) -> list[ParityRow]:
        """The sets, or all of them pooled, on which it surely lost more than is allowed."""
        return [row for row in self.parity.lost() if row.surely_worse]

    @property
    def passed(self) -> bool:
        """Tell whether the gate of exports lets it through."""
        return not self.lost

    @property
    def proven(self) -> bool:
        """Tell whether it passed, and the interval leaves no room for more than may be lost."""
        return self.passed and self.pooled.change.low >= -POOLED_LOSS

    def to_json(self) -> dict[str, Any]:
        """All figures."""
        return {
            "name": self.name,
            "bundle": self.bundle,
            "shape": {name: getattr(self.shape, name) for name in self.shape.__slots__},
            "precision": self.precision,
            "megabytes": self.megabytes,
            "loading_seconds": self.loading,
            "tokens": self.tokens,
            "minutes": self.cost.minutes,
            "processor_minutes": self.cost.processor_minutes,
            "gigabytes": self.cost.gigabytes,
            "reviews_per_second": self.rate,
            "passed": self.passed,
            "proven": self.proven,
            "sets": self.parity.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Standings:
    """All rungs of a ladder.

    Attributes:
        of: name and version of the model.
        rows: the model first.
        texts: reviews that speed was measured on.
        failed: why a rung is missing, by its name.
    """

    of: str
    rows: Sequence[RungStanding]
    texts: int
    failed: dict[str, str]

    @property
    def model(self) -> RungStanding:
        """The row of the model itself."""
        return self.rows[0]

    @property
    def pick(self) -> RungStanding:
        """The rung to take: the quickest that is proven, of those nearly as quick the smallest.

        The model itself where no rung is proven.
        """
        proven = [self.model, *(row for row in self.rows[1:] if row.proven)]
        quickest = max(row.rate for row in proven)
        near = [row for row in proven if row.rate >= _AS_QUICK * quickest]
        return min(near, key=lambda row: row.megabytes)

    def why(self) -> Name:
        """A sentence that says which rung, and why not the others."""
        pick, model = self.pick, self.model
        change = pick.pooled.change
        doubtful = [row.name for row in self.rows[1:] if row.passed and not row.proven]
        lost = [row.name for row in self.rows[1:] if not row.passed]
        figures = {
            "name": pick.name,
            "limit": f"{100 * POOLED_LOSS:g}",
            "rate": f"{pick.rate / model.rate:.2f}",
            "size": f"{pick.megabytes:.1f}",
            "before": f"{model.megabytes:.1f}",
            "change": f"{100 * change.value:+.2f}",
            "low": f"{100 * change.low:+.2f}",
            "high": f"{100 * change.high:+.2f}",
            "doubtful": ", ".join(doubtful) or "–",
            "lost": ", ".join(lost) or "–",
        }
        if pick is model:
            return term(
                "stay with the model: no rung is proven to lose less than {limit} points of tuple "
                "F1 on all dev sets together (in doubt: {doubtful}; surely worse: {lost})",
                **figures,
            )
        return term(
            "take {name}: of the rungs that are proven to lose less than {limit} points of tuple "
            "F1 on all dev sets together it is the quickest, or nearly so and the smallest: "
            "{rate} times the model's reviews a second, {size} MB in place of {before}, {change} "
            "points ({low} to {high}; in doubt: {doubtful}; surely worse: {lost})",
            **figures,
        )

    def to_json(self) -> dict[str, Any]:
        """All figures, the choice and its reason."""
        return {
            "format": FORMAT,
            "of": self.of,
            "allowed": {"pooled": POOLED_LOSS, "one set": WORST_LOSS},
            "texts": self.texts,
            "rungs": [row.to_json() for row in self.rows],
            "pick": self.pick.name,
            "why": self.why().en,
            "failed": self.failed,
        }
