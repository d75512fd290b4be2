"""The methods against forgetting, behind one contract: what is trained on a domain, what answers.

A method sees the domains one after another. Before each it says what is trained, on which rows and
by which loss (`DomainTraining`); afterwards it keeps what it needs of it; at any time it names the
model that answers a text, and is told the text alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from guandian.domain import Labelled
from guandian.experiments.continual.domains import Domain, SequenceStart
from guandian.modeling.fine_tuning import beside
from guandian.modeling.heads.distillation import TeacherEnsemble
from guandian.modeling.model import OpinionModel
from guandian.recipes.continual_settings import JOINT, ContinualSettings
from guandian.recipes.recipe import Recipe
from guandian.recipes.sections import EARLIER, Distillation
from guandian.training.continual.merging import TaskVectors, moved, weights_copied
from guandian.training.continual.reservoir import Reservoir, sights
from guandian.training.continual.routing import DomainRouter
from guandian.training.contrastive.mean_encoder import MeanEncoder
from guandian.training.losses.consolidation import Consolidation, fisher
from guandian.training.losses.loss import Penalty
from guandian.training.step import TrainingInputs

Rows = Sequence[tuple[Labelled, int]]


@dataclass(frozen=True, slots=True)
class DomainTraining:
    """The training on one domain.

    Attributes:
        model: changed by it.
        rows: to learn from, each with how often it is seen in an epoch.
        recipe: of it.
        teacher: a model to imitate besides, where there is one.
        penalty: what moving the weights costs, where it costs anything.
    """

    model: OpinionModel
    rows: Rows
    recipe: Recipe
    teacher: TeacherEnsemble | None = None
    penalty: Penalty | None = None


class ContinualMethod(Protocol):
    """The contract of a method."""

    def training(self, domain: Domain) -> DomainTraining | None:
        """The training on the next domain; None where nothing is trained yet."""

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Keep what the method needs of a domain whose training is over.

        Args:
            domain: that was learned.
            inputs: its training's model, as it ended, and its examples.
        """

    def answering(self, texts: Sequence[str]) -> list[tuple[OpinionModel, list[int]]]:
        """The models that answer texts, each with the places of its texts.

        No text comes with its domain.
        """

    @property
    def network(self) -> OpinionModel | None:
        """The one model that answers every text; None where several do."""

    @property
    def remembered(self) -> float:
        """The share of the rows of earlier domains that are at hand."""


@dataclass
class Sequential:
    """Plain fine-tuning, one domain after the other: the control."""

    start: SequenceStart
    settings: ContinualSettings
    model: OpinionModel = field(init=False)
    remembered: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.model = copy.deepcopy(self.start.inputs.model)

    def training(self, domain: Domain) -> DomainTraining | None:
        """The model of before, on the domain's rows."""
        return DomainTraining(self.model, domain.rows, self.start.recipe)

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Keep nothing: the model is all there is."""

    def answering(self, texts: Sequence[str]) -> list[tuple[OpinionModel, list[int]]]:
        """The one model."""
        return [(self.model, list(range(len(texts))))]

    @property
    def network(self) -> OpinionModel | None:
        """The one model."""
        return self.model


class Joint(Sequential):
    """Everything at once, after the last domain has come: the upper bound."""

    def training(self, domain: Domain) -> DomainTraining | None:
        """Nothing until the last domain, then the rows of all."""
        domains = self.start.domains
        if domain is not domains[-1]:
            return None
        self.remembered = 1.0
        rows = [row for learned in domains for row in learned.rows]
        return DomainTraining(self.model, rows, self.start.recipe)


class Replay(Sequential):
    """A few rows of earlier domains are learned again (experience replay; Rolnick et al. 2019)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        chosen = self.settings.replay
        self._memory = Reservoir[tuple[Labelled, int]](
            chosen.share, chosen.most, self.start.recipe.seed
        )

    def training(self, domain: Domain) -> DomainTraining | None:
        """The rows of the domain, and those of the memory often enough to count."""
        memory = self._memory.rows
        if not memory:
            return DomainTraining(self.model, domain.rows, self.start.recipe)
        new = sum(times for _, times in domain.rows)
        often = sights(len(memory), new, self.settings.replay.seen)
        rows = [*domain.rows, *((row, often) for row, _ in memory)]
        self.remembered = len(memory) / self._memory.passed
        return DomainTraining(self.model, rows, self.start.recipe)

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Let the domain's rows pass the memory."""
        self._memory.pass_by(domain.rows)


