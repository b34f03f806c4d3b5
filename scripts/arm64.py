"""Start each function of the arm64 build on this machine and let it answer once: python -m scripts.arm64 ROOT [NAME…]

NAME is a function, such as EmailFunction; without one, all answer. First run `make build ENV=dev`.

ROOT is a Debian 13 for arm64 with Python 3.13. As root, with the packages debootstrap and qemu-user-static, this
makes one; its programs need not be configured, so --foreign is enough:

    debootstrap --arch=arm64 --foreign --variant=minbase --include=python3 trixie ROOT
    for package in ROOT/var/cache/apt/archives/*.deb; do dpkg-deb -x "$package" ROOT; done
    python3.13 -m compileall -q -s ROOT ROOT/usr/lib/python3.13

The database, SQS, S3, Gemini and SendGrid are devcloud's, and run natively. Under qemu everything takes many times
longer than on an arm64 processor: the seconds show that a function starts, not how fast it is on Lambda.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymysql

REPOSITORY = Path(__file__).parents[1]
BUILD = REPOSITORY / ".aws-sam/build"
LIMIT = 900
# Program that imports the function as Lambda does, handles one event, and prints seconds and result after a marker
# line.
HANDLE = """
import json, os, platform, sys, time
assert platform.machine() == "aarch64"
began = time.monotonic()
import app
# Under qemu each of these alone takes longer than the deadline of an answer by the model or by S3.
if "GEMINI_API_KEY" in os.environ:
    from falaai.gemini.models import language_model
    for attempt in range(5):  # what one attempt has imported and built is there for the next one
        try:
            language_model().warm_up()
            break
        except Exception as error:
            print("warm-up:", type(error).__name__)
if "QUEUE_URL" in os.environ and "PICTURES_BUCKET" in os.environ:
    from falaai.s3 import s3_client
    s3_client()
class Context:
    aws_request_id, function_name, function_version, memory_limit_in_mb = "arm64", sys.argv[1], "$LATEST", 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:" + sys.argv[1]
    log_group_name = log_stream_name = "arm64"
    get_remaining_time_in_millis = staticmethod(lambda: 600_000)
started = time.monotonic()
result = app.handler(json.loads(sys.argv[2]), Context())
print("\\nRESULT" + json.dumps([started - began, time.monotonic() - started, result]))
"""
ADAPTER_PORT = "28099"


def request_event(path: str) -> dict[str, Any]:
    """Return the event of a GET request by API Gateway."""
    query = {"deep": "1"} if path == "/health" else None
    context = {
        "resourcePath": path, "httpMethod": "GET", "path": path, "stage": "live", "requestId": "arm64",
        "domainName": "127.0.0.1", "identity": {"sourceIp": "127.0.0.1"},
    }  # fmt: skip
    return {
        "resource": path, "path": path, "httpMethod": "GET", "headers": {}, "multiValueHeaders": {},
        "queryStringParameters": query, "multiValueQueryStringParameters": query and {"deep": ["1"]},
        "pathParameters": None, "stageVariables": None, "requestContext": context, "body": None,
        "isBase64Encoded": False,
    }  # fmt: skip


def queue_event(name: str) -> dict[str, Any]:
    """Return the event of tests/events for this worker, as if it was sent now."""
    event: dict[str, Any] = json.loads((REPOSITORY / f"tests/events/{name}.json").read_text())
    for record in event.get("Records", []):
        record["attributes"]["SentTimestamp"] = str(int(time.time() * 1000))
    return event


EVENTS = {
    "AuthFunction": lambda: request_event("/login"),
    "AdminFunction": lambda: request_event("/admin"),
    "ChatFunction": lambda: request_event("/health"),
    "AttachmentsFunction": lambda: request_event("/chat/attachments/1"),
    "EmailFunction": lambda: queue_event("email"),
    "TitlesFunction": lambda: queue_event("titles"),
    "MemoryFunction": lambda: queue_event("memory"),
    "ExportFunction": lambda: queue_event("export"),
    "CleanupFunction": lambda: queue_event("cleanup"),
}


def main(root: Path, names: list[str]) -> int:
    built = names or sorted(path.name for path in BUILD.glob("*Function"))
    if not built:
        raise SystemExit("arm64: there is no build; run make build ENV=dev")
    if missing := set(built) - {*EVENTS, "ChatStreamFunction"}:
        raise SystemExit(f"arm64: add an event for {', '.join(sorted(missing))}")
    failed = []
    with tempfile.TemporaryDirectory() as folder, services(Path(folder)) as variables:
        insert_rows(variables["TitlesFunction"])
        for name in built:
            run = stream_once if name == "ChatStreamFunction" else answer_once
            start, answer, text = run(name, root, variables[name])
            print(f"{name:20} started in {start:6.1f} s, answered in {answer:6.1f} s: {text}", flush=True)
            if not text.startswith(("200", "401", "done")):
                failed.append(name)
    print(f"arm64: {len(built) - len(failed)} of {len(built)} functions answered under qemu on {platform.machine()}")
    return 1 if failed else 0


@contextmanager
def services(folder: Path) -> Iterator[dict[str, dict[str, str]]]:
    """Run devcloud's services. Gives the variables of each function."""
    command = [sys.executable, "-m", "devcloud", "--services-only", "--data", str(folder), "--env-file",
               str(folder / "no.env"), "--service-port", "sendgrid=0"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": "devcloud/src"}
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not (folder / "sam.json").exists():
            if process.poll() is not None:
                raise SystemExit("arm64: devcloud did not start")
            time.sleep(0.2)
        yield json.loads((folder / "sam.json").read_text())
    finally:
        process.terminate()
        process.wait()


def insert_rows(variables: dict[str, str]) -> None:
    """Insert the user and the conversation that the events of tests/events name: both have the id 1."""
    with pymysql.connect(
        host=variables["DB_HOST"], port=int(variables["DB_PORT"]), database=variables["DB_NAME"],
        user=variables["DB_USER"], password=variables["DB_PASSWORD"],
    ) as database:  # fmt: skip
        rows = database.cursor()
        rows.execute(
            "INSERT INTO usuarios (id, nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES (1, 'Ana', 'ana@exemplo.com.br', 'x', TRUE, UTC_TIMESTAMP(6), FALSE)"
        )
        rows.execute(
            "INSERT INTO conversas (id, id_usuario, data_criacao, data_atualizacao, ultima_seq)"
            " VALUES (1, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 2)"
        )
        rows.execute(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio) VALUES"
            " (1, 1, 'usuario', 'Oi', UTC_TIMESTAMP(6)), (1, 2, 'ia', 'Olá!', UTC_TIMESTAMP(6))"
        )
        rows.execute(
            "INSERT INTO exportacoes (id, id_usuario, criada_em, expira_em)"
            " VALUES (1, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)"
        )
        database.commit()


