"""The fine-tuning methods and their settings; `modeling.adaptation` carries them out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Method(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Full(_Method):
    """All parameters learn.

    Attributes:
        layer_decay: the learning rate of each layer as a share of that of the layer above it, the
            embeddings below the lowest one (Howard and Ruder 2018, arXiv:1801.06146); 1 = equal.
    """

    kind: Literal["full"] = "full"
    layer_decay: float = Field(1.0, gt=0, le=1)


class Frozen(_Method):
    """Embeddings and the lowest layers stay as they are; their states are computed once.

    Attributes:
        layers: how many layers stay; unset = all, only the heads learn.
    """

    kind: Literal["frozen"]
    layers: int | None = Field(None, gt=0, le=1000)


class Lora(_Method):
    """Low-rank updates of linear layers (Hu et al. 2021, arXiv:2106.09685).

    Attributes:
        rank: of an update.
        alpha: an update counts for alpha / rank.
        dropout: before an update.
        where: linear layers that are updated: `attention`'s or `all`.
    """

    kind: Literal["lora"]
    rank: int = Field(16, gt=0, le=4096)
    alpha: float = Field(32.0, gt=0, le=10**6)
    dropout: float = Field(0.0, ge=0, lt=1)
    where: Literal["attention", "all"] = "all"


class Dora(Lora):
    """The same, direction and length of the weights apart (Liu et al. 2024, arXiv:2402.09353)."""

    kind: Literal["dora"]  # type: ignore[assignment]


class AdaLora(_Method):
    """Low-rank updates whose ranks go where they matter (Zhang et al. 2023, arXiv:2303.10512).

    Attributes:
        first_rank: of every update at the beginning.
        rank: their mean at the end.
        alpha, dropout, where: as in `Lora`.
        warm: share of the steps before ranks are taken away.
        settle: share of the steps at the end in which they stay.
        orthogonality: what unorthogonal updates cost.
    """

    kind: Literal["adalora"]
    first_rank: int = Field(24, gt=0, le=4096)
    rank: int = Field(16, gt=0, le=4096)
    alpha: float = Field(32.0, gt=0, le=10**6)
    dropout: float = Field(0.0, ge=0, lt=1)
    where: Literal["attention", "all"] = "all"
    warm: float = Field(0.1, ge=0, lt=1)
    settle: float = Field(0.4, gt=0, lt=1)
    orthogonality: float = Field(0.1, ge=0, le=10**6)


class Ia3(_Method):
    """A factor for each key, value and inner feature (Liu et al. 2022, arXiv:2205.05638)."""

    kind: Literal["ia3"]


class Prefix(_Method):
    """Learnt keys and values before the text, in every layer (Li and Liang 2021, arXiv:2101.00190).

    Attributes:
        tokens: length of the prefix.
        width: of a network that the prefix is computed by; unset = the prefix itself is learned.
    """

    kind: Literal["prefix"]
    tokens: int = Field(16, gt=0, le=128)
    width: int | None = Field(None, gt=0, le=2**14)


class Prompt(_Method):
    """Learnt embeddings before the text (Lester et al. 2021, arXiv:2104.08691).

    Attributes:
        tokens: how many.
    """

    kind: Literal["prompt"]
    tokens: int = Field(16, gt=0, le=128)


class Adapter(_Method):
    """Bottlenecks behind attention and feed-forward (Houlsby et al. 2019, arXiv:1902.00751).

    Attributes:
        size: width of a bottleneck.
        layers: how many of the highest layers get them; unset = all.
        heads: whether the heads learn; if not, they stay as they are behind one more bottleneck,
            so that what is learned is a small file beside its base.
    """

    kind: Literal["adapter"]
    size: int = Field(48, gt=0, le=2**14)
    layers: int | None = Field(None, gt=0, le=1000)
    heads: bool = True

    @property
    def keeps_base(self) -> bool:
        """Tell whether every weight of the base stays, so that an adapter can stand beside it."""
        return not self.heads


Method = Annotated[
    Full | Frozen | Lora | Dora | AdaLora | Ia3 | Prefix | Prompt | Adapter,
    Field(discriminator="kind"),
]


def parse_method(values: dict[str, Any]) -> Method:
    """A method from the plain values that its `model_dump` gave."""
    return TypeAdapter[Method](Method).validate_python(values)
