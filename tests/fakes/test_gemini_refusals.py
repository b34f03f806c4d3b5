"""Requests that the Gemini fake refuses or accepts as the real API does, and the details of its errors."""

import httpx
import pytest

from tests.support.gemini_requests import MODEL, encoded, fault, generate, parts, turns
from tests.support.uploaded_files import pdf

MINIMAL = {"thinkingConfig": {"thinking_level": "MINIMAL"}}
NO_BUDGET = {"thinkingConfig": {"thinkingBudget": 0}}


def test_key_that_is_not_known_is_refused(gemini):
    gemini.put("/admin/keys", json={"keys": ["another"]})
    refused = generate(gemini, "Oi")
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "API key not valid" in refused.json()["error"]["message"]
    gemini.put("/admin/keys", json={"keys": None})
    assert generate(gemini, "Oi").status_code == 200


def test_request_without_a_key_is_403(gemini):
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


def test_what_the_real_api_accepts(gemini):
    assert generate(gemini, "x", "y").status_code == 200, "2.5 tolerates a history that ends with the model"
    third = {
        "model": "gemini-3.5-flash-lite",
        "generationConfig": {"thinkingConfig": {"thinking_level": "minimal"}},
    }
    assert generate(gemini, "x", **third).status_code == 200
    assert generate(gemini, "x", generationConfig={"thinkingConfig": {"thinkingBudget": 0}}).status_code == 200


def test_refused_parameter_is_400_and_names_it(gemini):
    gemini.put("/admin/refused", json={"parameters": ["temperature"]})
    refused = generate(gemini, "oi", generationConfig={"temperature": 0.7})
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "temperature" in refused.json()["error"]["message"]
    assert generate(gemini, "oi", generationConfig={"maxOutputTokens": 500}).status_code == 200
