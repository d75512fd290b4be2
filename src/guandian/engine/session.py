"""The one compute path of mining: an ONNX Runtime session set up for steady memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from guandian.bundle import Bundle
from guandian.bundle.adapter import TenantAdapter
from guandian.engine.adapted_network import AdapterInputs, AdapterPlace, with_adapters
from guandian.errors import BundleError
from guandian.tasks.inference import VECTORS

ERRORS_ONLY = 3
FOLDER_ENTRY = "session.model_external_initializers_file_folder_path"


class Engine:
    """Runs a bundle's network; `run` may be called from several threads at once.

    An answer does not depend on its batch, its order or the number of threads (within 1e-5).

    Attributes:
        outputs: the names of the arrays that `run` gives.
        places: where adapters may stand, none unless it was opened with them.
    """

    def __init__(self, session: ort.InferenceSession, places: Sequence[AdapterPlace] = ()) -> None:
        self._session = session
        self._input: str = session.get_inputs()[0].name
        self.outputs: tuple[str, ...] = tuple(output.name for output in session.get_outputs())
        self.places = tuple(places)
        self._adapters = AdapterInputs(self.places)
        self._bare = self._adapters.of([None])

    @classmethod
    def open(
        cls,
        bundle: Bundle,
        threads: int | None = None,
        *,
        vectors: bool = False,
        adapters: bool = False,
    ) -> Engine:
        """Load the network of a bundle.

        Args:
            bundle: already checked by `Bundle.open`.
            threads: how many threads one call of `run` uses; None = all usable cores. Callers
                that run several batches at once do best with 1.
            vectors: whether `run` gives the vectors of the texts too, [B, H] under `VECTORS`.
            adapters: whether `run` takes adapters.

        Raises:
            BundleError: when ONNX Runtime refuses the network, or it has no place for adapters.
        """
        if not (vectors or adapters):
            return cls.of_network(bundle.network, threads)
        network, name = bundle.network.read_bytes(), ""
        places: tuple[AdapterPlace, ...] = ()
        if adapters:
            network, places = with_adapters(bundle, network)
        if vectors:
            from guandian.engine.text_vectors import with_vectors

            network, name = with_vectors(bundle, network)
        engine = cls(_session(network, threads, bundle.network.parent), places)
        engine.outputs = tuple(VECTORS if output == name else output for output in engine.outputs)
        return engine

    @classmethod
    def of_network(cls, network: Path | bytes, threads: int | None = None) -> Engine:
        """As `open`, of an ONNX file with its external data beside it, or of a whole network."""
        return cls(_session(network, threads))

    def run(
        self, ids: NDArray[np.int64], adapters: Sequence[TenantAdapter | None] = ()
    ) -> dict[str, NDArray[np.float32]]:
        """One forward pass.

        Args:
            ids: token ids [B, N] of texts of equal length, special tokens included, no padding.
            adapters: by row; None where the base alone answers, as where none are given.

        Returns:
            The arrays that the bundle's tasks describe, by name; logits, float32.

        Raises:
            ValueError: when `ids` is not a matrix with at least one row, or adapters are given
                to an engine that takes none, or not one a row.
        """
        if ids.ndim != 2 or not len(ids):
            raise ValueError(f"ids must be [B, N] with B at least 1, got {ids.shape}")
        inputs: dict[str, NDArray[np.int64] | NDArray[np.float32]] = dict(self._bare)
        if any(adapter is not None for adapter in adapters):
            if not self.places or len(adapters) != len(ids):
                raise ValueError(f"{len(adapters)} adapters for {len(ids)} rows")
            inputs |= self._adapters.of(adapters)
        # ONNX Runtime refuses any type but that of the graph's input, int32 too.
        inputs[self._input] = np.ascontiguousarray(ids, np.int64)
        arrays = self._session.run(None, inputs)
        return dict(zip(self.outputs, arrays, strict=True))


def _session(
    network: Path | bytes, threads: int | None, folder: Path | None = None
) -> ort.InferenceSession:
    """Load a network; `folder` is where the external data of one in memory lie.

    Raises:
        BundleError: ONNX Runtime refuses it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or usable_cores()
    if folder is not None:
        options.add_session_config_entry(FOLDER_ENTRY, str(folder))
    # The graph is one chain: operators side by side would only wait for each other.
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    # Plans kept for every shape seen would grow with the number of lengths.
    options.enable_mem_pattern = False
    # Threads that spin while they wait starve other work on small machines.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = ort.InferenceSession(
            network,
            options,
            providers=["CPUExecutionProvider"],
            # Slower on CPUs than the addition and the normalisation that it replaces.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
    except Exception as error:
        subject = network if isinstance(network, Path) else "the network"
        raise BundleError(
            f"ONNX Runtime {ort.__version__} cannot load {subject}: {error}",
            "update with `pip install --upgrade onnxruntime`, or export the bundle again",
        ) from error
    return session


def usable_cores() -> int:
    """The number of cores that this process may use."""
    # In a container the cores of the machine are more than those that may be used.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
