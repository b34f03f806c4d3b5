"""A complete devcloud over HTTP: requests, queue messages, invocations, emails and reloading."""

import base64
import itertools
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from aws_clients import client_of
from waiting import HANG_SECONDS


def processes(cloud, name):
    functions = httpx.get(f"{cloud.addresses['lambda']}/functions.json").json()
    return next(function["processes"] for function in functions if function["name"] == name)


def test_a_request_becomes_a_proxy_event(cloud, http):
    response = http.get(
        "/do/tell", params=[("a", "1"), ("a", "2"), ("b", "é")], headers={"X-Forwarded-For": "9.9.9.9"}
    )
    event = response.json()["event"]
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/do/{what}", "/do/tell", "GET")
    assert event["queryStringParameters"] == {"a": "2", "b": "é"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["é"]}
    assert event["pathParameters"] == {"what": "tell"}
    assert event["headers"]["X-Forwarded-For"] == "9.9.9.9, 127.0.0.1"
    assert event["body"] is None
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["stage"] == "live"
    assert context["path"] == "/do/tell"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert response.headers["x-amzn-requestid"] == context["requestId"]
    assert response.headers["x-amz-apigw-id"] == context["extendedRequestId"]


def test_a_client_chooses_the_request_id_but_not_the_extended_one(http):
    responses = [http.get("/do/tell", headers={"X-Amzn-RequestId": given}) for given in ("mine", "mine", "a b", "")]
    contexts = [response.json()["event"]["requestContext"] for response in responses]
    assert [context["requestId"] == "mine" for context in contexts] == [True, True, False, False]
    assert len({context["extendedRequestId"] for context in contexts} | {"mine"}) == 5


def test_the_host_header_does_not_decide_the_domain(cloud, http):
    event = http.get("/do/tell", headers={"Host": "elsewhere.localhost"}).json()["event"]
    assert f"http://{event['requestContext']['domainName']}" == cloud.addresses["gateway"]
    assert event["headers"]["Host"] == "elsewhere.localhost"


def test_binary_body_is_returned_unchanged(http):
    sent = bytes(range(256)) * 100
    assert http.post("/do/echo", content=sent).content == sent


def test_several_cookies_stay_separate_headers(http):
    assert http.get("/do/cookies").headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_unknown_path_answers_missing_token_as_on_aws(http):
    response = http.get("/nowhere")
    assert (response.status_code, response.json()) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize("what", ["malformed", "raise"])
def test_a_failed_or_malformed_answer_is_502(http, what):
    response = http.get(f"/do/{what}")
    assert (response.status_code, response.json()) == (502, {"message": "Internal server error"})
    assert response.headers["x-from"] == "the gateway"


def test_a_request_above_ten_megabytes_is_413(http):
    assert http.post("/do/echo", content=b"x" * (10 * 1024 * 1024 + 1)).status_code == 413


def test_killed_function_fails_only_its_own_request(cloud, http, eventually):
    answers = []
    request = threading.Thread(target=lambda: answers.append(http.get("/do/sleep?seconds=1.5")))
    request.start()
    busy = eventually(lambda: [p for p in processes(cloud, "WebFunction") if p["state"] == "busy"])
    os.kill(busy[0]["pid"], signal.SIGKILL)
    request.join(HANG_SECONDS)
    assert answers[0].status_code == 502
    assert http.get("/do/tell").json()["pid"] != busy[0]["pid"]


def test_an_idle_process_that_was_killed_is_replaced(cloud, http, eventually):
    killed = {process["pid"] for process in processes(cloud, "WebFunction")}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not killed & {process["pid"] for process in processes(cloud, "WebFunction")})
    eventually(lambda: processes(cloud, "WebFunction"))
    assert http.get("/do/tell").status_code == 200


def test_function_is_killed_at_its_time_limit(cloud, http, eventually):
    pid = http.get("/do/tell").json()["pid"]
    response = http.get("/do/sleep?seconds=300")
    assert response.status_code == 502
    eventually(lambda: pid not in [process["pid"] for process in processes(cloud, "WebFunction")])
    assert "Task timed out after 2.00 seconds" in cloud.log.read_text()
    assert http.get("/do/tell").status_code == 200


def test_route_has_its_own_timeout(http):
    response = http.get("/impatient")
    assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})


def test_process_handles_one_request_at_a_time(cloud, http):
    with ThreadPoolExecutor(4) as pool:
        answers = [answer.json() for answer in pool.map(lambda _: http.get("/do/sleep?seconds=0.8"), range(4))]
    assert len({answer["pid"] for answer in answers}) > 1
    for one, other in itertools.combinations(answers, 2):
        is_overlapping = one["began"] < other["ended"] and other["began"] < one["ended"]
        assert one["pid"] != other["pid"] or not is_overlapping


