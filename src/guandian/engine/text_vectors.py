"""A bundle's encoder as vectors of whole texts: the mean of its last hidden states, no torch."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from guandian.bundle import Bundle
from guandian.engine.protobuf import field, fields
from guandian.engine.session import ERRORS_ONLY, FOLDER_ENTRY
from guandian.errors import BundleError

_GRAPH, _NODE, _OUTPUT = 7, 1, 12
_INPUTS, _OUTPUTS, _KIND = 1, 2, 4
"""Numbers of fields in the ONNX format, which is kept for good."""
_FROM, _MEAN = "sentiment", "ReduceMean"


class TextVectors:
    """Runs the encoder of a bundle; `run` may be called from several threads at once.

    Args:
        session: whose only output that is asked for is `name`.
        name: of the array of means.
    """

    def __init__(self, session: ort.InferenceSession, name: str) -> None:
        self._session, self._name = session, name
        self._input: str = session.get_inputs()[0].name

    @classmethod
    def open(cls, bundle: Bundle, threads: int = 1) -> TextVectors:
        """Open the network once more, with the mean that its sentiment is read from as an output.

        Raises:
            BundleError: the network has no such mean, or cannot be loaded.
        """
        network, name = with_vectors(bundle)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        options.enable_mem_pattern = False
        options.add_session_config_entry(FOLDER_ENTRY, str(bundle.network.parent))
        try:
            session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise BundleError(
                f"ONNX Runtime {ort.__version__} cannot load {bundle.network}: {error}",
                "update with `pip install --upgrade onnxruntime`, or export the bundle again",
            ) from error
        return cls(session, name)

    def run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The means [B, H] of texts of equal length.

        Args:
            ids: token ids [B, N], special tokens included.
        """
        (means,) = self._session.run([self._name], {self._input: np.ascontiguousarray(ids)})
        return np.asarray(means, dtype=np.float32)


def with_vectors(bundle: Bundle, network: bytes | None = None) -> tuple[bytes, str]:
    """A bundle's network with the mean that its sentiment is read from as an output, by its name.

    `network` is its content, where something was put into it.

    Raises:
        BundleError: the network has no such mean.
    """
    network = bundle.network.read_bytes() if network is None else network
    name = _mean_of(network)
    if name is None:
        raise BundleError(
            f"{bundle.manifest.id} gives no vectors of texts: its sentiment is not read from a"
            " mean of hidden states",
            "load another model",
        )
    return _with_output(network, name), name


def _mean_of(network: bytes) -> str | None:
    """The name of the array that the sentiment is read from, None where there is none."""
    makers: dict[str, tuple[str, list[str]]] = {}
    for number, graph, _ in fields(memoryview(network)):
        if number != _GRAPH or graph is None:
            continue
        for kind, node, _ in fields(graph):
            if kind == _NODE and node is not None:
                parts = [
                    (key, bytes(value).decode())
                    for key, value, _ in fields(node)
                    if value is not None and key <= 4
                ]
                made = [value for key, value in parts if key == _OUTPUTS]
                takes = [value for key, value in parts if key == _INPUTS]
                does = next((value for key, value in parts if key == _KIND), "")
                makers |= dict.fromkeys(made, (does, takes))
    name = _FROM
    while name in makers:
        does, takes = makers[name]
        if does == _MEAN:
            return name
        if not takes:
            break
        name = takes[0]
    return None


def _with_output(network: bytes, name: str) -> bytes:
    """The network with one more output: messages that are put together are merged."""
    output = field(_OUTPUT, field(1, name.encode()))
    return network + field(_GRAPH, output)
