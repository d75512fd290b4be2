"""Models without weights: tensors of a shape, a type and a device, with nothing behind them."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from guandian.modeling.model import OpinionModel

_ANY = 1.0
"""What a value that nobody computed is taken for."""


class Weightless(OpinionModel):
    """An `OpinionModel` of fake tensors; only shapes are computed, whatever its size."""

    def to(self, *_: Any, **__: Any) -> Self:
        """The model itself, where it was made for; what a method added for real is faked too."""
        fake = cast(FakeTensor, next(self.heads.parameters())).fake_mode
        for module in self.modules():
            for held in (module._parameters, module._buffers):
                for name, value in cast(dict[str, Any], held).items():
                    if value is not None and not _is_fake(value):
                        held[name] = cast(Any, fake.from_tensor(value))
        return self


@contextmanager
def weightless(device: torch.device) -> Iterator[None]:
    """While this is open, tensors and modules are made without memory, as if on the device."""
    with FakeTensorMode(allow_non_fake_inputs=True), device, Meter():
        yield


class Meter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While this is open, counts operations, and the bytes of what is made until it is gone.

    Fake tensors count what real ones would take. A program that asks one for its value is told 1,
    so that a training step runs on them as it is. Operations are those of matrices and attention,
    by torch's own formulas; a multiplication and an addition are two.

    Attributes:
        now: bytes at this moment.
        peak: the most bytes at any moment.
        flops: floating-point operations until now.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = self.flops = 0
        self._count = self._peaked = 0
        self._made: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    def at_peak(self, tensors: Sequence[Tensor]) -> int:
        """Bytes of those of the tensors, all still there, that were there at the peak."""
        storages = {tensor.untyped_storage() for tensor in tensors}
        return sum(
            s.nbytes() for s in storages if self._made.get(s, self._count + 1) <= self._peaked
        )

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call the operator and count what it does and makes."""
        if func is torch.ops.aten._local_scalar_dense.default and _is_fake(args[0]):
            return _ANY
        if func is torch.ops.aten.index.Tensor:
            args = (args[0], _numbered(args[1]))
        answer = func(*args, **(kwargs or {}))
        if formula := flop_registry.get(func.overloadpacket):
            self.flops += formula(*args, **(kwargs or {}), out_val=answer)
        for value in tree_leaves(answer):
            if isinstance(value, Tensor):
                self._note(value.untyped_storage())
        return answer

    def _note(self, storage: Any) -> None:
        if storage in self._made:
            return
        self._count += 1
        self._made[storage] = self._count
        size = storage.nbytes()
        self.now += size
        if self.now > self.peak:
            self.peak, self._peaked = self.now, self._count
        weakref.finalize(storage, self._gone, size)

    def _gone(self, size: int) -> None:
        self.now -= size


def _is_fake(tensor: Tensor) -> bool:
    return isinstance(tensor, FakeTensor)


def _numbered(indices: Sequence[Tensor | None]) -> list[Tensor | None]:
    """Real masks as the rows that they choose: fake tensors need to know how many these are."""
    found: list[Tensor | None] = []
    for index in indices:
        if index is not None and index.dtype is torch.bool and not _is_fake(index):
            found += index.nonzero(as_tuple=True)
        else:
            found.append(index)
    return found
