"""Makes the rungs of a ladder, judges them by the export's gate, and times them in turns."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from guandian.bundle import Bundle, Ensemble, float32_weights, open_folder, precision_of
from guandian.bundle.ensemble import manifest_digest
from guandian.data.splits import sample
from guandian.errors import GuandianError
from guandian.evaluation import Counts
from guandian.experiments.compare_models import mining_speeds
from guandian.experiments.ladder.gate import DevSets, counts_of, dev_sets
from guandian.experiments.ladder.reshaping import write_shaped
from guandian.experiments.ladder.standings import MODEL, NetworkShape, RungStanding, Standings
from guandian.experiments.ladder.starts import Material, shaped_for
from guandian.experiments.ladder.training_texts import ladder_recipe
from guandian.export.parity import parity_of_counts
from guandian.io.atomic import replace_file
from guandian.io.locks import LOCK, held_folder
from guandian.pipelines.miners import miner_of
from guandian.recipes.ladder_plan import TOKENS, LadderPlan, Rung
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.tracking.run_folder import BUNDLE
from guandian.tracking.subprocesses import Cost, cost_of, finished, train_apart

PLAN, STARTS, _COUNTS = "plan.json", "starts", "counts.json"
_TIMED = 200
_AWARE_RATE = 1e-4
"""The rate of a rung whose shape is the model's: it must not go far."""


@dataclass(frozen=True, slots=True)
class LadderJob:
    """A ladder: of which model, with which rungs, made how.

    Attributes:
        bundle: the folder of the model.
        root: of the sets.
        folder: of the ladder.
        plan: the rungs.
        tokens: of each rung's training that does not say how many itself.
        teacher: the folder of a model to imitate in place of the bundle's own; rungs with more
            layers than the bundle are made from it.
        recipe: by which rungs are trained, with its own sets; None = on every set at hand.
        most: dev reviews of each set that is not annotated by the custom that the model answers by.
        seed: of everything.
    """

    bundle: Path
    root: Path
    folder: Path
    plan: LadderPlan
    tokens: int = TOKENS
    teacher: Path | None = None
    recipe: Recipe | None = None
    most: int = 300
    seed: int = 1

    def place(self, rung: str) -> Path:
        """The folder of a rung: of its run, or of its bundle alone."""
        return self.folder / rung


class LadderStep(NamedTuple):
    """What a ladder does.

    Attributes:
        rung: of what.
        what: it begins to be shaped, trained, or judged; it was there before, or failed.
        words: why it failed; the log of a training; a set that is judged on.
    """

    rung: str
    what: Literal["shaping", "training", "judging", "timing", "kept", "failed"]
    words: str = ""


Tell = Callable[[LadderStep], None]


class _Sources(NamedTuple):
    """The models that rungs are made from."""

    model: Bundle
    teacher: Bundle

    def of(self, rung: Rung) -> Bundle:
        """The model, or the teacher where the rung has more layers than the model."""
        deeper = (rung.layers or 0) > _layers(self.model)
        return self.teacher if deeper else self.model


def make_ladder(job: LadderJob, tell: Tell = lambda _: None) -> Standings:
    """Make every rung that is not finished, judge all of them, time them, and compare.

    A rung that is finished is not made again, a training that was interrupted goes on from its
    checkpoint. A rung that fails is told and left out.

    Args:
        job: what is wanted.
        tell: told of every step.

    Raises:
        GuandianError: the folder holds another ladder, the model is an ensemble or the teacher does
            not fit it, there are no sets to learn from or to judge by, or every rung failed.
        KeyboardInterrupt: passed on; the same call goes on later.
    """
    sources = _sources(job)
    with _held(job.folder):
        recipe = job.recipe or ladder_recipe(sources.teacher, job.root, job.tokens, job.seed)
        recipe = _imitating(recipe, sources)
        _same_plan(job, recipe, sources)
        dev = dev_sets(recipe, sources.model, job.root, job.most)
        before = _judged(sources.model, dev, job.folder / f"{MODEL}.{_COUNTS}", MODEL, tell)
        material = Material(sources.model, recipe, job.root)
        rows = [_standing(MODEL, sources.model, before, before, 0, Cost())]
        failed: dict[str, str] = {}
        for rung in job.plan.rungs:
            try:
                bundle = _made(job, rung, material, sources, tell)
                after = _judged(bundle, dev, job.place(rung.name) / _COUNTS, rung.name, tell)
            except GuandianError as error:
                failed[rung.name] = str(error)
                tell(LadderStep(rung.name, "failed", str(error)))
                continue
            cost, budget = cost_of(job.place(rung.name)), rung.budget(job.tokens)
            rows.append(_standing(rung.name, bundle, before, after, budget, cost))
        if len(rows) == 1:
            raise GuandianError("every rung failed: " + "; ".join(failed.values()))
        tell(LadderStep(MODEL, "timing"))
        return _timed(Standings(sources.model.manifest.id, rows, 0, failed), dev)


