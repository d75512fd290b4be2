"""One encoder pass, every task: the heads of `tasks.HeadSpec` on shared hidden states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from guandian.modeling.encoders.attention import Attention, all_see_all, see_both_ways
from guandian.modeling.encoders.narrowing import Narrowed, narrowed, shrink
from guandian.modeling.encoders.pretrained import build_encoder, encoder_config, pretrained
from guandian.modeling.fine_tuning import adapt
from guandian.modeling.heads.crf import TagField
from guandian.modeling.heads.head_transfer import kept_state
from guandian.modeling.heads.label_heads import networks
from guandian.modeling.heads.mlm_head import LanguageHead, Pattern, embeddings
from guandian.recipes.methods import Full, Method, parse_method
from guandian.tasks.head_spec import HeadSpec


class SpanGrid(nn.Module):
    """Scores of all token pairs, one grid a type, with rotary positions.

    The global pointer of Su et al. 2022 (arXiv:2208.03054) in its per-type form, with the
    additive start and end terms of its efficient form, which learn fast from few examples.

    Args:
        width: H of the hidden states.
        types: T, the number of grids.
        size: width of one query or key; even.
    """

    def __init__(self, width: int, types: int, size: int = 48, positions: int = 512) -> None:
        super().__init__()
        self.types, self.size = types, size
        self.queries_keys = nn.Linear(width, types * size * 2)
        self.ends = nn.Linear(width, types * 2)
        angle = torch.arange(positions)[:, None] / 10000 ** (torch.arange(0, size, 2) / size)
        self.register_buffer("cos", angle.cos().repeat_interleave(2, -1), persistent=False)
        self.register_buffer("sin", angle.sin().repeat_interleave(2, -1), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Hidden states [B, N, H] to logits [B, T, N, N]: row i, column j."""
        batch, length = hidden.shape[0], hidden.shape[1]
        projected = self.queries_keys(hidden).view(batch, length, self.types, 2, self.size)
        projected = self._rotate(projected.permute(3, 0, 2, 1, 4), length)
        grid = projected[0] @ projected[1].transpose(-1, -2) / math.sqrt(self.size)
        ends = self.ends(hidden).view(batch, length, self.types, 2).permute(3, 0, 2, 1)
        return grid + ends[0].unsqueeze(-1) + ends[1].unsqueeze(-2)  # type: ignore[no-any-return]

    def _rotate(self, x: Tensor, length: int) -> Tensor:
        cos, sin = self.cos[:length], self.sin[:length]  # type: ignore[index]
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = torch.stack((-odd, even), -1).flatten(-2)
        return x * cos + turned * sin


class Heads(nn.Module):
    """All heads on hidden states [B, N, H]; outputs as `HeadSpec` says."""

    def __init__(self, width: int, spec: HeadSpec, *, causal: bool = False) -> None:
        super().__init__()
        self.causal = causal
        self.spans = SpanGrid(width, len(spec.span_types))
        self.pairs = SpanGrid(width, 2)
        self.absent = nn.Linear(width, 4)
        self.reading = nn.Linear(width, width)
        self.category = nn.Linear(width, 2 * len(spec.categories))
        self.polarity = nn.Linear(width, 2 * 3)
        self.implicit = nn.Linear(width, 1)
        self.summary = nn.Linear(width, width)
        self.sentiment = nn.Linear(width, 3)
        self.dropout = nn.Dropout(0.1)
        self.outputs = [task.head.output for task in spec.tasks]
        self.labels = nn.ModuleList(networks(width, spec.tasks))
        self.tags = TagField(width, len(spec.tag_types)) if spec.tag_types else None

    def forward(self, hidden: Tensor, mask: Tensor | None) -> dict[str, Tensor]:
        """Hidden states and mask [B, N] (None = no padding) to the arrays of `HeadSpec`."""
        batch, length = hidden.shape[0], hidden.shape[1]
        hidden = self.dropout(hidden)
        reading = self.dropout(torch.nn.functional.gelu(self.reading(hidden)))
        # Where tokens only look back, the last one alone has seen the whole text.
        pooled = _last(hidden, mask) if self.causal else _mean(hidden, mask)
        summary = torch.tanh(self.summary(pooled))
        outputs = {
            "spans": self.spans(hidden),
            "pairs": self._pairs(hidden),
            "category": self.category(reading).view(batch, length, 2, -1),
            "polarity": self.polarity(reading).view(batch, length, 2, 3),
            "implicit": self.implicit(reading).squeeze(-1),
            "sentiment": self.sentiment(summary),
        }
        if self.tags is not None:
            outputs |= self.tags(hidden)
        named = zip(self.outputs, self.labels, strict=True)
        return outputs | {output: head(summary) for output, head in named}

    def _pairs(self, hidden: Tensor) -> Tensor:
        grid = self.pairs(hidden)
        batch, length = hidden.shape[0], hidden.shape[1]
        absent = self.absent(hidden).view(batch, length, 2, 2).permute(2, 0, 3, 1)
        body = torch.cat((absent[0][..., 1:].unsqueeze(-2), grid[..., 1:, 1:]), -2)
        return torch.cat((absent[1].unsqueeze(-1), body), -1)


