"""`guandian assist` from pairs and files to answers: what is trained is saved, asked and scored."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.assist.answers.shop_files import write_shop
from tests.cli.called import called
from tests.tiny_base import write_base

from guandian.assist.answers.answer_files import open_models
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.retriever import Retriever

WORDS = ["屏幕", "电池", "物流", "价格", "声音", "手感", "做工", "客服", "包装", "味道"]
ENDS = ["很好", "不错", "很快", "清晰", "便宜", "一般"]
QUESTIONS = [
    ("多久可以发货", "48小时"),
    ("七天内可以退货吗", "签收后七天内"),
    ("黑色羽绒服有货吗", "已经售完"),
    ("蓝色羽绒服还有货吗", "M码和L码"),
    ("怎么开发票呀", "电子发票"),
    ("满多少可以包邮", "满99元"),
    ("支持微信付款吗", "支付宝"),
    ("can I pay with paypal?", "credit cards"),
    ("how long does delivery take", "five working days"),
    ("加湿器怎么清洗", "白醋"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a shop's files, questions, past answers and what was trained on them."""
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder)
    asked = "".join(f"{question},{words}\n" for question, words in QUESTIONS)
    (folder / "asked.csv").write_text(f"question,answer\n{asked}", "utf-8")
    # The tiny base's words are single characters between blanks.
    pairs = [
        (" ".join(f"{word}{end}吗"), " ".join(f"{end}，{word}")) for word in WORDS for end in ENDS
    ]
    lines = "".join(f"{question},{answer}\n" for question, answer in pairs)
    (folder / "pairs.csv").write_text(f"question,answer\n{lines}", "utf-8")
    (folder / "base").mkdir()
    write_base(folder / "base")
    return folder


