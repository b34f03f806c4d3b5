"""Starting: what .env switches, and one clear sentence for what cannot start."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.database_server import DATABASE
from tests.support.paths import ROOT
from tests.support.people import People
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.waiting import HANG_SECONDS


def refused(tmp_path: Path, env: str = "", *arguments: str) -> str:
    """Start devcloud on what cannot work; its whole output, which must be short and free of tracebacks."""
    (tmp_path / "env").write_text(env)
    command = [sys.executable, "-m", "devcloud", "--port", "0", "--service-port", "sendgrid=0", "--no-reload"]
    command += ["--database", DATABASE]
    command += ["--data", str(tmp_path / "data"), "--env-file", str(tmp_path / "env"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "devcloud/src")}
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    assert finished.returncode != 0
    output = finished.stdout + finished.stderr
    assert "Traceback" not in output
    assert len(output.strip().splitlines()) == 1, output
    return output


def database_env(cloud: RunningCloud, **changed: object) -> str:
    address = {**cloud.addresses["database"], **changed}
    names = {"DB_HOST": "host", "DB_PORT": "port", "DB_USER": "user", "DB_PASSWORD": "password", "DB_NAME": "name"}
    return "".join(f"{name}={address[key]}\n" for name, key in names.items())


def test_short_secret(tmp_path: Path) -> None:
    assert "SESSION_SECRET_KEY is too short: at least 32 characters" in refused(tmp_path, "SESSION_SECRET_KEY=abc\n")


def test_placeholder_key(tmp_path: Path) -> None:
    env = "GEMINI_API_KEY=your-gemini-key-here-please\n"
    assert "GEMINI_API_KEY is still a placeholder" in refused(tmp_path, env)


def test_unreachable_database(tmp_path: Path, cloud: RunningCloud) -> None:
    assert "no database answers at 127.0.0.1:1" in refused(tmp_path, database_env(cloud, port=1))


def test_wrong_database_password(tmp_path: Path, cloud: RunningCloud) -> None:
    assert "wrong DB_USER or DB_PASSWORD" in refused(tmp_path, database_env(cloud, password="errada-errada"))


def test_missing_database_user(tmp_path: Path) -> None:
    assert "DB_USER is not set; DB_PASSWORD names the SSM parameter" in refused(tmp_path, "DB_HOST=127.0.0.1\n")


def test_busy_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert f"ort {port} is in use" in refused(tmp_path, "", "--port", str(port))


def test_each_real_service_replaces_only_its_fake(tmp_path: Path, cloud: RunningCloud) -> None:
    """Another devcloud's services play the real ones."""
    gemini, sendgrid = cloud.addresses["gemini"], cloud.addresses["sendgrid"]
    real = {
        "gemini": f"GEMINI_API_KEY={'k' * 39}\nGEMINI_BASE_URL={gemini}\n",
        "sendgrid": f"SENDGRID_API_KEY=SG.{'k' * 40}\nSENDGRID_BASE_URL={sendgrid}\n",
        "database": database_env(cloud),
    }
    for chosen, env in real.items():
        (tmp_path / "env").write_text(env)
        other = start_cloud(tmp_path / chosen, env_file=tmp_path / "env")
        try:
            said = {name: kind for name in real for kind in other.log.read_text().splitlines() if f" {name} " in kind}
            assert {name: "real, from .env" in line for name, line in said.items()} == {
                name: name == chosen for name in real
            }
            assert [name for name in real if other.addresses[name] is None] == [chosen]
        finally:
            assert other.stop() == 0


def test_real_gemini_and_sendgrid_are_really_used(tmp_path: Path, cloud: RunningCloud) -> None:
    gemini, sendgrid = cloud.addresses["gemini"], cloud.addresses["sendgrid"]
    (tmp_path / "env").write_text(
        f"GEMINI_API_KEY={'k' * 39}\nGEMINI_BASE_URL={gemini}\n"
        f"SENDGRID_API_KEY=SG.{'k' * 40}\nSENDGRID_BASE_URL={sendgrid}\n"
    )
    httpx.delete(f"{gemini}/admin/requests").raise_for_status()
    other = start_cloud(tmp_path / "data", env_file=tmp_path / "env")
    # SendGrid delivers the emails, here into the first cloud's inbox.
    people = People(other, inbox_of=cloud)
    try:
        assert "demonstração" in people.member().say("Oi")["response"]
        newcomer = people.stranger()
        assert newcomer.register().status_code == 201
        assert newcomer.confirm().status_code == 303
        assert httpx.get(f"{gemini}/admin/requests").json()
        assert other.addresses["sendgrid"] is None
    finally:
        people.close()
        assert other.stop() == 0


@pytest.mark.parametrize("target", ["run", "test", "check", "migrate", "build", "deploy"])
def test_make_help_lists_the_commands(target: str) -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"make {target} " in listed
