"""The plain way to mine opinions, to compare with: tags and a pair score on the same encoder.

    python bench/plain_try.py RECIPE --root FOLDER [--set key=value ...]

Begin / inside / outside tags for aspects and expressions, a bilinear score of each aspect's and
expression's first tokens, categories and polarity read at the expression's first token; full
fine-tuning on the recipe's texts, seeds and steps, from the encoder that `base.model` names.
Prints the scores on the whole dev parts. An aspect or expression that no other belongs to stands
alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from guandian.domain import Labelled, Quad, Span
from guandian.evaluation import score_quads
from guandian.modeling.encoders.pretrained import load_encoder, tokenizer_file
from guandian.recipes.recipe import Recipe, load_recipe
from guandian.tasks.head_spec import ASPECT, EXPRESSION, NOWHERE, POLARITIES, HeadSpec
from guandian.tasks.targets import Annotated
from guandian.text.pieces import Encoded, Pieces
from guandian.training.data.dataset import gather, prepare
from guandian.training.loop import schedule

KINDS = (ASPECT, EXPRESSION)
OUTSIDE = 2 * len(KINDS)
LONGEST = 256
_At = tuple[int, int] | None


class PlainModel(nn.Module):
    """Tags [B, N, 5], pair scores [B, N, N], categories [B, N, C] and polarities [B, N, 3]."""

    def __init__(self, encoder: nn.Module, categories: int) -> None:
        super().__init__()
        self.encoder = encoder
        width: int = encoder.config.hidden_size  # type: ignore[union-attr, assignment]
        self.tags = nn.Linear(width, OUTSIDE + 1)
        self.pair = nn.Linear(width, width)
        self.category = nn.Linear(width, categories)
        self.polarity = nn.Linear(width, len(POLARITIES))
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> tuple[Tensor, ...]:
        """Token ids [B, N] and mask [B, N] to the four outputs."""
        hidden = self.dropout(self.encoder(ids, attention_mask=mask).last_hidden_state)
        pairs = self.pair(hidden) @ hidden.transpose(1, 2) / hidden.shape[-1] ** 0.5
        return self.tags(hidden), pairs, self.category(hidden), self.polarity(hidden)


def loss_of(model: PlainModel, items: Sequence[Annotated], pad: int) -> Tensor:
    """Summed cross entropies of a batch."""
    length = max(len(item.ids) for item in items)
    ids = torch.full((len(items), length), pad)
    mask = torch.zeros_like(ids)
    tags = torch.full_like(ids, -100)
    joined = torch.zeros((len(items), length, length))
    heads: list[tuple[int, int]] = []
    categories: list[int] = []
    polarities: list[int] = []
    for row, item in enumerate(items):
        size = len(item.ids)
        ids[row, :size], mask[row, :size] = torch.from_numpy(item.ids), 1
        tags[row, :size] = OUTSIDE
        for kind, first, last in item.spans:
            if kind < len(KINDS):
                tags[row, first : last + 1] = 2 * kind + 1
                tags[row, first] = 2 * kind
        for reading in item.readings or ():
            aspect, expression = reading.aspect[0], reading.expression[0]
            joined[row, aspect, expression] = 1
            heads.append((row, expression if expression != NOWHERE else aspect))
            categories.append(reading.categories[0] if reading.categories else -100)
            polarities.append(reading.polarity)
    found, pairs, category, polarity = (output.float() for output in model(ids, mask))
    total = functional.cross_entropy(found.flatten(0, 1), tags.flatten(), ignore_index=-100)
    allowed = (mask[:, :, None] & mask[:, None, :]).bool()
    balance = torch.where(joined > 0, 20.0, 1.0)[allowed]
    total = total + functional.binary_cross_entropy_with_logits(
        pairs[allowed], joined[allowed], weight=balance
    )
    if heads:
        at = torch.tensor(heads)
        total = total + functional.cross_entropy(
            polarity[at[:, 0], at[:, 1]], torch.tensor(polarities)
        )
        wanted = torch.tensor(categories)
        if (wanted >= 0).any():
            total = total + functional.cross_entropy(
                category[at[:, 0], at[:, 1]], wanted, ignore_index=-100
            )
    return total


def spans_of(tags: Sequence[int], kind: int) -> list[tuple[int, int]]:
    """First and last tokens of the spans of a kind; an inside tag without a beginning begins."""
    spans: list[list[int]] = []
    inside = False
    for place, tag in enumerate(tags):
        if tag == 2 * kind or (tag == 2 * kind + 1 and not inside):
            spans.append([place, place])
        elif tag == 2 * kind + 1:
            spans[-1][1] = place
        inside = tag in (2 * kind, 2 * kind + 1)
    return [(first, last) for first, last in spans]


def read(model: PlainModel, pieces: Pieces, spec: HeadSpec, text: str, plain: bool) -> list[Quad]:
    """The opinions of one text."""
    encoded = pieces.encode(text)
    inner = encoded.ids[: LONGEST - 2].tolist()
    ids = torch.tensor([[pieces.cls_id, *inner, pieces.sep_id]])
    with torch.inference_mode():
        tags, pairs, category, polarity = (output[0].float() for output in model(ids))
    chosen = tags[1:-1].argmax(-1).tolist()
    aspects, expressions = ([(a + 1, b + 1) for a, b in spans_of(chosen, k)] for k in (0, 1))
    found: list[tuple[_At, _At]] = [
        (a, e) for a in aspects for e in expressions if pairs[a[0], e[0]] > 0
    ]
    found += [(None, e) for e in expressions if e not in [pair[1] for pair in found]]
    found += [(a, None) for a in aspects if a not in [pair[0] for pair in found]]
    quads = []
    for aspect, expression in found:
        at = (expression or aspect or (NOWHERE,))[0]
        said = None if plain else spec.categories[int(category[at].argmax())]
        quads.append(
            Quad(
                _characters(encoded, aspect),
                _characters(encoded, expression),
                said,
                POLARITIES[int(polarity[at].argmax())],
            )
        )
    return quads


def _characters(encoded: Encoded, at: _At) -> Span | None:
    return at and Span(int(encoded.starts[at[0] - 1]), int(encoded.ends[at[1] - 1]))


def scores(model: PlainModel, pieces: Pieces, spec: HeadSpec, rows: Sequence[Labelled]) -> str:
    """Triplet and quad F1."""
    gold = [row.quads or () for row in rows]
    plain = all(quad.category is None for quads in gold for quad in quads)
    model.eval()
    found = score_quads(gold, [read(model, pieces, spec, row.text, plain) for row in rows])
    model.train()
    return f"triplet {found.triplet.f1:.3f}" + ("" if plain else f", quad {found.quad.f1:.3f}")


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    asked = parser.parse_args()
    recipe: Recipe = load_recipe(asked.recipe, tuple(asked.overrides))
    gathered = gather(recipe, asked.root)
    base = asked.root / "models" / recipe.base.model
    source = str(base) if base.is_dir() else recipe.base.model
    pieces = Pieces.from_file(tokenizer_file(source))
    prepared = prepare(gathered, pieces, recipe)
    torch.manual_seed(recipe.seed)
    model = PlainModel(load_encoder(source, recipe.base.layers), len(gathered.spec.categories))
    batches = [batch for step in schedule(recipe, prepared) for batch in step]
    rate = recipe.optimisation.learning_rate
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, fused=True)
    warm = max(1, round(recipe.optimisation.warmup * len(batches)))
    half = torch.cpu._is_avx512_bf16_supported()
    began, tokens = time.monotonic(), 0
    for step, batch in enumerate(batches):
        items = [prepared.examples[k] for k in batch]
        factor = min((step + 1) / warm, (len(batches) - step) / max(1, len(batches) - warm))
        for group in optimiser.param_groups:
            group["lr"] = rate * factor
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = loss_of(model, items, pieces.pad_id)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), recipe.optimisation.clip)
        optimiser.step()
        tokens += sum(len(item.ids) for item in items)
        if (step + 1) % 100 == 0:
            print(f"{step + 1}/{len(batches)} loss {float(loss.detach()):.3f}", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"{tokens:,} tokens, {minutes:.0f} minutes")
    for name, rows in gathered.dev.items():
        print(name, scores(model, pieces, gathered.spec, rows))


if __name__ == "__main__":
    main()
