"""Roles of functions: made from the template, and enforced by the AWS emulator and by Lambda's Invoke API."""

import json
import shutil
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from devcloud.aws_actions import actions_of
from devcloud.permissions import Role
from running_devcloud import RunningDevcloud
from waiting import HANG_SECONDS

EXAMPLES = Path(__file__).with_name("examples")
TEMPLATE_CHANGES = {
    "        - S3WritePolicy: {BucketName: !Ref Results}\n": "        - S3WritePolicy: {BucketName: !Ref Results}\n"
    "        - !If [IsOpen, !Ref AWS::NoValue, !Ref OrdersPolicy]\n",
    "Resources:\n": "Conditions:\n  IsOpen: !Equals [a, b]\n\nResources:\n"
    "  OrdersPolicy:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n"
    "        Version: '2012-10-17'\n"
    "        Statement: [{Effect: Allow, Action: 'ssm:GetParameters', Resource: !Sub "
    "'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/orders/*'}]\n",
}


@pytest.fixture(scope="module")
def queue_cloud(tmp_path_factory):
    """The queue example, with one more policy. Its function may write objects and read its own parameters."""
    folder = Path(shutil.copytree(EXAMPLES / "queue", tmp_path_factory.mktemp("roles") / "queue"))
    template = folder / "template.yaml"
    for old, new in TEMPLATE_CHANGES.items():
        assert old in template.read_text()
        template.write_text(template.read_text().replace(old, new, 1))
    cloud = RunningDevcloud(folder, str(template), "--no-reload").wait_until_ready()
    yield cloud
    assert cloud.end() == 0


@pytest.fixture
def client(queue_cloud):
    """Function that creates a boto3 client with the keys of the function's role, or with the owner's."""
    [(key, role)] = json.loads((queue_cloud.data / "roles.json").read_text()).items()

    def begin(service, *, owner=False):
        address = queue_cloud.addresses["lambda" if service == "lambda" else "aws"]
        return boto3.client(
            service,
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="owner" if owner else key,
            aws_secret_access_key=role["secret"],
            aws_session_token=None if owner else "token",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=HANG_SECONDS),
        )

    return begin


