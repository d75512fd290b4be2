"""schemathesis over every address: no failure of the service, no undeclared answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from tests.service.callers import Caller, new_caller

from guandian.assets import assets
from guandian.service.parts import Service
from guandian.service.settings import Limits

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("GUANDIAN_API_EXAMPLES", "5"))
"""Of each operation; set the variable for more (15 is a soak of a minute)."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    folder = tmp_path_factory.mktemp("api") / "data"
    service = Service.open(folder, Limits(threads=1, body=100_000, upload=1_000_000, deadline=10))
    caller = new_caller(service, "admin")
    content = (assets() / "examples" / "reviews.csv").read_bytes().splitlines(keepends=True)
    assert caller.job(b"".join(content[:40]), "reviews.csv")["state"] == "done"
    yield caller
    service.close()


@pytest.fixture(scope="module")
def api(caller: Caller) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", caller.app)


def test_every_operation_answers_as_declared(caller: Caller, api: Any) -> None:
    asked: dict[str, int] = {}
    failures = []
    for result in api.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: Any) -> None:
            asked[case.operation.label] = asked.get(case.operation.label, 0) + 1
            answer = case.call(headers={"authorization": f"Bearer {caller.key}"})
            case.validate_response(answer, checks=CHECKS)

        try:
            check()
        except Exception as error:  # noqa: BLE001
            failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)
    assert len(asked) > 30 and min(asked.values()) > 0, asked


def test_the_check_can_fail(caller: Caller, api: Any) -> None:
    """The control: an answer whose status the document does not declare is found."""
    case = api["/healthz"]["GET"].Case()
    answer = case.call()
    case.validate_response(answer, checks=CHECKS)
    answer.status_code = 418
    with pytest.raises(BaseExceptionGroup) as undeclared:
        case.validate_response(answer, checks=CHECKS)
    assert "418" in "".join(map(str, undeclared.value.exceptions))
