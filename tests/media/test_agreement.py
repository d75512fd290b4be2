"""Whether a picture shows what a review says, with a real pair of networks made here.

The encoder of pictures gives the mean colour, that of texts the sum of the colours that words name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.media.drawn import Scripted, line, save

from guandian.cli.media.media_commands import agree_media
from guandian.domain import Language, Mined, Opinion, Polarity, Review, Span
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.errors import GuandianError
from guandian.files import read_mined, to_wire
from guandian.media import COLUMN, open_picture, read_picture
from guandian.media.agreement import OnnxPair, opinions_shown

onnx = pytest.importorskip("onnx", reason="the extra that makes networks is not installed")
COLOURS = {"red": (1, -1, -1), "blue": (-1, -1, 1), "green": (-1, 1, -1)}
PAIR = """
name = "colours"
side = 8
fit = "squash"
mean = [0.5, 0.5, 0.5]
deviation = [0.5, 0.5, 0.5]
length = 12
scale = 4.0
shows = "a picture of {words}"
contrasts = ["green", "blue"]
"""


def network(path: Path, nodes: list[Any], inputs: list[Any], output: str, *more: Any) -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    gives = [helper.make_tensor_value_info(output, kind, ["n", "d"])]
    graph = helper.make_graph(nodes, "net", inputs, gives, list(more))
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both networks, the tokenizer and the description."""
    import numpy as np
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("pair")
    node, value, kinds = onnx.helper.make_node, onnx.helper.make_tensor_value_info, onnx.TensorProto
    network(
        folder / "image.onnx",
        [
            node("GlobalAveragePool", ["pixel_values"], ["p"]),
            node("Flatten", ["p"], ["image_embeds"]),
        ],
        [value("pixel_values", kinds.FLOAT, ["n", 3, 8, 8])],
        "image_embeds",
    )
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {name: k for k, name in enumerate(COLOURS, 2)}
    table = np.array([(0, 0, 0), (0.01, 0.01, 0.01), *COLOURS.values()], np.float32)
    network(
        folder / "text.onnx",
        [
            node("Gather", ["table", "input_ids"], ["g"]),
            node("Cast", ["attention_mask"], ["c"], to=kinds.FLOAT),
            node("Unsqueeze", ["c", "last"], ["m"]),
            node("Mul", ["g", "m"], ["w"]),
            node("ReduceSum", ["w", "middle"], ["text_embeds"], keepdims=0),
        ],
        [value(name, kinds.INT64, ["n", 12]) for name in ("input_ids", "attention_mask")],
        "text_embeds",
        onnx.numpy_helper.from_array(table, "table"),
        onnx.numpy_helper.from_array(np.array([2]), "last"),
        onnx.numpy_helper.from_array(np.array([1]), "middle"),
    )
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "pair.toml").write_text(PAIR)
    return folder


def said(text: str, *words: str, id: str = "1") -> Mined:
    opinions = []
    for word in words:
        start = text.index(word)
        span = Span(start, start + len(word))
        opinions.append(Opinion(None, span, span, "overall", Polarity.NEGATIVE, 0.9, word))
    return Mined(id, Language.ENGLISH, UNKNOWN_SENTIMENT, tuple(opinions), (), (), "m@1")


def one_colour(path: Path, colour: tuple[int, int, int]) -> Path:
    from PIL import Image

    Image.new("RGB", (60, 40), colour).save(path)
    return path


def test_what_a_picture_shows_has_the_higher_score(pair: Path, tmp_path: Path) -> None:
    model = OnnxPair.open(pair)
    text = "😀 it came red, not blue"
    review, mined = Review("1", text), said(text, "red", "blue")
    red = open_picture(one_colour(tmp_path / "r.png", (255, 0, 0)))
    first, second = opinions_shown(review, mined, red, model)
    assert first.shown > 0.9 > 0.4 > second.shown
    assert first.cosine == pytest.approx(1, abs=1e-3) and first.opinion is mined.opinions[0]
    assert first.to_json(review)["evidence"] == {"start": 10, "end": 13, "text": "red"}
    blue = open_picture(one_colour(tmp_path / "b.png", (0, 0, 255)))
    first, second = opinions_shown(review, mined, blue, model)
    assert first.shown < 0.1 and second.shown == pytest.approx(0.5, abs=0.05)  # a contrast too
    assert second.contrast == "blue"
    assert opinions_shown(review, said(text), red, model) == []


