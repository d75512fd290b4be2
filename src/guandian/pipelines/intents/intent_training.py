"""Trains intents: examples in, a folder out that opens without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from guandian.assist.understanding.intents.examples import IntentExamples
from guandian.assist.understanding.intents.intent_folder import (
    refuse_intent_folder,
    write_intents,
)
from guandian.assist.understanding.intents.text_encoder import (
    MOST_TOKENS,
    MessageEncoder,
    Subwords,
)
from guandian.bundle import Bundle, Manifest
from guandian.bundle.bundle import TOKENIZER
from guandian.pipelines.intents.base_encoder import DEFAULT_BASE, PREFIX, BaseEncoder, open_base
from guandian.pipelines.intents.head_fitting import FittedHead, fit_head
from guandian.privacy import Masking

if TYPE_CHECKING:
    from guandian.training.contrastive.tuning import TuningSettings, TuningStep

_BACKGROUND = Path(__file__).with_name("background.txt")
LEARNED_TOKENS = 64
"""Of an example, special tokens included; what stands behind them is not learned from."""
EPOCHS = {"few": 10, "many": 6}
MANY = 3000
"""Examples from which on they are read fewer times."""


@dataclass(frozen=True, slots=True)
class IntentSettings:
    """How intents are trained.

    Attributes:
        base: the encoder to begin with.
        epochs: times that the encoder reads every example; 0 leaves it as it is, None chooses.
        seed: of everything that is drawn.
        root: the data folder, beside which encoders are looked for.
    """

    base: str = DEFAULT_BASE
    epochs: int | None = None
    seed: int = 1
    root: Path = field(default_factory=Path)


@dataclass(frozen=True, slots=True)
class TrainedIntents:
    """What was trained.

    Attributes:
        bundle: the folder.
        about: what stands in it on what was learned from.
    """

    bundle: Bundle
    about: dict[str, Any]


def train_intents(
    examples: IntentExamples,
    folder: Path,
    settings: IntentSettings,
    on_step: Callable[[TuningStep], None] = lambda _: None,
    *,
    overwrite: bool = False,
) -> TrainedIntents:
    """Tune an encoder on examples, fit a head over what it answers once exported, and write both.

    Args:
        examples: masked here as messages are.
        folder: that is to appear.
        settings: how.
        on_step: told after every step of tuning.
        overwrite: replace trained intents that are there.

    Raises:
        GuandianError: the base is missing, or something stands at `folder`.
    """
    refuse_intent_folder(folder, overwrite=overwrite)
    base = open_base(settings.base, settings.root)
    masking = Masking()
    texts = [masking.text(text)[0] for text in examples.texts]
    tuned = tuning_of(settings, len(texts))
    known = tune_base(base, texts, examples.intents, tuned, on_step) if tuned.epochs else None
    with TemporaryDirectory(prefix="guandian-intents-") as scratch:
        encoder = export_encoder(base, texts, Path(scratch) / "encoder")
        vectors = MessageEncoder.open(encoder, PREFIX)
        fitted = fit_head(
            vectors.vectors(texts),
            examples.intents,
            vectors.vectors(background_texts()),
            settings.seed,
            known,
        )
        about = _about(examples, base.name, tuned, fitted, known)
        return TrainedIntents(
            write_intents(folder, encoder, fitted.head, about, overwrite=overwrite), about
        )


def tuning_of(settings: IntentSettings, examples: int) -> TuningSettings:
    """How an encoder is tuned on so many examples."""
    from guandian.training.contrastive.tuning import TuningSettings

    chosen = EPOCHS["many" if examples >= MANY else "few"]
    epochs = chosen if settings.epochs is None else settings.epochs
    return replace(TuningSettings(), epochs=epochs, seed=settings.seed)


def tune_base(
    base: BaseEncoder,
    texts: Sequence[str],
    intents: Sequence[str],
    settings: TuningSettings,
    on_step: Callable[[TuningStep], None] = lambda _: None,
) -> float | None:
    """Tune an encoder in place.

    Returns:
        How many held-out examples a head over the untuned encoder tells right: what a head over
        the tuned one is trusted to reach, for it has seen all examples.
    """
    from guandian.training.contrastive.tuning import tune_encoder

    ids = token_ids(base, texts)
    names = {name: k for k, name in enumerate(sorted(set(intents)))}
    before = fit_head(base.model.vectors(ids), intents, np.zeros((0, 0)), settings.seed)
    tune_encoder(base.model, ids, [names[name] for name in intents], settings, on_step)
    return before.accuracy


def token_ids(base: BaseEncoder, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of texts as a base learns from them."""
    tokens = Subwords.read(base.tokenizer, PREFIX)
    return [tokens.framed(tokens.ids(text)[: LEARNED_TOKENS - 2]) for text in texts]


def export_encoder(base: BaseEncoder, texts: Sequence[str], folder: Path) -> Bundle:
    """Export an encoder as ONNX with whole-number weights; it is compared with torch on texts."""
    from guandian.export.package import export_bundle
    from guandian.training.model_card import notices

    tokens = Subwords.read(base.tokenizer, PREFIX)
    joined = tokens.ids(" ".join(texts[:64]))[: MOST_TOKENS - 2]
    half = max(1, len(joined) // 2)
    row = [tokens.framed(joined[:half]), tokens.framed(joined[half : 2 * half] or joined[:half])]
    manifest = Manifest(name="intents", version="1", model={"prefix": PREFIX, "base": base.name})
    files: dict[str, Path | bytes] = {TOKENIZER: base.tokenizer, **notices(base.name)}
    return export_bundle(
        folder, base.model, manifest=manifest, example=np.array(row, np.int64), files=files
    )


def background_texts() -> list[str]:
    """Texts about anything else, written for this project, Chinese and English."""
    lines = _BACKGROUND.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _about(
    examples: IntentExamples,
    base: str,
    tuned: TuningSettings,
    fitted: FittedHead,
    known: float | None,
) -> dict[str, Any]:
    held = fitted.accuracy if known is None else known
    return {
        "base": base,
        "examples": len(examples.rows),
        "intents": len(fitted.head.names),
        "tuning": asdict(tuned) if tuned.epochs else None,
        "held_out_accuracy_untuned": None if held is None else round(held, 4),
    }
