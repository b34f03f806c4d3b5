"""The option --services-only with an address other than 127.0.0.1, as for `sam local`."""

import json
import socket
import ssl
from urllib.parse import urlsplit

import httpx
import pymysql
import pytest

# A second address of this machine, in place of Docker's bridge.
ADDRESS = "127.0.0.2"

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", ADDRESS])


@pytest.fixture
def variables(start, eventually):
    """The variables that sam would give to the web function."""
    cloud = start("--services-only", "--bind", ADDRESS, "--host", "127.0.0.1", "--port", "3000")
    path = cloud.data / "sam.json"
    eventually(lambda: path.exists() or cloud.process.poll() is not None)
    assert path.exists(), cloud.log.read_text()
    assert path.stat().st_mode & 0o077 == 0
    yield json.loads(path.read_text())["WebFunction"]
    assert cloud.end() == 0
    assert not path.exists()
    assert cloud.children() == set()


def test_services_listen_on_the_given_address_without_a_gateway(variables):
    assert variables["DB_HOST"] == urlsplit(variables["AWS_ENDPOINT_URL"]).hostname == ADDRESS
    assert variables["JOBS_QUEUE_URL"].startswith(variables["AWS_ENDPOINT_URL"])
    assert httpx.get(variables["AWS_ENDPOINT_URL"]).status_code < 500
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(variables["AWS_ENDPOINT_URL"]).port))


def test_database_requires_tls_on_other_addresses(variables):
    account = {"user": variables["DB_USER"], "password": variables["DB_PASSWORD"], "database": variables["DB_NAME"]}
    place = {"host": ADDRESS, "port": int(variables["DB_PORT"])}
    pymysql.connect(**place, **account, ssl=ssl.create_default_context(cadata=variables["DB_CA"])).close()
    with pytest.raises(pymysql.err.OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        pymysql.connect(**place, **account, ssl=ssl.create_default_context())
    # MariaDB 10 and TiDB answer with the first, MariaDB 11 with the second.
    with pytest.raises(pymysql.err.OperationalError, match=r"Access denied|insecure transport"):
        pymysql.connect(**place, **account, ssl_disabled=True)
