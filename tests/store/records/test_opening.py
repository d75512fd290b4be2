"""How records are opened: made, brought up to date, refused."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text, update
from tests.store.records.postgres_server import Server

from guandian.errors import GuandianError
from guandian.store.records import ApiKey, KeyTerms, Records, Refusal, Scope
from guandian.store.records.database import SCHEMA
from guandian.store.records.key_text import ALPHABET, checksum, is_well_formed, make_key
from guandian.store.records.migrations import STEPS, bring_up_to_date
from guandian.store.records.record_tables import FORMAT, SETTINGS, TABLES
from guandian.store.records.watching import AlertKind, AlertRecord, AlertState
from guandian.store.records.watching.watch_tables import WATCH_TABLES

TERMS = KeyTerms("shop", (Scope.READ,))


def test_an_earlier_version_is_brought_up_to_date_and_a_later_one_refused(
    opened: Callable[[], Records], records: Records
) -> None:
    made, _ = records.keys.create("main", TERMS, "cli")
    postgres = records._database.engine.dialect.name == "postgresql"
    table = f"{SCHEMA}.api_keys" if postgres else "api_keys"

    def add_a_column(connection: Connection) -> None:
        connection.execute(text(f"ALTER TABLE {table} ADD COLUMN colour TEXT DEFAULT 'red'"))

    def fail(connection: Connection) -> None:
        add_a_column(connection)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        bring_up_to_date(records._database, [*STEPS, fail])
    for _ in range(2):  # the second finds nothing to do
        bring_up_to_date(records._database, [*STEPS, add_a_column])
    with records._database.reading() as connection:
        assert connection.execute(text(f"SELECT colour FROM {table}")).scalars().all() == ["red"]
    assert records.keys.list("main") == [made]
    with pytest.raises(GuandianError, match="are of version 10, and this guandian knows 9"):
        opened()


def test_records_of_version_1_get_the_tables_of_alerts(
    opened: Callable[[], Records], records: Records
) -> None:
    key, _ = records.keys.create("main", TERMS, "cli")
    with records._database.writing() as connection:
        TABLES.drop_all(connection, tables=WATCH_TABLES)
        connection.execute(update(FORMAT).values(version=1))
    again = opened()
    assert again.keys.list("main") == [key] and again.alerts.list("main") == []


def test_alerts_of_version_2_are_surges(opened: Callable[[], Records], records: Records) -> None:
    day = date(2026, 2, 2)
    series = {"product": "X200", "category": None, "aspect": None, "source": None}
    alert = AlertRecord("a_1", series, "day", AlertState.FIRING, day, day, 9, 2.0, 1e-6)
    records.alerts.save("main", [alert])
    postgres = records._database.engine.dialect.name == "postgresql"
    own = f"{SCHEMA}." if postgres else ""
    with records._database.writing() as connection:
        connection.execute(text(f"DROP TABLE {own}watch_state"))
        connection.execute(text(f"ALTER TABLE {own}alerts DROP COLUMN kind"))
        connection.execute(text(f"ALTER TABLE {own}channels DROP COLUMN terms"))
        connection.execute(update(FORMAT).values(version=2))
    again = opened()
    assert again.alerts.list("main") == [alert] and alert.kind is AlertKind.SURGE
    again.watchers.put("main", "day", {"rows": 3})
    assert again.watchers.get("main", "day") == {"rows": 3}


def test_jobs_of_version_4_repeat_no_id(opened: Callable[[], Records], records: Records) -> None:
    job = records.jobs.add("main", "a.csv", "u_1", {}, "k_1")
    postgres = records._database.engine.dialect.name == "postgresql"
    own = f"{SCHEMA}." if postgres else ""
    with records._database.writing() as connection:
        connection.execute(text(f"ALTER TABLE {own}jobs DROP COLUMN repeated"))
        connection.execute(update(FORMAT).values(version=4))
    assert opened().jobs.get("main", job.id) == job


def test_a_password_is_in_no_message(tmp_path: Path) -> None:
    address = f"postgresql://me:hushhush@/none?host={tmp_path}"
    with pytest.raises(GuandianError, match="cannot be used") as error:
        Records.open(tmp_path, address)
    assert "hushhush" not in str(error.value) and "me:***@" in str(error.value)


@pytest.mark.parametrize("address", ["mysql://me:hushhush@host/name", "hushhush", ""])
def test_an_address_of_something_else_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="no address of a PostgreSQL") as error:
        Records.open(tmp_path, address)
    assert "hushhush" not in str(error.value)


def test_a_server_that_was_started_anew_is_found_again(tmp_path: Path, postgres: Server) -> None:
    address = postgres.new_database()
    with Records.open(tmp_path, address) as records:
        _, key = records.keys.create("main", TERMS, "cli")
        with psycopg.connect(address, autocommit=True) as other:
            ended = other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        assert ended == [(True,)]
        assert isinstance(records.keys.authenticate(key), ApiKey)


def test_the_tables_stand_apart_from_those_of_others(tmp_path: Path, postgres: Server) -> None:
    address = postgres.new_database()
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("CREATE TABLE public.jobs (theirs TEXT)")
        with Records.open(tmp_path, address) as records:
            records.jobs.add("main", "a.csv", "u", {}, "k")
        assert other.execute("SELECT count(*) FROM guandian.jobs").fetchone() == (1,)
        assert other.execute("SELECT count(*) FROM public.jobs").fetchone() == (0,)


def test_a_data_base_without_utf8_is_refused(tmp_path: Path, postgres: Server) -> None:
    address = postgres.new_database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(GuandianError, match="holds texts as LATIN1"):
        Records.open(tmp_path, address)


def test_what_cannot_be_records_is_told(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="there is no folder"):
        Records.open(tmp_path / "none")
    (tmp_path / "records.sqlite").write_bytes(b"no data base at all, but long enough" * 100)
    with pytest.raises(GuandianError, match="cannot be used: file is not a database"):
        Records.open(tmp_path)


def test_a_writer_that_holds_on_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guandian.store.records.database._WAIT_SECONDS", 0.2)
    with (
        Records.open(tmp_path) as records,
        closing(sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert records.jobs.list("main") == []  # reading waits for nobody
        with pytest.raises(GuandianError, match="database is locked"):
            records.jobs.add("main", "a.csv", "u", {}, "k")
        other.execute("ROLLBACK")
        assert records.jobs.add("main", "a.csv", "u", {}, "k").name == "a.csv"


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_the_secret_is_its_owners_alone(tmp_path: Path) -> None:
    with Records.open(tmp_path) as records:
        _, key = records.keys.create("main", TERMS, "cli")
    file = tmp_path / "keys.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    names = {path.name for path in tmp_path.iterdir()}
    assert names - {"records.sqlite-wal", "records.sqlite-shm"} == {"keys.secret", "records.sqlite"}
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.encode() not in everything and key[:16].encode() in everything
    file.chmod(0o644)
    with pytest.raises(GuandianError, match="others may read"):
        Records.open(tmp_path)
    file.chmod(0o600)
    file.write_text(file.read_text()[:20])
    with pytest.raises(GuandianError, match="is damaged"):
        Records.open(tmp_path)


def test_keys_of_another_secret_open_nothing_and_that_is_told(
    opened: Callable[[], Records], tmp_path: Path
) -> None:
    file, copy = tmp_path / "keys.secret", tmp_path / "copy"
    records = opened()
    assert records.keys.fit_secret(), "where there is no key nothing is amiss"
    _, key = records.keys.create("main", TERMS, "cli")
    file.rename(copy)
    for _ in range(2):  # the second finds a secret that is not new any more
        records = opened()
        assert records.keys.authenticate(key) == Refusal.UNKNOWN
        assert not records.keys.fit_secret()
    copy.replace(file)
    assert opened().keys.fit_secret() and isinstance(opened().keys.authenticate(key), ApiKey)
    file.unlink()
    records = opened()
    records.keys.create("main", TERMS, "cli")
    assert records.keys.fit_secret(), "a key made since then opens"


def test_keys_of_before_there_were_marks_fit_unless_the_secret_is_new(
    opened: Callable[[], Records], tmp_path: Path
) -> None:
    records = opened()
    records.keys.create("main", TERMS, "cli")
    with records._database.writing() as connection:
        connection.execute(SETTINGS.delete())
    assert opened().keys.fit_secret()
    with records._database.writing() as connection:
        connection.execute(SETTINGS.delete())
    (tmp_path / "keys.secret").unlink()
    assert not opened().keys.fit_secret()
    assert not opened().keys.fit_secret()


def test_one_service_uses_a_data_base(opened: Callable[[], Records], records: Records) -> None:
    """In SQLite the writer's lock of the folder says so before."""
    records.claim()
    second = opened()
    second.keys.create("main", TERMS, "cli")  # as `guandian keys` beside the service
    if records._database.engine.dialect.name == "postgresql":
        with pytest.raises(GuandianError, match=r"(?s)another service uses.*--records"):
            second.claim()
    records.close()
    second.claim()


def test_the_checksum_is_the_crc_of_the_body() -> None:
    assert checksum("123456789") == "3jZRME"  # 0xCBF43926, the check value of CRC-32
    assert is_well_formed("gd_live_" + "0" * 30 + checksum("0" * 30))
    assert len({make_key() for _ in range(1000)}) == 1000


@given(st.data())
def test_a_slip_of_the_pen_is_seen(data: st.DataObject) -> None:
    key = make_key()
    assert is_well_formed(key) and len(key) == 44
    place = data.draw(st.integers(8, 43))
    if data.draw(st.booleans()):
        wrong = key[:place] + data.draw(st.sampled_from(ALPHABET)) + key[place + 1 :]
    else:
        wrong = key[: place - 1] + key[place] + key[place - 1] + key[place + 1 :]
    assert is_well_formed(wrong) == (wrong == key)