class WithoutForgetting(Sequential):
    """The model of before is imitated on the new texts (LwF; Li and Hoiem 2016, 1606.09282)."""

    _learned = 0

    def training(self, domain: Domain) -> DomainTraining | None:
        """The rows of the domain, and a copy of the model as its teacher."""
        if not self._learned:
            return DomainTraining(self.model, domain.rows, self.start.recipe)
        imitating = Distillation(teacher=EARLIER, weight=self.settings.lwf.weight)
        recipe = self.start.recipe.model_copy(update={"distillation": imitating})
        teacher = TeacherEnsemble([copy.deepcopy(self.model)])
        return DomainTraining(self.model, domain.rows, recipe, teacher)

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Count the domain: the first one has nobody to imitate."""
        self._learned += 1


class Elastic(Sequential):
    """Weights that earlier domains needed are held (EWC; Kirkpatrick et al. 2017)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._hold = Consolidation(self.settings.ewc.weight)

    def training(self, domain: Domain) -> DomainTraining | None:
        """The rows of the domain, and the penalty."""
        return DomainTraining(self.model, domain.rows, self.start.recipe, penalty=self._hold)

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Estimate what the domain needed, on its own rows."""
        if domain is self.start.domains[-1]:
            return  # nothing comes after it
        importance = fisher(self.start.recipe, inputs, self.settings.ewc.examples)
        self._hold.hold(self.model, importance)


class RunningMean(Sequential):
    """The running mean of the weights that each domain's training ended with."""

    _learned = 0

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Go a k-th of the way that the k-th domain has moved the weights."""
        self._learned += 1
        if self._learned > 1:
            merged = moved(self._before, weights_copied(self.model), 1 / self._learned)
            self.model.load_state_dict(merged)

    def training(self, domain: Domain) -> DomainTraining | None:
        """The rows of the domain, from the mean of before."""
        self._before = weights_copied(self.model)
        return DomainTraining(self.model, domain.rows, self.start.recipe)


class Arithmetic(Sequential):
    """Each domain is learned from the first weights; their changes are added up."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._first = weights_copied(self.model)
        self._changes = TaskVectors(self._first)

    def training(self, domain: Domain) -> DomainTraining | None:
        """The rows of the domain, from the first weights."""
        self.model.load_state_dict(self._first)
        return DomainTraining(self.model, domain.rows, self.start.recipe)

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Add the change, and answer with the sum."""
        self._changes.add(weights_copied(self.model))
        # With one domain the sum is its own change, whole.
        scale = 1.0 if domain is self.start.domains[0] else self.settings.arithmetic.scale
        self.model.load_state_dict(self._changes.applied(scale))


class Adapters(Sequential):
    """An adapter and heads for each domain on one encoder; a router reads which one answers."""

    def __post_init__(self) -> None:
        self.model = self.start.inputs.model
        self._reader = MeanEncoder(copy.deepcopy(self.model.encoder))
        self._experts: list[OpinionModel] = []
        width = int(self.model.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self._router = DomainRouter(width, self.settings.adapters.shrinkage)

    def training(self, domain: Domain) -> DomainTraining | None:
        """A fresh adapter on the encoder that all share, on the domain's rows."""
        chosen, recipe = self.settings.adapters, self.start.recipe
        rates = recipe.optimisation.model_copy(update={"learning_rate": chosen.learning_rate})
        recipe = recipe.model_copy(update={"method": chosen.method, "optimisation": rates})
        return DomainTraining(beside(self.model), domain.rows, recipe)

    def keep(self, domain: Domain, inputs: TrainingInputs) -> None:
        """Keep the adapter, and teach the router the domain's texts."""
        self._experts.append(inputs.model)
        self._router.add(self._reader.vectors(self._ids([row.text for row, _ in domain.rows])))

    def answering(self, texts: Sequence[str]) -> list[tuple[OpinionModel, list[int]]]:
        """The adapters that the router chooses."""
        routes = self.routes(texts)
        return [
            (expert, positions)
            for k, expert in enumerate(self._experts)
            if (positions := [at for at, route in enumerate(routes) if route == k])
        ]

    @property
    def network(self) -> OpinionModel | None:
        """None: each domain has its own."""
        return None

    def routes(self, texts: Sequence[str]) -> list[int]:
        """The domain that each text is taken for, counted from 0 in the order of learning."""
        routes: list[int] = self._router.route(self._reader.vectors(self._ids(texts))).tolist()
        return routes

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The first window's token ids of each text."""
        pieces = self.start.inputs.pieces
        longest = self.start.recipe.optimisation.max_tokens - 2
        return [
            [pieces.cls_id, *pieces.encode(text).ids[:longest].tolist(), pieces.sep_id]
            for text in texts
        ]


METHODS: Mapping[str, Callable[[SequenceStart, ContinualSettings], ContinualMethod]] = {
    "sequential": Sequential,
    JOINT: Joint,
    "replay": Replay,
    "lwf": WithoutForgetting,
    "ewc": Elastic,
    "averaging": RunningMean,
    "arithmetic": Arithmetic,
    "adapters": Adapters,
}
"""By the names that people give: the control, the upper bound, then what is tried."""
