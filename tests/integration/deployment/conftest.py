"""An AWS account of moto, recorded answers where moto has none, and an environment file."""

import os
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from tests.support.deployments import ACCOUNT_SETTINGS, ANSWERS, RECORDED, Recorded, limits
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def recorded() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # All servers of a process share their resources, and moto lists the change sets of all stacks together.
    httpx.post(f"http://{host}:{port}/moto-api/reset").raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str, recorded: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of the programs and of this process, for an account with 1,000 concurrent executions."""
    RECORDED[ACCOUNT_SETTINGS] = limits(1000, 1000)
    variables = {
        "AWS_ENDPOINT_URL": moto,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "SENDGRID_BASE_URL": recorded,
        "PYTHONPATH": str(ROOT / "layers/shared/python"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return {**variables, "PATH": os.environ["PATH"]}


@pytest.fixture
def ssm(aws: dict[str, str]) -> Any:
    ssm = boto3.client("ssm")
    ssm.delete_parameters(Names=[f"/falaai/dev/{name}" for name in ANSWERS])
    return ssm


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".env.dev"
    path.write_text(
        "DB_HOST=gateway01.us-east-1.prod.aws.tidbcloud.com\nDB_USER=falaai\nEMAIL_USER=falaai@localhost.test\n"
        "DB_PASSWORD=ssm:/falaai/dev/DB_PASSWORD\n"
    )
    return path


@pytest.fixture
def secrets(ssm: Any) -> Any:
    for name in ANSWERS:
        ssm.put_parameter(Name=f"/falaai/dev/{name}", Value="x" * 40, Type="SecureString", Overwrite=True)
    return ssm
