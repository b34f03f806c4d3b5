"""Faults of the Gemini fake: statuses, silences, cut connections, and answers that end early."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.gemini_requests import MODEL, fault, generate, said, stream, turns
from tests.support.waiting import HANG_SECONDS


def test_error_has_the_requested_message(gemini):
    fault(gemini, fault="400", message="Budget 0 is invalid.", times=1)
    assert generate(gemini, "oi").json()["error"]["message"] == "Budget 0 is invalid."


@pytest.mark.parametrize("status", [400, 429, 500, 503, 404])
def test_status_is_answered_as_often_as_requested(gemini, status):
    fault(gemini, fault=str(status), times=2)
    response = generate(gemini, "oi")
    assert response.status_code == status
    assert response.json()["error"]["code"] == status
    assert stream(gemini, "oi")[0] == status
    assert generate(gemini, "oi").status_code == 200, "only as often as it was told"


def test_a_fault_may_be_for_one_model(gemini):
    fault(gemini, fault="503", model=MODEL)
    assert generate(gemini, "oi").status_code == 503
    assert generate(gemini, "oi", model="gemini-3.5-flash-lite").status_code == 200
    fault(gemini, fault=None)
    assert generate(gemini, "oi").status_code == 200


def test_an_error_inside_a_stream(gemini):
    fault(gemini, fault="503", after_pieces=1)
    _, events = stream(gemini, "oi")
    assert said(events[0])
    assert events[1]["error"]["code"] == 503
    assert len(events) == 2


@pytest.mark.parametrize("after", [0, 2])
def test_timeout_never_answers(gemini, after):
    fault(gemini, fault="timeout", after_pieces=after)
    with pytest.raises(httpx.ReadTimeout):
        gemini.post(
            f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse",
            json={"contents": turns("oi")},
            timeout=0.4,
        )


@pytest.mark.parametrize("after", [0, 2])
def test_pause_goes_on_when_it_is_removed(gemini, after):
    fault(gemini, fault="pause", after_pieces=after, times=1)
    paused, url = threading.Event(), f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"

    def read():
        with gemini.stream("POST", url, json={"contents": turns("oi")}) as response:
            lines = response.iter_lines()
            seen = [next(lines) for _ in range(2 * after)]  # each event has an empty line
            paused.set()
            return [line for line in (*seen, *lines) if line]

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert paused.wait(HANG_SECONDS)
        assert not reading.done()
        fault(gemini, fault=None)
        resumed = reading.result(HANG_SECONDS)
    assert len(resumed) > 3
    assert "STOP" in resumed[-1]


def test_pause_holds_a_whole_reply_too(gemini):
    fault(gemini, fault="pause", times=1)
    with ThreadPoolExecutor(1) as pool:
        body = {"contents": turns("oi")}
        reading = pool.submit(gemini.post, f"/v1beta/models/{MODEL}:generateContent", json=body)
        while not gemini.get("/admin/requests").json():
            assert not reading.done()
        fault(gemini, fault=None)
        assert reading.result(HANG_SECONDS).json()["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent"])
def test_drip_sends_pieces_without_end(gemini, method):
    fault(gemini, fault="drip", delay=0.05)
    body = {"contents": turns("oi")}
    with gemini.stream("POST", f"/v1beta/models/{MODEL}:{method}", json=body) as response:
        pieces = list(itertools.islice(response.iter_raw(), 20))
    assert len(pieces) == 20


@pytest.mark.parametrize("method", ["generateContent", "streamGenerateContent"])
def test_cut_ends_the_connection(gemini, method):
    fault(gemini, fault="cut")
    with pytest.raises(httpx.RemoteProtocolError):
        gemini.post(f"/v1beta/models/{MODEL}:{method}", json={"contents": turns("oi")})


def test_cut_comes_after_some_pieces(gemini):
    fault(gemini, fault="cut", after_pieces=2)
    got = b""
    body = {"contents": turns("oi")}
    path = f"/v1beta/models/{MODEL}:streamGenerateContent"
    with gemini.stream("POST", path, json=body) as response, pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012
        for piece in response.iter_raw():
            got += piece
    assert got.count(b"\r\n\r\n") == 2


def test_malformed_answer_is_no_json(gemini):
    fault(gemini, fault="malformed")
    with pytest.raises(json.JSONDecodeError):
        generate(gemini, "oi").json()
    with pytest.raises(json.JSONDecodeError):
        stream(gemini, "oi")


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("name", "finish"), [("safety", "SAFETY"), ("max_tokens", "MAX_TOKENS"), ("empty", "STOP")])
def test_answers_that_end_early(gemini, name, finish, at_once):
    fault(gemini, fault=name)
    answers = [generate(gemini, "oi").json()] if at_once else stream(gemini, "oi")[1]
    assert answers[-1]["candidates"][0]["finishReason"] == finish
    assert bool("".join(map(said, answers))) == (name == "max_tokens")


def test_blocked_question_has_a_reason_and_no_candidate(gemini):
    fault(gemini, fault="blocked")
    answer = generate(gemini, "oi").json()
    assert answer["promptFeedback"]["blockReason"]
    assert "candidates" not in answer


def test_an_unknown_fault_is_refused(gemini):
    assert gemini.put("/admin/faults", json={"fault": "sneeze"}).status_code == 400
