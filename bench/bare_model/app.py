"""Reference function that only calls LangChain: it sends the given turns to the model and returns the text."""

import os
from functools import cache
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_google_genai import ChatGoogleGenerativeAI


@cache
def model() -> ChatGoogleGenerativeAI:
    return ChatGoogleGenerativeAI(
        model="gemini-3.5-flash-lite",
        google_api_key="k" * 39,
        base_url=os.environ["GEMINI_BASE_URL"],
        thinking_level="minimal",
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Handle one event. `turns` alternate between questions and replies, beginning with a question."""
    asked: list[BaseMessage] = [SystemMessage(event["system"])]
    asked += [AIMessage(text) if number % 2 else HumanMessage(text) for number, text in enumerate(event["turns"])]
    text = "".join(chunk.text for chunk in model().stream(asked, timeout=20, max_output_tokens=8192))
    return {"statusCode": 200, "body": text}
