"""A candidate on trial, what is watched after it, and reasons to train."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from guandian.evaluation import Interval, PairedDifference
from guandian.service.rollout.comparing import CorrectedFigures, TrialFigures
from guandian.service.rollout.promotion_watch import ALPHA, Promotion
from guandian.service.rollout.proposing import Proposal
from guandian.service.rollout.trials import ModelTrial
from guandian.service.schemas.admin.admin_schemas import ModelOut, ModelRequest
from guandian.service.schemas.strict import Incoming, Outgoing

Share = Annotated[
    float,
    Field(ge=0, le=1, strict=True, description="Of the calls that the candidate answers."),
]


class TrialRequest(ModelRequest):
    """A candidate to be opened, tried, and put beside the model of now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"path": "runs/next/bundle", "share": 0.0}]}
    )

    share: Share = 0.0


class ShareRequest(Incoming):
    """Another share of the calls for the candidate."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"share": 0.1}]})

    share: Share


class TrialOut(Outgoing):
    """A candidate on trial; with a share of 0 it reads copies alone, and nobody gets its answers.

    `copied` counts reviews of which both answers were compared, `skipped` those that found no room.
    """

    model: ModelOut
    share: float
    since: str
    copied: int
    skipped: int

    @classmethod
    def of(cls, trial: ModelTrial) -> TrialOut:
        """The trial that runs."""
        model = ModelOut.of(trial.candidate, active=False).model_copy(update={"previous": False})
        return cls(
            model=model,
            share=trial.share,
            since=trial.since,
            copied=trial.copied,
            skipped=trial.skipped,
        )


class TrialAnswer(Outgoing):
    """The trial as it is now."""

    trial: TrialOut


class FigureOut(Outgoing):
    """A figure and its interval."""

    value: float
    low: float
    high: float
    level: float

    @classmethod
    def of(cls, interval: Interval | None) -> FigureOut | None:
        """None stays none."""
        return None if interval is None else cls(**interval.to_json())

    @classmethod
    def gain(cls, difference: PairedDifference | None) -> FigureOut | None:
        """The candidate's less the other's."""
        return None if difference is None else cls.of(difference.difference)


class BothOut(Outgoing):
    """One figure of both models, and the candidate's less that of the model of now."""

    incumbent: float | None
    candidate: float | None
    gain: FigureOut | None


class CopiesOut(Outgoing):
    """Both models on copies of calls: `agreement` is the F1 of the opinions of one against the
    other's, `same_sentiment` the share of reviews with one sentiment by both.
    """

    reviews: int
    agreement: FigureOut | None
    same_sentiment: FigureOut | None
    confidence: BothOut
    opinions: BothOut

    @classmethod
    def of(cls, figures: TrialFigures) -> CopiesOut:
        """The figures of a trial."""
        ours, theirs = figures.confidence
        gain = FigureOut.gain(figures.more_confident)
        a_review, candidate_a_review = figures.opinions
        return cls(
            reviews=figures.reviews,
            agreement=FigureOut.of(figures.agreement),
            same_sentiment=FigureOut.of(figures.same_sentiment),
            confidence=BothOut(incumbent=ours, candidate=theirs, gain=gain),
            opinions=BothOut(incumbent=a_review, candidate=candidate_a_review, gain=None),
        )


class CorrectedOut(Outgoing):
    """Both models on reviews of which the tenant's people settled every opinion."""

    reviews: int
    precision: BothOut | None
    f1: BothOut | None

    @classmethod
    def of(cls, figures: CorrectedFigures) -> CorrectedOut:
        """The figures of a trial."""

        def both(
            pair: tuple[Interval, Interval] | None, gain: PairedDifference | None
        ) -> BothOut | None:
            if pair is None:
                return None
            ours, theirs = pair
            return BothOut(incumbent=ours.value, candidate=theirs.value, gain=FigureOut.gain(gain))

        return cls(
            reviews=figures.reviews,
            precision=both(figures.precision, figures.more_precise),
            f1=both(figures.f1, figures.better),
        )


class ComparisonAnswer(TrialAnswer):
    """The candidate beside the model of now."""

    copies: CopiesOut
    corrected: CorrectedOut


class WatchOut(Outgoing):
    """A promoted model that is watched: reviews that people settled since, on which it did better
    or worse than the model before. Once `capital` reaches `limit` that one answers again.
    """

    promoted: str
    before: str
    corrected: int
    wins: int
    losses: int
    capital: float
    limit: float

    @classmethod
    def of(cls, promotion: Promotion) -> WatchOut:
        """What is watched."""
        bet = promotion.bet
        return cls(
            promoted=promotion.promoted.miner.model,
            before=promotion.before.miner.model,
            corrected=len(promotion.outcomes),
            wins=bet.wins,
            losses=bet.losses,
            capital=bet.capital,
            limit=1 / ALPHA,
        )


class TrainingReasonOut(Outgoing):
    """A reason to train: what was seen (`value`, its interval), and from where on it is one."""

    reason: Literal["corrections", "unlike", "confidence"]
    value: float
    limit: float
    low: float | None
    high: float | None

    @classmethod
    def of(cls, proposal: Proposal) -> TrainingReasonOut:
        """A reason that stands."""
        return cls(**asdict(proposal))


class ModelsAnswer(Outgoing):
    """The model that answers first, then the one before it, then others that ship with Guandian;
    what is on trial, what is watched after a promotion, and why a training is worth it.
    """

    models: list[ModelOut]
    trial: TrialOut | None = None
    watch: WatchOut | None = None
    proposals: list[TrainingReasonOut] = []