class OpinionModel(nn.Module):
    """A pretrained encoder under the heads of a `HeadSpec`.

    Attributes:
        encoder: of any family, with what a method added to it.
        spec: the label spaces.
        method: by which it learns now.
        added: the method whose additions stay in the network, None where there are none.
        attention: which tokens see each other.
        all_see_all: whether every token sees every other one, in every layer.
        language: the head of a masked language model, None where it was not asked for.
        pattern: if there is one, sentiment is what the language head says at its gap.
    """

    def __init__(self, encoder: nn.Module, spec: HeadSpec, attention: Attention = "own") -> None:
        super().__init__()
        if attention == "both":
            see_both_ways(encoder)
        self.attention = attention
        self.all_see_all = all_see_all(encoder.config, attention)
        widen(encoder, spec)
        self.encoder = encoder
        self.spec = spec
        self.method: Method = Full()
        self.added: Method | None = None
        width: Any = encoder.config.hidden_size  # type: ignore[union-attr]
        self.heads = Heads(width, spec, causal=attention == "causal")
        self.language: LanguageHead | None = None
        self.pattern: Pattern | None = None

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> dict[str, Tensor]:
        """Token ids [B, N] and mask [B, N] (None = no padding) to the arrays of `HeadSpec`."""
        if self.pattern is not None:
            return self._by_pattern(self.pattern, input_ids, attention_mask)
        hidden = self.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        return self.heads(hidden, attention_mask)  # type: ignore[no-any-return]

    def pieces_at(self, input_ids: Tensor, mask: Tensor | None, places: Tensor) -> Tensor:
        """The language head's scores at `places`, bool [B, N].

        Returns:
            Logits [R, V], R the number of places.
        """
        assert self.language is not None
        hidden = self.encoder(input_ids, attention_mask=mask).last_hidden_state
        return self.language(hidden[places], self._table())  # type: ignore[no-any-return]

    def _by_pattern(self, pattern: Pattern, ids: Tensor, mask: Tensor | None) -> dict[str, Tensor]:
        """The arrays by a pattern between [CLS] and the text, which the heads do not see."""
        assert self.language is not None
        before = torch.tensor(pattern.ids, device=ids.device).expand(len(ids), -1)
        ids = torch.cat((ids[:, :1], before, ids[:, 1:]), 1)
        whole = None if mask is None else torch.cat((torch.ones_like(before), mask), 1)
        hidden = self.encoder(ids, attention_mask=whole).last_hidden_state
        text = torch.cat((hidden[:, :1], hidden[:, 1 + len(pattern.ids) :]), 1)
        outputs: dict[str, Tensor] = self.heads(text, mask)
        gap = hidden[:, 1 + pattern.gap]
        return outputs | {"sentiment": self.language.sentiment(gap, self._table(), pattern)}

    def _table(self) -> Tensor:
        return embeddings(pretrained(self.encoder))

    def config(self) -> dict[str, Any]:
        """All that `from_config` needs to build the same model, without its weights."""
        special: dict[str, Any] = {}
        if self.added is not None:
            special["method"] = self.added.model_dump()
        if self.attention != "own":
            special["attention"] = self.attention
        if (shape := narrowed(pretrained(self.encoder))) is not None:
            special["narrowed"] = shape.to_json()
        return special | {
            "encoder": encoder_config(self.encoder),
            "categories": list(self.spec.categories),
            "span_types": list(self.spec.span_types),
            **self.spec.extras(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """An untrained model of the shape that `config()` described."""
        return cls.shaped(config, HeadSpec.of(config, config["categories"]))

    @classmethod
    def resume(
        cls, config: dict[str, Any], weights: Mapping[str, NDArray[np.float32]], spec: HeadSpec
    ) -> OpinionModel:
        """A trained model for further training, perhaps with other categories.

        Args:
            config: as `config()` described the trained model.
            weights: by their names in its state dictionary.
            spec: the label spaces wanted; what both have is kept, the rest starts afresh.
        """
        before = HeadSpec.of(config, config["categories"])
        model = cls.shaped(config, spec)
        state = {name: torch.from_numpy(array) for name, array in weights.items()}
        table = next(
            name for name, parameter in model.named_parameters() if parameter is model._table()
        )
        if lacking := len(model._table()) - len(state[table]):
            first = state[table][spec.customs[0].marker]
            state[table] = torch.cat((state[table], first.expand(lacking, -1)))
        model.load_state_dict(kept_state(state, model.state_dict(), before, spec))
        return model

    def read_by(self, marker: int, cls_id: int) -> None:
        """Take a custom of annotation for the one that is answered by: its marker for [CLS]."""
        with torch.no_grad():
            self._table()[cls_id] = self._table()[marker]

    @classmethod
    def shaped(cls, config: dict[str, Any], spec: HeadSpec) -> Self:
        """An untrained model of that shape, with other label spaces."""
        encoder = build_encoder(config["encoder"])
        if "narrowed" in config:
            shrink(encoder, Narrowed.from_json(config["narrowed"]))
        model = cls(encoder, spec, config.get("attention", "own"))
        if "method" in config:
            adapt(model, parse_method(config["method"]))
            adapt(model, Full())
        return model


def widen(encoder: nn.Module, spec: HeadSpec) -> None:
    """Give the markers of customs that lack one an embedding each, at first that of [CLS]."""
    table = embeddings(encoder)
    lacking = max((custom.marker + 1 for custom in spec.customs), default=0) - len(table)
    if lacking > 0:
        rows = len(table) + lacking
        pretrained(encoder).resize_token_embeddings(rows, mean_resizing=False)
        with torch.no_grad():
            grown = embeddings(encoder)
            grown[-lacking:] = grown[spec.customs[0].marker]


def _last(hidden: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return hidden[:, -1]
    return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(1) - 1]


def _mean(hidden: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return hidden.mean(1)
    weight = mask.to(hidden.dtype).unsqueeze(-1)
    return (hidden * weight).sum(1) / weight.sum(1)
