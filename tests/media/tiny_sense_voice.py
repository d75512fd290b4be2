"""A tiny network in the form of SenseVoice: it hears 好 in a loud frame, nothing in a quiet one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_TOKENS = ("<blank>", "<s>", "</s>", "<unk>", "▁", "好")
_WIDTH = 560
_LOUD = 4.0
"""Of the mean logarithm of energies over all bands."""


def make_tiny(folder: Path, **stated: str) -> Path:
    """Write `model.onnx` and `tokens.txt`.

    Args:
        folder: made where it is not there.
        stated: replaces what the network states of itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros((_WIDTH, len(_TOKENS)), np.float32)
    weights[:, -1] = 1 / _WIDTH
    bias = np.full(len(_TOKENS), -100, np.float32)
    bias[0], bias[-1] = _LOUD, 0
    before = np.eye(len(_TOKENS), dtype=np.float32)[None, 1:5]
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "weights"], ["mean"]),
            helper.make_node("Add", ["mean", "bias"], ["heard"]),
            # Four tokens stand before the others: language, emotion, event, marks.
            helper.make_node("Concat", ["before", "heard"], ["logits"], axis=1),
        ],
        "tiny",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "T", _WIDTH]),
            *(
                helper.make_tensor_value_info(name, TensorProto.INT32, [1])
                for name in ("x_length", "language", "text_norm")
            ),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "L", len(_TOKENS)])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(before, "before"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    numbers = {
        "vocab_size": len(_TOKENS), "lfr_window_size": 7, "lfr_window_shift": 6,
        "normalize_samples": 0, "with_itn": 14, "without_itn": 15, "lang_auto": 0, "lang_zh": 3,
        "lang_en": 4, "lang_yue": 7, "lang_ja": 11, "lang_ko": 12, "blank_id": 0, "version": 1,
    }  # fmt: skip
    words = {name: str(number) for name, number in numbers.items()}
    words |= {
        "neg_mean": ",".join(["0"] * _WIDTH), "inv_stddev": ",".join(["1"] * _WIDTH),
        "model_type": "sense_voice_ctc", "comment": "tiny",
    }  # fmt: skip
    helper.set_model_props(model, {k: v for k, v in (words | stated).items() if v})
    onnx.save(model, folder / "model.onnx")
    lines = (f"{token} {number}\n" for number, token in enumerate(_TOKENS))
    (folder / "tokens.txt").write_text("".join(lines), "utf-8")
    return folder