@pytest.fixture(scope="module")
def models(shop: Path) -> Path:
    """What the command trains."""
    out = shop / "models"
    done = called(
        "assist", "train", "--pairs", shop / "pairs.csv", "--base", shop / "base", "--epochs", 1,
        "-o", out, language="en",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "before" in done.stdout and "gain in MRR, vectors alone" in done.stdout
    assert "vectors: step 2 of 2" in done.stderr
    report = json.loads((out / "models.json").read_text("utf-8"))["report"]
    assert report["sizes"]["learned from"] + report["sizes"]["held out"] == 60
    kept = "the trained encoder is kept" in done.stdout
    assert kept is report["trained"] and f"{report['sizes']['learned from']} pairs" in done.stderr
    return out


def test_trained_models_are_saved_with_the_knowledge_and_answer_from_there(
    shop: Path, models: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    call = ["assist", "answer", "--knowledge", shop / "faq.csv", "--models", models]
    done = called(*call, "--save", ready, language="en")
    assert done.returncode == 0 and done.stderr == f"9 passages -> {ready}\n"
    asked = ["支持哪些付款方式？", "多久发货？"]
    fresh = called(*call, "--json", *asked)
    kept = called("assist", "answer", "--from", ready, "--json", *asked)
    assert fresh.returncode == kept.returncode == 0, fresh.stderr + kept.stderr
    assert fresh.stdout == kept.stdout and len(kept.stdout.splitlines()) == 2
    again = called(*call, "--save", ready, language="en")
    assert again.returncode == 2 and "--overwrite to replace it" in again.stderr
    encoder, scorer, answerability = open_models(models)
    retriever = Retriever(Knowledge.read([shop / "faq.csv"]), encoder, scorer=scorer)
    assert {"cosine", "gap"} <= {*answerability.signs} and retriever.vectors is not None
    dense = retriever.find(retriever.knowledge.passages[3].searched, 1, "dense")
    assert [hit.index for hit in dense] == [3] and dense[0].score == pytest.approx(1, abs=1e-3)


def test_altered_models_are_refused(shop: Path, models: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    call = ["assist", "answer", "--knowledge", shop / "faq.csv", "--models", models]
    assert called(*call, "--save", ready).returncode == 0
    weights = ready / "encoder" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"abcd")
    done = called("assist", "answer", "--from", ready, "多久发货", language="en")
    assert done.returncode == 2 and "altered" in done.stderr
    nothing = called("assist", "answer", "--from", shop / "base", "多久发货", language="en")
    assert nothing.returncode == 2 and "is no prepared knowledge" in nothing.stderr
    stays = called(
        "assist", "train", "--pairs", shop / "pairs.csv", "-o", shop / "base", language="en"
    )
    assert stays.returncode == 2 and "something else: it stays" in stays.stderr


def test_answers_are_scored_with_and_without_models(
    shop: Path, models: Path, tmp_path: Path
) -> None:
    figures, call = tmp_path / "figures.json", ["assist", "evaluate", "--questions"]
    call += [shop / "asked.csv", "--knowledge", shop / "faq.csv", "--knowledge", shop / "manual.md"]
    done = called(*call, "--json-out", figures, language="en")
    assert done.returncode == 0, done.stderr
    values = json.loads(figures.read_text("utf-8"))
    assert {*values["lists"]} == {"words", "pairs", "bm25"} and values["questions"] == 10
    assert values["lists"]["bm25"]["hit"]["value"] == 1.0 and values["quoted"] == 1.0
    assert values["refusal"]["there"] == 0.0 and 0.5 < values["refusal"]["auroc"] <= 1
    assert "10 questions" in done.stdout and "AUROC" in done.stdout
    assert f"answered: {values['answered']:.1%}" in done.stdout
    dense = called(*call, "--models", models, language="en")
    assert dense.returncode == 0 and "dense" in dense.stdout and "fusion" in dense.stdout
    again = called(*call, "--json-out", figures, language="en")
    assert again.returncode == 2 and "--overwrite" in again.stderr


def test_a_question_whose_answer_stands_nowhere_is_named(shop: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    for content, words in (
        ("question,answer\n多久发货,三百年\n", "line 2, column answer: it stands in no passage"),
        ("x,y\n1,2\n", "has no columns question and answer"),
        ("question,answer\n,48小时\n", "it is empty"),
        ("question,answer\n", "has no question"),
    ):
        wrong.write_text(content, "utf-8")
        done = called(
            "assist", "evaluate", "--questions", wrong, "--knowledge", shop / "faq.csv",
            language="en",
        )  # fmt: skip
        assert done.returncode == 2 and words in done.stderr, content


def test_answers_name_their_places_and_the_rest_is_handed_over(shop: Path) -> None:
    call = ["assist", "answer", "--knowledge", shop / "faq.csv"]
    done = called(
        *call, "--dialogue", "黑色羽绒服有货吗", "那蓝色的呢？", "你们老板是谁", language="en"
    )
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "黑色羽绒服有货吗" and "faq.csv:5" in lines[1]
    assert any("M码和L码" in line and "faq.csv:4" in line for line in lines)
    assert "  handed over to a person" in lines
    english = called(*call, "--json", "can I pay with paypal?")
    told = json.loads(english.stdout)
    assert told["abstained"] is False and "PayPal" in json.dumps(told)


def test_contradictions_and_rejected_rows_are_told(tmp_path: Path) -> None:
    faq = tmp_path / "faq.csv"
    faq.write_text(
        "question,answer\n多久发货？,48小时内发货。\n多久发货,七天内发货。\n空的,\n", "utf-8"
    )
    rejects = tmp_path / "rejects.csv"
    call = ["assist", "answer", "--knowledge", faq, "多久发货"]
    done = called(*call, "--rejects", rejects, language="en")
    assert done.returncode == 0
    assert "1 row rejected" in done.stderr and "line 2, and faq.csv, line 3" in done.stderr
    assert "contradiction: faq.csv:2" in done.stdout and rejects.stat().st_size
    stopped = called(*call, language="en")
    assert stopped.returncode == 2 and "line 4, column answer: it is empty" in stopped.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["answer", "x"], "nothing to answer from was named"),
        (["answer", "--knowledge", "a", "--from", "b"], "both files and prepared knowledge"),
        (["train"], "nothing to learn from was named"),
        (["train", "--intents", "a", "--pairs", "b"], "two kinds to learn were named"),
        (["train", "--dialogues", "a", "--pairs", "b"], "two kinds to learn were named"),
        (["train", "--intents", "a", "-o", "i", "--column", "txt=b"], "that is no column"),
        (["evaluate"], "nothing to score on was named"),
        (["evaluate", "--intents", "none.csv", "--model", "none"], "no bundle at"),
    ],
)
def test_what_is_not_named_rightly_is_refused(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = called("assist", *words, language="en")
    assert done.returncode == 2 and told in done.stderr


def test_a_message_is_understood_without_taught_intents() -> None:
    message = "屏幕很清晰，但是客服三天不回，再不退款我就投诉！电话13812345678"
    done = called("assist", "understand", message, "😀", language="en")
    assert done.returncode == 0, done.stderr
    assert "13812345678" not in done.stdout and "mobile" in done.stdout
    assert "  urgency: " in done.stdout and "  opinions: " in done.stdout
    told = json.loads(called("assist", "understand", "--json", message).stdout)
    assert told["urgency"]["level"] > 0 and told["slots"][0]["name"] == "mobile"
    assert f"{told['urgency']['level']:.2f}" in done.stdout


def test_messages_that_are_piped_in_may_be_json_or_a_table_and_have_no_end(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            if next(blocks) > 3:
                raise KeyboardInterrupt
            line = "我的衣服有货吗\n".encode()
            buffer[: len(line)] = line
            return len(line)

    blocks = iter(range(9))
    answer = ("assist", "answer", "--knowledge", shop / "faq.csv")
    for piped in ('{"text": "有黑色羽绒服吗", "n": 1}\n', "编号,内容\n1,有黑色羽绒服吗\n"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped.encode())))
        done = called(*answer, language="en")
        assert done.returncode == 0 and done.stdout.startswith("有黑色羽绒服吗\n"), done.stderr
        assert "--format lines" in done.stderr
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    done = called(*answer, language="en")
    assert done.returncode == 130 and done.stdout.startswith("我的衣服有货吗\n")
    refused = called(*answer, "--columns", "text=1", "有货吗", language="en")
    assert refused.returncode == 2 and "are of what is piped in" in refused.stderr
