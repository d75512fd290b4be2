"""Models: which one answers, another one loaded and tried, the one before brought again."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from guandian.bundle import model_folder, shipped_names
from guandian.errors import GuandianError
from guandian.service.answering.model_switch import ServedModel
from guandian.service.auth import Operator, Principal, Reader
from guandian.service.parts import Parts, Service
from guandian.service.problems import Problem
from guandian.service.schemas.admin_schemas import (
    ModelAnswer,
    ModelOut,
    ModelRequest,
    ModelsAnswer,
)
from guandian.service.schemas.problem_schema import problems
from guandian.service.strict_body import StrictRoute

router = APIRouter(prefix="/v1/models", tags=["models"], route_class=StrictRoute)


@router.get("", responses=problems())
def get_models(caller: Reader, service: Parts) -> ModelsAnswer:  # noqa: ARG001
    """The model that answers, the one before it, and those that ship with Guandian."""
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
    return ModelsAnswer(models=models)


@router.post("", responses=problems(415))
def post_model(body: ModelRequest, caller: Operator, service: Parts) -> ModelAnswer:
    """Open a bundle, let it answer a probe, and switch to it; a bad one is refused before."""
    try:
        opened = service.model.switch(model_folder(Path(body.path)))
    except GuandianError as error:
        raise Problem(422, "model", error.problem, error.repair) from error
    return _switched(service, caller, "model.switch", opened)


@router.post("/rollback", responses=problems(409))
def roll_back_model(caller: Operator, service: Parts) -> ModelAnswer:
    """Let the model of before answer again."""
    try:
        opened = service.model.roll_back()
    except GuandianError as error:
        raise Problem(409, "model", error.problem, error.repair) from error
    return _switched(service, caller, "model.rollback", opened)


def _switched(service: Service, caller: Principal, act: str, opened: ServedModel) -> ModelAnswer:
    name = opened.miner.model
    service.metrics.model(name)
    service.records.audit.add(caller.tenant, caller.key, act, name)
    return ModelAnswer(model=ModelOut.of(opened, active=True))