def mined_file(tmp_path: Path, *, pictures: str = "r.png") -> Path:
    text = "it came red"
    review = Review("1", text, extra={"photos": pictures})
    plain = Review("2", "fine", extra={})
    lines = [to_wire(review, said(text, "red")), to_wire(plain, said("fine", "fine", id="2"))]
    path = tmp_path / "mined.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def test_scores_stand_beside_the_reviews_and_change_none(pair: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in (("r.png", (255, 0, 0)), ("b.png", (0, 0, 255))):
        one_colour(folder / name, colour)
    mined = mined_file(tmp_path, pictures="r.png; b.png")
    was, out = mined.read_bytes(), tmp_path / "scores.jsonl"
    agree_media(mined, [folder], pair, out, column="photos", threads=1)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(row["id"], row["file"], row["model"]) for row in rows] == [
        ("1", "r.png", "colours"), ("1", "b.png", "colours"),
    ]  # fmt: skip
    right, wrong = (row["opinions"][0] for row in rows)
    assert right["shown"] > 0.9 > 0.1 > wrong["shown"] and right["evidence"]["text"] == "red"
    assert mined.read_bytes() == was


def test_a_review_out_of_a_picture_is_asked_about_that(pair: Path, tmp_path: Path) -> None:
    picture = open_picture(save(tmp_path / "a.png"))
    text, places = read_picture(picture, Scripted(line("red it is", 0, 75, 200, 100)))
    review = Review("a.png", text, extra={COLUMN: places.column()})
    mined = tmp_path / "mined.jsonl"
    mined.write_text(json.dumps(to_wire(review, said(text, "red", id="a.png"))), "utf-8")
    out = tmp_path / "scores.jsonl"
    agree_media(mined, [tmp_path / "a.png"], pair, out, threads=1)
    (row,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert row["sha256"] == picture.digest and len(row["opinions"]) == 1
    ((stored, answer),) = read_mined(mined)
    assert (stored.text, len(answer.opinions)) == (text, 1)


@pytest.mark.parametrize(
    ("named", "why"),
    [("../../etc/passwd", "is not among the pictures"), ("", "names a picture")],
)
def test_a_review_opens_no_file_that_was_not_named(
    pair: Path, tmp_path: Path, named: str, why: str
) -> None:
    one_colour(tmp_path / "r.png", (255, 0, 0))
    mined, out = mined_file(tmp_path, pictures=named), tmp_path / "scores.jsonl"
    with pytest.raises(GuandianError, match=why):
        agree_media(mined, [tmp_path / "r.png"], pair, out, column="photos", threads=1)
    assert not out.exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("contrasts = []", "contrasts"),
        ('shows = "a picture"', "needs {words}"),
        ("sides = 3", "sides"),
        ("side = 16", "do not run as"),
        ('text_input = "ids"', "takes input_ids, attention_mask"),
        ('image = "../image.onnx"', "no file of the folder itself"),
        ('image = "no.onnx"', "lacks no.onnx"),
        ('image = "tokenizer.json"', "cannot load"),
        ('tokenizer = "image.onnx"', "is no tokenizer"),
        ("x = [", "is no TOML"),
    ],
)
def test_a_folder_that_is_wrong_is_named(pair: Path, tmp_path: Path, change: str, why: str) -> None:
    folder = tmp_path / "changed"
    folder.mkdir()
    for path in pair.iterdir():
        (folder / path.name).symlink_to(path)
    key = change.partition(" ")[0]
    kept = [row for row in PAIR.splitlines() if not row.startswith(f"{key} ")]
    (folder / "pair.toml").unlink()
    (folder / "pair.toml").write_text("\n".join([*kept, change]))
    with pytest.raises(GuandianError, match=why):
        OnnxPair.open(folder)
    with pytest.raises(GuandianError, match=r"holds no pair\.toml"):
        OnnxPair.open(tmp_path)
