"""A bundle's network with room for adapters: each row of a batch brings its own, or none.

Behind the last linear maps of the highest layers, and behind the map that the heads read from,
stand x + gelu(x down + bias) up with `down`, `bias` and `up` as inputs, a matrix a row. So rows of
several tenants are read in one pass, and the weights of the base are in memory once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from guandian.bundle import Bundle
from guandian.bundle.adapter import Detour, TenantAdapter
from guandian.engine.protobuf import field, fields, whole_field
from guandian.errors import BundleError

Floats = NDArray[np.float32]
RESIDUAL_PLACES = 4
"""Maps of the encoder that an adapter may stand behind: attention's and the feed-forward's last
ones of the two highest layers. More layers take longer than 1.05 of the base's time."""
_READING = "heads.reading"
# Numbers of fields of ONNX: of a model, of a graph, of a node.
_GRAPH = 7
_NODE, _INPUT = 1, 11
_TAKES, _GIVES, _KIND = 1, 2, 4
_BIAS = ".bias"
_PARTS = ("down", "bias", "up")


class AdapterPlace(NamedTuple):
    """Where an adapter may stand.

    Attributes:
        name: of the linear map.
        width: W, of its output.
    """

    name: str
    width: int


class AdaptedNetwork(NamedTuple):
    """A network with inputs for adapters.

    Attributes:
        content: the ONNX file.
        places: in the order of the inputs.
    """

    content: bytes
    places: tuple[AdapterPlace, ...]


class _Node(NamedTuple):
    kind: str
    takes: list[str]
    gives: list[str]


def with_adapters(bundle: Bundle, network: bytes) -> AdaptedNetwork:
    """Put inputs for adapters into a network.

    Args:
        bundle: whose weights the network reads.
        network: its content.

    Raises:
        BundleError: it has no place for them: its maps have no biases by name.
    """
    outputs = _places(network)
    if not outputs:
        raise BundleError(
            f"{bundle.manifest.id} has no place for adapters: none of its last maps has a bias",
            "serve it without --adapters, or a bundle of the BERT family",
        )
    with safe_open(bundle.weights, framework="numpy") as file:
        widths = {name: file.get_slice(name + _BIAS).get_shape()[0] for name in outputs}
    places = tuple(AdapterPlace(name, int(widths[name])) for name in outputs)
    numbers = {output: k for k, output in enumerate(outputs.values())}
    content = b"".join(
        field(_GRAPH, _with_detours(part.content, numbers))
        if part.number == _GRAPH and part.content is not None
        else bytes(part.raw)
        for part in fields(memoryview(network))
    )
    inputs = b"".join(
        field(_INPUT, _value_info(_input(part, k))) for k in range(len(places)) for part in _PARTS
    )
    # A second graph in the message is merged into the first, its inputs behind those there.
    return AdaptedNetwork(content + field(_GRAPH, inputs), places)


class AdapterInputs:
    """What the rows of batches bring: arrays [B, W, r], [B, 1, r] and [B, r, W] a place.

    B is 1 where all rows bring the same; r is the widest of theirs, and rows with less, or with
    nothing, are filled up with zeros, which add nothing. Each thread writes into arrays of its own
    again and again: fresh ones of that size cost more than what is copied into them.

    Args:
        places: of the network.
    """

    def __init__(self, places: Sequence[AdapterPlace]) -> None:
        self._places = tuple(places)
        self._names = [[_input(part, k) for part in _PARTS] for k in range(len(places))]
        self._own = threading.local()
        self._nothing = [
            Detour(
                np.zeros((spot.width, 1), np.float32),
                np.zeros(1, np.float32),
                np.zeros((1, spot.width), np.float32),
            )
            for spot in places
        ]

    def of(self, adapters: Sequence[TenantAdapter | None]) -> dict[str, Floats]:
        """The arrays of a batch; they hold until the thread asks again.

        Args:
            adapters: by row; None where the base alone answers.
        """
        arrays: dict[str, Floats] = {}
        alike = all(adapter is adapters[0] for adapter in adapters)
        for k, spot in enumerate(self._places):
            detours = [
                (None if adapter is None else adapter.detours.get(spot.name)) or self._nothing[k]
                for adapter in (adapters[:1] if alike else adapters)
            ]
            parts = _alone(detours[0]) if alike else self._stacked(k, detours)
            arrays |= zip(self._names[k], parts, strict=True)
        return arrays

    def _stacked(self, k: int, detours: Sequence[Detour]) -> tuple[Floats, Floats, Floats]:
        rank = max(len(detour.bias) for detour in detours)
        down, bias, up = self._room(k, len(detours), rank)
        for row, detour in enumerate(detours):
            own = len(detour.bias)
            down[row, :, :own], bias[row, 0, :own], up[row, :own] = (
                detour.down,
                detour.bias,
                detour.up,
            )
            if own < rank:
                down[row, :, own:] = bias[row, 0, own:] = up[row, own:] = 0
        return down, bias, up

    def _room(self, k: int, rows: int, rank: int) -> tuple[Floats, Floats, Floats]:
        """Arrays of this thread for so many rows at a place."""
        held: dict[tuple[int, int], tuple[Floats, Floats, Floats]]
        held = self._own.__dict__.setdefault("held", {})
        room = held.get((k, rank))
        if room is None or len(room[0]) < rows:
            width = self._places[k].width
            shapes = ((rows, width, rank), (rows, 1, rank), (rows, rank, width))
            down, bias, up = (np.empty(shape, np.float32) for shape in shapes)
            held[k, rank] = room = down, bias, up
        down, bias, up = room
        return down[:rows], bias[:rows], up[:rows]