def _sources(job: LadderJob) -> _Sources:
    """Open the model and the teacher.

    Raises:
        GuandianError: an ensemble, or a teacher with another tokenizer or other label spaces.
    """
    model = _single(open_folder(job.bundle))
    if job.teacher is None:
        return _Sources(model, model)
    teacher = _single(open_folder(job.teacher))
    if teacher.tokenizer.read_bytes() != model.tokenizer.read_bytes():
        raise GuandianError(
            f"the teacher {teacher.manifest.id} has another tokenizer than {model.manifest.id}",
            "name a teacher that was trained from the same base",
        )
    if teacher.manifest.labels != model.manifest.labels:
        raise GuandianError(
            f"the teacher {teacher.manifest.id} has other label spaces than {model.manifest.id}",
            "train both by the same recipe, one deeper than the other",
        )
    return _Sources(model, teacher)


def _single(opened: Bundle | Ensemble) -> Bundle:
    if isinstance(opened, Ensemble):
        raise GuandianError(
            f"{opened.path} is an ensemble, which has no single network to make smaller",
            "name one of its members as the bundle; teach it by --teacher, or first by a recipe "
            "whose distillation.teacher is the ensemble",
        )
    return opened


def _imitating(recipe: Recipe, sources: _Sources) -> Recipe:
    """A recipe that starts from the model and imitates the teacher."""
    values = recipe.model_dump(mode="json", exclude_none=True)
    values["base"] = {"model": str(sources.model.path.resolve())}
    values["distillation"] = {
        "weight": 1.0,
        **(values.get("distillation") or {}),
        "teacher": str(sources.teacher.path.resolve()),
    }
    return parse_recipe(values, "the recipe of the ladder")


def _same_plan(job: LadderJob, recipe: Recipe, sources: _Sources) -> None:
    """Keep what rungs are made of, or refuse a folder whose rungs are of something else."""
    wanted: dict[str, Any] = {
        "model": manifest_digest(sources.model),
        "teacher": manifest_digest(sources.teacher),
        "recipe": recipe.model_dump(mode="json"),
        "tokens": job.tokens,
        "rungs": {rung.name: rung.model_dump(mode="json") for rung in job.plan.rungs},
    }
    file = job.folder / PLAN
    if file.is_file():
        try:
            earlier: dict[str, Any] = json.loads(file.read_bytes())
            rungs: dict[str, Any] = earlier["rungs"]
        except (ValueError, KeyError, TypeError) as error:
            raise GuandianError(f"{file} is damaged: {error!r}", "choose another folder") from error
        changed = [key for key in ("model", "teacher", "recipe", "tokens") if
                   earlier.get(key) != wanted[key]]  # fmt: skip
        changed += [n for n, rung in wanted["rungs"].items() if rungs.get(n, rung) != rung]
        if changed:
            raise GuandianError(
                f"{job.folder} holds a ladder of another kind: {', '.join(changed)} differs",
                "choose another folder with -o, or say what was said then; rungs can be added",
            )
        wanted["rungs"] = rungs | wanted["rungs"]
    elif any(path.name != LOCK for path in job.folder.iterdir()):
        raise GuandianError(
            f"{job.folder} holds something else than a ladder", "choose another folder"
        )
    replace_file(file, (json.dumps(wanted, ensure_ascii=False, indent=1) + "\n").encode())


def _made(job: LadderJob, rung: Rung, material: Material, sources: _Sources, tell: Tell) -> Bundle:
    """The bundle of a rung: shaped, and trained where it is to be."""
    folder_of = job.place(rung.name)
    if (path := finished(folder_of)) is not None:
        tell(LadderStep(rung.name, "kept"))
        return Bundle.open(path)
    budget = rung.budget(job.tokens)
    if not budget:
        tell(LadderStep(rung.name, "shaping"))
        shaped = shaped_for(rung, material, sources.of(rung), trained=False)
        name = f"{sources.model.manifest.name}-{rung.name}"
        return write_shaped(folder_of / BUNDLE, sources.model, shaped, name, rung.precision)
    recipe_file = _begun(job, rung, material, sources, tell)
    tell(LadderStep(rung.name, "training", f"{folder_of}.txt"))
    path = train_apart(recipe_file, job.root.resolve(), folder_of, (), rung.precision)
    shutil.rmtree(job.folder / STARTS / rung.name, ignore_errors=True)
    return Bundle.open(path)


