"""Averages of a run's weights: a running one, or of the last few scorings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from guandian.recipes.sections import Averaging


class Average:
    """Weights that are scored and kept in place of the latest ones.

    Args:
        model: whose learning parameters are averaged.
        settings: how.
    """

    def __init__(self, model: nn.Module, settings: Averaging) -> None:
        self._settings = settings
        self._live = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._averages: dict[str, Tensor] = {}
        if settings.kind == "ema":
            self._averages = {name: value.detach().clone() for name, value in self._live.items()}

    @torch.no_grad()
    def step(self, number: int) -> None:
        """Move the running average after the optimiser's step `number` (from 1)."""
        if self._settings.kind != "ema":
            return
        # Early steps count for more, so that the random start is soon forgotten.
        decay = min(self._settings.decay, (1 + number) / (10 + number))
        for name, value in self._live.items():
            self._averages[name].lerp_(value, 1 - decay)

    @torch.no_grad()
    def scoring(self) -> None:
        """Before a scoring: remember the weights, forget the oldest beyond the last few."""
        if self._settings.kind != "last":
            return
        count = self._settings.last
        for name, value in self._live.items():
            if name in self._averages:
                self._averages[name] = torch.cat((self._averages[name], value[None]))[-count:]
            else:
                self._averages[name] = value.detach()[None].clone()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """While this is open the model has the average."""
        if self._settings.kind == "none":
            yield
            return
        live = {name: value.detach().clone() for name, value in self._live.items()}
        whole = self._settings.kind == "ema"
        with torch.no_grad():
            for name, value in self._live.items():
                value.copy_(self._averages[name] if whole else self._averages[name].mean(0))
        try:
            yield
        finally:
            with torch.no_grad():
                for name, value in self._live.items():
                    value.copy_(live[name])

    def state(self) -> dict[str, Tensor]:
        """The averages that a run which goes on needs."""
        return dict(self._averages)

    def restore(self, state: dict[str, Tensor]) -> None:
        """Put back what `state` gave."""
        self._averages = dict(state)
