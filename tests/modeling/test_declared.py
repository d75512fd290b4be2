"""The losses and answers of declared labels and of tags against plain sums."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from guandian.domain import LabelHead, Labelled, LabelValue
from guandian.modeling.heads.crf import log_total, tag_loss
from guandian.modeling.heads.distillation import distillation_loss
from guandian.modeling.heads.head_losses import Shape
from guandian.modeling.heads.label_heads import CumulativeLogits, label_losses, networks
from guandian.tasks.head_spec import HeadSpec
from guandian.tasks.tags import BARRED, allowed_tags, best_path, legal, tagged
from guandian.tasks.task import Task
from guandian.tasks.task_table import task_of

TOPIC = task_of(LabelHead("topic", "single", ("price", "delivery", "taste")))
TOPICS = task_of(LabelHead("topics", "multi", ("price", "delivery")))
STARS = task_of(LabelHead("rating", "ordinal", ("1", "2", "3", "4", "5")))
SCORE = task_of(LabelHead("score", "regression", low=0, high=10))
TASKS = (TOPIC, TOPICS, STARS, SCORE)
GOLD: dict[str, LabelValue] = {"topic": "delivery", "topics": ("price",), "rating": 4, "score": 7.5}
TYPES = 2
SIZE = 2 * TYPES + 1


def target(task: Task, value: LabelValue) -> tuple[float, ...]:
    found = task.targets(Labelled("1", "好😀", "own", labels={task.name: value}))
    assert found is not None
    return found


def wanted() -> torch.Tensor:
    row = [place for task in TASKS for place in target(task, GOLD[task.name])]
    return torch.tensor([row, [float("nan")] * len(row)])


def outputs(seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(2, size, generator=generator).requires_grad_()
        for task in TASKS
        for name, size in task.outputs().items()
    }


def test_targets_are_what_each_kind_asks_for() -> None:
    assert target(TOPIC, "delivery") == (0, 1, 0)
    assert target(TOPICS, ()) == (0, 0)
    assert target(STARS, 4) == target(STARS, "4") == (1, 1, 1, 0)
    assert target(SCORE, 2.5) == (0.25,)
    assert wanted().shape == (2, 3 + 2 + 4 + 1)


def test_losses_and_their_gradients_are_those_of_the_formulas() -> None:
    said = outputs()
    found = label_losses(said, wanted(), TASKS)
    assert set(found) == {task.head.output for task in TASKS}
    sum(found.values()).backward()  # type: ignore[union-attr]
    logits = {name: value.detach()[0] for name, value in said.items()}
    slopes = {
        TOPIC.head.output: logits["label.topic"].softmax(0) - torch.tensor([0.0, 1, 0]),
        TOPICS.head.output: (logits["label.topics"].sigmoid() - torch.tensor([1.0, 0])) / 2,
        STARS.head.output: logits["label.rating"].sigmoid() - torch.tensor([1.0, 1, 1, 0]),
        SCORE.head.output: 2 * (logits["label.score"] - 0.75),
    }
    for name, slope in slopes.items():
        gradient = said[name].grad
        assert gradient is not None
        torch.testing.assert_close(gradient[0], slope)
        assert gradient[1].abs().sum() == 0, "a text without the label teaches nothing"


def test_a_label_that_no_text_has_gives_no_loss_and_single_ones_are_shaped() -> None:
    nothing = torch.full((2, 10), float("nan"))
    assert label_losses(outputs(), nothing, TASKS) == {}
    plain = label_losses(outputs(), wanted(), TASKS)
    shaped = label_losses(outputs(), wanted(), TASKS, Shape(focal=2.0))
    changed = [name for name in plain if not torch.equal(plain[name], shaped[name])]
    assert changed == ["label.topic"]


def test_ordinal_answers_never_contradict_each_other() -> None:
    torch.manual_seed(1)
    head = CumulativeLogits(8, 5)
    logits = head(torch.randn(50, 8))
    assert (logits.diff(dim=1) < 0).all()
    assert sum(p.numel() for p in head.weight.parameters()) == 8


@pytest.mark.parametrize(
    ("task", "logits", "value", "probability"),
    [
        (TOPIC, [0.0, 9.0, 0.0], "delivery", 0.999753),
        (TOPICS, [2.0, -1.0], ("price",), (0.880797,)),
        (TOPICS, [-2.0, -1.0], (), ()),
        (STARS, [3.0, 2.0, 1.0, -1.0], "4", 0.462117),
        (STARS, [-3.0, -2.0, -1.0, 5.0], "1", 0.952574),
        (SCORE, [0.25], 2.5, None),
        (SCORE, [7.0], 10.0, None),
    ],
)
def test_arrays_are_read_as_answers(
    task: Task, logits: list[float], value: object, probability: object
) -> None:
    found = task.decode({task.head.output: np.array(logits)})
    assert found.value == value
    assert found.probability == pytest.approx(probability, abs=1e-6)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.head.kind)
def test_a_head_learns_from_states(task: Task) -> None:
    torch.manual_seed(0)
    states, row = torch.randn(1, 6), torch.tensor([target(task, GOLD[task.name])])
    (network,) = networks(6, [task])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    seen = []
    for _ in range(3):
        name = task.head.output
        loss = label_losses({name: network(states)}, row, [task])[name]
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        seen.append(loss.item())
    assert seen[2] < seen[1] < seen[0]


def test_a_teacher_s_labels_and_tags_are_imitated() -> None:
    mask = torch.ones(2, 4, dtype=torch.int64)

    def whole(seed: int) -> dict[str, torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        shapes = {
            "spans": (2, 1, 4, 4), "pairs": (2, 2, 4, 4), "category": (2, 4, 2, 2),
            "polarity": (2, 4, 2, 3), "implicit": (2, 4), "sentiment": (2, 3), "tags": (2, 4, 5),
        }  # fmt: skip
        grids = {name: torch.zeros(shape) for name, shape in shapes.items()}
        grids["tags"] = torch.randn(2, 4, 5, generator=generator)
        return grids | {name: value.detach() for name, value in outputs(seed).items()}

    same = distillation_loss(whole(1), whole(1), mask, TASKS)
    assert same.item() == pytest.approx(0, abs=1e-5)
    for name in ("tags", *(task.head.output for task in TASKS)):
        learner = whole(1) | {name: whole(2)[name].requires_grad_()}
        apart = distillation_loss(learner, whole(1), mask, TASKS)
        apart.backward()  # type: ignore[no-untyped-call]
        assert apart.item() > 0.001, name
        assert learner[name].grad is not None


def chain(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(length, SIZE)), rng.normal(size=(SIZE + 2, SIZE))


def score(path: tuple[int, ...], emissions: np.ndarray, moves: np.ndarray) -> float:
    """Of one path, -inf where BIO forbids it."""
    allowed = legal(TYPES)
    total = 0.0
    for place, tag in enumerate(path):
        before = path[place - 1] if place else SIZE
        total += emissions[place, tag] + moves[before, tag]
        if not allowed[before, tag]:
            return -np.inf
    return total + moves[SIZE + 1, path[-1]]


def test_the_best_path_and_probabilities_are_those_of_trying_every_path() -> None:
    for seed in range(6):
        emissions, moves = chain(4, seed)
        scores = {p: score(p, emissions, moves) for p in product(range(SIZE), repeat=4)}
        best = max(scores, key=lambda path: scores[path])
        assert tuple(best_path(emissions, moves)) == best
        odds = {path: np.exp(value) for path, value in scores.items()}
        arrays = {
            "tags": np.pad(emissions, ((1, 1), (0, 0)))[None].astype(np.float32),
            "moves": moves[None].astype(np.float32),
        }
        spec = HeadSpec(("price",), tag_types=("product", "brand"))
        for named in tagged(arrays, 0, spec):
            first, last = named.range[0] - 1, named.range[1] - 1
            begin = 1 + 2 * spec.tag_types.index(named.type)
            inside = (begin, *[begin + 1] * (last - first))
            holds = [
                path
                for path in odds
                if path[first : last + 1] == inside and path[last + 1 : last + 2] != (begin + 1,)
            ]
            share = sum(odds[path] for path in holds) / sum(odds.values())
            assert named.probability == pytest.approx(share, abs=1e-5)
            assert best[first : last + 1] == inside


@pytest.mark.parametrize(
    ("spans", "known"),
    [
        ([(0, 0, 1), (1, 3, 3)], (True, True)),
        ([(0, 1, 2)], (True, False)),
        ([], (True, False)),
        ([], (True, True)),
    ],
)
def test_the_loss_is_the_share_of_the_paths_that_annotations_leave_open(
    spans: list[tuple[int, int, int]], known: tuple[bool, bool]
) -> None:
    emissions, moves = chain(4)
    allowed = allowed_tags(4, spans, known)
    everything, left = [], []
    for path in product(range(SIZE), repeat=4):
        odds = np.exp(score(path, emissions, moves))
        everything.append(odds)
        if all(allowed[place, tag] for place, tag in enumerate(path)):
            left.append(odds)
    expected = np.log(sum(everything)) - np.log(sum(left))
    said = torch.zeros(2, 8, SIZE, dtype=torch.float32)
    said[0, 1:5] = torch.tensor(emissions)
    said[:, 6:] = 100.0  # padding
    said.requires_grad_()
    open_to = torch.zeros(2, 8, SIZE, dtype=torch.bool)
    open_to[0, 1:5] = torch.from_numpy(allowed)
    mask = torch.tensor([[1, 1, 1, 1, 1, 1, 0, 0], [1] * 8])
    learned = torch.tensor(moves, dtype=torch.float32).expand(2, -1, -1)
    found = tag_loss(said, learned, open_to, mask)
    assert found is not None
    assert found.item() == pytest.approx(expected, abs=1e-3)
    found.backward()  # type: ignore[no-untyped-call]
    assert said.grad is not None
    assert said.grad[1].abs().sum() == 0
    assert said.grad[0, [0, 5, 6, 7]].abs().sum() == 0
    assert tag_loss(said, learned, torch.zeros_like(open_to), mask) is None


def test_a_total_is_its_gradient_s_own_check() -> None:
    """The gradient of the logarithm of all paths is each tag's probability: they sum to one."""
    emissions, moves = (torch.tensor(part)[None] for part in chain(5))
    emissions.requires_grad_()
    ruled = moves.masked_fill(~torch.from_numpy(legal(TYPES)), BARRED)
    log_total(emissions, ruled, torch.ones(1, 5, dtype=torch.bool)).sum().backward()
    assert emissions.grad is not None
    torch.testing.assert_close(emissions.grad.sum(2), torch.ones(1, 5, dtype=torch.float64))
    assert emissions.grad[0, 0, [2, 4]].abs().sum() == 0, "no entity begins with I"
