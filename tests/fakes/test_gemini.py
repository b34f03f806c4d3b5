"""The Gemini fake over HTTP: protocol, refusals and faults, also with LangChain's client."""

import base64
import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from aiohttp import web

from fakes.gemini import GeminiFake
from tests.support.paths import ROOT
from tests.support.uploaded_files import PNG, pdf, wav
from tests.support.waiting import HANG_SECONDS

MODEL = "gemini-2.5-flash"
MINIMAL = {"thinkingConfig": {"thinking_level": "MINIMAL"}}
NO_BUDGET = {"thinkingConfig": {"thinkingBudget": 0}}


@pytest.fixture
def gemini(serve):
    address = serve(GeminiFake().application())
    with httpx.Client(base_url=address, headers={"x-goog-api-key": "k"}, timeout=HANG_SECONDS) as client:
        yield client


def turns(*texts):
    roles = ("user", "model")
    return [{"role": roles[number % 2], "parts": [{"text": text}]} for number, text in enumerate(texts)]


def parts(*given):
    return [{"role": "user", "parts": list(given)}]


def generate(gemini, *texts, model=MODEL, system="", **more):
    body = {"contents": turns(*texts), **more}
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    return gemini.post(f"/v1beta/models/{model}:generateContent", json=body)


def stream(gemini, *texts, model=MODEL):
    body = {"contents": turns(*texts)}
    with gemini.stream("POST", f"/v1beta/models/{model}:streamGenerateContent?alt=sse", json=body) as response:
        if response.status_code != 200:
            response.read()
            return response.status_code, []
        events = response.read().decode().split("\r\n\r\n")
    assert events[-1] == ""
    assert all(event.startswith("data: ") for event in events[:-1])
    return 200, [json.loads(event[6:]) for event in events[:-1]]


def said(response):
    return "".join(part["text"] for part in response["candidates"][0]["content"].get("parts", []))


def test_reply_is_marked_as_a_demonstration(gemini):
    answer = generate(gemini, "Oi", "Olá", "Qual é a capital do Brasil?").json()
    assert said(answer).startswith("Esta é uma resposta de demonstração: ")
    assert "Recebi 3 mensagens nesta conversa." in said(answer)
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


def test_key_that_is_not_known_is_refused(gemini):
    gemini.put("/admin/keys", json={"keys": ["another"]})
    refused = generate(gemini, "Oi")
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "API key not valid" in refused.json()["error"]["message"]
    gemini.put("/admin/keys", json={"keys": None})
    assert generate(gemini, "Oi").status_code == 200


def test_the_pace_can_be_set(gemini):
    gemini.put("/admin/pace", json={"delay": 0, "pieces": 2, "text": "um dois três quatro"})
    _, events = stream(gemini, "oi")
    assert list(map(said, events)) == ["um dois ", "três quatro"]


def test_counting_tokens(gemini):
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


def test_without_a_key_it_is_403(gemini):
    response = httpx.post(f"{gemini.base_url}/v1beta/models/{MODEL}:generateContent", json={})
    assert response.status_code == 403
    assert response.json()["error"]["status"] == "PERMISSION_DENIED"


