"""Start, refusal to start, and stop without remaining processes or files."""

import signal
import socket

import httpx
import pytest

from tests.support.waiting import HANG_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_devcloud_and_all_its_processes(start, number):
    cloud = start().wait_until_ready()
    assert len(cloud.children()) >= 3, "a database, AWS and functions"
    assert cloud.end(number) == 0
    assert cloud.children() == set()
    assert not (cloud.data / "addresses.json").exists()
    assert "Traceback" not in cloud.log.read_text()


def test_running_request_does_not_delay_the_stop(start, eventually):
    cloud = start().wait_until_ready()
    with socket.create_connection(cloud.addresses["gateway"].removeprefix("http://").split(":")) as connection:
        connection.sendall(b"GET /do/sleep?seconds=1.9 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        inbox = cloud.addresses["inbox"]
        eventually(lambda: "busy" in httpx.get(f"{inbox}/functions.json").text)
        assert cloud.end() == 0
        assert not connection.recv(1000).startswith(b"HTTP/1.1 200"), "it waited for the request"
    assert cloud.children() == set()


def test_killed_devcloud_leaves_no_process_and_keeps_its_data(start, eventually):
    cloud = start().wait_until_ready()
    key = (cloud.data / "secrets.json").read_text()
    cloud.end(signal.SIGKILL)
    eventually(lambda: cloud.children() == set())
    again = start().wait_until_ready()
    assert (again.data / "secrets.json").read_text() == key
    assert (again.data / "secrets.json").stat().st_mode & 0o077 == 0
    eventually(lambda: "start number 2" in again.log.read_text())


def test_signal_during_the_start_stops_devcloud(start, eventually):
    cloud = start()
    eventually(lambda: (cloud.data / "database").exists())
    assert cloud.end() == 0
    assert cloud.children() == set()


def refusal(cloud):
    """Return the one line that devcloud printed when it refused to start."""
    assert cloud.process.wait(HANG_SECONDS) == 1
    assert cloud.children() == set()
    lines = cloud.log.read_text().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_busy_port_is_reported_in_one_line(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(start("--port", str(port)))
    assert said == f"devcloud: Port {port} is in use; choose another one for the gateway with --port."


def test_failed_check_command_is_reported_by_its_last_line(start, project):
    (project / ".env").write_text("GREETING=unwanted\n")
    assert refusal(start()) == "devcloud: GREETING must not be unwanted."


def test_unsupported_template_is_reported_in_one_line(start, project):
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("!Ref Greeting", "!FindInMap [A, B, C]"))
    assert refusal(start()) == "devcloud: devcloud does not support the intrinsic function Fn::FindInMap."


def test_second_devcloud_on_the_same_data_folder_is_refused(start):
    first = start().wait_until_ready()
    second = start()
    assert second.process.wait(HANG_SECONDS) == 1
    assert "Another devcloud is running" in second.log.read_text()
    assert httpx.get(f"{first.addresses['gateway']}/do/tell").status_code == 200


def test_services_configured_in_env_are_not_started(start, project):
    (project / ".env").write_text("GEMINI_API_KEY=k\nSENDGRID_API_KEY=k\n")
    cloud = start().wait_until_ready()
    assert cloud.addresses["gemini"] is None
    assert cloud.addresses["sendgrid"] is None
    assert "real, from .env" in cloud.log.read_text()


def test_a_stage_is_served_under_its_name(start):
    cloud = start("--stage", "live", "--no-reload").wait_until_ready()
    assert cloud.addresses["gateway"].endswith("/live")
    event = httpx.get(f"{cloud.addresses['gateway']}/do/tell").json()["event"]
    assert (event["path"], event["requestContext"]["path"]) == ("/do/tell", "/live/do/tell")
    outside = httpx.get(cloud.addresses["gateway"].removesuffix("/live") + "/do/tell")
    assert outside.status_code == 403


def test_import_error_of_a_function_is_logged_once(start, project):
    (project / "web/app.py").write_text("import nothing_of_this_name\n")
    cloud = start().wait_until_ready()
    for _ in range(2):
        assert httpx.get(f"{cloud.addresses['gateway']}/do/tell", timeout=HANG_SECONDS).status_code == 502
    log = cloud.log.read_text()
    assert log.count("ERROR WebFunction cannot start: Runtime.ImportModuleError") == 1
    assert "nothing_of_this_name" in log


def test_function_that_exits_at_its_start_answers_502(start, project):
    (project / "web/app.py").write_text("import os\nos._exit(3)\n")
    cloud = start().wait_until_ready()
    assert httpx.get(f"{cloud.addresses['gateway']}/do/tell", timeout=HANG_SECONDS).status_code == 502
