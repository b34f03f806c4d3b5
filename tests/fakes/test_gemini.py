"""The protocol of the Gemini fake over HTTP: replies, streams, counts and recorded requests."""

from tests.support.gemini_requests import MODEL, generate, said, stream, turns


def test_reply_is_marked_as_a_demonstration(gemini):
    answer = generate(gemini, "Oi", "Olá", "Qual é a capital do Brasil?").json()
    assert said(answer).startswith("Esta é uma resposta de demonstração: ")
    assert "Recebi 3 mensagens neste pedido." in said(answer)
    assert "capital do Brasil" in said(answer)
    assert answer["candidates"][0]["finishReason"] == "STOP"
    usage = answer["usageMetadata"]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]


def test_stream_has_the_same_text_in_pieces_with_cumulative_usage(gemini):
    status, events = stream(gemini, "Faça uma lista")
    assert status == 200
    assert len(events) > 3
    assert "".join(map(said, events)) == said(generate(gemini, "Faça uma lista").json())
    counts = [event["usageMetadata"]["candidatesTokenCount"] for event in events]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert [event["candidates"][0].get("finishReason") for event in events] == [None] * (len(events) - 1) + ["STOP"]


def test_text_and_number_of_its_pieces_can_be_set(gemini):
    gemini.put("/admin/pace", json={"delay": 0, "pieces": 2, "text": "um dois três quatro"})
    _, events = stream(gemini, "oi")
    assert list(map(said, events)) == ["um dois ", "três quatro"]


def test_tokens_are_counted_by_four_characters(gemini):
    body = {"contents": turns("a" * 60)}
    assert gemini.post(f"/v1beta/models/{MODEL}:countTokens", json=body).json() == {"totalTokens": 15}


def test_requests_are_recorded_until_deleted(gemini):
    stream(gemini, "oi")
    [entry] = gemini.get("/admin/requests").json()
    assert (entry["model"], entry["method"]) == (MODEL, "streamGenerateContent")
    assert entry["body"]["contents"] == turns("oi")
    assert entry["pieces"] > 1
    gemini.delete("/admin/requests")
    assert gemini.get("/admin/requests").json() == []


def test_thoughts_come_first_and_a_signature_last(gemini):
    gemini.put("/admin/pace", json={"delay": 0, "thoughts": "penso"})
    _, events = stream(gemini, "oi", model="gemini-3.8-flash")
    found = [event["candidates"][0]["content"]["parts"][0] for event in events]
    assert found[0] == {"text": "penso", "thought": True}
    assert [("thoughtSignature" in part) for part in found] == [False] * (len(found) - 1) + [True]
    usage = events[-1]["usageMetadata"]
    assert usage["thoughtsTokenCount"] == 2
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"] + 2


def test_name_that_is_routed_is_answered_by_another_model(gemini):
    gemini.put("/admin/models", json={"models": [MODEL], "routed": {MODEL: "gemini-3.5-flash-lite"}})
    assert generate(gemini, "oi").json()["modelVersion"] == "gemini-3.5-flash-lite"


def test_the_limit_of_tokens_cuts_an_answer(gemini):
    answer = generate(gemini, "oi", generationConfig={"maxOutputTokens": 5}).json()
    assert answer["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert len(said(answer)) <= 20
