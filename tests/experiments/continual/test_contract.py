"""The contract that every method against forgetting keeps, on tiny trainings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.experiments.continual.fixtures import GROUPS, job, recipe, start, write_domains

from guandian.bundle import Bundle
from guandian.errors import GuandianError, RecipeError
from guandian.experiments.continual.continual_methods import METHODS, Adapters, Elastic, Replay
from guandian.experiments.continual.domain_sequence import SequenceRun, forget_sequence
from guandian.experiments.continual.domains import SequenceStart, begin_sequence
from guandian.experiments.continual.method_comparison import compare_methods
from guandian.experiments.several_runs import NextRun, unwatched_each
from guandian.modeling.model import OpinionModel
from guandian.pipelines import open_miner
from guandian.recipes.continual_settings import METHOD_NAMES, continual_settings
from guandian.tasks.inference import infer
from guandian.tracking.events import ignore
from guandian.training.validation import forward_of

IDS = torch.tensor([[0, 9, 30, 12, 40, 2], [0, 7, 7, 21, 33, 2]])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_domains(tmp_path_factory.mktemp("continual"))


@pytest.fixture(scope="module")
def begun(root: Path) -> SequenceStart:
    return start(root)


def sentiment_of(network: OpinionModel) -> torch.Tensor:
    with torch.inference_mode():
        return network.eval()(IDS)["sentiment"].clone()


def run(method: str, folder: Path, *settings: str) -> SequenceRun:
    return SequenceRun(method, folder, continual_settings(settings), unwatched_each, 1, 2)


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_every_method_scores_all_domains_after_each_and_leaves_the_base_alone(
    method: str, begun: SequenceStart, tmp_path: Path
) -> None:
    before = sentiment_of(begun.inputs.model)
    scores = run(method, tmp_path / "a").learn(begun)
    stages = [1] if method == "joint" else [0, 1]
    assert list(scores.rows) == stages
    assert all(len(row) == 2 and 0 <= min(row) <= max(row) <= 1 for row in scores.rows.values())
    assert scores.measures == ("sentiment", "sentiment")
    assert (scores.forgetting is None) == (method == "joint")
    assert scores.remembered <= 0.05 or method == "joint"
    assert (scores.routed is None) == (method != "adapters")
    assert torch.equal(sentiment_of(begun.inputs.model), before)
    # What is left is the scores; asked again, nothing is learned.
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["scores.json"]
    assert run(method, tmp_path / "a").learn(begun) == scores


def test_the_names_are_those_of_the_methods() -> None:
    assert tuple(METHODS) == METHOD_NAMES


@pytest.mark.parametrize("method", ["ewc", "adapters"])
def test_an_interrupted_sequence_goes_on_to_the_same_scores(
    method: str, begun: SequenceStart, tmp_path: Path
) -> None:
    whole = run(method, tmp_path / "whole").learn(begun)
    trained: list[str] = []

    class Stop(Exception):
        pass

    def watch(training: NextRun):  # type: ignore[no-untyped-def]
        if not training.finished:
            trained.append(training.name)
            if training.number == 2 and len(trained) == 2:
                raise Stop
        return unwatched_each(training)

    halved = replace(run(method, tmp_path / "halved"), watch=watch)
    with pytest.raises(Stop):
        halved.learn(begun)
    again = halved.learn(begun)
    assert [name.split()[-1] for name in trained] == [GROUPS[0], GROUPS[1], GROUPS[1]]
    assert again.rows == whole.rows
    assert again.routed == whole.routed


def test_scores_of_another_recipe_or_damaged_ones_are_refused(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    run("ewc", folder).learn(start(root))
    for other in (start(root, optimisation={"epochs": 1}), start(root, seed=2)):
        with pytest.raises(GuandianError, match="learned from other texts, or by another recipe"):
            run("ewc", folder).learn(other)
    with pytest.raises(GuandianError, match="other texts"):
        run("ewc", folder, "ewc.weight=7").learn(start(root))
    run("ewc", folder, "replay.share=0.5").learn(start(root))  # no setting of this method
    (folder / "scores.json").write_text('{"rows": {"0": 1}}')
    with pytest.raises(GuandianError, match=r"scores\.json is damaged.*\n.*--overwrite"):
        run("ewc", folder).learn(start(root))


def learned(method: str, begun: SequenceStart, folder: Path, *settings: str):  # type: ignore[no-untyped-def]
    """A method after both domains, its folder kept apart."""
    from guandian.experiments.continual import domain_sequence

    made = []
    chosen = METHODS[method]

    def kept_one(*arguments):  # type: ignore[no-untyped-def]
        made.append(chosen(*arguments))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(domain_sequence.METHODS, method, kept_one)  # type: ignore[arg-type]
        run(method, folder, *settings).learn(begun)
    return made[0]


def test_an_imitated_model_keeps_its_answers(begun: SequenceStart, tmp_path: Path) -> None:
    """A heavy teacher keeps the second domain from changing what is answered."""
    first = start_of_second(begun, tmp_path / "f")
    plain, held = (
        float(
            (sentiment_of(learned(name, begun, tmp_path / name, *settings).model) - first)
            .abs()
            .mean()
        )
        for name, settings in (("sequential", ()), ("lwf", ("lwf.weight=100",)))
    )
    assert held < 0.6 * plain


@pytest.mark.slow
def test_weights_that_are_needed_are_held(root: Path, tmp_path: Path) -> None:
    """Measured by what the penalty is of; Adam needs some steps until it gives way to it."""
    rates = {"learning_rate": 3e-3, "head_learning_rate": 3e-3, "precision": "fp32"}
    longer = start(root, optimisation={"epochs": 10, "batch_texts": 10, **rates})
    plain = learned("sequential", longer, tmp_path / "s").model
    elastic = learned("ewc", longer, tmp_path / "e", "ewc.weight=10000")
    costs = [float(elastic._hold(network).detach()) for network in (elastic.model, plain)]
    assert 0 < costs[0] < 0.2 * costs[1]


def start_of_second(begun: SequenceStart, folder: Path) -> torch.Tensor:
    """What plain fine-tuning answers after the first domain alone."""
    alone = replace(begun, domains=begun.domains[:1])
    return sentiment_of(learned("sequential", alone, folder).model)


def test_old_rows_are_learned_again_and_no_more_than_the_share(
    begun: SequenceStart, tmp_path: Path
) -> None:
    method = Replay(begun, continual_settings(["replay.share=0.2", "replay.seen=0.5"]))
    first, second = begun.domains
    training = method.training(first)
    assert training is not None and len(training.rows) == len(first.rows)
    method.keep(first, begun.inputs)
    training = method.training(second)
    assert training is not None
    old = [(row, times) for row, times in training.rows if row.group == first.name]
    assert len(old) == len(first.rows) // 5
    seen = sum(times for _, times in old)
    assert seen == pytest.approx(len(second.rows), rel=0.2)  # half of all that is seen
    assert method.remembered == pytest.approx(0.2)


def test_adapters_do_not_touch_each_other_and_are_chosen_by_the_text_alone(
    begun: SequenceStart, tmp_path: Path
) -> None:
    method = learned("adapters", begun, tmp_path / "a")
    assert isinstance(method, Adapters)
    alone = learned("adapters", replace(begun, domains=begun.domains[:1]), tmp_path / "b")
    assert torch.equal(sentiment_of(method._experts[0]), sentiment_of(alone._experts[0]))
    assert not torch.equal(sentiment_of(method._experts[0]), sentiment_of(method._experts[1]))
    texts = [row.text for domain in begun.domains for row in domain.dev]
    routed = method.answering(texts)
    assert sorted(place for _, places in routed for place in places) == list(range(len(texts)))
    right = sum(
        method.routes([row.text for row in d.dev]).count(k) for k, d in enumerate(begun.domains)
    )
    assert right / len(texts) > 0.7


@pytest.mark.slow
def test_frozen_layers_stay_through_a_sequence(root: Path, tmp_path: Path) -> None:
    frozen = start(root, method={"kind": "frozen", "layers": 1})
    for method in ("sequential", "ewc"):
        network = learned(method, frozen, tmp_path / method).model
        states, before = network.state_dict(), frozen.inputs.model.state_dict()
        lower = [name for name in states if ".layer.0." in name or "embeddings" in name]
        assert lower
        assert all(torch.equal(states[name], before[name]) for name in lower)
        assert not torch.equal(states["heads.sentiment.weight"], before["heads.sentiment.weight"])


@pytest.mark.slow
def test_the_first_domain_is_learned_the_same_by_all_that_hold_nothing_yet(
    begun: SequenceStart, tmp_path: Path
) -> None:
    methods = ("sequential", "replay", "lwf", "ewc", "averaging", "arithmetic")
    firsts = {run(name, tmp_path / name).learn(begun).rows[0] for name in methods}
    assert len(firsts) == 1
    assert isinstance(METHODS["ewc"](begun, continual_settings()), Elastic)


def test_recipes_and_domains_that_make_no_sequence_are_refused(root: Path, tmp_path: Path) -> None:
    refused = [
        ({"distillation": {"teacher": "x"}}, "distillation"),
        ({"customs": ["guandian"]}, "customs has no place"),
        ({"method": {"kind": "lora"}}, "method.kind is 'lora'"),
        ({"stages": [{"name": "a", "data": [{"corpus": "train.jsonl"}]}]}, "stages"),
    ]
    for changes, words in refused:
        with pytest.raises(RecipeError, match=words):
            start(root, **changes)
    with pytest.raises(RecipeError, match=r"no domain 'phones'\n.*手机"):
        begin_sequence(recipe(root), root, ignore, groups=True, chosen=["phones"])
    with pytest.raises(RecipeError, match=r"needs two domains.*\n.*--groups"):
        begin_sequence(recipe(root), root, ignore, groups=False)
    turned = begin_sequence(recipe(root), root, ignore, groups=True, chosen=GROUPS[::-1])
    assert tuple(domain.name for domain in turned.domains) == GROUPS[::-1]


@pytest.mark.slow
def test_sequences_are_begun_gone_on_with_and_begun_anew(root: Path, tmp_path: Path) -> None:
    asked = job(root, tmp_path / "all", "sequential", "joint", seeds=(1, 2))
    first = compare_methods(asked)
    assert [row.method for row in first.methods] == ["sequential", "joint"]
    assert first.domains == GROUPS
    assert first.methods[0].behind is not None
    with pytest.raises(GuandianError, match=r"sequential-1 holds a sequence already"):
        compare_methods(asked)
    trained: list[str] = []

    def watch(training: NextRun):  # type: ignore[no-untyped-def]
        trained.append(training.name)
        return unwatched_each(training)

    more = replace(asked, mode="resume", seeds=(1, 2, 3))
    again = compare_methods(more, watch)
    assert [name.split()[:2] for name in trained] == [["sequential", "3"]] * 2 + [["joint", "3"]]
    assert again.methods[0].runs[:2] == first.methods[0].runs
    keeps = tmp_path / "all" / "sequential-1" / "mine.txt"
    keeps.write_text("mine")
    anew = compare_methods(replace(asked, mode="overwrite"))
    assert json.dumps(anew.to_json()["domains"]) == json.dumps(list(GROUPS))
    assert keeps.read_text() == "mine"
    assert [run.rows for run in anew.methods[0].runs] == [run.rows for run in first.methods[0].runs]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["replay", "averaging"])
def test_what_a_sequence_ends_with_is_served_as_a_bundle(
    method: str, begun: SequenceStart, tmp_path: Path
) -> None:
    folder = tmp_path / method
    exporting = replace(run(method, folder), export=True)
    scores = exporting.learn(begun)
    assert sorted(path.name for path in folder.iterdir()) == ["bundle", "scores.json"]
    miner = open_miner(folder, 1)
    kept = learned(method, begun, tmp_path / "again").model
    texts = [row.text for domain in begun.domains for row in domain.dev]
    reader = replace(miner.reader, forward=forward_of(kept.eval()))
    for ours, theirs in zip(infer(miner.reader, texts), infer(reader, texts), strict=True):
        assert ours.sentiment == pytest.approx(theirs.sentiment, abs=0.05)  # rounded to 7 bits
    card = Bundle.open(folder / "bundle").file("card.md").read_text("utf-8")
    assert f"By {method}, seed 1" in card and "| 手机 | sentiment |" in card
    assert exporting.learn(begun) == scores  # asked again, nothing is learned
    plain = run("lwf", tmp_path / "plain")
    plain.learn(begun)
    with pytest.raises(GuandianError, match="its model was not kept"):
        replace(plain, export=True).learn(begun)
    forget_sequence(folder)
    assert not list(folder.iterdir())


def test_several_networks_are_no_bundle(root: Path, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="a bundle holds one network"):
        compare_methods(job(root, tmp_path / "out", "replay", "adapters", export=True))
    assert not (tmp_path / "out").exists()
