"""What a few steps of LoRA do to a language model that answers the package's question.

`python bench/trained_decoder.py FOLDER --data ../shared/data/guandian_wide --steps 14 --reviews 16`
opens a decoder (a folder of transformers or a `.gguf` file), takes some steps on short reviews of
`train.jsonl`, and prints the loss of held-out answers (`dev.jsonl`, texts of under 100 characters)
before and after, then the scores of its own answers, held to the schema. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch

from guandian.data import formats
from guandian.data.splits import sample
from guandian.data.taxonomy import taxonomy_names
from guandian.domain import Labelled
from guandian.evaluation.evaluate import Options, score_answers
from guandian.llm import LLMMiner
from guandian.llm.transformers_chat import TransformersChat
from guandian.modeling.decoders.decoder import adapt_decoder, open_decoder
from guandian.recipes.decoder_recipe import parse_decoder_recipe
from guandian.training.decoding.decoder_training import (
    DecoderTraining,
    answer_logs,
    take_step,
    training_steps,
)
from guandian.training.decoding.packed_rows import PackedRow, plan_rows
from guandian.training.decoding.prompt_examples import extraction_examples
from guandian.training.optimisers import rate_share

_LONGEST, _LONGEST_DEV = 60, 100
_MOST = 250
_SETTINGS = {"learning_rate": 6e-4, "batch_tokens": 800, "max_tokens": 600, "warmup": 0.2}


def say(*words: object) -> None:
    """Print with the processor seconds so far."""
    print(f"[{time.process_time():.0f} s]", *words, flush=True)


def rows_of(folder: Path, part: str, longest: int) -> list[Labelled]:
    """The labelled reviews of a part that are short enough."""
    rows = formats.read("guandian", folder / f"{part}.jsonl")
    whole = (row for row in rows if row.quads is not None and row.sentiment is not None)
    return [replace(row, custom="") for row in whole if len(row.text) < longest]


@torch.inference_mode()
def held_out_loss(training: DecoderTraining) -> float:
    """The mean loss of a token of an answer."""
    training.decoder.eval()
    total = tokens = 0.0
    for row in plan_rows(training.examples, range(len(training.examples)), 1000):
        logs = answer_logs(training, PackedRow.of([training.examples[k] for k in row]))[1]
        total, tokens = total - float(logs.sum()), tokens + len(logs)
    return total / tokens


def score(miner: LLMMiner, held: list[Labelled]) -> None:
    """Ask about each review, and print scores after every fourth."""
    answers: list = []
    for number, row in enumerate(held, 1):
        answers += miner.predict([row.text])
        if number % 4 == 0:
            result = score_answers(answers, held[:number], Options(fitted=False))
            opinions, sentiment = result.opinions, result.sentiment
            assert opinions is not None and sentiment is not None
            say(
                f"{number} reviews: quads {opinions.scores.quad.f1:.3f}, triplets "
                f"{opinions.scores.triplet.f1:.3f}, found {opinions.overlap.recall:.3f}, right "
                f"{opinions.overlap.precision:.3f}, sentiment {sentiment.scores.macro_f1:.3f}",
                miner.tally.figures(),
            )


def main() -> None:
    """Train, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--reviews", type=int, default=16)
    options = parser.parse_args()
    recipe = parse_decoder_recipe(
        {
            "task": "extraction",
            "name": "trained",
            "base": {"model": options.model},
            "data": [{"corpus": "guandian-wide"}],
            "optimisation": _SETTINGS,
        }
    )
    decoder = open_decoder(options.model, torch.bfloat16)
    torch.manual_seed(recipe.seed)
    adapt_decoder(decoder, recipe.method)
    dev = rows_of(options.data, "dev", 10**6)
    texts = {row.text for row in dev}
    train = [row for row in rows_of(options.data, "train", _LONGEST) if row.text not in texts]
    train = sample(train, 6 * options.steps, seed=1)
    short = [row for row in dev if len(row.text) < _LONGEST_DEV]
    held = sample(short, options.reviews, seed=0)
    examples, apart = (
        extraction_examples(decoder, rows, taxonomy_names(), "review") for rows in (train, held)
    )
    training, watched = (
        DecoderTraining(recipe, decoder, examples),
        DecoderTraining(recipe, decoder, apart),
    )
    say("held-out loss before", held_out_loss(watched))
    steps = training_steps(recipe, examples)[: options.steps]
    seen = 0
    for number, rows in enumerate(steps):
        share = rate_share(recipe.optimisation, number, len(steps))
        losses, _ = take_step(training, rows, share)
        seen += sum(map(len, rows))
        say(f"step {number + 1}, {seen} reviews", losses)
    say("held-out loss after", held_out_loss(watched))
    chat = TransformersChat.around(decoder.network, decoder.tokenizer, recipe.name)
    score(
        LLMMiner(chat, taxonomy_names(), recipe.name, max_tokens=_MOST, parallel=1, shots=0), held
    )


if __name__ == "__main__":
    main()
