"""Each tenant is answered by its own adapter: in one pass with others, replaced, refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.service.adapters.made_adapters import all_of, put
from tests.service.callers import Caller, new_caller, problem

from guandian.bundle import Bundle, Ensemble, shipped, write_bundle
from guandian.bundle.adapter import adapter_of, base_digest
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.mining import miner as mining
from guandian.mining.engines.wire import mined_of, review_bytes
from guandian.mining.miner import Miner
from guandian.pipelines.adapters.adapting import AdaptableBase
from guandian.service.answering import batcher
from guandian.service.parts import Service
from guandian.service.problems import Problem
from guandian.service.replicas.replica_app import ADAPTER, SECONDS, ReplicaApp
from guandian.service.routes.view_routes import correction_for
from guandian.service.settings import Beside, Limits
from guandian.service.tenants.tenant_adapters import TenantAdapters

TENANTS = {"alpha": "price", "beta": "service", "gamma": "taste"}
TEXTS = [
    "屏幕很清晰，但是电池不耐用",
    "The screen is sharp, but the battery drains fast.",
    "很好吃",
]


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapters")
    for tenant, category in TENANTS.items():
        put(folder, tenant, all_of(category))
    return folder


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, adapters: Path) -> Iterator[Service]:
    opened = Service.open(
        tmp_path_factory.mktemp("service") / "data",
        Limits(threads=2),
        beside=Beside(adapters=adapters),
    )
    yield opened
    opened.close()


def asked(number: int, rows: int = 1) -> dict[str, Any]:
    return {
        "reviews": [
            {"id": f"{number}-{k}", "text": f"{TEXTS[(number + k) % len(TEXTS)]} {number}"}
            for k in range(rows)
        ]
    }


def other_base(folder: Path) -> Bundle:
    """The shipped bundle as one that adapters of the shipped one do not stand beside."""
    base = Bundle.open(shipped())
    files: dict[str, Path | bytes] = {name: base.path / name for name in base.manifest.files}
    files["tokenizer.json"] = base.tokenizer.read_bytes() + b"\n"
    return write_bundle(folder, replace(base.manifest, version="9"), files)


def categories(answer: Any) -> set[str]:
    return {opinion["category"] for record in answer["reviews"] for opinion in record["opinions"]}


def test_no_answer_is_by_the_adapter_of_another_tenant(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[int] = []

    def seen(reader: Any, rows: Sequence[Any]) -> Any:
        together.append(len({miner.model for miner, _ in rows}))
        return mining.mined_together(reader, rows)

    monkeypatch.setattr(batcher, "mined_together", seen)
    callers = {tenant: new_caller(service, "mine", tenant=tenant) for tenant in (*TENANTS, "main")}
    alone = {
        (tenant, number): caller.post("/v1/mine", asked(number, 1 + number % 3))
        for tenant, caller in callers.items()
        for number in range(4)
    }
    together.clear()

    async def crowd() -> list[tuple[str, int, Any]]:
        named = [(tenant, number % 4) for number in range(40) for tenant in callers]
        calls = [
            callers[tenant].ask("POST", "/v1/mine", json=asked(number, 1 + number % 3))
            for tenant, number in named
        ]
        answers: list[Any] = []
        for start in range(0, len(calls), 32):
            answers += await asyncio.gather(*calls[start : start + 32])
        return [(*name, answer) for name, answer in zip(named, answers, strict=True)]

    for tenant, number, answer in asyncio.run(crowd()):
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found == alone[tenant, number], tenant
        if tenant in TENANTS:
            assert found["model"].endswith(f"+{TENANTS[tenant]}@1.0.0")
            assert categories(found) == {TENANTS[tenant]}
        else:
            assert "+" not in found["model"]
    assert max(together) > 2, "no batch held reviews of several tenants"


def test_a_tenant_without_an_adapter_is_answered_by_the_base_to_the_last_digit(
    service: Service, data: Path
) -> None:
    plain = Service.open(data, Limits(threads=1))
    try:
        expected = new_caller(plain, "mine").post("/v1/mine", asked(0, 3))
    finally:
        plain.close()
    assert new_caller(service, "mine").post("/v1/mine", asked(0, 3)) == expected


def test_a_job_is_mined_by_the_adapter_of_its_tenant(service: Service) -> None:
    caller = new_caller(service, "admin", tenant="alpha")
    job = caller.job("text\n屏幕很清晰\n电池不耐用\n".encode(), "two.csv")
    assert job["state"] == "done"
    stored = str(caller.get("/v1/opinions"))
    assert "'price'" in stored and "'performance'" not in stored


def test_an_adapter_counts_from_when_it_is_put_there(service: Service, adapters: Path) -> None:
    caller = new_caller(service, "mine", tenant="delta")
    assert "+" not in caller.post("/v1/mine", asked(0))["model"]
    path = put(adapters, "delta", all_of("price"))
    assert caller.post("/v1/mine", asked(0))["model"].endswith("+price@1.0.0")
    put(adapters, "delta", all_of("logistics", "2.0.0"))
    answer = caller.post("/v1/mine", asked(0))
    assert answer["model"].endswith("+logistics@2.0.0") and categories(answer) == {"logistics"}
    path.unlink()
    assert "+" not in caller.post("/v1/mine", asked(0))["model"]


@pytest.mark.parametrize("how", ["another base", "altered", "cut", "none"])
def test_an_adapter_that_cannot_be_used_refuses_its_tenant_alone(
    service: Service, adapters: Path, how: str
) -> None:
    path = put(adapters, "epsilon", replace(all_of("price"), base="0" * 64))
    if how != "another base":
        content = bytearray(put(adapters, "epsilon", all_of("price")).read_bytes())
        content[-1] ^= 1
        ways = {"altered": content, "cut": content[: len(content) // 2], "none": b"{}"}
        path.write_bytes(ways[how])
    try:
        answer = new_caller(service, "mine", tenant="epsilon")("POST", "/v1/mine", json=asked(0))
        document = problem(answer, 503, "adapter")
        why = {"another base": "made on", "none": "no safetensors file"}.get(how, "no adapter")
        assert why in document["detail"]
        assert document["remedy"] and document["detail_zh"] != document["detail"]
        assert str(adapters) not in answer.text, "a tenant is told where its adapter lies"
        good = new_caller(service, "mine", tenant="alpha").post("/v1/mine", asked(0))
        assert categories(good) == {"price"}
        if how in ("another base", "none"):
            assert set(service.model.unfit()) == {"epsilon"}
    finally:
        path.unlink()


@pytest.mark.parametrize("how", ["a link that leads nowhere", "no folder"])
def test_where_nobody_can_tell_the_base_does_not_answer_alone(
    service: Service, tmp_path: Path, how: str
) -> None:
    served, folder = service.model.current, tmp_path / "adapters"
    path = put(folder, "alpha", all_of("price"))
    shelf = TenantAdapters(folder)
    assert shelf.miner(served.base, served.miner, "alpha").reader.adapter is not None
    if how == "no folder":
        folder.rename(tmp_path / "away")
    else:
        path.rename(tmp_path / "away")
        path.symlink_to(tmp_path / "gone")
    with pytest.raises(Problem, match="nobody can tell") as told:
        shelf.miner(served.base, served.miner, "alpha")
    assert told.value.status == 503


def test_numbers_are_corrected_by_the_base_for_tenants_that_it_answers(
    service: Service, adapters: Path
) -> None:
    for tenant, measured in (("main", True), ("alpha", False)):
        assert (correction_for(service, tenant) is not None) is measured
    path = put(adapters, "zeta", all_of("price"))
    path.write_bytes(b"{}")
    try:
        summary = new_caller(service, "read", tenant="zeta").get("/v1/summary")
        assert summary["overview"]["corrected"] is False
    finally:
        path.unlink()


def test_a_model_that_the_adapters_do_not_stand_beside_is_not_switched_to(
    service: Service, tmp_path: Path, admin: Caller
) -> None:
    other = other_base(tmp_path / "other")
    answer = admin("POST", "/v1/models", json={"path": str(other.path)})
    assert "3 tenants have adapters" in problem(answer, 422, "model")["detail"]
    admin.post("/v1/models/candidate", {"path": str(other.path), "share": 1.0})
    own = new_caller(service, "mine", tenant="alpha").post("/v1/mine", asked(0))
    assert own["model"].endswith("+price@1.0.0")
    assert new_caller(service, "mine").post("/v1/mine", asked(0))["model"] == other.manifest.id
    assert "3 tenants" in problem(admin("POST", "/v1/models/promote"), 409, "trial")["detail"]
    admin.post("/v1/models/rollback")


def test_a_model_that_the_adapters_do_not_stand_beside_is_not_rolled_back_to(
    data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "adapters"
    folder.mkdir()
    own = Service.open(data, Limits(threads=1), beside=Beside(adapters=folder))
    try:
        admin, base = new_caller(own, "admin"), Bundle.open(shipped())
        other = other_base(tmp_path / "other")
        admin.post("/v1/models", {"path": str(other.path)})
        made = replace(all_of("price"), base=base_digest(other), base_id=other.manifest.id)
        put(folder, "alpha", made)  # trained on the new base meanwhile
        answer = admin("POST", "/v1/models/rollback")
        assert "1 tenants have adapters" in problem(answer, 409, "model")["detail"]
        answered = new_caller(own, "mine", tenant="alpha").post("/v1/mine", asked(0))
        assert answered["model"] == f"{other.manifest.id}+price@1.0.0"
        (folder / "alpha.safetensors").unlink()
        assert admin.post("/v1/models/rollback")["model"]["name"] == base.manifest.id
    finally:
        own.close()


def test_a_promise_was_measured_of_the_base_alone(service: Service) -> None:
    body = {**asked(0), "precision": 0.8}
    answer = new_caller(service, "mine", tenant="beta")("POST", "/v1/mine", json=body)
    assert "nobody measured" in problem(answer, 422, "precision")["detail"]


def test_few_stay_open(service: Service, adapters: Path) -> None:
    served, size = service.model.current, (adapters / "alpha.safetensors").stat().st_size
    shelf = TenantAdapters(adapters, 2 * size + 100)
    for tenant in ("alpha", "beta", "alpha", "gamma", "main"):
        shelf.miner(served.base, served.miner, tenant)
    assert len(shelf) == 2 and shelf.bytes <= 2 * size + 100
    first = shelf.miner(served.base, served.miner, "alpha")
    assert shelf.miner(served.base, served.miner, "alpha") is first
    assert shelf.miner(served.base, served.miner, "../alpha") is served.miner
    other = Miner(served.miner.reader, served.miner.labels, "other@1", "other")
    shelf.miner(served.base, other, "gamma")
    assert len(shelf) == 1, "adapters beside the model of before keep it in memory"


def test_an_ensemble_takes_none() -> None:
    member = Bundle.open(shipped())
    pair = Ensemble(member.path, member.manifest, (member, member))
    with pytest.raises(GuandianError, match=r"is an ensemble.* no adapters"):
        AdaptableBase.open(pair)


def test_a_replica_keeps_as_many_bytes_of_adapters_and_forgets_by_last_use() -> None:
    several = {name: all_of(name).to_bytes() for name in ("price", "service", "taste")}
    size = max(map(len, several.values()))
    app = ReplicaApp(None, 1, 2048, adapters=True, most=2 * size + 100)
    transport = httpx2.ASGITransport(app)

    async def asked_of(client: httpx2.AsyncClient, name: str) -> list[int]:
        headers = {ADAPTER.decode(): adapter_of(several[name], name).digest, SECONDS.decode(): "60"}
        body = review_bytes(Review("1", TEXTS[0]))
        answer = await client.post("/", content=body, headers=headers)
        statuses = [answer.status_code]
        if answer.status_code == 409:
            put = await client.put("/", content=several[name], headers=headers)
            statuses.append(put.status_code)
            answer = await client.post("/", content=body, headers=headers)
            statuses.append(answer.status_code)
        (mined,) = mined_of(answer.content.splitlines())
        assert {opinion.category for opinion in mined.opinions} == {name}
        return statuses

    async def turns() -> list[list[int]]:
        async with httpx2.AsyncClient(transport=transport, base_url="http://replica") as client:
            names = ("price", "service", "price", "taste", "price", "service")
            return [await asked_of(client, name) for name in names]

    try:
        fresh, known = [409, 200, 200], [200]
        assert asyncio.run(turns()) == [fresh, fresh, known, fresh, known, fresh]
        assert len(app.own) == 2 and app.own.bytes <= 2 * size
    finally:
        app.batcher.close()


@pytest.mark.slow
def test_replicas_answer_tenants_by_their_adapters_too(data: Path, adapters: Path) -> None:
    opened = Service.open(
        data, Limits(threads=1, replicas=(1, 1)), beside=Beside(adapters=adapters)
    )
    try:
        assert opened.fleet is not None and opened.fleet.ready == 1
        read = list[int]()
        submit = opened.batcher.submit
        opened.batcher.submit = lambda *given, **more: read.append(1) or submit(*given, **more)  # type: ignore[method-assign, func-returns-value]
        callers = {name: new_caller(opened, "mine", tenant=name) for name in (*TENANTS, "main")}

        async def crowd() -> list[tuple[str, Any]]:
            named = [name for _ in range(6) for name in callers]
            calls = [callers[name].ask("POST", "/v1/mine", json=asked(1)) for name in named]
            return list(zip(named, await asyncio.gather(*calls), strict=True))

        for name, answer in asyncio.run(crowd()):
            found = answer.json()
            if name in TENANTS:
                assert categories(found) == {TENANTS[name]}
                assert found["model"].endswith(f"+{TENANTS[name]}@1.0.0")
            else:
                assert "+" not in found["model"] and "price" not in str(found["reviews"])
        assert not read, "the service read a call itself"
    finally:
        opened.close()
