"""Limits of AWS: each answers with AWS's error."""

import json
import re
from datetime import UTC, datetime, timedelta

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from aws_clients import client_of
from devcloud.gateway import LARGEST_HEADERS
from devcloud.post_policy import PostRefused, check_post
from devcloud.runtime import LARGEST_PAYLOAD

MIB = 1024 * 1024


def error_of(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_headers_up_to_the_limit_are_accepted(http):
    assert http.get("/do/tell", headers={"x-long": "a" * 9000}).status_code == 200


def test_headers_above_the_limit_are_refused(http):
    answer = http.get("/do/tell", headers={"x-long": "a" * 6000, "cookie": "b" * (LARGEST_HEADERS - 6000)})
    assert (answer.status_code, answer.json()) == (431, {"message": "HTTP header is larger than 10240 bytes."})


def test_long_request_line_counts_as_headers(http):
    assert http.get(f"/do/tell?q={'a' * LARGEST_HEADERS}").status_code == 431


def test_event_above_six_megabytes_is_413_through_the_gateway(http):
    """The body is below the gateway's 10 MB, but as base64 it is above Lambda's 6 MB."""
    answer = http.post("/do/echo", content=b"x" * (5 * MIB))
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


def test_event_above_six_megabytes_is_refused_by_lambda(cloud):
    payload = json.dumps({"a": "x" * LARGEST_PAYLOAD})
    code, status, message = error_of(
        client_of("lambda", cloud).invoke, FunctionName="WorkerFunction", Payload=payload
    )
    assert (code, status) == ("RequestEntityTooLargeException", 413)
    assert "payload is too large for the RequestResponse invocation type (limit 6291456 bytes)" in message


def test_asynchronous_event_above_one_megabyte_is_refused_by_lambda(cloud):
    invoke = client_of("lambda", cloud).invoke
    payload = json.dumps({"a": "x" * MIB})
    code, status, message = error_of(invoke, FunctionName="WorkerFunction", InvocationType="Event", Payload=payload)
    assert (code, status) == ("RequestEntityTooLargeException", 413)
    assert "Event invocation type (limit 1048576 bytes)" in message
    assert invoke(FunctionName="WorkerFunction", Payload=payload)["StatusCode"] == 200


def test_result_above_six_megabytes_fails_the_invocation(cloud, http):
    event = {"big": LARGEST_PAYLOAD}
    answer = client_of("lambda", cloud).invoke(FunctionName="WorkerFunction", Payload=json.dumps(event))
    assert answer["FunctionError"] == "Unhandled"
    error = json.load(answer["Payload"])
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert error["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291456 bytes)."


def test_whole_response_of_a_web_function_above_six_megabytes_is_502(http):
    """The limit is that of the function's result, which holds the body and the headers."""
    assert http.post("/whole?bytes=6290000").status_code == 200
    answer = http.post("/whole?bytes=6291456")
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_message_above_one_mebibyte_is_refused_by_sqs(cloud, http):
    queue = http.get("/do/tell").json()["environment"]["JOBS_QUEUE_URL"].replace("JobsQueue", "DeadJobsQueue")
    sqs = client_of("sqs", cloud)
    assert sqs.send_message(QueueUrl=queue, MessageBody="x" * MIB)["MessageId"]
    code, status, message = error_of(sqs.send_message, QueueUrl=queue, MessageBody="x" * (MIB + 1))
    assert (code, status) == ("InvalidParameterValue", 400)
    assert "Message must be shorter than 1048576 bytes" in message
    entries = [{"Id": str(number), "MessageBody": "x" * (MIB // 2 + 1)} for number in range(2)]
    code, status, _ = error_of(sqs.send_message_batch, QueueUrl=queue, Entries=entries)
    assert (code.rpartition(".")[2], status) == ("BatchRequestTooLong", 400)
    sqs.purge_queue(QueueUrl=queue)


@pytest.fixture
def upload(cloud):
    """Function that uploads a file with a presigned POST, after changing its fields."""
    s3 = client_of("s3", cloud)
    s3.create_bucket(Bucket="uploads")
    post = s3.generate_presigned_post(
        "uploads", "pictures/1.png",
        Fields={"Content-Type": "image/png"},
        Conditions=[
            {"Content-Type": "image/png"}, ["content-length-range", 2, 10], ["starts-with", "$x-amz-meta-a", "b"],
        ],
    )  # fmt: skip

    def begin(content=b"12345", headers=None, **fields):
        given = {
            **post["fields"],
            "x-amz-meta-a": "bc",
            **{name.replace("_", "-"): one for name, one in fields.items()},
        }
        answer = httpx.post(post["url"], data=given, files={"file": ("1.png", content)}, headers=headers)
        found = re.findall(r"<(Code|Message|ProposedSize|MaxSizeAllowed)>(.*?)</", answer.text)
        return answer.status_code, dict(found)

    yield begin
    for one in s3.list_objects_v2(Bucket="uploads").get("Contents", []):
        s3.delete_object(Bucket="uploads", Key=one["Key"])
    s3.delete_bucket(Bucket="uploads")


def test_upload_that_fulfils_its_policy_is_stored(cloud, upload):
    assert upload() == (204, {})
    stored = client_of("s3", cloud).get_object(Bucket="uploads", Key="pictures/1.png")
    assert stored["Body"].read() == b"12345"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"content": b"12345678901"}, 400, {"Code": "EntityTooLarge", "ProposedSize": "11", "MaxSizeAllowed": "10",
          "Message": "Your proposed upload exceeds the maximum allowed size"}),
        ({"content": b"1"}, 400, {"Code": "EntityTooSmall", "ProposedSize": "1",
          "Message": "Your proposed upload is smaller than the minimum allowed size"}),
        ({"key": "pictures/2.png"}, 403, {"Code": "AccessDenied",
          "Message": 'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "pictures/1.png"]'}),
        ({"Content_Type": "text/html"}, 403, {"Code": "AccessDenied",
          "Message": 'Invalid according to Policy: Policy Condition failed: ["eq", "$Content-Type", "image/png"]'}),
        ({"x_amz_meta_a": "c"}, 403, {"Code": "AccessDenied",
          "Message": 'Invalid according to Policy: Policy Condition failed: ["starts-with", "$x-amz-meta-a", "b"]'}),
        ({"acl": "public-read"}, 403, {"Code": "AccessDenied",
          "Message": "Invalid according to Policy: Extra input fields: acl"}),
        ({"policy": "e30="}, 400, {"Code": "InvalidPolicyDocument", "Message": "Invalid Policy: Invalid JSON."}),
    ],
)  # fmt: skip
def test_upload_that_breaks_its_policy_is_refused(cloud, upload, changes, status, error):
    assert upload(**changes) == (status, error)
    assert "Contents" not in client_of("s3", cloud).list_objects_v2(Bucket="uploads")


def post_fields(secret, version="s3v4"):
    keys = {"aws_access_key_id": "ASIA1", "aws_secret_access_key": secret}
    client = boto3.client("s3", region_name="us-east-1", config=Config(signature_version=version), **keys)
    fields = client.generate_presigned_post("b", "k", ExpiresIn=60)["fields"]
    return {name.lower(): value for name, value in fields.items()}


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_signature_of_an_upload_is_checked(version):
    now = datetime.now(UTC)
    check_post(post_fields("right", version), "b", 1, "right", now)
    with pytest.raises(PostRefused) as error:
        check_post(post_fields("wrong", version), "b", 1, "right", now)
    assert (error.value.code, error.value.status) == ("SignatureDoesNotMatch", 403)


def test_expired_policy_is_refused():
    with pytest.raises(PostRefused, match="Invalid according to Policy: Policy expired"):
        check_post(post_fields("s"), "b", 1, "s", datetime.now(UTC) + timedelta(minutes=2))


PAGE = {"origin": "http://127.0.0.1:9", "sec-fetch-site": "same-site"}


@pytest.mark.parametrize(
    ("origins", "is_allowed"),
    [(["*"], True), (["http://127.0.0.1:*"], True), (["http://other.test"], False), ([], False)],
)
def test_page_of_another_origin_uploads_only_as_the_rules_of_the_bucket_allow(cloud, upload, origins, is_allowed):
    if origins:
        rule = {"AllowedMethods": ["POST"], "AllowedHeaders": ["*"], "AllowedOrigins": origins}
        client_of("s3", cloud).put_bucket_cors(Bucket="uploads", CORSConfiguration={"CORSRules": [rule]})
    address = f"{cloud.addresses['aws']}/uploads"
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    preflight = httpx.options(address, headers={**PAGE, **asked})
    assert preflight.status_code == (200 if is_allowed else 403)
    assert ("access-control-allow-origin" in preflight.headers) == is_allowed
    assert upload(headers=PAGE)[0] == (204 if is_allowed else 403)
    # No rule allows this method.
    assert httpx.delete(f"{address}/pictures/1.png", headers=PAGE).status_code == 403


def test_answer_to_an_allowed_page_names_its_origin_also_for_a_refused_upload(cloud, upload):
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"]}
    client_of("s3", cloud).put_bucket_cors(Bucket="uploads", CORSConfiguration={"CORSRules": [rule]})
    refused = httpx.post(f"{cloud.addresses['aws']}/uploads", headers=PAGE, files={"file": b"1"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (403, "*")
