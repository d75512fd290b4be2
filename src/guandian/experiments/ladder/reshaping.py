"""A bundle's model in another shape, without training: as a bundle again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from guandian.bundle import Bundle, Precision, float32_weights
from guandian.bundle.bundle import NETWORK, TOKENIZER, WEIGHTS
from guandian.pipelines.base_models import LANGUAGE
from guandian.pipelines.bundling import ALIKE, example_ids
from guandian.pipelines.miners import read_labels
from guandian.pipelines.polarity_rates import POLARITY
from guandian.tasks.head_spec import Custom
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.modeling.model import OpinionModel
    from guandian.text.fewer_pieces import FewerPieces

_MEASURED = (ALIKE,)
"""Files of a bundle that tell what was measured of its own answers."""


class Shaped(NamedTuple):
    """A model, and the tokenizer that it reads by where that is another than its bundle's.

    Attributes:
        model: in float32.
        tokenizer: the content of its file; None = as it was.
    """

    model: OpinionModel
    tokenizer: bytes | None = None


def model_of(bundle: Bundle, seed: int | None = None) -> OpinionModel:
    """A bundle's model, evaluating.

    Args:
        bundle: whose.
        seed: of the dither of its weights for further training; None = as the engine has them.
    """
    from guandian.modeling.model import OpinionModel

    weights = float32_weights(bundle, seed)
    spec = read_labels(bundle).spec
    return OpinionModel.resume(dict(bundle.manifest.model), weights, spec).eval()


def with_fewer_pieces(model: OpinionModel, fewer: FewerPieces, old: Pieces) -> OpinionModel:
    """The same model with the embeddings of some pieces alone; markers of customs stand behind.

    Args:
        model: its embeddings are cut in place, its markers are numbered anew.
        fewer: the pieces that stay.
        old: the tokenizer until now.
    """
    import numpy as np
    import torch

    from guandian.modeling.encoders.pretrained import pretrained
    from guandian.modeling.heads.mlm_head import embeddings
    from guandian.modeling.model import OpinionModel

    spec = model.spec
    number = {int(before): new for new, before in enumerate(fewer.left)}
    own = [custom.marker for custom in spec.customs if custom.marker not in number]
    rows = np.concatenate([fewer.left, np.asarray(own, np.int64)]).astype(np.int64)
    number |= {before: len(fewer.left) + number_behind for number_behind, before in enumerate(own)}
    encoder = pretrained(model.encoder)
    with torch.no_grad():
        table = embeddings(encoder)[torch.from_numpy(rows)].clone()
    encoder.resize_token_embeddings(len(rows), mean_resizing=False)
    encoder.config.pad_token_id = number[old.pad_id]
    with torch.no_grad():
        embeddings(encoder).copy_(table)
    customs = tuple(Custom(custom.name, number[custom.marker]) for custom in spec.customs)
    cut_spec = replace(spec, customs=customs)
    shaped = OpinionModel.shaped({**model.config(), **cut_spec.extras()}, cut_spec)
    shaped.load_state_dict(model.state_dict())
    return shaped.eval()


def write_shaped(
    path: Path, bundle: Bundle, shaped: Shaped, name: str, precision: Precision
) -> Bundle:
    """Write a model of another shape as a bundle, with labels and calibration of the first.

    What was measured of the first one's answers besides its confidence is left out.

    Args:
        path: the folder that is to appear; a bundle that is there is replaced.
        bundle: that the model was made from.
        shaped: the model.
        name: of the new bundle.
        precision: of its weights.

    Raises:
        GuandianError: as `export_bundle`.
    """
    from guandian.export import export_bundle

    own = {NETWORK, WEIGHTS, LANGUAGE, *_MEASURED}
    files: dict[str, Path | bytes] = {
        file: bundle.file(file) for file in bundle.manifest.files if file not in own
    }
    if shaped.tokenizer is not None:
        files[TOKENIZER] = shaped.tokenizer
    labels: dict[str, Any] = {**bundle.manifest.labels, **shaped.model.spec.extras()}
    calibration = {k: v for k, v in bundle.manifest.calibration.items() if k != POLARITY}
    manifest = replace(
        bundle.manifest,
        name=name,
        labels=labels,
        model=shaped.model.config(),
        calibration=calibration,
        parity={},
    )
    pieces = Pieces.from_file(bundle.tokenizer)
    if shaped.tokenizer is not None:
        from tokenizers import Tokenizer

        pieces = Pieces(Tokenizer.from_buffer(shaped.tokenizer))
    return export_bundle(
        path,
        shaped.model,
        manifest=manifest,
        example=example_ids(pieces),
        files=files,
        precision=precision,
        overwrite=True,
    )
