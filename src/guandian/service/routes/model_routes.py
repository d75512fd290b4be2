"""Models: which one answers, another one tried beside it, promoted, and the one before again."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from guandian.bundle import model_folder, shipped_names
from guandian.errors import GuandianError
from guandian.service.answering.model_switch import ServedModel
from guandian.service.auth import Operator, Principal, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem
from guandian.service.schemas.admin.admin_schemas import ModelAnswer, ModelOut, ModelRequest
from guandian.service.schemas.admin.rollout_schemas import (
    ComparisonAnswer,
    CopiesOut,
    CorrectedOut,
    ModelsAnswer,
    ShareRequest,
    TrainingReasonOut,
    TrialAnswer,
    TrialOut,
    TrialRequest,
    WatchOut,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=StrictRoute)


@router.get("", responses=problems())
def get_models(caller: Reader, service: Parts) -> ModelsAnswer:
    """The model that answers, the one before it, those that ship, a trial, and reasons to train."""
    current, previous = service.model.current, service.model.previous
    models = [ModelOut.of(current, active=True)]
    if previous is not None:
        models.append(ModelOut.of(previous, active=False))
    served = {model.name.partition("@")[0] for model in models}
    others = (name for name in shipped_names() if name not in served)
    models += [
        ModelOut(name=name, path=name, active=False, previous=False, opened=None, tasks=[])
        for name in others
    ]
    rollout = service.rollout
    trial, promotion = rollout.trials.current, rollout.watch.promotion
    return ModelsAnswer(
        models=models,
        trial=None if trial is None else TrialOut.of(trial),
        watch=None if promotion is None else WatchOut.of(promotion),
        proposals=[TrainingReasonOut.of(reason) for reason in rollout.proposals(caller.tenant)],
    )


@router.post("", responses=problems(415))
def post_model(body: ModelRequest, caller: Operator, service: Parts) -> ModelAnswer:
    """Open a bundle, let it answer a probe, and switch to it; a bad one is refused before.

    A trial that runs ends: its candidate was compared with the model that goes.
    """
    try:
        opened = service.model.switch(model_folder(Path(body.path)))
    except GuandianError as error:
        raise Problem(422, "model", error.problem, error.repair) from error
    service.rollout.trials.end()
    return _switched(service, caller, "model.switch", opened)


@router.post("/candidate", status_code=201, responses=problems(415))
def post_candidate(body: TrialRequest, caller: Operator, service: Parts) -> TrialAnswer:
    """Put a candidate beside the model: it reads copies of calls, and answers a share of them."""
    try:
        trial = service.rollout.trials.begin(model_folder(Path(body.path)), body.share)
    except GuandianError as error:
        raise Problem(422, "model", error.problem, error.repair) from error
    _note(service, caller, "model.try", trial.candidate, share=trial.share)
    return TrialAnswer(trial=TrialOut.of(trial))


@router.patch("/candidate", responses=problems(409, 415))
def patch_candidate(body: ShareRequest, caller: Operator, service: Parts) -> TrialAnswer:
    """Let the candidate answer another share of the calls, the same callers each time."""
    try:
        trial = service.rollout.trials.set_share(body.share)
    except GuandianError as error:
        raise Problem(409, "trial", error.problem, error.repair) from error
    _note(service, caller, "model.share", trial.candidate, share=trial.share)
    return TrialAnswer(trial=TrialOut.of(trial))


@router.get("/candidate", responses=problems(409))
def get_candidate(caller: Operator, service: Parts) -> ComparisonAnswer:
    """The candidate beside the model of now, with 95 % intervals."""
    try:
        copies, corrected = service.rollout.figures(caller.tenant)
        trial = service.rollout.trials.running()
    except GuandianError as error:
        raise Problem(409, "trial", error.problem, error.repair) from error
    return ComparisonAnswer(
        trial=TrialOut.of(trial),
        copies=CopiesOut.of(copies),
        corrected=CorrectedOut.of(corrected),
    )


@router.post("/promote", responses=problems(409))
def promote_model(caller: Operator, service: Parts) -> ModelAnswer:
    """Let the candidate answer every call; it is watched, and goes by itself where it is worse."""
    try:
        promoted = service.rollout.trials.promote()
    except GuandianError as error:
        raise Problem(409, "trial", error.problem, error.repair) from error
    return _switched(service, caller, "model.promote", promoted)


@router.post("/rollback", responses=problems(409))
def roll_back_model(caller: Operator, service: Parts) -> ModelAnswer:
    """Drop the candidate where one is on trial; else let the model of before answer again."""
    if (dropped := service.rollout.trials.end()) is not None:
        _note(service, caller, "model.drop", dropped)
        return ModelAnswer(model=ModelOut.of(service.model.current, active=True))
    try:
        opened = service.model.roll_back()
    except GuandianError as error:
        raise Problem(409, "model", error.problem, error.repair) from error
    return _switched(service, caller, "model.rollback", opened)


def _switched(service: Service, caller: Principal, act: str, opened: ServedModel) -> ModelAnswer:
    service.metrics.model(opened.miner.model)
    _note(service, caller, act, opened)
    return ModelAnswer(model=ModelOut.of(opened, active=True))


def _note(
    service: Service, caller: Principal, act: str, served: ServedModel, **details: float
) -> None:
    service.records.audit.add(caller.tenant, caller.key, act, served.miner.model, details)
