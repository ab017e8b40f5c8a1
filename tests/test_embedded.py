"""PostgreSQL as a child process: it starts, is shared, survives crashes, and says in one line what is wrong."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from crm import cluster
from crm.child_process import Account, unprivileged_account
from crm.embedded import EmbeddedPostgres, EmbeddedPostgresError

LINUX = sys.platform == "linux"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that has run once and was stopped; tests work on copies."""
    folder = tmp_path_factory.mktemp("seed") / "cluster"
    with EmbeddedPostgres(folder):
        pass
    return folder


@pytest.fixture
def folder(seed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seed, tmp_path / "cluster"))


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder) as server:
        yield server


def refusal(folder: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(folder).start()
    words = str(caught.value)
    assert "\n" not in words
    return words


def test_a_first_start_makes_a_cluster_that_sorts_alike_everywhere(server: EmbeddedPostgres) -> None:
    question = "select datlocprovider, datlocale, pg_encoding_to_char(encoding) from pg_database where datname = %s"
    with psycopg.connect(server.create_database("deals")) as connection:
        assert connection.execute(question, ["deals"]).fetchone() == ("b", "C.UTF-8", "UTF8")


def test_a_database_is_copied_from_a_template(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.create_database("template"), autocommit=True) as connection:
        connection.execute("create table deals (name text)")
    with psycopg.connect(server.create_database("copy", template="template")) as connection:
        assert connection.execute("select count(*) from deals").fetchone() == (0,)


def test_making_a_database_twice_is_making_it_once(server: EmbeddedPostgres) -> None:
    assert server.create_database("crm") == server.create_database("crm")


def test_it_opens_no_port(server: EmbeddedPostgres) -> None:
    assert not [c for c in psutil.Process(server.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]


def test_only_we_can_reach_its_socket(server: EmbeddedPostgres) -> None:
    assert server.socket_folder.stat().st_mode & 0o077 == 0


def test_a_stop_leaves_nothing_behind(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    assert psutil.wait_procs(processes, timeout=5)[1] == []
    assert not server.socket_folder.exists()
    assert not (folder / "postmaster.pid").exists()


def test_a_stop_works_after_the_folder_was_deleted(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ".data" / "postgres") as server:
        shutil.rmtree(tmp_path / ".data")
    assert not server.is_running()
    assert not server.socket_folder.exists()


def test_a_throwaway_server_takes_its_folder_with_it(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "cluster", throwaway=True)
    with server, psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("show fsync").fetchone() == ("off",)
    assert not (tmp_path / "cluster").exists()


def test_two_first_starts_at_once_share_one_server(tmp_path: Path) -> None:
    servers = [EmbeddedPostgres(tmp_path / "cluster") for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(EmbeddedPostgres.start, servers))
    assert servers[0].pid == servers[1].pid
    for server in servers:
        server.stop()
    assert not any(server.is_running() for server in servers)


def test_a_guest_does_not_stop_the_server_of_its_host(server: EmbeddedPostgres) -> None:
    guest = EmbeddedPostgres(server.folder)
    guest.start()
    guest.stop()
    assert server.is_running()


def test_a_committed_row_survives_kill_9(server: EmbeddedPostgres) -> None:
    url = server.create_database("crm")
    with psycopg.connect(url) as connection:
        connection.execute("create table deals as select 'Won' as stage")
    os.kill(server.pid, signal.SIGKILL)
    psutil.Process(server.pid).wait(5)
    assert not server.is_running()
    with EmbeddedPostgres(server.folder) as again, psycopg.connect(again.url("crm")) as connection:
        assert connection.execute("select stage from deals").fetchone() == ("Won",)


def test_a_pid_file_that_names_another_program_is_no_obstacle(folder: Path) -> None:
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n1\n5432\n/tmp\n")
    with EmbeddedPostgres(folder) as server:
        assert server.is_running()


@pytest.mark.skipif(not LINUX, reason="only Linux tells a child that its parent was killed")
def test_the_server_ends_when_its_parent_is_killed(folder: Path) -> None:
    code = f"""if True:
        import os, signal, pathlib
        from crm.embedded import EmbeddedPostgres
        server = EmbeddedPostgres(pathlib.Path({str(folder)!r}))
        server.start()
        print(server.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    parent = subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 5
    while cluster.postmaster_of(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert int(parent.stdout) > 0
    assert not (folder / "postmaster.pid").exists()
    with EmbeddedPostgres(folder) as again:  # and nothing of it is in the way
        assert again.is_running()


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "cluster").write_text("")
    assert refusal(tmp_path / "cluster").endswith("cluster is a file.")


def test_a_file_in_place_of_a_folder_above_is_named(tmp_path: Path) -> None:
    (tmp_path / "above").write_text("")
    assert "is a file." in refusal(tmp_path / "above" / "cluster")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    locked = tmp_path
    if os.geteuid() == 0:
        locked = Path("/sys") if LINUX else pytest.skip("root may write everywhere")
    locked.chmod(0o555)
    assert f"can't use {locked}" in refusal(locked / "cluster")


def test_a_folder_of_another_version_is_refused_untouched(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("9\n")
    assert "was made by PostgreSQL 9; this is 18" in refusal(folder)


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("")
    assert "holds no complete PostgreSQL database" in refusal(tmp_path)


@pytest.mark.parametrize("lost", ["global/pg_control", "global/pg_filenode.map"])
def test_a_damaged_database_is_called_damaged(folder: Path, lost: str) -> None:
    (folder / lost).write_bytes(b"rubbish")
    assert "is damaged: restore a backup" in refusal(folder)


def test_a_setting_that_postgres_refuses_is_quoted(folder: Path) -> None:
    (folder / "postgresql.conf").write_text("no such setting")
    assert "contains errors" in refusal(folder)


def test_missing_programs_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    assert refusal(folder).startswith("PostgreSQL is missing")


@pytest.mark.skipif(os.geteuid() != 0 or not LINUX, reason="only root has another account to take")
def test_root_without_namespaces_becomes_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that forbids user namespaces."""
    works = Account.works
    monkeypatch.setattr(Account, "works", lambda account: not account.in_namespace and works(account))
    with EmbeddedPostgres(tmp_path / "cluster") as server:
        assert psutil.Process(server.pid).uids().effective == unprivileged_account(tmp_path).uid != 0
