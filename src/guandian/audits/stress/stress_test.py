"""All of a stress test in one: the table of capabilities, attacks, aspects, the certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from guandian.audits.stress.aspect_robustness import AspectRow, aspect_rows
from guandian.audits.stress.capability_table import CapabilityRow, disturbance_rows, suite_rows
from guandian.audits.stress.certificate import Certified, Smoothing, certify, short_ones
from guandian.audits.stress.disturbances import SHARE, disturbances
from guandian.audits.stress.greedy_attack import Attack, Effort
from guandian.audits.stress.judges import Judge, OpinionJudge, SentimentJudge, sentiment_only
from guandian.audits.stress.rounds import Round, alternate
from guandian.domain import Labelled, Polarity
from guandian.evaluation import QuadPredictor
from guandian.evaluation.behaviour import Case
from guandian.text.disguises.restoring import Disguise

PredictorBehind = Callable[[frozenset[Disguise]], QuadPredictor]
"""Gives the model whose cleaning writes those disguises back."""
Watch = Callable[[Round], None]
"""Is told a `Round` as soon as it is done."""


@dataclass(frozen=True, slots=True)
class StressPlan:
    """What a stress test does.

    Attributes:
        share: of a text's letters that a disturbance or a search changes.
        queries: readings of a text that a search may ask for.
        attack: whether texts are searched for.
        rounds: defences that are tried in turn, each attacked again.
        smoothing: of the certificate; None = there is none.
        limit: reviews at most, of each task, drawn by the seed.
        seed: of all that is drawn.
    """

    share: float = SHARE
    queries: int = 200
    attack: bool = False
    rounds: int = 0
    smoothing: Smoothing | None = None
    limit: int = 200
    seed: int = 1


@dataclass(frozen=True, slots=True)
class StressResults:
    """What a stress test found.

    Attributes:
        model, data: names.
        plan: what was done.
        rows: of capabilities.
        rounds: of attack and defence, those of sentiment first.
        aspects: rows of aspect robustness.
        certified: of short reviews.
        copies: changed records that turned an answer of the model as it is, each with the text
            that it was made from.
    """

    model: str
    data: str
    plan: StressPlan
    rows: tuple[CapabilityRow, ...] = ()
    rounds: tuple[Round, ...] = ()
    aspects: tuple[AspectRow, ...] = ()
    certified: tuple[Certified, ...] = ()
    copies: tuple[Labelled, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class StressTest:
    """A stress test of one model on one set.

    Attributes:
        behind: the model behind each cleaning.
        plan: what is done.
        watch: is told each round when it is done.
        given: disguises that it writes back from the start.
    """

    behind: PredictorBehind
    plan: StressPlan
    watch: Watch
    given: frozenset[Disguise] = frozenset()

    def run(
        self, model: str, data: str, records: Sequence[Labelled], cases: Sequence[Case] = ()
    ) -> StressResults:
        """Do what the plan says.

        Args:
            model: its name in the report.
            data: that of the set.
            records: labelled; each task is tried on those that are labelled with it.
            cases: of a behaviour suite; none leaves its rows out.
        """
        predictor, plan = self.behind(self.given), self.plan
        changes = disturbances(plan.share)
        rows: list[CapabilityRow] = []
        rounds: list[Round] = []
        copies: list[Labelled] = []
        drawn_by_task = self._drawn(records)
        for task, (chosen, whole) in drawn_by_task.items():
            judge = _judge(task, predictor, chosen)
            rows += disturbance_rows(judge, chosen, changes, plan.seed)
            if plan.attack or plan.rounds:
                for step, attacks in self._rounds(task, chosen, whole):
                    rounds.append(step)
                    copies += _copies(attacks)
                    self.watch(step)
        rows += suite_rows(predictor, cases) if cases else []
        opinions, _ = drawn_by_task.get("opinions", ([], []))
        sentiment, _ = drawn_by_task.get("sentiment", ([], []))
        certified: list[Certified] = []
        if plan.smoothing is not None:
            short = short_ones(sentiment)
            bare = sentiment_only(predictor)
            certified = certify(bare, short, plan.smoothing, binary=is_binary(sentiment))
        aspects = aspect_rows(predictor, opinions) if opinions else []
        return StressResults(
            model, data, plan, tuple(rows), tuple(rounds), tuple(aspects), tuple(certified),
            tuple(_distinct(copies)),
        )  # fmt: skip

    def _drawn(
        self, records: Sequence[Labelled]
    ) -> dict[str, tuple[list[Labelled], list[Labelled]]]:
        """By task, the records that are drawn and all that are labelled with it."""
        by_task = {
            "sentiment": [record for record in records if record.sentiment is not None],
            "opinions": [record for record in records if record.quads],
        }
        random = Random(self.plan.seed)  # noqa: S311
        return {
            task: (random.sample(labelled, min(self.plan.limit, len(labelled))), labelled)
            for task, labelled in by_task.items()
            if labelled
        }

    def _rounds(
        self, task: str, chosen: Sequence[Labelled], whole: Sequence[Labelled]
    ) -> Iterator[tuple[Round, list[Attack]]]:
        plan = self.plan
        effort = Effort(plan.share, plan.queries, seed=plan.seed)
        return alternate(
            lambda defences: _judge(task, self.behind(defences), chosen),
            chosen,
            whole,
            effort,
            plan.rounds,
            self.given,
        )


def is_binary(records: Sequence[Labelled]) -> bool:
    """Tell whether a set's reviews are negative or positive alone."""
    return all(record.sentiment is not Polarity.NEUTRAL for record in records)


def _judge(task: str, predictor: QuadPredictor, records: Sequence[Labelled]) -> Judge:
    if task == "opinions":
        return OpinionJudge(predictor)
    return SentimentJudge(predictor, binary=is_binary(records))


def _copies(attacks: Sequence[Attack]) -> list[Labelled]:
    """The texts that turned an answer, as copies to learn from."""
    return [
        replace(attack.copy, id=f"{attack.record.id}+stress", original=attack.record.text)
        for attack in attacks
        if attack.turned
    ]


def _distinct(copies: Sequence[Labelled]) -> list[Labelled]:
    """The copies of different texts, each with an id of its own."""
    by_text = {copy.text: copy for copy in copies}
    ids: dict[str, int] = {}
    distinct = []
    for copy in by_text.values():
        ids[copy.id] = ids.get(copy.id, 0) + 1
        distinct.append(replace(copy, id=f"{copy.id}-{ids[copy.id]}"))
    return distinct
