from __future__ import annotations

import pytest

from guandian.bundle import Bundle, Manifest
from guandian.export import export_bundle
from guandian.modeling.model import OpinionModel

from .tiny import some_ids, tiny_model


@pytest.fixture(scope="session")
def model() -> OpinionModel:
    return tiny_model()


@pytest.fixture(scope="session")
def bundle(model: OpinionModel, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny model, exported once for all tests of this folder; nobody may change it."""
    return export_bundle(
        tmp_path_factory.mktemp("bundles") / "tiny",
        model,
        manifest=Manifest("tiny", "0.0.1", tasks=("opinions",), model=model.config()),
        example=some_ids(3, 17),
        files={"tokenizer.json": b"{}", "card.md": "小模型\n".encode()},
    )
