"""Start, refusal to start, and stop without remaining processes or files."""

import os
import re
import signal
import socket

import httpx
import pytest

from waiting import HANG_SECONDS


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
        lambda_api = cloud.addresses["lambda"]
        eventually(lambda: "busy" in httpx.get(f"{lambda_api}/functions.json").text)
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
    eventually(cloud.children)  # such as the database server
    assert cloud.end() == 0
    assert cloud.children() == set()


def log_of_refused(cloud):
    """Return the lines of a devcloud that refused to start."""
    assert cloud.process.wait(HANG_SECONDS) == 1
    assert cloud.children() == set()
    return cloud.log.read_text().splitlines()


def refusal(cloud):
    """Return the one line that devcloud printed when it refused to start."""
    lines = log_of_refused(cloud)
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
    (project / ".env").write_text("NOTES_KEY=k\n")
    cloud = start().wait_until_ready()
    assert cloud.addresses["notes"] is None
    assert re.search(r"notes +real, from .env", cloud.log.read_text())


def test_service_gets_its_port_and_its_output_is_logged(start, eventually):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    cloud = start("--service-port", f"notes={port}").wait_until_ready()
    assert cloud.addresses["notes"] == f"http://127.0.0.1:{port}"
    environment = httpx.get(f"{cloud.addresses['gateway']}/do/tell").json()["environment"]
    assert environment["NOTES_URL"] == cloud.addresses["notes"]
    assert httpx.get(cloud.addresses["notes"]).json() == {"folder": str(cloud.data)}
    eventually(lambda: re.search(r'notes +"GET / HTTP/1.1" 200', cloud.log.read_text()))


def test_killed_service_is_reported(start, eventually):
    cloud = start().wait_until_ready()
    os.kill(httpx.get(f"{cloud.addresses['notes']}/pid").json()["pid"], signal.SIGKILL)
    eventually(lambda: re.search(r"notes +ERROR exited unexpectedly", cloud.log.read_text()))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ('["{python}", "-c", "raise SystemExit(\'no key\')"]', "The service notes stopped while starting: no key"),
        ('["no-such-program"]', "no-such-program: No such file or directory"),
    ],
)
def test_service_that_does_not_start_is_reported_in_one_line(start, project, command, reason):
    settings = project / "pyproject.toml"
    settings.write_text(re.sub(r"(?m)^command = .*", lambda _: f"command = {command}", settings.read_text()))
    lines = log_of_refused(start())
    assert reason in lines[-1]
    assert "Traceback" not in "".join(lines)


def test_unknown_service_is_refused(start):
    assert refusal(start("--service-port", "clock=0")) == "devcloud: pyproject.toml has no service named clock."


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
