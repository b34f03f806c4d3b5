"""LangChain's client of each model, and the connections that the clients keep open."""

from functools import cache
from typing import TYPE_CHECKING

from falaai import settings
from falaai.conversation_memory import Turn
from falaai.gemini.turn_messages import messages_of
from falaai.language_model import Prompt
from falaai.model_families import call_options, family_parameters
from falaai.modes import Mode

if TYPE_CHECKING:
    import ssl

    import httpx
    from langchain_google_genai import ChatGoogleGenerativeAI

# Tries of one request, the first one included. Each further try adds seconds of back-off, while users wait.
MAX_ATTEMPTS = 2
WARM_UP_MILLISECONDS = 3000
# Idle connections are kept for longer than most users need to type a message. httpx's default is 5 s.
KEPT_CONNECTION_SECONDS = 60


class GeminiClients:
    """One client for each model, made at its first use. Its coroutines run in one event loop."""

    def __init__(self, options: settings.GeminiSettings) -> None:
        self._options = options
        self._clients: dict[str, ChatGoogleGenerativeAI] = {}

    def client(self, name: str) -> "ChatGoogleGenerativeAI":
        if name not in self._clients:
            self._clients[name] = self._new_client(name, _connections())
        return self._clients[name]

    async def connect(self, name: str) -> None:
        """Request the model's description, which opens the connection for the next question."""
        if name not in self._clients:
            self._clients[name] = await self._warm_client(name)
        models = self._clients[name].async_client.models
        await models.get(model=name, config={"http_options": {"timeout": WARM_UP_MILLISECONDS}})

    async def close(self) -> None:
        for client in self._clients.values():
            await client.async_client.aclose()

    async def _warm_client(self, name: str) -> "ChatGoogleGenerativeAI":
        """Return a client that has read one canned reply, so that Pydantic has built its schemas, which takes 0.1 s.

        Questions do not use the client before that, so none of them gets the canned reply.
        """
        from falaai.canned_reply import CannedReply

        canned = CannedReply(_connections())
        client = self._new_client(name, canned)
        options = call_options(name, Mode.FAST, family_parameters(name, Mode.FAST), max_tokens=8)
        async for _ in client.astream(messages_of(Prompt("Oi", (Turn(1, "usuario", "Oi"),))), **options):
            pass
        canned.end()
        return client

    def _new_client(self, name: str, connections: "httpx.AsyncBaseTransport") -> "ChatGoogleGenerativeAI":
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(
            model=name,
            google_api_key=self._options.gemini_api_key,
            base_url=self._options.gemini_base_url or None,
            max_retries=MAX_ATTEMPTS,
            client_args={"transport": connections, "verify": _authorities()},
        )


@cache
def _authorities() -> "ssl.SSLContext":
    import httpx

    return httpx.create_ssl_context()


def _connections() -> "httpx.AsyncHTTPTransport":
    """Return a new httpx connection pool. Without it, Google's client would use aiohttp if that is installed."""
    import httpx

    return httpx.AsyncHTTPTransport(
        verify=_authorities(), limits=httpx.Limits(keepalive_expiry=KEPT_CONNECTION_SECONDS)
    )
