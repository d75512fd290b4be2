"""Tunes an encoder on a few texts of each class: near each other within, far apart between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from guandian.training.contrastive.learned_texts import LearnedTexts
from guandian.training.contrastive.mean_encoder import MeanEncoder


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """How an encoder is tuned.

    Attributes:
        epochs: times that every text is read.
        rate: the highest learning rate of the encoder.
        class_rate: likewise of the vectors of classes.
        classes: in a batch.
        texts: of each class in a batch.
        temperature: what divides cosines between texts.
        class_temperature: likewise between texts and classes.
        share: of the loss that is between texts and classes, the rest is between texts.
        dropout: in the layers that learn.
        frozen: lowest layers that stay as they are, half of all at most.
        seed: of the order, of dropout and of nothing else.
    """

    epochs: int = 20
    rate: float = 1e-4
    class_rate: float = 5e-4
    classes: int = 32
    texts: int = 2
    temperature: float = 0.07
    class_temperature: float = 0.05
    share: float = 0.5
    dropout: float = 0.1
    frozen: int = 6
    seed: int = 1


@dataclass(frozen=True, slots=True)
class TuningStep:
    """A step that was made: its number, of how many, and the mean loss of its epoch so far."""

    step: int
    steps: int
    loss: float


def tune_encoder(
    model: MeanEncoder,
    texts: Sequence[Sequence[int]],
    classes: Sequence[int],
    settings: TuningSettings,
    on_step: Callable[[TuningStep], None] = lambda _: None,
) -> None:
    """Tune an encoder in place; its table of tokens stays as it is.

    The loss between texts is that of Khosla et al. 2020 (arXiv:2004.11362); that between texts and
    classes is a softmax over cosines to a learned vector of each class, which begins as the mean
    of its texts (as prototypes of Snell et al. 2017, arXiv:1703.05175).

    Args:
        model: changed here.
        texts: token ids of each, special tokens included.
        classes: of each text, from 0.
        settings: how.
        on_step: told after every step.

    Raises:
        ValueError: no texts, or of one class alone.
    """
    number = max(classes, default=-1) + 1
    if number < 2 or len(texts) != len(classes):
        raise ValueError(f"{len(texts)} texts of {number} classes cannot be told apart")
    torch.manual_seed(settings.seed)
    draw = random.Random(settings.seed)  # noqa: S311 — an order, not a secret
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = settings.dropout
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "embeddings" not in name
    learned = LearnedTexts(model, texts, settings.frozen)
    device = next(model.parameters()).device
    prototypes = nn.Parameter(_prototypes(model, texts, classes, number).to(device))
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": learning, "lr": settings.rate},
            {"params": [prototypes], "lr": settings.class_rate},
        ],
        weight_decay=0.01,
    )
    plans = [list(_batches(classes, settings, draw)) for _ in range(settings.epochs)]
    steps = sum(map(len, plans))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, steps))
    step = 0
    for plan in plans:
        model.train()
        total = 0.0
        for made, batch in enumerate(plan, start=1):
            vectors = nn.functional.normalize(learned.means(batch), dim=1)
            labels = torch.tensor([classes[k] for k in batch], device=device)
            loss = _loss(vectors, labels, prototypes, settings)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learning, 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            total += float(loss.detach())
            on_step(TuningStep(step, steps, total / made))
    model.eval()


def _prototypes(
    model: MeanEncoder, texts: Sequence[Sequence[int]], classes: Sequence[int], number: int
) -> Tensor:
    vectors = nn.functional.normalize(torch.from_numpy(model.vectors(texts)).float(), dim=1)
    sums = torch.zeros(number, vectors.shape[1])
    return nn.functional.normalize(sums.index_add(0, torch.tensor(classes), vectors), dim=1)


def _loss(vectors: Tensor, labels: Tensor, prototypes: Tensor, settings: TuningSettings) -> Tensor:
    likeness = vectors @ nn.functional.normalize(prototypes, dim=1).T
    to_classes = nn.functional.cross_entropy(likeness / settings.class_temperature, labels)
    if settings.share >= 1:
        return to_classes
    between = vectors @ vectors.T / settings.temperature
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    between = between.masked_fill(itself, -1e4)
    alike = (labels[:, None] == labels[None]) & ~itself
    logs = between - torch.logsumexp(between, dim=1, keepdim=True)
    count = alike.sum(1)
    of_texts = -(logs * alike).sum(1) / count.clamp(min=1)
    has = count > 0
    if not bool(has.any()):
        return to_classes
    return settings.share * to_classes + (1 - settings.share) * of_texts[has].mean()


def _batches(
    classes: Sequence[int], settings: TuningSettings, draw: random.Random
) -> Iterator[list[int]]:
    """Every text once, those of a class in groups, groups in any order."""
    by_class: dict[int, list[int]] = {}
    for row, label in enumerate(classes):
        by_class.setdefault(label, []).append(row)
    groups: list[list[int]] = []
    for places in by_class.values():
        draw.shuffle(places)
        size = settings.texts
        groups += [places[start : start + size] for start in range(0, len(places), size)]
    draw.shuffle(groups)
    for start in range(0, len(groups), settings.classes):
        yield [row for group in groups[start : start + settings.classes] for row in group]


def _share(step: int, steps: int) -> float:
    """Of the highest rate: it rises over a tenth of the steps, then falls in a line."""
    return min(1.0, (step + 1) / max(1.0, 0.1 * steps)) * max(0.0, 1.0 - step / max(1, steps))