def refuse_misplaced(adapter: TenantAdapter, places: Sequence[AdapterPlace]) -> None:
    """Refuse an adapter that stands where a network has no place for it.

    Raises:
        BundleError: it does, or its maps have another width.
    """
    widths: Mapping[str, int] = dict(places)
    for name, detour in adapter.detours.items():
        if widths.get(name) != len(detour.down):
            raise BundleError(
                f"the adapter {adapter.id} stands behind {name} of width {len(detour.down)}, where "
                f"this network takes none",
                'train it with method.kind = "adapter", method.layers = 2, method.heads = false',
            )


def _alone(detour: Detour) -> tuple[Floats, Floats, Floats]:
    return detour.down[None], detour.bias[None, None], detour.up[None]


def _places(network: bytes) -> dict[str, str]:
    """The last residual maps and the heads' reading: name of the map, name of its output."""
    outputs: dict[str, str] = {}
    nodes = [
        _node(part.content)
        for graph in fields(memoryview(network))
        if graph.number == _GRAPH and graph.content is not None
        for part in fields(graph.content)
        if part.number == _NODE and part.content is not None
    ]
    for node in nodes:
        biases = [name for name in node.takes if name.endswith(_BIAS)]
        if node.kind == "Add" and len(biases) == 1:
            outputs[biases[0].removesuffix(_BIAS)] = node.gives[0]
    added = {
        name
        for node in nodes
        if node.kind == "Add" and not any(name.endswith(_BIAS) for name in node.takes)
        for name in node.takes
    }
    residual = [name for name, output in outputs.items() if output in added]
    inside = [name for name in residual if not name.startswith("heads.")]
    chosen = inside[-RESIDUAL_PLACES:]
    return {name: outputs[name] for name in (*chosen, *({_READING} & outputs.keys()))}


def _with_detours(graph: memoryview, numbers: Mapping[str, int]) -> bytes:
    """A graph whose maps of those outputs are followed by their detours."""
    parts = []
    for part in fields(graph):
        gives = _node(part.content).gives if part.number == _NODE and part.content else []
        number = numbers.get(gives[0]) if gives else None
        if number is None or part.content is None:
            parts.append(bytes(part.raw))
        else:
            parts += _detour(part.content, gives[0], number)
    return b"".join(parts)


def _detour(node: memoryview, output: str, k: int) -> list[bytes]:
    """A map's node, now of another output, and the nodes between that and the old one."""
    plain = f"{output}/plain"
    moved = b"".join(
        field(_GIVES, plain.encode()) if part.number == _GIVES else bytes(part.raw)
        for part in fields(node)
    )
    down, bias, up = (_input(part, k) for part in _PARTS)
    low, shifted, bent, high = (f"{output}/{step}" for step in ("low", "shifted", "bent", "high"))
    return [
        field(_NODE, moved),
        _written_node("MatMul", (plain, down), low),
        _written_node("Add", (low, bias), shifted),
        _written_node("Gelu", (shifted,), bent),
        _written_node("MatMul", (bent, up), high),
        _written_node("Add", (plain, high), output),
    ]


def _written_node(kind: str, takes: Sequence[str], gives: str) -> bytes:
    inputs = b"".join(field(_TAKES, name.encode()) for name in takes)
    return field(_NODE, inputs + field(_GIVES, gives.encode()) + field(_KIND, kind.encode()))


def _node(content: memoryview) -> _Node:
    kind, takes, gives = "", [], []
    for part in fields(content):
        if part.content is None or part.number not in (_TAKES, _GIVES, _KIND):
            continue
        text = bytes(part.content).decode()
        if part.number == _TAKES:
            takes.append(text)
        elif part.number == _GIVES:
            gives.append(text)
        else:
            kind = text
    return _Node(kind, takes, gives)


def _input(part: str, k: int) -> str:
    return f"adapter/{part}/{k}"


def _value_info(name: str) -> bytes:
    """A float32 input of three dimensions of any size."""
    free = field(1, b"")  # a dimension that says nothing of itself
    tensor = whole_field(1, 1) + field(2, free * 3)  # of type 1, FLOAT
    return field(1, name.encode()) + field(2, field(1, tensor))
