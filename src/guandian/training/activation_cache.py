"""Hidden states above frozen layers: computed once for all examples, kept in a file."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from guandian.errors import GuandianError
from guandian.modeling.encoders.frozen import frozen_layers, lower_states
from guandian.modeling.model import OpinionModel
from guandian.recipes.methods import Frozen
from guandian.tasks.targets import Annotated

_TOKENS = 4096  # of a batch while they are computed


class States:
    """The frozen layers' answers for each example, float32 in a memory-mapped file.

    Args:
        model: adapted by `Frozen`.
        method: how many layers are frozen.
        examples: all that a run learns from.
        file: to write; made anew, so that a run that goes on does not trust an older one.

    Raises:
        GuandianError: the disk has no room for it.
    """

    def __init__(
        self, model: OpinionModel, method: Frozen, examples: Sequence[Annotated], file: Path
    ) -> None:
        self.lower = frozen_layers(model.encoder, method)[0]
        width = int(model.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        lengths = [len(example.ids) for example in examples]
        self._starts = np.concatenate(([0], np.cumsum(lengths)))
        file.parent.mkdir(parents=True, exist_ok=True)
        needed, free = int(self._starts[-1]) * width * 4, shutil.disk_usage(file.parent)[2]
        if needed > free:  # a mapped file that finds no room kills the process
            raise GuandianError(
                f"the states of the frozen layers need {needed / 1e6:,.0f} MB in {file.parent}, "
                f"{free / 1e6:,.0f} are free",
                "choose a folder with more room with -o, or fewer texts with data.most",
            )
        self._rows = np.memmap(file, np.float32, "w+", shape=(int(self._starts[-1]), width))
        self._file = file
        self._fill(model, examples)

    def of(self, indices: Sequence[int], length: int) -> Tensor:
        """States [B, length, H] of the examples `indices`, zeros where they are padded."""
        padded = np.zeros((len(indices), length, self._rows.shape[1]), dtype=np.float32)
        for row, k in enumerate(indices):
            states = self._rows[self._starts[k] : self._starts[k + 1]]
            padded[row, : len(states)] = states
        return torch.from_numpy(padded)

    def close(self) -> None:
        """Remove the file."""
        del self._rows
        self._file.unlink(missing_ok=True)

    def _fill(self, model: OpinionModel, examples: Sequence[Annotated]) -> None:
        """Texts of one length together: what is computed does not depend on padding."""
        device = next(model.parameters()).device
        by_length: dict[int, list[int]] = {}
        for k, example in enumerate(examples):
            by_length.setdefault(len(example.ids), []).append(k)
        for length, several in by_length.items():
            size = max(1, _TOKENS // length)
            for first in range(0, len(several), size):
                batch = several[first : first + size]
                ids = torch.from_numpy(np.stack([examples[k].ids for k in batch])).to(device)
                states = lower_states(model.encoder, self.lower, ids.long(), torch.ones_like(ids))
                for k, row in zip(batch, states.float().cpu().numpy(), strict=True):
                    self._rows[self._starts[k] : self._starts[k + 1]] = row
