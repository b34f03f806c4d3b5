"""Pages of other sites reach none of devcloud's ports."""

import contextlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from waiting import HANG_SECONDS

LISTENS = "0A"
EVIL = "https://evil.example"
FOREIGN = {
    "a rebound name": {"host": "evil.example"},
    "a rebound name with our port": {"host": "evil.example:{port}"},
    "an address that is not ours": {"host": "192.0.2.1"},
    "a name that only begins like ours": {"host": "localhost.evil.example"},
    "a page of another origin": {"origin": EVIL},
    "a sandboxed page": {"origin": "null"},
    "a page of another port": {"origin": "http://127.0.0.1:1"},
    "a resource of another site's page": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    "a frame in another site's page": {
        "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe",
    },
}  # fmt: skip


def descendants(pid):
    """Return the ids of a process and of all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in descendants(int(child)))]


def ports_of(pid):
    """Return the TCP ports on which a process listens."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed in the meantime
            inodes.update(re.findall(r"socket:\[(\d+)\]", str(entry.readlink())))
    rows = [
        line.split()
        for family in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]
    ]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTENS and row[9] in inodes}


def open_ports(cloud):
    """Return the ports of devcloud and its children, except those of the database, the project and web functions."""
    functions = httpx.get(f"{cloud.addresses['lambda']}/functions.json").json()
    own_servers = {pid for one in functions for process in one["processes"] for pid in descendants(process["pid"])}
    ports = {port for pid in descendants(cloud.process.pid) if pid not in own_servers for port in ports_of(pid)}
    return sorted(ports - {cloud.addresses["database"]["port"], urlsplit(cloud.addresses["notes"]).port})


def test_open_ports_finds_every_port(cloud, eventually):
    named = {urlsplit(cloud.addresses[name]).port for name in ("gateway", "lambda", "aws")}
    assert named <= set(open_ports(cloud))
    # The Runtime API has one more port for each function's process.
    eventually(lambda: len(open_ports(cloud)) >= len(named) + 2)


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_request_is_refused_on_every_port(cloud, what):
    for port in open_ports(cloud):
        headers = {name: value.format(port=port) for name, value in FOREIGN[what].items()}
        for method, path, body in (
            ("GET", "/", None),
            ("GET", "/functions.json", None),
            ("OPTIONS", "/", None),
            ("POST", "/?Action=ListQueues", "Action=ListQueues"),
            ("POST", "/2015-03-31/functions/WorkerFunction/invocations", "{}"),
        ):
            answer = httpx.request(
                method, f"http://127.0.0.1:{port}{path}", headers={"content-type": "text/plain", **headers},
                content=body, timeout=HANG_SECONDS,
            )  # fmt: skip
            assert (answer.status_code, "devcloud" in answer.text) == (403, True), (port, method, path)
            assert "access-control-allow-origin" not in answer.headers


def test_requests_of_own_pages_are_served(cloud):
    for name, path in (("gateway", "/do/tell"), ("lambda", "/functions.json"), ("aws", "/?Action=ListQueues")):
        port = urlsplit(cloud.addresses[name]).port
        for host in ("127.0.0.1", "localhost", "fala.localhost", "[::1]"):
            own = {"host": f"{host}:{port}", "origin": f"http://{host}:{port}", "sec-fetch-site": "same-origin"}
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers=own)
            # S3 takes a name before localhost as a bucket, which does not exist: hence 404.
            assert answer.status_code in (200, 404), (name, host, answer.text)
            assert "access-control-allow-origin" not in answer.headers


def test_links_on_other_sites_may_lead_only_to_the_gateway(cloud):
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert httpx.get(f"{cloud.addresses['gateway']}/do/tell", headers=link).status_code == 200
    assert httpx.post(f"{cloud.addresses['gateway']}/do/tell", headers=link).status_code == 403
    assert httpx.get(f"{cloud.addresses['lambda']}/functions.json", headers=link).status_code == 403


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_invocation_with_a_content_type_of_simple_requests_is_refused(cloud, kind):
    url = f"{cloud.addresses['lambda']}/2015-03-31/functions/WebFunction/invocations"
    answer = httpx.post(url, content='{"Records": []}', headers={"content-type": kind})
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (415, "UnsupportedMediaTypeException")
