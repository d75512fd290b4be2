"""The settings of the methods by which domains are learned one after another."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, ValidationError

from guandian.errors import GuandianError, likely
from guandian.recipes.methods import Adapter, Frozen, Ia3, Lora
from guandian.recipes.recipe import put, tables
from guandian.recipes.sections import Closed
from guandian.recipes.toml_text import key_value
from guandian.recipes.value_errors import fault

JOINT = "joint"
"""The upper bound: everything at once."""
METHOD_NAMES = (
    "sequential", JOINT, "replay", "lwf", "ewc", "averaging", "arithmetic", "adapters",
)  # fmt: skip
"""The control, the upper bound, then what is tried."""


def require_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Check the names of methods; each counts once.

    Raises:
        GuandianError: none, or an unknown one; the known ones are listed.
    """
    strange = [name for name in names if name not in METHOD_NAMES]
    if strange or not names:
        near = likely(strange[0], list(METHOD_NAMES)) if strange else ""
        raise GuandianError(
            f"no method {strange[0]!r}" if strange else "no method is named",
            f"{near}known: {', '.join(METHOD_NAMES)}",
        )
    return tuple(dict.fromkeys(names))


class ReplaySettings(Closed):
    """Rows of earlier domains that are learned again.

    Attributes:
        share: of a domain's rows that are kept.
        most: rows kept in all; unset = no bound but the share.
        seen: share of what is seen in an epoch that comes from the rows kept.
    """

    share: float = Field(0.05, gt=0, le=1)
    most: int | None = Field(None, gt=0, le=10**9)
    seen: float = Field(0.25, gt=0, lt=1)


class LwfSettings(Closed):
    """Learning without forgetting: the model of before is imitated on the texts of the next domain.

    Attributes:
        weight: what imitating it counts for.
    """

    weight: float = Field(1.0, gt=0, le=10**6)


class EwcSettings(Closed):
    """Elastic weight consolidation.

    Attributes:
        weight: lambda, what moving important weights costs.
        examples: of a domain, from which the importance of weights is estimated.
    """

    weight: float = Field(100.0, gt=0, le=10**12)
    examples: int = Field(64, gt=0, le=10**9)


class AdapterSettings(Closed):
    """An adapter and heads for each domain, on one encoder, and a router that chooses.

    Attributes:
        method: what is added; `frozen` shares all but the heads.
        learning_rate: the highest, of what is added.
        shrinkage: of the router's covariance.
    """

    method: Lora | Adapter | Ia3 | Frozen = Field(
        Lora(kind="lora", rank=8, alpha=16.0), discriminator="kind"
    )
    learning_rate: float = Field(3e-3, gt=0, le=100)
    shrinkage: float = Field(0.1, gt=0, le=1)


class ArithmeticSettings(Closed):
    """Task arithmetic: what each domain changed in the first weights, added up.

    Attributes:
        scale: of the sum.
    """

    scale: float = Field(0.4, gt=0, le=10)


class ContinualSettings(Closed):
    """What the methods are given, one table a method; the others have no settings."""

    replay: ReplaySettings = ReplaySettings()
    lwf: LwfSettings = LwfSettings()
    ewc: EwcSettings = EwcSettings()
    adapters: AdapterSettings = AdapterSettings()
    arithmetic: ArithmeticSettings = ArithmeticSettings()


def continual_settings(changes: Sequence[str] = ()) -> ContinualSettings:
    """The default settings with `replay.share=0.02` and the like applied.

    Raises:
        RecipeError: an unknown key (the known ones are listed) or a wrong value.
    """
    values: dict[str, object] = {}
    for change in changes:
        key, value = key_value(change)
        if key == "adapters.method.kind":
            # Another method has other keys: those of the default one would be refused.
            put(values, "adapters.method", {"kind": value}, f"--with {key}")
        else:
            put(values, key, value, f"--with {key}")
    try:
        return ContinualSettings.model_validate(values)
    except ValidationError as error:
        raise fault(error, "--with", tables(ContinualSettings)) from error
