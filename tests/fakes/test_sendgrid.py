"""The SendGrid fake, called with SendGrid's own package."""

import json

import httpx
import pytest
from python_http_client.exceptions import BadRequestsError, TooManyRequestsError, UnauthorizedError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail

from fakes.inbox import Inbox
from fakes.sendgrid import SendgridFake, check


@pytest.fixture
def inbox(tmp_path):
    return tmp_path / "inbox.jsonl"


@pytest.fixture
def address(serve, inbox):
    return serve(SendgridFake(Inbox(inbox)).application())


def email(**changes):
    given = {
        "from_email": ("falante@example.com", "Falante"),
        "to_emails": "ana@example.com",
        "subject": "Olá",
        "plain_text_content": "bom dia",
        "html_content": "<p>bom dia</p>",
    }
    return Mail(**{**given, **changes})


def test_key_that_is_not_known_is_refused(address):
    httpx.put(f"{address}/admin/keys", json={"keys": ["another"]}).raise_for_status()
    with pytest.raises(UnauthorizedError):
        SendGridAPIClient("key", host=address).send(email())
    assert SendGridAPIClient("another", host=address).send(email()).status_code == 202


def test_email_sent_with_sendgrids_package_is_stored(address, inbox):
    response = SendGridAPIClient("key", host=address).send(email())
    assert response.status_code == 202
    assert response.headers["X-Message-Id"]
    [kept] = map(json.loads, inbox.read_text().split("\n")[:-1])
    assert (kept["to"], kept["subject"], kept["text"], kept["html"]) == (
        "ana@example.com", "Olá", "bom dia", "<p>bom dia</p>",
    )  # fmt: skip
    SendGridAPIClient("key", host=address).send(email(subject="segunda"))
    assert [one.subject for one in Inbox(inbox).emails] == ["segunda", "Olá"], "a restart keeps them"
    assert inbox.stat().st_mode & 0o077 == 0


def test_a_key_is_required(address):
    response = httpx.post(f"{address}/v3/mail/send", json={})
    assert response.status_code == 401
    assert response.json()["errors"][0]["field"] is None


def test_faults(address):
    client = SendGridAPIClient("key", host=address)
    httpx.put(f"{address}/admin/faults", json={"status": 429, "times": 1})
    with pytest.raises(TooManyRequestsError):
        client.send(email())
    assert client.send(email()).status_code == 202
    httpx.put(f"{address}/admin/faults", json={"status": 401})
    with pytest.raises(UnauthorizedError):
        client.send(email())
    httpx.put(f"{address}/admin/faults", json={"status": "timeout"})
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{address}/v3/mail/send", json={}, timeout=0.3)
    httpx.put(f"{address}/admin/faults", json={"status": None})
    assert client.send(email()).status_code == 202


def test_email_that_sendgrid_refuses_gets_400(address, inbox):
    with pytest.raises(BadRequestsError) as refused:
        SendGridAPIClient("key", host=address).send(email(to_emails="nobody@nowhere"))
    assert json.loads(refused.value.body)["errors"][0]["field"] == "personalizations.0.to.0.email"
    assert not inbox.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": None}, "from"),
        ({"from": {"email": "x"}}, "from.email"),
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{}]}, "personalizations.0.to"),
        ({"subject": ""}, "subject"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.0.value"),
        ({"content": [{"type": "text/html", "value": "a"}, {"type": "text/plain", "value": "a"}]}, "content"),
    ],
)
def test_each_field_is_checked(change, field):
    assert [error["field"] for error in check({**email().get(), **change})] == [field]


def test_sent_email_is_shown_in_the_inbox(address):
    message = {
        "from": {"email": "a@example.com"},
        "personalizations": [{"to": [{"email": "b@example.com"}]}],
        "subject": "<b>Olá</b>",
        "content": [
            {"type": "text/plain", "value": "bom dia"},
            {"type": "text/html", "value": '<p title="x">bom dia</p><script>1</script>'},
        ],
    }
    headers = {"Authorization": "Bearer key"}
    sent = httpx.post(f"{address}/v3/mail/send", json=message, headers=headers)
    assert sent.status_code == 202
    [email] = httpx.get(f"{address}/messages.json").json()
    assert (email["to"], email["subject"], email["text"]) == ("b@example.com", "<b>Olá</b>", "bom dia")
    page = httpx.get(address).text
    assert "&lt;b&gt;Olá&lt;/b&gt;" in page
    assert "<script>1" not in page
    assert 'sandbox="allow-popups' in page
    assert httpx.delete(f"{address}/messages.json").status_code == 200
    assert httpx.get(f"{address}/messages.json").json() == []
