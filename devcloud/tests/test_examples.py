"""Applications without a table [tool.devcloud]: devcloud runs their template by its path alone."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from aws_clients import client_of
from devcloud.schedules import occurrences, schedule_event
from devcloud.template import read_template
from running_devcloud import RunningDevcloud, environment_of_tests
from waiting import HANG_SECONDS

NO_ALARMS = "there are no metrics and alarms on this machine"
EXAMPLES = Path(__file__).with_name("examples")


@pytest.fixture
def run(tmp_path):
    """Function that starts devcloud on a copy of an example."""
    started = []

    def begin(name, *arguments):
        folder = Path(shutil.copytree(EXAMPLES / name, tmp_path / name))
        # Another folder than the project's: only the path of the template leads there.
        cloud = RunningDevcloud(folder, str(folder / "template.yaml"), *arguments, cwd=tmp_path)
        started.append(cloud)
        return cloud.wait_until_ready()

    yield begin
    for cloud in started:
        assert cloud.end() == 0
        assert cloud.children() == set()


def test_api_with_a_function(run):
    cloud = run("api")
    answer = httpx.get(f"{cloud.addresses['gateway']}/hello?name=Ana", timeout=HANG_SECONDS)
    assert (answer.status_code, answer.json()) == (
        200, {"message": "hello Ana", "function": "HelloWorldFunction"},
    )  # fmt: skip
    assert httpx.get(f"{cloud.addresses['gateway']}/nowhere").status_code == 403
    assert "database" not in cloud.log.read_text()


def test_queue_with_a_function(run, eventually):
    cloud = run("queue")
    sqs, s3 = client_of("sqs", cloud), client_of("s3", cloud)
    queue = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sent = sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"order": 7}))
    objects = eventually(lambda: s3.list_objects_v2(Bucket="results").get("Contents"))
    assert [one["Key"] for one in objects] == [sent["MessageId"]]
    stored = s3.get_object(Bucket="results", Key=sent["MessageId"])["Body"].read()
    assert json.loads(stored) == {"order": 7}
    assert "AWS::CloudWatch::Alarm is ignored (DeadOrdersAlarm): there are no metrics" in cloud.log.read_text()


def test_schedule_with_a_function(run):
    """The rule fires once a minute, which is too long for a test: its next event is sent by the Invoke API."""
    template = read_template(EXAMPLES / "schedule/template.yaml")
    [schedule] = template.schedules
    now = datetime.now(UTC)
    next_time = next(occurrences(schedule, now))
    assert (next_time - now).total_seconds() == 60
    cloud = run("schedule", "--no-reload")
    event = schedule_event(schedule, next_time, "us-east-1")
    answer = client_of("lambda", cloud).invoke(FunctionName="report-test", Payload=json.dumps(event))
    assert json.load(answer["Payload"]) == {"kind": "report"}
    assert re.search(r"Report +report for testers by report-test", cloud.log.read_text())


def test_parameter_changes_the_schedule():
    template = read_template(EXAMPLES / "schedule/template.yaml", parameters={"Stage": "production"})
    [schedule] = template.schedules
    assert schedule.expression == "cron(0 6 * * ? *)"
    assert template.functions["Report"].variables == {"RECIPIENTS": "everybody"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("python3.13", "nodejs22.x"), "devcloud does not support the runtime nodejs22.x (HelloWorldFunction)"),
        (("CodeUri: hello_world/", "ImageUri: image:1"), "devcloud does not support ImageUri (HelloWorldFunction)"),
        (("Type: Api", "Type: HttpApi"), "devcloud does not support events of type HttpApi (HelloWorldFunction, "),
        (("hello_world/", "!ImportValue code"), "devcloud does not support the intrinsic function Fn::ImportValue."),
    ],
)
def test_what_cannot_run_is_refused_in_one_line(tmp_path, change, reason):
    folder = Path(shutil.copytree(EXAMPLES / "api", tmp_path / "api"))
    template = folder / "template.yaml"
    template.write_text(template.read_text().replace(*change))
    finished = subprocess.run(
        [sys.executable, "-m", "devcloud", str(template)], env=environment_of_tests(), capture_output=True, text=True,
        timeout=HANG_SECONDS,
    )  # fmt: skip
    assert finished.returncode == 1
    [line] = (finished.stdout + finished.stderr).splitlines()
    assert reason in line


def test_ignored_parts_are_listed_with_their_reasons(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text(
        (EXAMPLES / "api/template.yaml").read_text().replace(
            "      Architectures: [x86_64]\n", "      VpcConfig: {SubnetIds: [a]}\n"
        ).replace(
            "Outputs:\n",
            "  Table: {Type: AWS::DynamoDB::Table}\n"
            "  Api: {Type: AWS::Serverless::Api, Properties: {StageName: live, Auth: {DefaultAuthorizer: AWS_IAM}}}\n"
            + "".join(f"  Alarm{number}: {{Type: AWS::CloudWatch::Alarm}}\n" for number in range(5))
            + "Outputs:\n",
        )
    )  # fmt: skip
    assert read_template(template).unsupported == [
        "AWS::DynamoDB::Table is ignored (Table): nothing creates it on this machine.",
        f"AWS::CloudWatch::Alarm is ignored (Alarm0, Alarm1, Alarm2 and 2 more): {NO_ALARMS}.",
        "HelloWorldFunction: VpcConfig is ignored: all functions share the network of this machine.",
        "Api: Auth is ignored: requests are not authorized by the gateway.",
    ]
