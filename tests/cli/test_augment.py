from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.tiny_base import FILE
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.data import read
from guandian.data.augmentation.chat_translator import Endpoint
from guandian.errors import GuandianError
from guandian.text.edits import spans


def augment(*args: str) -> str:
    """What the command prints.

    Raises:
        Whatever the command raises.
    """
    done = CliRunner().invoke(app, ["data", "augment", *args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_the_copies_are_labelled_reviews_with_the_text_they_were_made_from(tmp_path: Path) -> None:
    out = tmp_path / "more.jsonl"
    kinds = [part for kind in ("synonyms", "swap") for part in ("--kind", kind)]
    told = augment(str(FILE), "-o", str(out), *kinds, "--times", "2", "--seed", "3")
    originals = {record.text: record for record in read("guandian", FILE)}
    copies = list(read("guandian", out))
    assert re.search(rf"60 条评论 reviews, \d+ 条可改写 changed, {len(copies)} 条副本 copies", told)
    assert len(copies) > 60
    for copy in copies:
        before = originals[copy.original]
        assert len(spans(copy)) == len(spans(before))
        assert [q.polarity for q in copy.quads or ()] == [q.polarity for q in before.quads or ()]
    first = out.read_bytes()
    with pytest.raises(GuandianError, match=r"already exists\n.*--overwrite"):
        augment(str(FILE), "-o", str(out), "--kind", "swap")
    augment(str(FILE), "-o", str(out), *kinds, "--times", "2", "--seed", "3", "--overwrite")
    assert out.read_bytes() == first


def test_similar_words_come_from_the_vectors_that_are_named(tmp_path: Path) -> None:
    vectors, rows, out = (tmp_path / name for name in ("v.txt", "in.jsonl", "out.jsonl"))
    vectors.write_text("昨天 1 0\n今天 1 0.1\n", encoding="utf-8")
    texts = ("昨天到的😀", "今天退的😀")
    rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    augment(str(rows), "-o", str(out), "--kind", "similar", "--vectors", str(vectors))
    assert [r.text for r in read("guandian", out)] == ["今天到的😀", "昨天退的😀"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--kind", "synonym"), r"no --kind synonym\n.*synonyms, .*paraphrase"),
        (("--kind", "similar"), r"--vectors and --kind similar go together"),
        (("--kind", "swap", "--key-variable", "KEY"), r"asked for reads --key-variable"),
        (
            ("--kind", "translate", "--endpoint", "http://x", "--model", "m", "--share", "0.2"),
            r"asked for reads --share",
        ),
        (("--kind", "swap", "--kind", "translate"), "--kind translate stands alone"),
        (("--kind", "translate"), r"needs a translator.*\n.*--translator zh-en=FOLDER"),
        (("--kind", "translate", "--endpoint", "http://127.0.0.1:1"), "--endpoint and --model go"),
        (("--kind", "swap", "--translator", "zh-en=x"), "asks no translator"),
    ],
)
def test_what_does_not_go_together_is_refused(
    tmp_path: Path, args: Sequence[str], told: str
) -> None:
    with pytest.raises(GuandianError, match=told):
        augment(str(FILE), "-o", str(tmp_path / "out.jsonl"), *args)
    assert not list(tmp_path.iterdir())


def test_a_file_without_reviews_or_without_copies_is_told(tmp_path: Path) -> None:
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    unchanged = r"not one of the 1 review.*\n.*--kind: synonyms, similar, delete, homophones"
    for text, told in (("", "holds no review"), ('{"text": "😀"}\n', unchanged)):
        rows.write_text(text, encoding="utf-8")
        with pytest.raises(GuandianError, match=told):
            augment(str(rows), "-o", str(out), "--kind", "swap")
        assert not out.exists()
    rows.write_text('{"txt": "😀"}\n', encoding="utf-8")
    with pytest.raises(GuandianError, match="line 1: unknown key 'txt'"):
        augment(str(rows), "-o", str(out), "--kind", "swap")


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), GuandianError("gone")])
def test_what_was_made_before_a_stop_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    asked: list[str] = []

    def answer(self: Endpoint, texts: Sequence[str], source: str, target: str) -> list[str]:
        if asked:
            raise failure
        asked.extend(texts)
        return [f"真{text}" for text in texts]

    monkeypatch.setattr(Endpoint, "translate", answer)
    out = tmp_path / "out.jsonl"
    done = CliRunner().invoke(
        app,
        ["data", "augment", str(FILE), "-o", str(out), "--kind", "paraphrase",
         "--endpoint", "http://127.0.0.1:1/v1", "--model", "small"],
    )  # fmt: skip
    assert done.exit_code in (1, 130)
    if done.exit_code == 130:
        assert "the copies made so far are written; 重新开始 begin again with: " in done.stderr
    kept = list(read("guandian", out))
    assert kept
    assert all("真" in copy.text for copy in kept)
