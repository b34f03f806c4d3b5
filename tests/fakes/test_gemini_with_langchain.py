"""LangChain's client with the Gemini fake."""

import httpx
import pytest

from tests.support.gemini_requests import MODEL, fault


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
