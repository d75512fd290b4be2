"""From a company's pairs to models that find its answers; what does not gain is not kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guandian.assist.answers.answer_files import (
    ENCODER,
    SCORER,
    refuse_models_folder,
    write_models,
)
from guandian.assist.answers.retriever import Retriever
from guandian.assist.answers.text_models import PairScorer, RetrievalEncoder, TextModelCard
from guandian.evaluation.intervals.bootstrap import Interval
from guandian.io.atomic import replacing_folder, telling
from guandian.pipelines.answering.held_out_pairs import PairSplit
from guandian.pipelines.answering.refusal_thresholds import (
    AnsweredQuestion,
    asked_twice,
    crossed,
    fit_answerability,
    refusal,
)
from guandian.pipelines.answering.training_report import (
    TrainingReport,
    examination,
    gain_of,
    list_figures,
    reread_gain,
)

if TYPE_CHECKING:
    from torch import nn

    from guandian.modeling.text_networks import TextVector
    from guandian.training.pairs.text_batches import PairSettings

QUESTION, PASSAGE = "query: ", "passage: "
"""What is written before a text, as the E5 models learned it (Wang et al. 2022)."""
_UNTRAINED = "untrained"
Tell = Callable[[str, int, int, float], None]
"""Called with the part, its step, all its steps, and the loss."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What is learned from what.

    Attributes:
        base: a folder of an encoder, a bundle, the name of a shipped one, or a cached id.
        split: pairs to learn from, and to compare on.
        same: labelled pairs of texts; together with the pairs they teach the scorer. Without any
            there is no scorer.
        settings: of both trainings.
        learned_from: names of the files, for the cards.
    """

    base: str
    split: PairSplit
    same: tuple[tuple[str, str, bool], ...]
    settings: PairSettings
    learned_from: tuple[str, ...] = ()


def train_models(
    plan: TrainingPlan, folder: Path, tell: Tell = lambda *_: None, *, overwrite: bool = False
) -> TrainingReport:
    """Fine-tune, compare with the untrained base, keep what gains, and write the folder.

    Args:
        plan: what is learned from what.
        folder: that is to appear: `models.json`, `encoder/`, and `scorer/` where it gained.
        tell: called now and then.
        overwrite: replace such a folder.

    Raises:
        GuandianError: the base cannot be read or exported, or the folder cannot be written.
    """
    refuse_models_folder(folder, overwrite=overwrite)
    with telling(folder), replacing_folder(folder) as fresh:
        network, tokenizer, card = _vectors(plan, fresh, tell)
        knowledge, questions = examination(plan.split)
        before, after = (
            Retriever(knowledge, RetrievalEncoder.open(fresh / name))
            for name in (_UNTRAINED, ENCODER)
        )
        first = list_figures(before, questions)
        gained = gain_of(after, before, questions, "fusion")
        dense_gained = gain_of(after, before, questions, "dense")
        # Vectors gain with certainty, and together with words nothing is lost.
        chosen = after if dense_gained.low > 0 and gained.value >= 0 else before
        _keep(fresh, trained=chosen is after)
        reread = None
        if plan.same:
            _scores(plan, network, tokenizer, card, fresh, tell)
            reread = _keep_scorer(chosen, fresh, questions)
        asking = asked_twice(chosen, questions)
        report = TrainingReport(
            first,
            list_figures(chosen, questions),
            gained,
            dense_gained,
            reread,
            trained=chosen is after,
            reread=chosen.scorer is not None,
            refused=refusal(*crossed(asking)).away,
            sizes={
                "learned from": len(plan.split.train),
                "held out": len(plan.split.held_out),
                "labelled": len(plan.same),
                "passages": len(knowledge),
            },
        )
        write_models(fresh, chosen, fit_answerability(asking, "held-out pairs"), report.to_json())
    return report


def _vectors(plan: TrainingPlan, fresh: Path, tell: Tell) -> tuple[TextVector, Path, TextModelCard]:
    """The encoder, exported as it was and as it has learned."""
    from guandian.bundle import model_folder
    from guandian.modeling.text_networks import TextVector, base_encoder
    from guandian.pipelines.answering.text_model_export import export_text_model
    from guandian.pipelines.base_models import tokenizer_of
    from guandian.training.pairs.contrastive import learn_vectors
    from guandian.training.pairs.text_batches import Padded

    source = str(model_folder(plan.base))
    tokenizer = tokenizer_of(source)
    name = Path(plan.base).name
    card = TextModelCard("vectors", name, QUESTION, PASSAGE, learned_from=(name,))
    network = TextVector(base_encoder(source))
    export_text_model(fresh / _UNTRAINED, network, card, tokenizer)
    examples = [(QUESTION + pair.question, PASSAGE + pair.answer) for pair in plan.split.train]
    learn_vectors(
        network,
        Padded(tokenizer, plan.settings.longest),
        examples,
        plan.settings,
        lambda step, total, loss: tell("vectors", step, total, loss),
    )
    card = replace(card, learned_from=(name, *plan.learned_from))
    export_text_model(fresh / ENCODER, network, card, tokenizer)
    return network, tokenizer, card


def _keep(fresh: Path, *, trained: bool) -> None:
    if trained:
        shutil.rmtree(fresh / _UNTRAINED)
    else:
        shutil.rmtree(fresh / ENCODER)
        (fresh / _UNTRAINED).rename(fresh / ENCODER)


def _scores(
    plan: TrainingPlan,
    network: nn.Module,
    tokenizer: Path,
    card: TextModelCard,
    fresh: Path,
    tell: Tell,
) -> None:
    """A scorer of pairs that begins with what the encoder has learned."""
    from guandian.modeling.text_networks import PairScore
    from guandian.pipelines.answering.text_model_export import export_text_model
    from guandian.training.pairs.pair_scoring import learn_scores
    from guandian.training.pairs.text_batches import Padded

    encoder: Any = network.encoder
    scorer = PairScore(encoder, int(encoder.config.hidden_size))
    longest = 2 * plan.settings.longest
    learn_scores(
        scorer,
        Padded(tokenizer, longest),
        [*plan.same, *_right_and_wrong(plan)],
        replace(plan.settings, longest=longest),
        lambda step, total, loss: tell("scores", step, total, loss),
    )
    card = replace(card, task="pairs", question="", passage="")
    export_text_model(fresh / SCORER, scorer, card, tokenizer)


def _right_and_wrong(plan: TrainingPlan) -> list[tuple[str, str, bool]]:
    """Each pair, and its question with the answer of another one."""
    pairs = plan.split.train
    order = np.random.default_rng(plan.settings.seed).permutation(len(pairs))
    rows = [(pair.question, pair.answer, True) for pair in pairs]
    others = ((pairs[number], pairs[other]) for number, other in enumerate(order))
    rows += [
        (pair.question, other.answer, False)
        for pair, other in others
        if other.answer != pair.answer
    ]
    return rows


def _keep_scorer(retriever: Retriever, fresh: Path, questions: list[AnsweredQuestion]) -> Interval:
    """What reading again gains; the scorer goes where that may be nothing."""
    retriever.scorer = PairScorer.open(fresh / SCORER)
    gained = reread_gain(retriever, questions)
    if gained.low <= 0:
        retriever.scorer = None
        shutil.rmtree(fresh / SCORER)
    return gained