def test_an_unknown_model_is_404(gemini):
    gemini.put("/admin/models", json={"models": ["gemini-3.5-flash-lite"]})
    error = generate(gemini, "oi").json()["error"]
    assert (error["code"], error["status"]) == (404, "NOT_FOUND")
    assert MODEL in error["message"]
    assert generate(gemini, "oi", model="gemini-3.5-flash-lite").status_code == 200


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (MODEL, {}),
        (MODEL, {"contents": []}),
        (MODEL, {"contents": [{"role": "user", "parts": []}]}),
        (MODEL, {"contents": [{"role": "user", "parts": [{}]}]}),
        (MODEL, {"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"thinkingConfig": {"thinking_level": "low"}}}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"thinkingConfig": {"thinkingLevel": "low"}}}),
        ("gemini-3.8-flash", {"contents": turns("x"), "generationConfig": MINIMAL}),
        ("gemini-4-neon", {"contents": turns("x"), "generationConfig": NO_BUDGET}),
        ("gemini-3.5-flash-lite", {"contents": turns("x", "y")}),
        ("gemini-3.5-flash-lite", {"contents": turns("x"), "generationConfig": {"presencePenalty": 1}}),
        ("gemini-4-argon", {"contents": turns("x", "y")}),
        ("gemini-4-argon", {"contents": turns("x"), "generationConfig": MINIMAL}),
        ("gemini-3.1-pro-preview", {"contents": turns("x"), "generationConfig": MINIMAL}),
        ("gemini-3.8-flash", {"contents": turns("x"), "generationConfig": NO_BUDGET}),
        ("gemini-3.8-flash", {"contents": turns("x"), "generationConfig": {"candidateCount": 2}}),
        ("gemini-2.5-pro", {"contents": turns("x"), "generationConfig": NO_BUDGET}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"thinkingConfig": {"thinkingBudget": 90_000}}}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"thinkingConfig": {"thinkingBudgets": 1}}}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"temperature": 2.1}}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"maxOutputTokens": 0}}),
        (MODEL, {"contents": turns("x"), "generationConfig": {"temperatur": 1}}),
        (MODEL, {"contents": turns("a" * 4 * 1_048_577)}),
        (MODEL, {"contents": parts({"inlineData": {"mimeType": "application/zip", "data": "eA=="}})}),
        (MODEL, {"contents": parts({"fileData": {"mimeType": "audio/x-unknown", "fileUri": "files/1"}})}),
        (MODEL, {"contents": parts({"inline_data": {"mime_type": "image/png", "data": "no base64"}})}),
        (
            MODEL,
            {"contents": [*turns("x"), {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}, *turns("y")]},
        ),
    ],
)
def test_what_the_real_api_refuses_is_400(gemini, model, body):
    response = gemini.post(f"/v1beta/models/{model}:generateContent", json=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["message"]


def test_files_that_are_too_large_are_400(gemini, monkeypatch):
    part = {"inlineData": {"mimeType": "application/pdf", "data": encoded(pdf(1))}}
    body = {"contents": parts(part, {"text": "Oi"})}
    assert gemini.post(f"/v1beta/models/{MODEL}:generateContent", json=body).status_code == 200
    monkeypatch.setattr("fakes.gemini_checks.MAX_PDF_BYTES", 3)
    refused = gemini.post(f"/v1beta/models/{MODEL}:generateContent", json=body)
    assert "too large" in refused.json()["error"]["message"]
    monkeypatch.setattr("fakes.gemini.MAX_REQUEST_BYTES", 100)
    refused = gemini.post(f"/v1beta/models/{MODEL}:generateContent", json=body)
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert refused.json()["error"]["message"] == "Request payload size exceeds the limit: 100 bytes."


def test_errors_have_the_details_of_the_real_api(gemini):
    gemini.put("/admin/refused", json={"parameters": ["temperature"]})
    error = generate(gemini, "oi", generationConfig={"temperature": 0.7}).json()["error"]
    assert error["details"][0]["@type"].endswith("BadRequest")
    assert error["details"][0]["fieldViolations"][0]["field"] == "generation_config.temperature"
    fault(gemini, fault="429", times=1)
    kinds = [one["@type"].rpartition(".")[2] for one in generate(gemini, "oi").json()["error"]["details"]]
    assert kinds == ["QuotaFailure", "RetryInfo"]
    gemini.put("/admin/keys", json={"keys": ["another"]})
    assert generate(gemini, "oi").json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    gemini.put("/admin/keys", json={"keys": None})


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


def test_what_the_real_api_accepts(gemini):
    assert generate(gemini, "x", "y").status_code == 200, "2.5 tolerates a history that ends with the model"
    third = {
        "model": "gemini-3.5-flash-lite",
        "generationConfig": {"thinkingConfig": {"thinking_level": "minimal"}},
    }
    assert generate(gemini, "x", **third).status_code == 200
    assert generate(gemini, "x", generationConfig={"thinkingConfig": {"thinkingBudget": 0}}).status_code == 200


def test_the_limit_of_tokens_cuts_an_answer(gemini):
    answer = generate(gemini, "oi", generationConfig={"maxOutputTokens": 5}).json()
    assert answer["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert len(said(answer)) <= 20


def fault(gemini, **wanted):
    assert gemini.put("/admin/faults", json=wanted).status_code == 200


def test_refused_parameter_is_400_and_names_it(gemini):
    gemini.put("/admin/refused", json={"parameters": ["temperature"]})
    refused = generate(gemini, "oi", generationConfig={"temperature": 0.7})
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "temperature" in refused.json()["error"]["message"]
    assert generate(gemini, "oi", generationConfig={"maxOutputTokens": 500}).status_code == 200


def test_error_has_the_requested_message(gemini):
    fault(gemini, fault="400", message="Budget 0 is invalid.", times=1)
    assert generate(gemini, "oi").json()["error"]["message"] == "Budget 0 is invalid."


@pytest.mark.parametrize("status", [400, 429, 500, 503, 404])
def test_statuses(gemini, status):
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


def test_malformed(gemini):
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


def test_blocked(gemini):
    fault(gemini, fault="blocked")
    answer = generate(gemini, "oi").json()
    assert answer["promptFeedback"]["blockReason"]
    assert "candidates" not in answer


def test_an_unknown_fault_is_refused(gemini):
    assert gemini.put("/admin/faults", json={"fault": "sneeze"}).status_code == 400


@pytest.fixture
def langchain(gemini):
    from langchain_google_genai import ChatGoogleGenerativeAI

    return ChatGoogleGenerativeAI(
        model=MODEL, api_key="k", base_url=str(gemini.base_url).rstrip("/"), max_retries=1, temperature=0.7,
        thinking_budget=0, max_output_tokens=500,
    )  # fmt: skip


def test_langchain_invokes(langchain):
    message = langchain.invoke([("system", "Seja breve."), ("user", "Meu nome é Ana."), ("ai", "Oi"), ("user", "oi")])
    assert "Recebi 3 mensagens" in message.text
    assert message.usage_metadata["output_tokens"] > 0
    assert message.response_metadata["finish_reason"] == "STOP"


def test_langchain_streams(langchain):
    chunks = list(langchain.stream("Escreva uma tabela"))
    assert len(chunks) > 3
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.text == langchain.invoke("Escreva uma tabela").text
    assert (
        whole.usage_metadata["output_tokens"]
        == langchain.invoke("Escreva uma tabela").usage_metadata["output_tokens"]
    )


def test_langchain_meets_the_errors_of_the_real_api(gemini, langchain):
    from langchain_google_genai.chat_models import ChatGoogleGenerativeAIError

    fault(gemini, fault="429", times=1)
    with pytest.raises(ChatGoogleGenerativeAIError, match="RESOURCE_EXHAUSTED"):
        langchain.invoke("oi")
    fault(gemini, fault="cut", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        list(langchain.stream("oi"))
    fault(gemini, fault="blocked", times=1)
    assert langchain.invoke("oi").text == ""


def encoded(data):
    return base64.b64encode(data).decode()


def ask_about(gemini, *files, text="Oi"):
    body = {"contents": parts(*files, {"text": text})}
    return gemini.post(f"/v1beta/models/{MODEL}:generateContent", json=body)


def answer_of(response):
    assert response.status_code == 200, response.text
    return response.json()["candidates"][0]["content"]["parts"][0]["text"]


@pytest.mark.parametrize(("media_type", "data", "words", "tokens"), [
    ("application/pdf", pdf(10), "um PDF de 10 páginas", 2580),
    ("image/png", PNG, f"uma imagem com {len(PNG)} bytes", 1120),
    ("audio/wav", wav(3), "um áudio de 3 segundos", 96),
    ("text/plain", "um dois três".encode(), "um texto com 13 bytes", 3),
])  # fmt: skip
@pytest.mark.parametrize("is_snake", [False, True], ids=["camelCase", "snake_case"])
def test_answer_names_the_kind_and_the_size_of_a_file(gemini, media_type, data, words, tokens, is_snake):
    names = ("inline_data", "mime_type") if is_snake else ("inlineData", "mimeType")
    answered = ask_about(gemini, {names[0]: {names[1]: media_type, "data": encoded(data)}})
    assert words in answer_of(answered)
    assert answered.json()["usageMetadata"]["promptTokenCount"] == tokens + 1
    (sent,) = gemini.get("/admin/requests").json()
    assert sent["files"][0] | {"bytes": len(data), "media_type": media_type, "uri": None} == sent["files"][0]
    assert encoded(data) not in str(sent)


@pytest.mark.parametrize(("part", "message"), [
    ({"inlineData": {"mimeType": "audio/webm", "data": "eA=="}}, "Unsupported MIME type: audio/webm"),
    ({"inlineData": {"data": "eA=="}}, "Unsupported MIME type"),
    ({"inlineData": {"mimeType": "image/png"}}, "inline_data.data"),
    ({"inlineData": {"mimeType": "image/png", "data": "não"}}, "Base64 decoding failed"),
    ({"inlineData": {"mimeType": "application/pdf", "data": encoded(b"%PDF-1.4")}}, "The document has no pages."),
    ({"fileData": {"mimeType": "image/png"}}, "file_data.file_uri"),
    ({"fileData": {"mimeType": "image/png", "fileUri": "ftp://x/y"}}, "unsupported file uri"),
    ({"fileData": {"mimeType": "application/x-sh", "fileUri": "https://x/y"}}, "Unsupported MIME type"),
    ({"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/y"}}, "Cannot fetch content"),
])  # fmt: skip
def test_file_that_the_real_api_refuses_is_400(gemini, part, message):
    refused = ask_about(gemini, part)
    assert refused.status_code == 400
    assert message in refused.json()["error"]["message"]


def test_address_of_a_file_is_read_within_a_limit(gemini, serve, monkeypatch):
    async def read(_request):
        return web.Response(body=pdf(2))

    files = web.Application()
    files.add_routes([web.get("/file", read)])
    uri = f"{serve(files)}/file"
    part = {"fileData": {"mimeType": "application/pdf", "fileUri": uri}}
    assert "um PDF de 2 páginas" in answer_of(ask_about(gemini, part))
    assert gemini.get("/admin/requests").json()[0]["files"][0]["uri"] == uri
    monkeypatch.setattr("fakes.gemini_files.MAX_FETCHED_BYTES", 10)
    assert "exceeds the limit of 10 bytes" in ask_about(gemini, part).json()["error"]["message"]
    gone = {"fileData": {"mimeType": "application/pdf", "fileUri": f"{uri}-gone"}}
    assert "Cannot fetch content" in ask_about(gemini, gone).json()["error"]["message"]


def test_file_with_too_many_tokens_is_400(gemini):
    text = {"inlineData": {"mimeType": "text/plain", "data": encoded(b"x" * 4_200_000)}}
    assert "input token count" in ask_about(gemini, text).json()["error"]["message"]


def test_question_is_answered_from_the_text_of_a_file_or_from_a_quotation_of_it(gemini):
    contract = pdf(1, "O valor do aluguel é 1850 reais.")
    part = {"inlineData": {"mimeType": "application/pdf", "data": encoded(contract)}}
    question = "Qual é o valor do aluguel?"
    assert "1850 reais" in answer_of(ask_about(gemini, part, text=question))
    quoted = generate(gemini, "> O valor do aluguel é 1850 reais.", "Certo.", question)
    assert "1850 reais" in answer_of(quoted)


def test_digest_and_transcript_are_written_when_the_instruction_asks_for_them(gemini):
    def write(prompt, part):
        system = {"parts": [{"text": (ROOT / "functions/memory/falaai_memory" / prompt).read_text()}]}
        body = {"contents": parts(part, {"text": "Escreva a ficha deste arquivo."}), "systemInstruction": system}
        return answer_of(gemini.post(f"/v1beta/models/{MODEL}:generateContent", json=body))

    data = pdf(2, "O prazo é de 30 dias.")
    digest = write("digest_prompt.txt", {"inlineData": {"mimeType": "application/pdf", "data": encoded(data)}})
    assert digest.startswith("Ficha de demonstração: um PDF de 2 páginas")
    assert "O prazo é de 30 dias." in digest
    sound = json.loads(
        write("transcript_prompt.txt", {"inlineData": {"mimeType": "audio/wav", "data": encoded(wav(2))}})
    )
    assert sound.keys() == {"ficha", "transcricao"}
    assert "um áudio de 2 segundos" in sound["transcricao"]
