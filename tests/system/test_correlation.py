"""One id joins the log lines of a request and of all jobs that follow from it, in every worker."""

from tests.support.people import PASSWORD, Person
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.waiting import wait_until

# Header with which a client chooses API Gateway's other id.
CHOSEN = {"X-Amzn-RequestId": "chosen-by-the-client"}
# Some of these are more than a prompt holds, so the oldest turns are summarized.
LONG = "palavra1 " * 850


def test_log_of_each_worker_has_the_id_of_the_request(member: Person, person: Person, cloud: RunningCloud) -> None:
    registered = person.http.post(
        "/register",
        json={"nome": "Ana", "email": person.email, "senha": PASSWORD, "termos_registro": True},
        headers=CHOSEN,
    )
    first = member.http.post("/chat/message", json={"message": "Oi"}, headers=CHOSEN)
    more = [member.http.post("/chat/message", json={"message": LONG}, headers=CHOSEN) for _ in range(4)]
    for response in (registered, first, *more):
        assert response.is_success, response.text
        assert response.headers["x-amzn-requestid"] == "chosen-by-the-client"
    cloud.wait_until_handled("EmailFunction", registered)
    cloud.wait_until_handled("TitlesFunction", first)
    cloud.wait_until_handled("MemoryFunction", *more)
    assert "chosen-by-the-client" not in cloud.log.read_text()


def test_log_of_each_worker_has_the_id_of_the_stream(member: Person, cloud: RunningCloud) -> None:
    responses = []
    for _ in range(5):
        with member.http.stream("POST", "/chat/stream", json={"message": LONG}, timeout=90) as response:
            assert response.status_code == 200
            response.read()
        responses.append(response)
    cloud.wait_until_handled("TitlesFunction", responses[0])
    cloud.wait_until_handled("MemoryFunction", *responses)


def test_message_of_a_worker_is_handled_under_the_id_that_it_carries(cloud: RunningCloud) -> None:
    """The cleanup sends itself such messages."""
    sqs = aws_client(cloud, "sqs")
    url = sqs.get_queue_url(QueueName="CleanupQueue")["QueueUrl"]
    attributes = {"correlation_id": {"DataType": "String", "StringValue": "idofthefirst"}}
    sqs.send_message(QueueUrl=url, MessageBody='{"round": 2}', MessageAttributes=attributes)
    found = wait_until(lambda: cloud.lines_of("CleanupFunction", "idofthefirst"), "a line of CleanupFunction")
    assert "cleanup finished" in found[0]