def _begun(job: LadderJob, rung: Rung, material: Material, sources: _Sources, tell: Tell) -> Path:
    """Write what a rung's training starts from, unless it is there; the file of its recipe."""
    import tomli_w

    start = job.folder / STARTS / rung.name
    file = start / "recipe.toml"
    if file.is_file():  # written last
        return file
    tell(LadderStep(rung.name, "shaping"))
    source, own = sources.of(rung), sources.model
    shaped = shaped_for(rung, material, source, trained=True)
    name = f"{own.manifest.name}-{rung.name}"
    write_shaped(start / "base", own, shaped, name, "float32")
    teacher = sources.teacher.path.resolve()
    if rung.vocabulary is not None:
        whole = Rung(name=rung.name, vocabulary=rung.vocabulary)
        cut = shaped_for(whole, material, sources.teacher, trained=False)
        write_shaped(start / "teacher", sources.teacher, cut, name, "float32")
        teacher = (start / "teacher").resolve()
    values = material.recipe.model_dump(mode="json", exclude_none=True)
    values |= {"name": name, "base": {"model": str((start / "base").resolve())}}
    values["distillation"]["teacher"] = str(teacher)
    # The dev sets are for the gate: none may choose the weights that it judges.
    values["evaluation"] |= {"corpora": [], "gate": []}
    values["optimisation"] |= _optimisation(job, rung, material)
    replace_file(file, tomli_w.dumps(values).encode())
    return file


def _optimisation(job: LadderJob, rung: Rung, material: Material) -> dict[str, Any]:
    """What a rung's training does otherwise than the ladder's recipe."""
    values: dict[str, Any] = {"epochs": rung.budget(job.tokens) / material.tokens}
    if rung.aware:
        values["rounding"] = rung.precision
    if rung.learning_rate is not None:
        values["learning_rate"] = rung.learning_rate
    elif not rung.reshaped and job.recipe is None:
        values["learning_rate"] = _AWARE_RATE
    return values


def _judged(bundle: Bundle, dev: DevSets, file: Path, name: str, tell: Tell) -> dict[str, Counts]:
    return counts_of(bundle, dev, file, lambda words: tell(LadderStep(name, "judging", words)))


def _standing(
    name: str,
    bundle: Bundle,
    before: Mapping[str, Counts],
    after: Mapping[str, Counts],
    tokens: int,
    cost: Cost,
) -> RungStanding:
    size = sum(path.stat().st_size for path in (bundle.network, bundle.weights, bundle.tokenizer))
    began = time.process_time()
    miner_of(bundle, 1).predict(["好"])
    loading = time.process_time() - began
    return RungStanding(
        name,
        str(bundle.path),
        shape_of_bundle(bundle),
        precision_of(bundle),
        size / 1e6,
        loading,
        tokens,
        cost,
        parity_of_counts(before, after),
    )


def shape_of_bundle(bundle: Bundle) -> NetworkShape:
    """Read the shape of a bundle's network from its manifest and weights."""
    model = bundle.manifest.model
    encoder, narrowed = model["encoder"], model.get("narrowed")
    layers = _layers(bundle)
    heads = [int(encoder.get("num_attention_heads", 0))] * layers
    widths = [int(encoder.get("intermediate_size", 0))] * layers
    if narrowed is not None:
        heads, widths = narrowed["heads"], narrowed["widths"]
    parameters = sum(array.size for array in float32_weights(bundle).values())
    vocabulary = int(encoder.get("vocab_size", 0))
    return NetworkShape(layers, sum(heads), sum(widths) / max(1, layers), vocabulary, parameters)


def _layers(bundle: Bundle) -> int:
    return int(bundle.manifest.model["encoder"].get("num_hidden_layers", 0))


def _timed(standings: Standings, dev: DevSets) -> Standings:
    """The same with reviews a second of one thread's own time, measured in turns."""
    texts = [row.text for row in sample([r for rows in dev.sets.values() for r in rows], _TIMED)]
    paths = [Path(row.bundle) for row in standings.rows]
    rates = mining_speeds(paths, texts, threads=1, clock=time.process_time)
    rows = [replace(row, rate=rate) for row, rate in zip(standings.rows, rates, strict=True)]
    return replace(standings, rows=rows, texts=len(texts))


def _held(folder: Path) -> AbstractContextManager[None]:
    return held_folder(
        folder,
        GuandianError(
            f"another process makes a ladder in {folder}", "wait for it, or choose another with -o"
        ),
    )
