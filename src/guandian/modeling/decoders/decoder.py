"""A language model with its tokenizer: opened, adapted, asked for log-probabilities, written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from guandian.errors import GuandianError, reason
from guandian.io.optional_libraries import needs
from guandian.modeling.encoders.layers import linear_maps
from guandian.modeling.encoders.quantised import (
    PACKAGE,
    dequantise,
    is_quantised,
    loading,
    quantiser,
    steady,
)
from guandian.modeling.fine_tuning import learned, load_learned, quiet
from guandian.recipes.methods import Dora, Full, Lora, Method

GGUF = ".gguf"


class Decoder(nn.Module):
    """A causal language model and the tokenizer that writes its conversations.

    Attributes:
        network: of transformers, or what peft has put around it.
        tokenizer: with a chat template.
        method: by which it learns.
        source: what it was opened from.
    """

    def __init__(self, network: nn.Module, tokenizer: Any, source: str) -> None:
        super().__init__()
        self.network = network
        self.tokenizer = tokenizer
        self.method: Method = Full()
        self.source = source

    def forward(self, row: tuple[Tensor, Tensor, Tensor], at: Tensor, by: Tensor) -> Tensor:
        """How likely tokens are, given those that the ones before them may see.

        Args:
            row: ids [N]; positions [N], the place of each token in its own example; [N, N] whether
                the token of a row may see that of a column.
            at: [M] indexes of the tokens that are asked for.
            by: [M] indexes of the tokens that foretell them.

        Returns:
            [M] natural logarithms, float32.
        """
        network: Any = self.network
        ids, positions, allowed = row
        kind = next(network.parameters()).dtype
        kind = torch.get_autocast_dtype(ids.device.type) if torch.is_autocast_enabled() else kind
        shut = torch.zeros(allowed.shape, dtype=kind, device=ids.device)
        shut = shut.masked_fill(~allowed, torch.finfo(kind).min)
        answer = network(
            input_ids=ids[None],
            position_ids=positions[None],
            attention_mask=shut[None, None],
            logits_to_keep=by,
            use_cache=False,
        )
        logits = answer.logits[0].float()
        chosen: Tensor = logits.log_softmax(-1).gather(-1, ids[at][:, None])
        return chosen[:, 0]

    @contextmanager
    def before_learning(self) -> Iterator[None]:
        """The network as it was opened, while the block runs: what was added says nothing.

        Raises:
            GuandianError: the method changes the weights themselves.
        """
        if self.method.kind == "full":
            raise GuandianError(
                "the network as it was is gone: all of its weights learn",
                "choose method.kind = lora",
            )
        with cast(Any, self.network).disable_adapter():
            yield


def open_decoder(source: str, kind: torch.dtype, *, four_bits: bool = False) -> Decoder:
    """Open a language model; nothing is fetched, and no code of it is run.

    Args:
        source: a folder, an id in the local Hugging Face cache, or a `.gguf` file.
        kind: that its weights are held in.
        four_bits: keep the layers' matrices in four bits.

    Raises:
        GuandianError: it holds no language model, no chat template, or a library is missing.
    """
    import transformers

    where: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    folder = source
    weights: dict[str, Any] = {"use_safetensors": True}
    if source.endswith(GGUF):
        needs("gguf", "gguf", "a .gguf file to learn from")
        folder = str(Path(source).parent)
        where["gguf_file"] = Path(source).name
        # Else its weights stay packed, which can neither be saved nor computed in half precision.
        weights = {"quantization_config": transformers.GgufConfig(dequantize=True)}
    how = loading(kind) if four_bits else {}
    try:
        with quiet_loading():
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **where)
            network = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=kind, **weights, **where, **how
            )
    except (OSError, ValueError, KeyError) as error:
        raise GuandianError(
            f"{source} holds no language model: {reason(error)}",
            "name a folder with config.json, safetensors and a tokenizer, or a .gguf file",
        ) from error
    if tokenizer.chat_template is None:
        raise GuandianError(
            f"the tokenizer of {source} has no chat template", "name a model that can chat"
        )
    if four_bits:
        steady(network)
    elif source.endswith(GGUF):
        _forget_bits(network)
    return Decoder(network, tokenizer, source)


def adapt_decoder(decoder: Decoder, method: Lora | Full) -> None:
    """Add what the method adds, and let it learn; the rest stays.

    Args:
        decoder: changed in place.
        method: LoRA or DoRA on the layers' linear maps, or every parameter.
    """
    decoder.method = method
    if isinstance(method, Full):
        decoder.requires_grad_(True)
        return
    if find_spec(PACKAGE) is not None:
        quantiser()  # peft imports it, quantised weights or not
    import peft

    decoder.requires_grad_(False)
    config = peft.LoraConfig(
        r=method.rank,
        lora_alpha=method.alpha,  # type: ignore[arg-type]
        lora_dropout=method.dropout,
        target_modules=linear_maps(decoder.network, method.where),
        use_dora=isinstance(method, Dora),
        task_type=peft.TaskType.CAUSAL_LM,
    )
    with quiet():
        decoder.network = cast(nn.Module, peft.get_peft_model(cast(Any, decoder.network), config))


def write_adapter(decoder: Decoder, folder: Path) -> None:
    """Write what was learned alone, with where its base is: transformers opens both as one.

    Args:
        decoder: adapted by LoRA or DoRA.
        folder: that is there.
    """
    tuned: Any = decoder.network
    source = decoder.source
    base = Path(source).absolute()
    config = tuned.peft_config["default"]
    config.base_model_name_or_path = str(base) if base.exists() else source
    tuned.save_pretrained(folder, safe_serialization=True)
    decoder.tokenizer.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty form


def write_whole_model(decoder: Decoder, folder: Path) -> None:
    """Fold what was learned into the weights, and write a folder that needs nothing else.

    Args:
        decoder: changed in place: it has no adapter afterwards, and no weights of four bits.
        folder: that is there.
    """
    if is_quantised(decoder.network):
        _dequantise(decoder)
    if decoder.method.kind != "full":
        decoder.network = cast(Any, decoder.network).merge_and_unload()
        decoder.method = Full()
    network: Any = decoder.network
    network.save_pretrained(folder, safe_serialization=True)
    decoder.tokenizer.save_pretrained(folder)


def turns(decoder: Decoder, messages: Sequence[dict[str, str]]) -> list[int]:
    """Write a conversation as tokens, up to where the answer begins.

    Args:
        decoder: whose chat template it is.
        messages: role and content of each turn.
    """
    written = decoder.tokenizer.apply_chat_template(
        list(messages), add_generation_prompt=True, tokenize=True, return_dict=True
    )
    return [int(token) for token in written["input_ids"]]


def answer_turn(decoder: Decoder, messages: Sequence[dict[str, str]], answer: str) -> list[int]:
    """Write an answer as the tokens that the model is to say, its end among them.

    As the chat template writes it where that only adds to the question; templates that write past
    turns in another way (without their thoughts, say) get the plain answer and the end of a turn.
    """
    question = turns(decoder, messages)
    tokenizer = decoder.tokenizer
    whole = tokenizer.apply_chat_template(
        [*messages, {"role": "assistant", "content": answer}], tokenize=True, return_dict=True
    )["input_ids"]
    ends = _ends(decoder)
    if whole[: len(question)] == question:
        said = [int(token) for token in whole[len(question) :]]
        last = max((k for k, token in enumerate(said) if token in ends), default=None)
        if last is not None:
            return said[: last + 1]
    plain = tokenizer(answer, add_special_tokens=False)["input_ids"]
    return [*(int(token) for token in plain), int(tokenizer.eos_token_id)]


def _ends(decoder: Decoder) -> set[int]:
    network: Any = decoder.network
    ends = network.generation_config.eos_token_id
    ends = list(ends) if isinstance(ends, list) else [ends]
    return {int(end) for end in (*ends, decoder.tokenizer.eos_token_id) if end is not None}


def _forget_bits(network: Any) -> None:
    """A network of weights that were made whole is like any other: it may be saved."""
    network.is_quantized = False
    network.hf_quantizer = None
    for name in ("_is_quantized", "quantization_method"):
        if hasattr(network, name):
            setattr(network, name, None)
    if hasattr(network.config, "quantization_config"):
        del network.config.quantization_config


def _dequantise(decoder: Decoder) -> None:
    """Weights of four bits become float32 below the adapter, so that nothing learned is rounded."""
    state, method = learned(decoder), decoder.method
    dequantise(decoder.network)
    decoder.network = cast(Any, decoder.network).unload()
    _forget_bits(decoder.network)
    adapt_decoder(decoder, cast(Lora, method))
    load_learned(decoder, state)


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Progress bars and advice of transformers stay away while the block runs."""
    import transformers

    logging: Any = transformers.utils.logging
    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
