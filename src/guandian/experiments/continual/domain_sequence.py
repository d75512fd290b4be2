"""One method through one sequence of domains: trained, scored after each, gone on with."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch

from guandian.bundle.run_names import CHECKPOINT
from guandian.domain import Labelled
from guandian.errors import GuandianError
from guandian.evaluation.domains.forgetting import SequenceScores
from guandian.experiments.continual.continual_methods import (
    METHODS,
    Adapters,
    ContinualMethod,
    DomainTraining,
)
from guandian.experiments.continual.domains import Domain, SequenceStart, told_once
from guandian.experiments.continual.sequence_export import (
    export_sequence,
    forget_bundles,
    is_exported,
    refuse_unexported,
    tell_in_card,
)
from guandian.experiments.continual.sequence_progress import Progress
from guandian.experiments.several_runs import NextRun, WatchEach
from guandian.modeling.fine_tuning import adapt, fold
from guandian.recipes.continual_settings import ContinualSettings
from guandian.tasks.inference import Findings, Reader, infer
from guandian.text.pieces import Pieces
from guandian.tracking.run_folder import BUNDLE
from guandian.training import checkpoint, loop
from guandian.training.data.dataset import prepare
from guandian.training.step import TrainingInputs
from guandian.training.validation import findings_scores, forward_of

SCORES = "scores.json"
_STAGES = "domain-*"


class DomainScore(NamedTuple):
    """The main figure of a domain: which one, and its value from 0 to 1."""

    measure: str
    value: float


@dataclass(frozen=True, slots=True)
class SequenceRun:
    """One method under one seed, in a folder of its own.

    Attributes:
        method: its name.
        folder: holds a folder a domain while it learns, and `scores.json`.
        settings: of the methods.
        watch: opened for each training.
        number: of the run's first training, from 1, of `total`.
        total: of the trainings of all runs.
        export: whether what the sequence ends with becomes a bundle.
    """

    method: str
    folder: Path
    settings: ContinualSettings
    watch: WatchEach
    number: int
    total: int
    export: bool = False

    def learn(self, start: SequenceStart) -> SequenceScores:
        """Learn the domains in their order; what is finished is not learned or scored again.

        Raises:
            GuandianError: as training and export, the folder holds a sequence that was asked
                otherwise, or one that is finished and left no bundle.
        """
        progress = Progress.read(self.folder / SCORES, start, self.method, self.settings)
        if progress.finished:
            if self.export and not is_exported(self.folder):
                raise GuandianError(
                    f"{self.folder} is finished, and its model was not kept",
                    "begin anew with --overwrite, or leave --export out",
                )
            return self._scores(start, progress)
        method = METHODS[self.method](start, self.settings)
        for position in range(len(start.domains)):
            self._stage(start, method, position, progress)
        progress.remembered = method.remembered
        progress.routed = _routed(method, start.domains)
        refusal = self._exported(start, method, progress) if self.export else None
        progress.finished = True
        progress.save()
        for folder in self.folder.glob(_STAGES):  # scores are what is left of a sequence
            shutil.rmtree(folder)
        if refusal is not None:
            raise refusal
        return self._scores(start, progress)

    def _scores(self, start: SequenceStart, progress: Progress) -> SequenceScores:
        return SequenceScores(
            self.method,
            start.recipe.seed,
            tuple(domain.name for domain in start.domains),
            progress.rows,
            progress.measures,
            progress.remembered,
            progress.routed,
            progress.seconds,
        )

    def _exported(
        self, start: SequenceStart, method: ContinualMethod, progress: Progress
    ) -> GuandianError | None:
        """Export the last model; the gate's refusal is given, as the sequence ends all the same."""
        if method.network is None:
            refuse_unexported([self.method])
        assert method.network is not None
        last = self.number + len(start.domains) - 1
        name = f"{self.method} {start.recipe.seed} {BUNDLE}"
        with self.watch(NextRun(name, last, self.total, False)) as on_event:
            try:
                bundle = export_sequence(start, method.network, self.folder, on_event)
            except GuandianError as error:
                return error
        tell_in_card(bundle, self._scores(start, progress))
        return None

    def _stage(
        self, start: SequenceStart, method: ContinualMethod, position: int, progress: Progress
    ) -> None:
        """Learn one domain, and score all of them."""
        began, domain = time.process_time(), start.domains[position]
        folder = self.folder / _STAGES.replace("*", str(position + 1))
        shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in domain.name)
        name = f"{self.method} {start.recipe.seed} {shown}"
        training = method.training(domain)
        if training is None:
            return
        best = checkpoint.best_file(folder)
        scored = position in progress.rows and best.is_file()
        watched = self.watch(NextRun(name, self.number + position, self.total, scored))
        inputs = _inputs(start, training)
        # What a method adds to the encoder is drawn by torch's own generator.
        torch.manual_seed(start.recipe.seed * 1_000_003 + position)
        if scored:
            adapt(training.model, training.recipe.method)
            checkpoint.load_weights(best, training.model)
            fold(training.model.eval())
        else:
            with watched as on_event:
                loop.train(training.recipe, inputs, folder, told_once(on_event))
        method.keep(domain, inputs)
        if not scored:
            scores = [
                domain_score(method, start.inputs.pieces, scored_domain)
                for scored_domain in start.domains
            ]
            progress.rows[position] = tuple(score.value for score in scores)
            progress.measures = tuple(score.measure for score in scores)
            progress.seconds += time.process_time() - began
            progress.save()
        # What a finished training could go on from is three times as large as its weights.
        shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)


