"""The services alone, bound to an address that is not the usual one, as `sam local` needs them."""

import json
import socket
import ssl
from urllib.parse import urlsplit

import httpx
import pymysql
import pytest

# Another address of this machine, as Docker's bridge is one.
ADDRESS = "127.0.0.2"

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", ADDRESS])


@pytest.fixture
def told(start, eventually):
    """What the web function would be told by sam."""
    cloud = start("--services-only", "--bind", ADDRESS, "--host", "127.0.0.1", "--port", "3000")
    path = cloud.data / "sam.json"
    eventually(lambda: path.exists() or cloud.process.poll() is not None)
    assert path.exists(), cloud.log.read_text()
    assert path.stat().st_mode & 0o077 == 0
    yield json.loads(path.read_text())["WebFunction"]
    assert cloud.end() == 0
    assert not path.exists()
    assert cloud.children() == set()


def test_functions_are_told_of_services_at_the_address_and_there_is_no_gateway(told):
    assert told["DB_HOST"] == urlsplit(told["AWS_ENDPOINT_URL"]).hostname == ADDRESS
    assert told["JOBS_QUEUE_URL"].startswith(told["AWS_ENDPOINT_URL"])
    assert httpx.get(told["AWS_ENDPOINT_URL"]).status_code < 500
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(told["AWS_ENDPOINT_URL"]).port))


def test_the_database_talks_to_others_over_tls_alone(told):
    account = {"user": told["DB_USER"], "password": told["DB_PASSWORD"], "database": told["DB_NAME"]}
    place = {"host": ADDRESS, "port": int(told["DB_PORT"])}
    pymysql.connect(**place, **account, ssl=ssl.create_default_context(cadata=told["DB_CA"])).close()
    with pytest.raises(pymysql.err.OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        pymysql.connect(**place, **account, ssl=ssl.create_default_context())
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        pymysql.connect(**place, **account, ssl_disabled=True)
