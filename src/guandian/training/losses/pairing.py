"""What answers cost for changing when names, genders, origins or brands are swapped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from guandian.modeling.heads.distillation import distillation_loss
from guandian.recipes.sections import Pairing
from guandian.tasks.targets import Annotated
from guandian.tasks.task import Task
from guandian.text.pieces import Pieces
from guandian.text.swaps.swap_terms import GAP, SwapTerms
from guandian.training.data.batches import Batch
from guandian.training.losses.adversarial import differentiate

Outputs = Callable[[Batch], dict[str, Tensor]]
Ids = NDArray[np.int64]
_GRIDS = ("spans", "pairs")
_BY_TOKEN = ("category", "polarity", "implicit", "tags")
_GROWTH = 100.0
"""How often its first value the multiplier may become: a bound out of reach must not stop all else
from being learned."""


@dataclass(frozen=True, slots=True, eq=False)
class TextPair:
    """Two texts that say the same of other people or brands.

    Attributes:
        ids: of each, int64 [N] and [M], special tokens included.
        shared: where the tokens stand in each that both have, int64 [K] and [K].
    """

    ids: tuple[Ids, Ids]
    shared: tuple[Ids, Ids]


class CounterfactualPairing:
    """Counterfactual logit pairing (Garg et al. 2019, arXiv:1809.10610, section 4.3).

    Pairs are made of the training texts themselves, labelled or not: behind a frame such as
    `我叫{}，` with two words of a set, or with a word that stands in the text swapped. What the
    difference of a pair's answers counts is a weight, or where a bound is stated a multiplier that
    grows while probabilities move farther than that and falls while they do not (gradient ascent
    on the Lagrangian; Cotter et al. 2019, arXiv:1809.04198).

    Args:
        settings: of the recipe.
        outputs: of the model for a batch.
        examples: all that the run trains on.
        pieces: the tokenizer.
        terms: the words.
        longest: the longest window, in tokens.
        tasks: those of the declared labels.

    Attributes:
        multiplier: what the difference counts now.
    """

    def __init__(
        self,
        settings: Pairing,
        outputs: Outputs,
        examples: Sequence[Annotated],
        pieces: Pieces,
        terms: SwapTerms,
        longest: int,
        tasks: Sequence[Task] = (),
    ) -> None:
        self._settings, self._outputs, self._examples = settings, outputs, examples
        self._longest, self._tasks, self._pad_id = longest, tasks, pieces.pad_id
        self._sentiment = any(example.sentiment >= 0 for example in examples)
        self._opinions = any(example.readings is not None for example in examples)
        self.multiplier = settings.weight
        chosen = terms.only(settings.kinds)
        self._frames = [
            (frame, words)
            for entry in chosen.entries
            for frame in entry.frames
            for words in entry.sets
        ]
        self._pieces = pieces
        self._words = _WordsInText(chosen, self._encode)

    def accumulate_gradients(
        self, batch: Batch, share: float, scale: Callable[[Tensor], Tensor]
    ) -> dict[str, float]:
        """Add a batch's gradients to the parameters', as losses of texts without labels do.

        Returns:
            `pairing`, the difference, and `swap_gap`, the mean change of the sentiment's
            probabilities; empty where no pair could be made.
        """
        # The step has seeded torch by its number and the batch's: so are the pairs drawn.
        dice = np.random.default_rng(int(torch.randint(2**31, (1,))))
        pairs = [
            pair
            for k in batch.indices
            if dice.random() < self._settings.share
            and (pair := self._pair(self._examples[k].ids, dice)) is not None
        ]
        if not pairs:
            return {}
        first, second = (self._answers(pairs, side, batch) for side in (0, 1))
        cost, gap = self._difference(first, second, pairs, batch.ids.device)
        if self.multiplier > 0:
            differentiate(scale(self.multiplier * share * cost))
        return {"pairing": float(cost.detach()), "swap_gap": gap}

    def adapt(self, gap: float | None) -> None:
        """Move the multiplier after a step whose probabilities changed by `gap` in the mean."""
        settings = self._settings
        if settings.bound is None or gap is None:
            return
        grown = self.multiplier + settings.rate * (gap - settings.bound)
        self.multiplier = min(max(grown, 0.0), _GROWTH * settings.weight)

    def _encode(self, text: str) -> Ids:
        return np.asarray(self._pieces.encode(text).ids, dtype=np.int64)

    def _pair(self, ids: Ids, dice: np.random.Generator) -> TextPair | None:
        """A pair made of one text; None where there is no room for a frame."""
        if dice.random() < 0.5 and (swapped := self._words.swapped(ids, dice)) is not None:
            return swapped
        if not self._frames:
            return None
        frame, words = self._frames[int(dice.integers(len(self._frames)))]
        chosen = [words[k] for k in dice.choice(len(words), 2, replace=False)]
        before = [self._encode(frame.replace(GAP, word)) for word in chosen]
        if max(map(len, before)) + len(ids) > self._longest:
            return None
        texts = [np.concatenate((ids[:1], prefix, ids[1:])) for prefix in before]
        own = np.arange(1, len(ids))
        shared = [np.concatenate(([0], own + len(prefix))) for prefix in before]
        return TextPair((texts[0], texts[1]), (shared[0], shared[1]))

    def _answers(self, pairs: Sequence[TextPair], side: int, batch: Batch) -> dict[str, Tensor]:
        texts = [pair.ids[side] for pair in pairs]
        ids, mask = _padded(texts, self._pad_id, batch.ids.device)
        # The targets are of other rows and are not read: `Batch` only wants some.
        return self._outputs(Batch(ids, mask, batch.targets))

    def _difference(
        self,
        first: dict[str, Tensor],
        second: dict[str, Tensor],
        pairs: Sequence[TextPair],
        device: torch.device,
    ) -> tuple[Tensor, float]:
        """The loss of pairs, and the mean change of the probabilities of their sentiment."""
        centred = [out["sentiment"] - out["sentiment"].mean(1, True) for out in (first, second)]
        probabilities = [out["sentiment"].detach().softmax(-1) for out in (first, second)]
        gap = (probabilities[0] - probabilities[1]).abs().amax(1).mean()
        cost = torch.zeros((), device=device)
        if self._sentiment:
            cost = cost + (centred[0] - centred[1]).abs().mean()
        if self._opinions:
            sides = []
            for side, out in enumerate((first, second)):
                at, mask = _padded([pair.shared[side] for pair in pairs], 0, device)
                sides.append(_at(out, at))
            both_ways = ((sides[0], sides[1]), (sides[1], sides[0]))
            apart = [distillation_loss(*pair, mask, self._tasks) for pair in both_ways]
            cost = cost + (apart[0] + apart[1]) / 2
        return cost, float(gap)


class _WordsInText:
    """Words as tokens, to be found in texts of tokens.

    Only words of Han characters, each a token of its own: a piece of a Latin word may be the
    beginning of another word.
    """

    def __init__(self, terms: SwapTerms, encode: Callable[[str], Ids]) -> None:
        self._sets: list[list[Ids]] = []
        self._by_first: dict[int, list[tuple[Ids, tuple[int, int] | None]]] = {}
        for entry in terms.merged():
            if entry.language != "zh":
                continue
            for words in entry.sets:
                tokens = [encode(word) for word in words]
                for k, word in enumerate(tokens):
                    self._by_first.setdefault(int(word[0]), []).append((word, (len(self._sets), k)))
                self._sets.append(tokens)
            for word in map(encode, entry.left):
                self._by_first.setdefault(int(word[0]), []).append((word, None))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: -len(row[0]))

    def swapped(self, ids: Ids, dice: np.random.Generator) -> TextPair | None:
        """The text beside one in which a word was swapped; None where it holds none."""
        places = list(self._places(ids))
        if not places:
            return None
        at, length, (number, own) = places[int(dice.integers(len(places)))]
        words = self._sets[number]
        other = words[(own + int(dice.integers(1, len(words)))) % len(words)]
        text = np.concatenate((ids[:at], other, ids[at + length :]))
        shared = (
            np.concatenate((np.arange(at), np.arange(at + length, len(ids)))),
            np.concatenate((np.arange(at), np.arange(at + len(other), len(text)))),
        )
        return TextPair((ids, text), shared)

    def _places(self, ids: Ids) -> list[tuple[int, int, tuple[int, int]]]:
        """Where words stand, how long they are, and which they are."""
        places: list[tuple[int, int, tuple[int, int]]] = []
        at = 1
        while at < len(ids) - 1:
            for word, which in self._by_first.get(int(ids[at]), ()):
                if np.array_equal(ids[at : at + len(word)], word):
                    if which is not None:
                        places.append((at, len(word), which))
                    at += len(word) - 1
                    break
            at += 1
        return places


def _padded(rows: Sequence[Ids], fill: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Rows of whole numbers as one array, and its mask; int64 [B, N] both."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), fill, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for k, row in enumerate(rows):
        ids[k, : len(row)] = torch.from_numpy(row)
        mask[k, : len(row)] = 1
    return ids.to(device), mask.to(device)


def _at(outputs: dict[str, Tensor], at: Tensor) -> dict[str, Tensor]:
    """Arrays at some tokens `at` [B, K] of each text alone."""
    chosen = dict(outputs)
    for name in _GRIDS:
        grid = outputs[name]
        kinds, length, count = grid.shape[1], grid.shape[3], at.shape[1]
        rows = at[:, None, :, None].expand(-1, kinds, -1, length)
        columns = at[:, None, None, :].expand(-1, kinds, count, -1)
        chosen[name] = grid.gather(2, rows).gather(3, columns)
    for name in _BY_TOKEN:
        if name in outputs:
            array = outputs[name]
            places = at.reshape(*at.shape, *(1,) * (array.dim() - 2))
            chosen[name] = array.gather(1, places.expand(-1, -1, *array.shape[2:]))
    return chosen