def environment_of(name: str, variables: dict[str, str]) -> dict[str, str]:
    code = BUILD / name
    return {
        "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": ":UTC", "LAMBDA_TASK_ROOT": str(code),
        "PYTHONPATH": f"{code}:{BUILD / 'SharedLayer/python'}", "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "devcloud",
        "AWS_SECRET_ACCESS_KEY": "devcloud", **variables,
    }  # fmt: skip


def python_of(root: Path) -> list[str]:
    return ["qemu-aarch64-static", "-L", str(root), str(root / "usr/bin/python3"), "-S"]


def answer_once(name: str, root: Path, variables: dict[str, str]) -> tuple[float, float, str]:
    """Return the seconds of start and answer, and the beginning of the answer or of the error."""
    finished = subprocess.run(
        [*python_of(root), "-c", HANDLE, name, json.dumps(EVENTS[name]())], cwd=BUILD / name,
        env=environment_of(name, variables), capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    if "\nRESULT" not in finished.stdout:
        return 0, 0, f"FAILED: {(finished.stderr or finished.stdout)[-2000:]}"
    start, answer, result = json.loads(finished.stdout.rpartition("\nRESULT")[2])
    if isinstance(result, dict) and "statusCode" in result:
        return start, answer, f"{result['statusCode']} {len(result['body'])} characters"
    failures = (result or {}).get("batchItemFailures")
    return start, answer, f"FAILED: {finished.stdout[-2000:]}" if failures else f"done, {json.dumps(result)}"


def stream_once(name: str, root: Path, variables: dict[str, str]) -> tuple[float, float, str]:
    """Start the server that run.sh starts, and ask for a stream without a session, which is a 401."""
    environment = environment_of(name, variables) | {"AWS_LWA_PORT": ADAPTER_PORT}
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "python3"
        python.write_text(f'#!/bin/sh\nexec {" ".join(python_of(root))} "$@"\n')
        python.chmod(0o755)
        environment["PATH"] = f"{folder}:{environment['PATH']}"
        began = time.monotonic()
        process = subprocess.Popen([str(BUILD / name / "run.sh")], cwd=BUILD / name, env=environment)
        try:
            while status("GET", "/health") != 200:
                if process.poll() is not None or time.monotonic() - began > LIMIT:
                    return 0, 0, "FAILED: the server did not start"
                time.sleep(0.2)
            started = time.monotonic()
            answered = status("POST", "/chat/stream")
            return started - began, time.monotonic() - started, f"{answered} without a session"
        finally:
            process.kill()
            process.wait()


def status(method: str, path: str) -> int:
    """Return the status of the server's answer, or 0 if it does not listen yet."""
    url = f"http://127.0.0.1:{ADAPTER_PORT}{path}"
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    body = b'{"message": "x"}' if method == "POST" else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=LIMIT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
