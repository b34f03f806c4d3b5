"""Pages and JSON are compressed on the wire; streams, pictures and what another site asked for are not."""

import httpx
import pytest

from falaai.web.compression import MINIMUM_BYTES
from tests.support.people import Person
from tests.support.running_cloud import RunningCloud

IDENTITY = {"accept-encoding": "identity"}


@pytest.fixture
def conversation(member: Person) -> int:
    """Return a long conversation. Its title is a person's own, which the titles worker keeps."""
    number = int(member.say("palavra " * 500)["conversation_id"])
    assert member.http.patch(f"/conversation/{number}", json={"titulo_conversa": "Palavras"}).is_success
    return number


@pytest.mark.parametrize(
    "path",
    [
        "/chat/{}",
        "/conversation/{}",
        "/conversation/{}/export?format=md",
        "/conversation/{}/export?format=json",
        "/profile/export",
        "/termos",
    ],
)
def test_long_answer_is_compressed_and_the_same(member: Person, conversation: int, path: str) -> None:
    path = path.format(conversation)
    headers = {"accept": "text/html"} if path == "/termos" else {}
    with member.http.stream("GET", path, headers=headers) as packed:
        size = sum(len(piece) for piece in packed.iter_raw())
    plain = member.http.get(path, headers=headers | IDENTITY)
    assert (packed.status_code, packed.headers.get("content-encoding")) == (200, "gzip")
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["vary"]
    assert (
        int(packed.headers["content-length"]) == size < 0.6 * len(plain.content)
    )  # the shortest page here is 2.6 KB
    if "export" not in path:  # an export tells the time
        assert member.http.get(path, headers=headers).content == plain.content


def test_short_answer_is_not_compressed(member: Person) -> None:
    answer = member.http.get("/conversations")
    assert len(answer.content) < MINIMUM_BYTES
    assert "content-encoding" not in answer.headers


def test_stream_is_not_compressed(member: Person) -> None:
    with member.http.stream("POST", "/chat/stream", json={"message": "Conte tudo"}) as response:
        assert "content-encoding" not in response.headers
        assert len(response.read()) > MINIMUM_BYTES


def test_picture_is_sent_as_it_is(cloud: RunningCloud) -> None:
    page = httpx.get(f"{cloud.gateway}/", headers={"accept": "text/html"}).text
    (card,) = {part.split('"')[0] for part in page.split('content="') if part.split('"')[0].endswith(".png")}
    picture = httpx.get(cloud.gateway + httpx.URL(card).path)
    assert picture.content.startswith(b"\x89PNG")
    assert len(picture.content) > MINIMUM_BYTES
    assert "content-encoding" not in picture.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_private_answer_to_another_site_is_not_compressed(
    cloud: RunningCloud, member: Person, conversation: int, site: str
) -> None:
    """Its length would tell another site how much of a guess repeats in it."""
    headers = {"sec-fetch-site": site}
    assert "content-encoding" not in member.http.get(f"/chat/{conversation}", headers=headers).headers
    landing = httpx.get(f"{cloud.gateway}/", headers=headers | {"accept": "text/html"})
    assert landing.headers["content-encoding"] == "gzip"


def test_private_answer_to_our_own_page_is_compressed(member: Person, conversation: int) -> None:
    for site in ("same-origin", "none"):
        answer = member.http.get(f"/chat/{conversation}", headers={"sec-fetch-site": site})
        assert answer.headers["content-encoding"] == "gzip"