def refused(call, **arguments):
    """Return code, status and message with which AWS refuses a call."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_file_of_roles_is_private(queue_cloud):
    assert (queue_cloud.data / "roles.json").stat().st_mode & 0o077 == 0


def test_s3_allows_only_the_actions_of_the_role(client):
    s3 = client("s3")
    s3.put_object(Bucket="results", Key="a", Body=b"1")
    code, status, message = refused(s3.get_object, Bucket="results", Key="a")
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        "User: arn:aws:sts::123456789012:assumed-role/ConsumerRole/Consumer is not authorized to perform: "
        "s3:GetObject on resource: arn:aws:s3:::results/a because no identity-based policy allows the "
        "s3:GetObject action"
    )
    assert refused(s3.delete_objects, Bucket="results", Delete={"Objects": [{"Key": "a"}]})[0] == "AccessDenied"
    assert refused(s3.list_objects_v2, Bucket="results")[0] == "AccessDenied"
    assert refused(s3.copy_object, Bucket="results", Key="b", CopySource="results/a")[0] == "AccessDenied"
    assert client("s3", owner=True).get_object(Bucket="results", Key="a")["Body"].read() == b"1"


def test_presigned_url_has_the_permissions_of_its_signer(client):
    url = client("s3").generate_presigned_url("get_object", Params={"Bucket": "results", "Key": "a"})
    answer = httpx.get(url)
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)


def test_sqs_refuses_to_send_to_a_queue_without_permission(client):
    queue = client("sqs", owner=True).get_queue_url(QueueName="orders")["QueueUrl"]
    sqs = client("sqs")
    sqs.receive_message(QueueUrl=queue)  # the policy of the event source allows it
    code, status, message = refused(sqs.send_message, QueueUrl=queue, MessageBody="x")
    assert (code, status) == ("AccessDenied", 403)
    assert "sqs:SendMessage on resource: arn:aws:sqs:us-east-1:123456789012:orders" in message


def test_ssm_allows_the_parameters_of_a_managed_policy_of_the_template(client):
    client("ssm", owner=True).put_parameter(Name="/orders/key", Value="v", Type="SecureString")
    ssm = client("ssm")
    assert [one["Value"] for one in ssm.get_parameters(Names=["/orders/key"])["Parameters"]]
    code, status, _ = refused(ssm.get_parameters, Names=["/orders/key", "/other/key"])
    assert (code, status) == ("AccessDeniedException", 400)
    assert refused(ssm.get_parameter, Name="/orders/key")[0] == "AccessDeniedException"


def test_lambda_refuses_an_invocation_without_permission(client):
    code, status, message = refused(client("lambda").invoke, FunctionName="Consumer", Payload=b'{"Records": []}')
    assert (code, status) == ("AccessDeniedException", 403)
    assert "lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:Consumer" in message
    assert (
        client("lambda", owner=True).invoke(FunctionName="Consumer", Payload=b'{"Records": []}')["StatusCode"] == 200
    )


def test_function_runs_with_the_keys_of_its_own_role(cloud):
    environment = httpx.get(f"{cloud.addresses['gateway']}/do/tell").json()["environment"]
    roles = json.loads((cloud.data / "roles.json").read_text())
    role = roles[environment["AWS_ACCESS_KEY_ID"]]
    assert (role["function"], role["secret"]) == ("WebFunction", environment["AWS_SECRET_ACCESS_KEY"])
    assert environment["AWS_SESSION_TOKEN"]
    assert {one["function"] for one in roles.values()} == {
        "WebFunction", "StreamFunction", "WholeFunction", "WorkerFunction",
    }  # fmt: skip


def test_template_that_cannot_be_translated_runs_without_checks(tmp_path):
    folder = Path(shutil.copytree(EXAMPLES / "queue", tmp_path / "queue"))
    template = folder / "template.yaml"
    template.write_text(template.read_text().replace("{BucketName: !Ref Results}", "{Unknown: 1}"))
    cloud = RunningDevcloud(folder, str(template), "--no-reload").wait_until_ready()
    assert "WARNING permissions are not checked, the template cannot be translated" in cloud.log.read_text()
    assert cloud.end() == 0


STATEMENTS = [
    {"Effect": "Allow", "Action": ["s3:Get*", "S3:PutObject"], "Resource": "arn:aws:s3:::b/*"},
    {"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/secret/?"]},
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:sns:*"},
]


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/x/y", True),
        ("s3:PutObject", "arn:aws:s3:::b/x", True),
        ("s3:DeleteObject", "arn:aws:s3:::b/x", False),
        ("s3:GetObject", "arn:aws:s3:::bb/x", False),
        ("s3:GetObject", "arn:aws:s3:::b/secret/1", False),
        ("s3:GetObject", "arn:aws:s3:::b/secret/12", True),
        ("sns:Publish", "arn:aws:sns:topic", True),
        ("iam:GetUser", "arn:aws:sns:topic", False),
        ("s3:GetObject", None, False),
        ("sns:Publish", None, True),
    ],
)
def test_statements_are_evaluated_as_iam_does(action, resource, allowed):
    assert Role("R", "F", "s", STATEMENTS).allows(action, resource) is allowed


@pytest.mark.parametrize(
    ("request_line", "headers", "body", "actions"),
    [
        ("GET /b/k%20", {}, b"", [("s3:GetObject", "arn:aws:s3:::b/k%20")]),
        ("GET /b?list-type=2", {}, b"", [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("PUT /b/k?tagging", {}, b"", [("s3:PutObjectTagging", "arn:aws:s3:::b/k")]),
        ("POST /b?delete", {}, b"<Delete><Object><Key>x</Key></Object></Delete>",
         [("s3:DeleteObject", "arn:aws:s3:::b/x")]),
        ("POST /b/k?uploads", {}, b"", [("s3:PutObject", "arn:aws:s3:::b/k")]),
        ("PUT /b/k?partNumber=1&uploadId=u", {}, b"", [("s3:PutObject", "arn:aws:s3:::b/k")]),
        ("POST /b/k?uploadId=u", {}, b"", [("s3:PutObject", "arn:aws:s3:::b/k")]),
        ("DELETE /b/k?uploadId=u", {}, b"", [("s3:AbortMultipartUpload", "arn:aws:s3:::b/k")]),
        ("GET /b/k?uploadId=u", {}, b"", [("s3:ListMultipartUploadParts", "arn:aws:s3:::b/k")]),
        ("GET /b?uploads&prefix=k", {}, b"", [("s3:ListBucketMultipartUploads", "arn:aws:s3:::b")]),
        ("GET /", {}, b"", [("s3:ListAllMyBuckets", None)]),
    ],
)  # fmt: skip
def test_s3_requests_are_recognized(request_line, headers, body, actions):
    method, _, target = request_line.partition(" ")
    path, _, query = target.partition("?")
    assert actions_of("s3", "r", method, path, query, headers, body) == actions


def test_requests_of_other_services_are_recognized():
    target = {"X-Amz-Target": "AmazonSQS.SendMessageBatch"}
    body = b'{"QueueUrl": "http://127.0.0.1/1/jobs"}'
    assert actions_of("sqs", "r", "POST", "/", "", target, body) == [
        ("sqs:SendMessage", "arn:aws:sqs:r:123456789012:jobs")
    ]
    query = b"Action=DeleteMessage&QueueUrl=http%3A%2F%2Fx%2F1%2Fjobs"
    assert actions_of("sqs", "r", "POST", "/", "", {}, query) == [
        ("sqs:DeleteMessage", "arn:aws:sqs:r:123456789012:jobs")
    ]
    assert actions_of("sns", "r", "POST", "/", "", {}, b"Action=Publish") == [("sns:Publish", None)]