def test_a_function_sees_only_its_own_environment(cloud, http):
    answer = http.get("/do/tell").json()
    environment = answer["environment"]
    assert environment["GREETING"] == "olá", "an empty value of .env counts as not set, the shell does not count"
    assert "UNDECLARED" not in environment
    assert "JOURNAL" not in environment
    assert len(environment["KEY"]) >= 48
    assert environment["JOBS_QUEUE_URL"].startswith(cloud.addresses["aws"])
    assert environment["DB_PORT"] == str(cloud.addresses["database"]["port"])
    assert environment["TZ"] == ":UTC"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "WebFunction"
    assert answer["thanks"] == "obrigado"
    assert 0 < answer["milliseconds"] <= 2000
    assert str(cloud.folder / "layer/python") in answer["path"]


def test_log_has_no_secrets_from_paths_and_queries(cloud, http):
    http.get("/private/canary-1?code=canary-2")
    http.get("/unknown/canary-3")
    log = cloud.log.read_text()
    assert "canary" not in log
    assert "GET /private/{token} 200" in log
    assert "GET /unknown… 403" in log


def journal(cloud):
    path = cloud.folder / "journal"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def names(cloud, name):
    return [entry["count"] for entry in journal(cloud) if entry["name"] == name]


def test_only_failed_messages_of_a_batch_are_delivered_again(cloud, http, eventually):
    queue = http.get("/do/tell").json()["environment"]["JOBS_QUEUE_URL"]
    sqs = client_of("sqs", cloud)
    messages = [{"name": "good"}, {"name": "once", "failures": 1}, {"name": "never", "failures": 99}]
    entries = [{"Id": message["name"], "MessageBody": json.dumps(message)} for message in messages]
    sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    eventually(lambda: names(cloud, "once") == [1, 2] and names(cloud, "never") == [1, 2])
    dead = queue.replace("JobsQueue", "DeadJobsQueue")
    dead_messages = eventually(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"))
    assert json.loads(dead_messages[0]["Body"])["name"] == "never"
    assert names(cloud, "good") == [1]
    record = journal(cloud)[0]["record"]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(":JobsQueue")
    assert int(record["attributes"]["SentTimestamp"]) > 1_600_000_000_000
    assert {"messageId", "receiptHandle", "md5OfBody", "awsRegion", "messageAttributes"} <= record.keys()


def test_variables_of_a_function_are_read_and_set_and_start_new_processes(cloud, http):
    client = client_of("lambda", cloud)
    before = client.get_function_configuration(FunctionName="WorkerFunction")["Environment"]["Variables"]
    client.invoke(FunctionName="WorkerFunction", Payload=b"{}")
    old = {process["pid"] for process in processes(cloud, "WorkerFunction")}
    changed = {"Environment": {"Variables": {**before, "MORE": "1"}}}
    assert client.update_function_configuration(FunctionName="WorkerFunction", **changed)["LastUpdateStatus"]
    there = client.get_function_configuration(FunctionName="WorkerFunction")["Environment"]["Variables"]
    assert there == {**before, "MORE": "1"}
    client.invoke(FunctionName="WorkerFunction", Payload=b"{}")
    new = {process["pid"] for process in processes(cloud, "WorkerFunction") if process["state"] == "idle"}
    assert new
    assert not new & old
    (pid,) = new
    assert "MORE=1" in Path(f"/proc/{pid}/environ").read_text().split("\0")
    client.update_function_configuration(FunctionName="WorkerFunction", Environment={"Variables": before})
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.update_function_configuration(FunctionName="WorkerFunction", Timeout=5)


def test_lambdas_invoke_api(cloud):
    client = client_of("lambda", cloud)
    answer = client.invoke(FunctionName="WorkerFunction", Payload=json.dumps({"a": "é"}))
    assert json.load(answer["Payload"]) == {"answer": {"a": "é"}}
    answer = client.invoke(FunctionName="WebFunction", Payload=b"{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "KeyError"
    assert client.invoke(FunctionName="WorkerFunction", InvocationType="Event")["StatusCode"] == 202
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="Nobody")


def test_the_database_has_no_account_without_a_password(cloud):
    import pymysql

    address = cloud.addresses["database"]
    for user in ("root", "", address["user"]):
        for place in ({"host": address["host"], "port": address["port"]}, {"unix_socket": address["socket"]}):
            with pytest.raises(pymysql.err.OperationalError, match=r"1045|1698"):
                pymysql.connect(user=user, password="", **place)


def test_changed_code_is_served_without_a_restart(cloud, http, eventually):
    source = cloud.folder / "web/app.py"
    written = source.with_suffix(".new")
    written.write_text(source.read_text().replace('"first"', '"second"'))
    written.rename(source)  # atomically, as editors do: devcloud would also load an incomplete file
    eventually(lambda: http.get("/do/tell").json().get("version") == "second")
    (cloud.folder / ".env").write_text(f"JOURNAL={cloud.folder}/journal\n")
    eventually(lambda: ".env changed; restart devcloud" in cloud.log.read_text())


def test_function_receives_a_binary_body_as_base64(http):
    body = http.post("/do/tell", content=b"\xff\x00").json()["event"]["body"]
    assert base64.b64decode(body) == b"\xff\x00"