def has_begun(folder: Path) -> bool:
    """Tell whether a sequence has begun in a folder."""
    return (folder / SCORES).exists() or is_exported(folder) or any(folder.glob(_STAGES))


def forget_sequence(folder: Path) -> None:
    """Remove what a sequence has left in its folder, and nothing else."""
    (folder / SCORES).unlink(missing_ok=True)
    forget_bundles(folder)
    for stage in folder.glob(_STAGES):
        shutil.rmtree(stage)


def domain_score(method: ContinualMethod, pieces: Pieces, domain: Domain) -> DomainScore:
    """Score a method on a domain, by the models that answer its texts.

    Raises:
        GuandianError: nothing of it is labelled.
    """
    examples = domain.dev
    texts = [example.text for example in examples]
    marked = any(e.quads is not None or e.entities is not None for e in examples)
    findings: dict[int, Findings] = {}
    for model, positions in method.answering(texts):
        reader = Reader(forward_of(model), pieces, model.spec, spans=marked)
        answers = infer(reader, [texts[position] for position in positions])
        findings |= dict(zip(positions, answers, strict=True))
        spec = model.spec
    scores = findings_scores(examples, [findings[k] for k in range(len(texts))], spec)
    if not scores:
        raise GuandianError(
            f"{domain.name} has no labelled text to score on", "leave it out: name the others"
        )
    return DomainScore(*next(iter(scores.items())))


def _inputs(start: SequenceStart, training: DomainTraining) -> TrainingInputs:
    """What a domain's training begins with; no dev part chooses weights, for it is the test."""
    corpora = replace(start.staged.latest.corpora, train=list(training.rows), dev={})
    prepared = prepare(corpora, start.inputs.pieces, training.recipe)
    return TrainingInputs(
        training.model, start.inputs.pieces, prepared, training.teacher, training.penalty
    )


def _routed(method: ContinualMethod, domains: Sequence[Domain]) -> float | None:
    """The share of all scored texts that were sent to the adapter of their own domain."""
    if not isinstance(method, Adapters):
        return None
    right, every = 0, 0
    for position, domain in enumerate(domains):
        texts: list[Labelled] = list(domain.dev)
        right += method.routes([row.text for row in texts]).count(position)
        every += len(texts)
    return right / every
