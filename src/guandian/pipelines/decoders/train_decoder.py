"""From a language model's recipe to a folder that `--model` takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.errors import GuandianError
from guandian.io.atomic import replace_file, replacing_folder
from guandian.io.optional_libraries import needs
from guandian.pipelines.base_models import folder_named, places
from guandian.tracking.events import OnEvent, Phase, Ready
from guandian.tracking.run_folder import ADAPTER, DESCRIPTION, MODEL

if TYPE_CHECKING:
    from guandian.domain import Labelled
    from guandian.modeling.decoders.decoder import Decoder
    from guandian.recipes.decoder_recipe import DecoderRecipe
    from guandian.tracking.run_folder import Mode
    from guandian.training.decoding.decoder_training import DecoderTraining
    from guandian.training.decoding.prompt_examples import PromptExample


@dataclass(frozen=True, slots=True)
class DecoderJob:
    """The training of a language model: recipe, data, and the folder of the run.

    Attributes:
        recipe: what to train on what.
        root: as of every training: holds `data/` and `models/`; paths of own files count from it.
        folder: of the run.
        mode: what to do with a run that is there.
        trackers: names of those that are told besides the log.
        source: the recipe's file, onto which nothing is written.
    """

    recipe: DecoderRecipe
    root: Path
    folder: Path
    mode: Mode = "new"
    trackers: tuple[str, ...] = ()
    source: Path | None = None

    def reads(self) -> list[Path]:
        """The files and folders that the training reads."""
        from guandian.pipelines.read_files import reads_of

        source = [] if self.source is None else [self.source]
        if self.recipe.task == "replies":
            return [*source, *(self.root / part.corpus for part in self.recipe.data)]
        return [*source, *reads_of(self.recipe.texts(), self.root)]


def begin_decoder(job: DecoderJob) -> bool:
    """Make a run's folder ready; whether nothing is left to do.

    Raises:
        GuandianError: a run is there in mode `new`, another process trains in the folder, or the
            run holds what the training reads.
    """
    from guandian.pipelines.read_files import keep_what_is_read
    from guandian.pipelines.train import require_packages
    from guandian.tracking.run_folder import open_run

    require_packages("peft")
    if job.recipe.task == "extraction" and job.recipe.evaluation.corpora:
        needs("llguidance", "llm", "scoring a language model")
    keep_what_is_read([job.folder], job.reads(), job.mode)
    base_of_decoder(job.recipe, job.root)
    return open_run(job.folder, job.recipe, job.mode)


def train_decoder(job: DecoderJob, on_event: OnEvent) -> Path:
    """Fine-tune a language model, or go on with the run, to its folders.

    Args:
        job: its folder is as `begin_decoder` left it.
        on_event: told of steps, scores and checkpoints.

    Returns:
        The description that `--model` takes.

    Raises:
        GuandianError: missing data or base, or nothing to learn from.
    """
    import torch

    from guandian.modeling.decoders.decoder import adapt_decoder, open_decoder
    from guandian.training.decoding.decoder_training import fine_tune
    from guandian.training.parallel.process_group import device_here
    from guandian.training.step import half_type

    recipe = job.recipe
    on_event(Phase("reading"))
    half = half_type(recipe.optimisation.precision, device_here())
    kind = (half if recipe.method.kind != "full" else None) or torch.float32
    torch.manual_seed(recipe.seed)
    source = base_of_decoder(recipe, job.root)
    decoder = open_decoder(source, kind, four_bits=recipe.base.bits is not None)
    adapt_decoder(decoder, recipe.method)
    decoder.to(device_here())
    ready = _extraction if recipe.task == "extraction" else _replies
    training = ready(job, decoder, on_event)
    fine_tune(training, job.folder, on_event)
    on_event(Phase("writing"))
    return _export(job, decoder)


def base_of_decoder(recipe: DecoderRecipe, root: Path) -> str:
    """The folder, cached id or `.gguf` file of the recipe's base.

    Raises:
        GuandianError: it is nowhere.
    """
    named = recipe.base.model
    if named.endswith(".gguf"):
        file = next((path for path in places(named, root) if path.is_file()), None)
    else:
        file = folder_named(named, root)
    if file is not None:
        return str(file)
    from guandian.modeling.encoders.pretrained import is_cached

    if named.endswith(".gguf") or not is_cached(named):
        looked = ", ".join(map(str, places(named, root)))
        raise GuandianError(
            f"no language model {named!r}: not in {looked}, nor in the Hugging Face cache",
            f"fetch it beforehand with `hf download {named} --local-dir {root / 'models'}`, or "
            "name the folder or the .gguf file where it is",
        )
    return named


def _extraction(job: DecoderJob, decoder: Decoder, on_event: OnEvent) -> DecoderTraining:
    from guandian.data.leaks import text_digest
    from guandian.data.splits import sample
    from guandian.data.taxonomy import taxonomy_names
    from guandian.training.data.dataset import gather
    from guandian.training.decoding.decoder_training import DecoderTraining
    from guandian.training.decoding.prompt_examples import extraction_examples

    recipe = job.recipe
    corpora = gather(recipe.texts(), job.root)
    rows = [row for row, times in corpora.train for _ in range(times)]
    examples = _short(extraction_examples(decoder, rows, taxonomy_names(), recipe.prompt), recipe)
    dev = {
        name: sample(
            [replace(row, custom="") for row in texts if row.quads is not None],
            recipe.evaluation.most,
            seed=recipe.seed,
        )
        for name, texts in corpora.dev.items()
    }
    counts: dict[str, int] = {}
    for row, _ in corpora.train:
        counts[row.dataset] = counts.get(row.dataset, 0) + 1
    on_event(
        Ready(
            counts, corpora.dropped, 0, len(rows) - len(examples), sum(x.tokens for x in examples),
            tuple(map(str, corpora.bad)), corpora.data,
            frozenset(text_digest(row.text) for row in rows),
        )
    )  # fmt: skip
    score = partial(_extraction_scores, recipe, decoder, dev) if dev else None
    return DecoderTraining(recipe, decoder, examples, score)


def _extraction_scores(
    recipe: DecoderRecipe, decoder: Decoder, dev: dict[str, list[Labelled]]
) -> tuple[dict[str, float], float]:
    """Of each set: quads, triplets, sentiment, and the share of answers that cannot be read."""
    from guandian.data.taxonomy import taxonomy_names
    from guandian.evaluation import Options, evaluate
    from guandian.llm import LLMMiner
    from guandian.llm.transformers_chat import TransformersChat

    chat = TransformersChat.around(decoder.network, decoder.tokenizer, recipe.name)
    scores: dict[str, float] = {}
    mains = []
    for name, rows in dev.items():
        miner = LLMMiner(
            chat, taxonomy_names(), recipe.name, max_tokens=recipe.evaluation.max_tokens,
            parallel=1, shots=0, prompt=recipe.prompt,
        )  # fmt: skip
        result = evaluate(miner, rows, Options(recipe.name, name, resamples=1, fitted=False))
        opinions, sentiment, tally = result.opinions, result.sentiment, miner.tally
        assert opinions is not None
        measured = {
            "quad": opinions.scores.quad.f1,
            "triplet": opinions.scores.triplet.f1,
            "unparsable": tally.unreadable / max(tally.answers, 1),
            "cut": tally.cut / max(tally.answers, 1),
        }
        if sentiment is not None:
            measured["sentiment"] = sentiment.scores.macro_f1
            measured["accuracy"] = sentiment.scores.accuracy
        scores |= {f"{name}/{measure}": value for measure, value in measured.items()}
        mains.append(measured["quad"])
    return scores, sum(mains) / len(mains)


def _replies(job: DecoderJob, decoder: Decoder, on_event: OnEvent) -> DecoderTraining:
    from guandian.training.decoding.decoder_training import (
        DecoderTraining,
        answers_before,
        preference_scores,
    )
    from guandian.training.decoding.preferences import read_preferences, share_out
    from guandian.training.decoding.prompt_examples import reply_examples

    recipe = job.recipe
    pairs = [pair for part in recipe.data for pair in read_preferences(job.root / part.corpus)]
    learned, scored = share_out(pairs, recipe.evaluation.share, recipe.seed)
    examples = _short(reply_examples(decoder, learned), recipe)
    held = [
        x for x in reply_examples(decoder, scored) if x.tokens <= recipe.optimisation.max_tokens
    ]
    on_event(
        Ready(
            {part.corpus: len(learned) for part in recipe.data[:1]}, {}, len(held),
            len(learned) - len(examples), sum(example.tokens for example in examples),
        )
    )  # fmt: skip
    training = DecoderTraining(recipe, decoder, examples)
    training.before = answers_before(training)
    if held:
        watched = DecoderTraining(recipe, decoder, held[: recipe.evaluation.most])
        watched.before = answers_before(watched)

        def score() -> tuple[dict[str, float], float]:
            scores = preference_scores(watched)
            return {f"replies/{name}": value for name, value in scores.items()}, scores["margin"]

        training.score = score
    return training


def _short(examples: Sequence[PromptExample], recipe: DecoderRecipe) -> list[PromptExample]:
    """The examples that are short enough.

    Raises:
        GuandianError: none is left.
    """
    short = [example for example in examples if example.tokens <= recipe.optimisation.max_tokens]
    if not short:
        shortest = min((example.tokens for example in examples), default=0)
        raise GuandianError(
            f"{recipe.name} has nothing to learn from: {len(examples)} answers, the shortest with "
            f"its question {shortest:,} tokens",
            f"raise optimisation.max_tokens above {shortest:,}"
            if shortest
            else "name reviews with quads and a sentiment, or pairs to learn from",
        )
    return short


def _export(job: DecoderJob, decoder: Decoder) -> Path:
    """Write adapter, whole model and description."""
    from guandian.modeling.decoders.decoder import GGUF, write_adapter, write_whole_model

    decoder.to("cpu")
    # An adapter names its base, and transformers opens no file of weights as one.
    if decoder.method.kind != "full" and not decoder.source.endswith(GGUF):
        with replacing_folder(job.folder / ADAPTER, reserved=True) as fresh:
            write_adapter(decoder, fresh)
    with replacing_folder(job.folder / MODEL, reserved=True) as fresh:
        write_whole_model(decoder, fresh)
    recipe = job.recipe
    described = {
        "model": recipe.name,
        "folder": MODEL,
        "shots": 0,
        "prompt": recipe.prompt,
        "max_tokens": recipe.evaluation.max_tokens,
    }
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in described.items()
    ]
    path = job.folder / DESCRIPTION
    replace_file(path, "".join(lines).encode())
    return path
