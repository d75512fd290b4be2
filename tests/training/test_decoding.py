"""A language model that learns: rows that keep examples apart, answers alone, preferences."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.tiny_decoder import write_tiny_decoder

from guandian.data.taxonomy import taxonomy_names
from guandian.domain import Labelled, Polarity, Quad, Span
from guandian.errors import GuandianError
from guandian.llm.extraction.prompts import gold_answer, question
from guandian.modeling.decoders.decoder import (
    Decoder,
    adapt_decoder,
    open_decoder,
    write_whole_model,
)
from guandian.recipes.decoder_recipe import parse_decoder_recipe
from guandian.recipes.methods import Full, Lora
from guandian.tracking.events import Event, Saved, Scored
from guandian.training.decoding.decoder_training import (
    DecoderTraining,
    answer_logs,
    answers_before,
    fine_tune,
    preference_scores,
    take_step,
    training_steps,
)
from guandian.training.decoding.packed_rows import PackedRow, plan_rows
from guandian.training.decoding.prompt_examples import (
    PromptExample,
    extraction_examples,
    reply_examples,
)


def review(text: str, *quads: tuple[int, int, int, int, str]) -> Labelled:
    opinions = tuple(
        Quad(Span(a, b), Span(c, d), "performance", Polarity(polarity))
        for a, b, c, d, polarity in quads
    )
    return Labelled(text, text, "own", quads=opinions, sentiment=Polarity.POSITIVE)


ROWS = [
    review("屏幕很清晰😀", (0, 2, 2, 5, "positive")),
    review("电池不耐用，声音好", (0, 2, 2, 5, "negative"), (6, 8, 8, 9, "positive")),
    review("快递到了"),
    review("The screen is sharp", (4, 10, 14, 19, "positive")),
]
PAIRS = [
    {"review": f"电池{n}天坏了", "channel": "public", "language": "zh", "draft": "亲亲谢谢",
     "sent": "很抱歉，马上换"}
    for n in range(4)
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = [m.content for row in ROWS for m in question(row.text, taxonomy_names(), chinese=True)]
    texts = [*asked, *map(gold_answer, ROWS)] * 2
    return write_tiny_decoder(tmp_path_factory.mktemp("tiny") / "decoder", texts)


def recipe(task: str, **optimisation: Any) -> Any:
    return parse_decoder_recipe(
        {
            "task": task,
            "name": "tiny",
            "base": {"model": "tiny"},
            "data": [{"corpus": "x.jsonl"}],
            "optimisation": {"precision": "fp32", "max_tokens": 4096} | optimisation,
        }
    )


def trained(folder: Path, method: Lora | Full) -> tuple[Decoder, list[PromptExample]]:
    decoder = open_decoder(str(folder), torch.float32)
    adapt_decoder(decoder, method)
    return decoder, extraction_examples(decoder, ROWS, taxonomy_names(), "review")


def test_an_answer_is_what_the_package_asks_for_and_ends(folder: Path) -> None:
    decoder, examples = trained(folder, Full())
    example = examples[1]
    assert decoder.tokenizer.decode(example.answers[0]) == gold_answer(ROWS[1]) + "<eos>"
    asked = decoder.tokenizer.decode(example.question)
    assert asked.endswith('{"review": "电池不耐用，声音好"}<eos><|assistant|>')
    assert "product review" in decoder.tokenizer.decode(examples[3].question)


def test_a_packed_row_says_what_rows_of_their_own_say(folder: Path) -> None:
    decoder, examples = trained(folder, Full())
    examples = [*examples[:3], *reply_examples(decoder, PAIRS[:1])]
    training = DecoderTraining(recipe("extraction"), decoder.eval(), examples)
    with torch.inference_mode():
        together = answer_logs(training, PackedRow.of(examples))[0]
        apart = torch.cat(
            [answer_logs(training, PackedRow.of([example]))[0] for example in examples]
        )
        plain = []
        for example, answer in ((x, a) for x in examples for a in x.answers):
            ids = torch.tensor([[*example.question, *answer]])
            logs = decoder.network(ids).logits[0].log_softmax(-1)  # the library's own way
            start = len(example.question)
            plain.append(sum(logs[start + k - 1, t] for k, t in enumerate(answer)))
    torch.testing.assert_close(together, torch.stack(plain), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(apart, together, rtol=1e-4, atol=1e-3)
    shared = PackedRow.of(examples[:3])
    assert len(shared.ids) < 0.6 * sum(example.tokens for example in examples[:3])


def test_nothing_of_another_example_reaches_an_answer(folder: Path) -> None:
    decoder, examples = trained(folder, Full())
    training = DecoderTraining(recipe("extraction"), decoder.eval(), examples)
    with torch.inference_mode():
        row = PackedRow.of(examples[:2])
        before = answer_logs(training, row)[0]
        for index in range(len(row.ids)):
            if row.owners[index] in (1, 2):  # the first example's question and answer
                row.ids[index] = 7
        after = answer_logs(training, row)[0]
    assert float(after[1]) == pytest.approx(float(before[1]), rel=1e-5)
    assert float(after[0]) != pytest.approx(float(before[0]), rel=1e-3)


def test_rows_hold_every_example_once_within_their_bound(folder: Path) -> None:
    _, examples = trained(folder, Full())
    many = examples * 8
    most = 2 * max(example.tokens for example in examples)
    rows = plan_rows(many, range(len(many)), most)
    assert sorted(itertools.chain(*rows)) == list(range(len(many)))
    assert all(len(PackedRow.of([many[k] for k in row]).ids) <= most for row in rows)
    assert len(rows) < len(many) / 2
    english = [k for row in rows for k in row if many[k] == examples[3]]
    assert all(many[k] == examples[3] for row in rows if set(row) & set(english) for k in row)
    steps = training_steps(recipe("extraction", epochs=1.5, batch_tokens=most, accumulate=2), many)
    assert len(list(itertools.chain(*itertools.chain(*steps)))) == 48


@pytest.mark.parametrize("method", [Lora(kind="lora", rank=8), Full()])
def test_the_loss_of_the_answers_falls(folder: Path, method: Lora | Full) -> None:
    decoder, examples = trained(folder, method)
    training = DecoderTraining(recipe("extraction", learning_rate=5e-3), decoder, examples)
    rows = plan_rows(examples, range(4), 4096)
    losses = [take_step(training, rows, 1.0)[0]["answers"] for _ in range(8)]
    assert losses[-1] < losses[0] - 0.3
    learned = {name for name, p in decoder.named_parameters() if p.grad is not None}
    assert all("lora_" in name for name in learned) == (method.kind == "lora")


def test_what_people_sent_gains_on_the_draft(folder: Path) -> None:
    decoder = open_decoder(str(folder), torch.float32)
    adapt_decoder(decoder, Lora(kind="lora", rank=8))
    examples = reply_examples(decoder, PAIRS)
    training = DecoderTraining(recipe("replies", learning_rate=1e-2), decoder, examples[:3])
    held = DecoderTraining(recipe("replies"), decoder, examples[3:])
    training.before, held.before = answers_before(training), answers_before(held)
    assert preference_scores(held) == {"preferred": 0.0, "margin": pytest.approx(0, abs=1e-4)}
    losses = [take_step(training, [[0, 1, 2]], 1.0)[0]["preference"] for _ in range(8)]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < losses[0] - 0.05
    scores = preference_scores(held)
    assert scores["preferred"] == 1.0
    assert scores["margin"] > 0.1
    with decoder.before_learning():  # the base is as it was
        assert preference_scores(held)["margin"] == pytest.approx(0, abs=1e-4)


def test_a_loss_that_is_no_number_is_told(folder: Path) -> None:
    decoder, examples = trained(folder, Full())
    training = DecoderTraining(recipe("extraction"), decoder, examples)
    with torch.no_grad():
        decoder.network.model.norm.weight[0] = torch.nan
    with pytest.raises(GuandianError, match="not a number"):
        take_step(training, [[0]], 1.0)


def test_a_full_method_has_nothing_to_go_back_to(folder: Path) -> None:
    decoder, _ = trained(folder, Full())
    with pytest.raises(GuandianError, match="as it was is gone"), decoder.before_learning():
        pass


@pytest.mark.slow
def test_what_patience_has_ended_is_kept_and_not_trained_again(
    folder: Path, tmp_path: Path
) -> None:
    asked = recipe("extraction", epochs=5)
    rest = {"evaluation": asked.evaluation.model_copy(update={"every": 1, "patience": 2})}
    saved: list[list[Event]] = []
    for _ in range(2):
        decoder, examples = trained(folder, Lora(kind="lora", rank=2))
        events: list[Event] = []
        training = DecoderTraining(
            asked.model_copy(update=rest), decoder, examples, lambda: ({"own/quad": 0.5}, 0.5)
        )
        fine_tune(training, tmp_path, events.append)
        saved.append([event for event in events if isinstance(event, Scored | Saved)])
    assert [event.step for event in saved[0]] == [0, 1, 2, 2]  # type: ignore[union-attr]
    assert saved[1] == []


def test_weights_of_four_bits_stay_while_an_adapter_learns(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    import transformers

    decoder = open_decoder(str(folder), torch.float32, four_bits=True)
    adapt_decoder(decoder, Lora(kind="lora", rank=8))
    examples = extraction_examples(decoder, ROWS, taxonomy_names(), "review")
    training = DecoderTraining(recipe("extraction", learning_rate=5e-3), decoder, examples)
    packed = {n: p.clone() for n, p in decoder.named_parameters() if p.dtype == torch.uint8}
    losses = [take_step(training, [[0, 1, 2]], 1.0)[0]["answers"] for _ in range(6)]
    assert losses[-1] < losses[0] - 0.2
    now = dict(decoder.named_parameters())
    assert packed
    assert all(torch.equal(now[name], value) for name, value in packed.items())
    decoder.eval()
    with torch.inference_mode():
        before = answer_logs(training, PackedRow.of(examples[:1]))[0]
    write_whole_model(decoder, tmp_path)
    again = Decoder(
        transformers.AutoModelForCausalLM.from_pretrained(tmp_path), decoder.tokenizer, "x"
    )
    with torch.inference_mode():
        after = answer_logs(
            DecoderTraining(training.recipe, again.eval(), examples), PackedRow.of(examples[:1])
        )[0]
    assert float(after) == pytest.approx(float(before), rel=0.01)
