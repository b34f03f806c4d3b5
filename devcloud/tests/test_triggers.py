"""Failed messages of a batch, which SQS delivers again."""

import pytest

from devcloud.triggers import failed_messages, sqs_event

MESSAGES = [{"MessageId": name, "ReceiptHandle": f"r{name}", "Body": "{}", "MD5OfBody": "m"} for name in "abc"]


def report(*identifiers):
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_nothing_failed(answer):
    assert failed_messages(answer, MESSAGES) == set()


def test_some_failed():
    assert failed_messages(report("a", "c"), MESSAGES) == {"a", "c"}


@pytest.mark.parametrize(
    "answer",
    [
        report("a", ""),
        report(None),
        report("unknown"),
        {"batchItemFailures": [{"wrongKey": "a"}]},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": "a"},
        "nonsense",
        [1],
    ],
)
def test_malformed_report_fails_the_whole_batch(answer):
    assert failed_messages(answer, MESSAGES) == {"a", "b", "c"}


def test_message_attributes_have_lambdas_spelling():
    message = {**MESSAGES[0], "MessageAttributes": {"k": {"StringValue": "v", "DataType": "String"}}}
    [record] = sqs_event([message], "arn:aws:sqs:us-east-1:1:q", "us-east-1")["Records"]
    assert record["messageAttributes"] == {"k": {"stringValue": "v", "dataType": "String"}}
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:1:q"
