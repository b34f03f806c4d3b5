"""Files in requests to the Gemini fake: sizes, refusals, addresses, digests and transcripts."""

import json

import pytest
from aiohttp import web

from tests.support.gemini_requests import MODEL, answer_of, ask_about, encoded, generate, parts
from tests.support.paths import ROOT
from tests.support.uploaded_files import PNG, pdf, wav


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
