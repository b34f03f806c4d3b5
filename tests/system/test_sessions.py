"""Sessions end when they should: one by one, all at once, by themselves; a planted one is none."""

import httpx
import pytest

from tests.support.people import PASSWORD, People, Person, second_device, signed_in
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud


def test_devices_are_listed_and_ended_one_by_one_or_all_at_once(member: Person, people: People) -> None:
    devices = [second_device(people, member) for _ in range(3)]
    listed = member.http.get("/sessions").json()
    assert len(listed) == 4
    assert [one["atual"] for one in listed].count(True) == 1
    mine_of = {
        device: next(one["id"] for one in device.http.get("/sessions").json() if one["atual"]) for device in []
    }
    assert mine_of == {}
    target = next(one["id"] for one in devices[0].http.get("/sessions").json() if one["atual"])
    assert member.http.delete(f"/sessions/{target}").status_code == 200
    assert [signed_in(device) for device in devices] == [False, True, True]
    assert member.http.post("/sessions/revoke_others").json()["encerradas"] == 2
    assert not any(signed_in(device) for device in devices)
    assert signed_in(member)


def test_session_of_another_user_cannot_be_ended(member: Person, people: People) -> None:
    theirs = people.member()
    their_id = theirs.http.get("/sessions").json()[0]["id"]
    answers = [member.http.delete(f"/sessions/{one}") for one in (their_id, 2_000_000_000)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert signed_in(theirs)


def test_planted_cookie_is_worthless(member: Person, cloud: RunningCloud) -> None:
    planted = "x" * 43
    victim = httpx.Client(base_url=cloud.gateway, headers={"origin": cloud.gateway}, cookies={"falaai": planted})
    with victim:
        assert victim.post("/login", json={"email": member.email, "senha": PASSWORD}).status_code == 200
    assert httpx.get(f"{cloud.gateway}/conversations", cookies={"falaai": planted}).status_code == 401


@pytest.mark.parametrize(
    "passing",
    ["expira_em = UTC_TIMESTAMP(6)", "vista_em = UTC_TIMESTAMP(6) - INTERVAL 7 DAY - INTERVAL 1 SECOND"],
    ids=["thirty days old", "seven days idle"],
)
def test_session_ends_by_itself(member: Person, product: Rows, passing: str) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    assert signed_in(member)
    product.run(f"UPDATE sessoes SET {passing} WHERE id_usuario = %s", user)
    assert not signed_in(member)
