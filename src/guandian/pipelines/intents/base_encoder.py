"""The encoder that a tuning begins with: a folder, a bundle, or an id in the local cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.errors import GuandianError
from guandian.pipelines.base_models import bundle_of, folder_named, places, tokenizer_of

if TYPE_CHECKING:
    from guandian.training.contrastive.mean_encoder import MeanEncoder

DEFAULT_BASE = "multilingual-e5-small-zh-en"
PREFIX = "query: "
"""What E5 was trained to see before a text that is compared with others of its kind."""


@dataclass(frozen=True, slots=True)
class BaseEncoder:
    """An encoder that is ready to learn, in evaluation mode.

    Attributes:
        model: under the mean over its tokens.
        tokenizer: its file.
        name: what it is called.
    """

    model: MeanEncoder
    tokenizer: Path
    name: str


def open_base(named: str, root: Path) -> BaseEncoder:
    """Open an encoder.

    Args:
        named: a folder, a name beside the data (`models/NAME`), or a Hugging Face id in the cache.
        root: the data folder.

    Raises:
        GuandianError: with where it was looked for.
    """
    from guandian.modeling.encoders.hidden_states import encoder_of
    from guandian.modeling.encoders.pretrained import is_cached, load_encoder
    from guandian.training.contrastive.mean_encoder import MeanEncoder

    folder = folder_named(named, root)
    if folder is None and not is_cached(named):
        looked = ", ".join(map(str, places(named, root)))
        raise GuandianError(
            f"no encoder {named!r}: not in {looked}, nor in the Hugging Face cache",
            "fetch one beforehand, such as `hf download intfloat/multilingual-e5-small`, and say"
            " --base intfloat/multilingual-e5-small",
        )
    source = str(folder or named)
    bundle = bundle_of(source)
    encoder = load_encoder(source) if bundle is None else encoder_of(bundle)
    return BaseEncoder(MeanEncoder(encoder).eval(), tokenizer_of(source), Path(named).name)
