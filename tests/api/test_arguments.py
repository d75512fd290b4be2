"""What does not fit an argument is refused in Python's words, before anything is done."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import guandian
from guandian import api
from guandian.api import Model
from guandian.api.arguments import refuse_misfits
from guandian.errors import GuandianError

RECIPE = {"name": "own", "base": {"model": "guandian-small"}, "data": [{"corpus": "gone.jsonl"}]}


@pytest.fixture(scope="module")
def model() -> Model:
    return guandian.open(threads=1)


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arguments") / "reviews.csv"
    path.write_text("评价,型号\n屏幕很清晰😀,X2\n电池不耐用,X3\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("argument", "value", "told"),
    [
        ("format", "cvs", "did you mean 'csv'"),
        ("hidden", "x", "choose one of: read, skip"),
        ("on_error", "skp", "did you mean 'skip'"),
        ("engine", "rya", "did you mean 'ray'"),
        ("header", "1", "give bool"),
        ("header", 9, "give bool"),
        ("header_rows", 2, r"give tuple\[int, int\] \| None"),
        ("header_rows", (1, 2, 3), r"give tuple\[int, int\] \| None"),
        ("header_rows", (0, 0), r"=\(0, 0\) is no row .*\n.* such as header_rows=\(3, 3\)"),
        ("header_rows", (9, 9), r"asked for with header_rows=\)"),
        ("header_row", 2, "no argument 'header_row'\n  did you mean 'header_rows'"),
        ("delimiter", 5, r"give str \| None"),
        ("limit", "3", "limit='3' does not fit"),
        ("limit", -1, r"give int >= 0 \| None"),
        ("limit", True, "limit=True does not fit"),
        ("workers", 0, r"give int >= 1 \| None"),
        ("columns", ["评价"], r"give dict\["),
        ("columns", "评价", r"give dict\["),
        ("columns", {"text": None}, r"give dict\["),
        ("columns", {"txet": "评价"}, "did you mean 'text'"),
    ],
)  # fmt: skip
def test_a_file_is_mined_as_asked_or_not_at_all(
    model: Model, reviews: Path, argument: str, value: object, told: str
) -> None:
    mine: Callable[..., object] = model.mine_file
    with pytest.raises(GuandianError, match=told):
        mine(reviews, **{argument: value})


def test_what_fits_goes_through(model: Model, reviews: Path) -> None:
    mine: Callable[..., api.MinedReviews] = model.mine_file
    found = mine(reviews, np.int64(1), {"text": 1, "product": "型号"}, header_rows=[1, 1])
    assert [one.review.product for one in found] == ["X2"]
    assert len(mine(str(reviews), columns={"text": ["评价", 2]}, format="csv", header=True)) == 2


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda _: guandian.open(3), r"bundle=3 does not fit\n  give str \| Path \| None"),
        (lambda _: guandian.open(""), "no bundle at"),
        (lambda _: guandian.open("a\0b"), "does not fit"),
        (lambda _: guandian.open(threads=0), r"give int >= 1 \| None"),
        (lambda _: guandian.open(thread=2), "did you mean 'threads'"),
        (lambda _: guandian.open(precision="0.9"), r"give float \| None"),
        (lambda _: guandian.open(precision=0.9, precision_of="whol"), "did you mean 'whole'"),
        (lambda _: guandian.open(promises="p.json"), r"say precision=0\.9,"),
        (lambda _: guandian.run(None), "folder=None does not fit"),
        (lambda _: guandian.run("none"), r"`guandian\.runs\(FOLDER\)` shows"),
        (lambda _: api.Run(3), "folder=3 does not fit"),
        (lambda _: guandian.runs(3), "folders=3 does not fit"),
        (lambda _: guandian.compare(["a", "b"]), r"give str \| Path \| Run"),
        (lambda _: guandian.compare("a", "b", seed=-1), "give int >= 0"),
        (lambda _: guandian.compare("a", "b", parts="dev"), "name data too"),
        (lambda file: guandian.compare("a", "b", data=file, parts="tset"), "has no parts"),
        (lambda _: guandian.train(RECIPE, seeds=3), r"give list\[int\] \| None"),
        (lambda _: guandian.train(RECIPE, seeds="12"), r"give list\[int\] \| None"),
        (lambda _: guandian.train(RECIPE, mode="nwe"), "did you mean 'new'"),
        (lambda _: guandian.train(RECIPE, track="wandb"), r"give list\[str\]"),
        (lambda _: guandian.train(RECIPE, changes={1: 2}), r"give dict\[str, Any\] \| None"),
        (lambda _: guandian.average("runs/a"), r"give list\[str \| Path \| Run\]"),
        (lambda _: guandian.average(["a", 3]), r"give list\[str \| Path \| Run\]"),
        (lambda _: guandian.compress("a", rungs=3), "rungs=3 does not fit"),
        (lambda _: guandian.compress("a", rungs="int9"),
         r'e\.g\. rungs="int4,layers-4\+int4\+aware"'),
        (lambda _: guandian.compress("a", tokens=-1), "give int >= 0"),
    ],
)  # fmt: skip
def test_every_public_function_refuses(
    call: Callable[[Path], object], told: str, reviews: Path
) -> None:
    with pytest.raises(GuandianError, match=told):
        call(reviews)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (["好用", None], "number 2 .* NoneType\n  give texts, or dicts with a text$"),
        ([{"text": "好用"}, None], "number 2 .* NoneType\n  give texts, or dicts with a text$"),
        (["好用", {"text": "好"}], "number 2 .* dict\n  .*, not both$"),
        (3, r"frame\.to_dict"),
    ],
)
def test_what_cannot_be_mined_is_named(model: Model, what: object, told: str) -> None:
    mine: Callable[[object], object] = model.mine
    with pytest.raises(GuandianError, match=told):
        mine(what)


def test_a_summary_refuses(model: Model) -> None:
    found = model.mine(["屏幕很清晰😀"])
    with pytest.raises(
        GuandianError, match=r'`guandian evaluate .*`, then measured="measured.json"'
    ):
        found.summary(measured="none.json")
    with pytest.raises(GuandianError, match="give int >= 0"):
        found.summary(listed=-1)


def test_every_public_function_knows_its_annotations() -> None:
    """One without them, or with a kind that is not known, would let everything through or fail."""
    public = [getattr(api, name) for name in api.__all__]
    within = [vars(one) for one in public if inspect.isclass(one)]
    methods = [one for names in within for one in names.values() if hasattr(one, "__wrapped__")]
    functions = [one for one in public if inspect.isfunction(one)]
    assert len(functions) == 7 and len(methods) > 8
    for speaking in functions + methods:
        function = inspect.unwrap(speaking)
        named = [*inspect.signature(function).parameters.values()]
        for one in (one for one in named if one.name not in ("self", "layout", "what")):
            kwargs = {} if one.kind is one.VAR_POSITIONAL else {one.name: object()}
            args = () if kwargs else (object(),)
            with pytest.raises(GuandianError, match=r"does not fit|is no choice"):
                refuse_misfits(function, args, kwargs)
