"""No answer comes near Lambda's limit of 6 MB for a person with very long conversations.

`make test` takes a sample, which is larger than the limit; `make test-faults` takes 10,000 messages.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from falaai import settings
from falaai.database import Database
from falaai.grounding import SUGGESTIONS_MAX_CHARACTERS, Grounding, GroundingMetadata
from falaai.repositories import exports, saved_prompts
from falaai.repositories.facts import MOST_FACTS
from falaai.repositories.saved_prompts import MOST_PROMPTS, PROMPT_MAX_CHARACTERS
from falaai.web.current_user import get_database, stored_key
from falaai_admin import application as admin_application
from falaai_attachments import application as attachments_application
from falaai_auth import application as auth_application
from falaai_auth import dependencies as auth_dependencies
from falaai_chat import application as chat_application
from tests.support.fakes import FakePictureStore
from tests.support.histories import add_conversations
from tests.support.rows import Rows
from tests.support.waiting import IS_WHOLE

MESSAGES = 10_000 if IS_WHOLE else 1000
# A question of the longest allowed text, whose characters are escaped in JSON and in HTML.
TEXT = '"<a>&ç\n' * 4570
LAMBDA_BYTES = 6_291_556
TOKEN, ORIGIN = "t" * 43, "http://testserver"
# Routes that show nothing a person has written, or files of the product.
WITHOUT_MESSAGES = {
    *(
        "/",
        "/login",
        "/cadastro",
        "/register",
        "/convite/{token}",
        "/sucesso",
        "/verificacao",
        "/verificado",
        "/verify_link/{token}",
    ),
    *("/esqueci-senha", "/esqueci-senha/enviado", "/redefinir-senha/{token}", "/termos", "/privacidade"),
    *("/static/auth/{name}", "/static/admin/{name}", "/static/chat/{name}", "/static/{name}", "/health"),
    *("/sem-conexao", "/manifest.webmanifest", "/sw.js", "/favicon.ico"),
}
# The query that makes the answer as large as it can be, and the expected status.
LARGEST = {
    "/mensagens-prontas": ("", 200),
    "/prompts": ("", 200),
    "/memoria": ("", 200),
    "/memory": ("", 200),
    "/profile": ("", 200),
    "/profile/picture": ("", 404),
    "/profile/export": ("", 413),
    "/profile/exports": ("", 200),
    "/profile/exports/{export_id}": ("", 404),
    "/sessions": ("", 200),
    "/chat": ("", 200),
    "/chat/{conversation_id}": ("", 200),
    "/chat/replies/{message_id}": ("", 200),
    "/chat/replies/{message_id}/sugestoes": ("", 200),
    "/chat/attachments/{attachment_id}": ("", 200),
    "/chat/attachments/{attachment_id}/imagem": ("?tamanho=tela", 404),
    "/chat/attachments/{attachment_id}/arquivo": ("", 303),
    "/admin": ("", 200),
    "/admin/people": ("", 200),
    "/admin/people/{user_id}": ("", 200),
    "/admin/audit": ("", 200),
    "/admin/usage.csv": ("?por=pessoa", 200),
    "/uso": ("", 200),
    "/admin/invitations": ("", 200),
    "/conversations": ("?limit=100&q=a", 200),
    "/conversation/{conversation_id}": ("?limit=100", 200),
    "/conversation/{conversation_id}/export": ("?format=json", 200),
}


@dataclass
class Reader:
    """A signed-in person with one very long conversation and many short ones."""

    clients: list[TestClient]
    ids: dict[str, int]

    def routes(self) -> dict[str, TestClient]:
        return {
            path: client
            for client in self.clients
            for path, methods in client.app.openapi()["paths"].items()  # type: ignore[attr-defined]
            if "get" in methods
        }

    def size(self, client: TestClient, path: str, query: str, status: int) -> int:
        """Return the bytes of the uncompressed answer as Lambda counts them: text inside a JSON document."""
        answer = client.get(f"{path.format(**self.ids)}{query}", follow_redirects=False)
        assert answer.status_code == status, path
        return len(json.dumps(answer.text, ensure_ascii=False).encode())


def largest_search() -> Grounding:
    """Return the largest search that is stored: every source has the longest title and address, and is cited."""
    chunks = [
        {"web": {"title": "ã" * 300, "uri": f"https://{number}.example/".ljust(2000, "x")}} for number in range(60)
    ]
    found = GroundingMetadata()
    segment = {"start_index": 0, "end_index": 3}
    supports = [
        {"segment": {**segment, "end_index": 3 + end}, "grounding_chunk_indices": [*range(60)]} for end in range(300)
    ]
    found.add({"grounding_chunks": chunks, "grounding_supports": supports, "web_search_queries": ["ã" * 300] * 20})
    return found.grounding(TEXT)


def add_attachment(rows: Rows, user: int) -> int:
    """Insert an attachment with a digest and a transcript of the longest recording. Returns its id."""
    file = rows.insert(
        "INSERT INTO arquivos (id_usuario, origem_sha256, sha256, chave, especie, tipo, tamanho, tokens, resumo,"
        " transcricao, criado_em)"
        " VALUES (%s, 'a', 'a', 'attachments/1/a', 'audio', 'audio/ogg', 1, 1, %s, %s, UTC_TIMESTAMP(6))",
        *(user, TEXT, TEXT * 4),
    )
    return rows.insert(
        "INSERT INTO anexos (id_usuario, id_arquivo, nome, tamanho, estado, criado_em)"
        " VALUES (%s, %s, %s, 1, 'pronto', UTC_TIMESTAMP(6))",
        *(user, file, "ã" * 255),
    )


def fill_operators_pages(rows: Rows, user: int) -> None:
    """Make the reader an operator. Add accounts with the longest addresses, and acts, more than a page has."""
    rows.run("UPDATE usuarios SET papel = 'admin', cota_diaria = 1000000 WHERE id = %s", user)
    for number in range(120):
        rows.user(f"{'a' * 60}{number:03}@{'b' * 170}.example.org")
    rows.run(
        "INSERT INTO auditoria (id_admin, id_alvo, acao, valor, feita_em)"
        " SELECT id, id, 'desbloquear', REPEAT('9', 32), UTC_TIMESTAMP(6) FROM usuarios"
    )
    rows.run(
        "INSERT INTO convites (id_usuario, chave, email, usos, grupo, criado_em, expira_em)"
        " SELECT id, SHA2(id, 256), email, 1000, REPEAT('g', 40), NOW(6), NOW(6) + INTERVAL 1 DAY FROM usuarios"
    )


@pytest.fixture
def reader(database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {"PUBLIC_URL": ORIGIN, "PICTURES_BUCKET": "none", **keys}.items():
        monkeypatch.setenv(name, value)
    settings.read.cache_clear()
    user = rows.user()
    conversation = rows.conversation(user, *[TEXT] * 10)
    for start in range(10, MESSAGES, 10):
        rows.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            " SELECT id_conversa, seq + %s, remetente, conteudo, data_envio FROM mensagens"
            " WHERE id_conversa = %s AND seq <= 10",
            start,
            conversation,
        )
    rows.run("UPDATE conversas SET ultima_seq = %s WHERE id = %s", MESSAGES, conversation)
    search = largest_search().stored()
    for start in range(0, MESSAGES, 100):
        rows.run(
            "UPDATE mensagens SET pesquisa = %s, sugestoes = %s"
            " WHERE id_conversa = %s AND seq BETWEEN %s AND %s AND remetente = 'ia'",
            *(search, "ã" * SUGGESTIONS_MAX_CHARACTERS, conversation, start + 1, start + 100),
        )
    add_conversations(rows, user, 200)
    rows.run(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES (%s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 7 DAY)",
        stored_key(TOKEN),
        user,
    )
    reply = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 2", conversation)
    ids = {"conversation_id": conversation, "message_id": reply, "export_id": exports.add_export(database, user)}
    for _ in range(MOST_FACTS):
        rows.run("INSERT INTO fatos (id_usuario, texto, criado_em) VALUES (%s, %s, NOW(6))", user, TEXT[:200])
    for _ in range(MOST_PROMPTS):
        saved_prompts.add_prompt(rows.database, user, "ã" * 50, TEXT[:PROMPT_MAX_CHARACTERS])
    ids["attachment_id"] = add_attachment(rows, user)
    ids["user_id"] = user
    fill_operators_pages(rows, user)
    clients = []
    applications = (auth_application, admin_application, chat_application, attachments_application)
    for app in (application.build() for application in applications):
        app.dependency_overrides |= {
            get_database: lambda: database,
            auth_dependencies.get_picture_store: FakePictureStore,
        }
        headers = {"origin": ORIGIN, "accept-encoding": "identity"}
        clients.append(TestClient(app, cookies={"falaai": TOKEN}, headers=headers))
    yield Reader(clients, ids)
    settings.read.cache_clear()


def test_every_answer_stays_below_the_limit(reader: Reader) -> None:
    routes = reader.routes()
    assert set(routes) == set(LARGEST) | WITHOUT_MESSAGES
    sizes = {path: reader.size(routes[path], path, *largest) for path, largest in LARGEST.items()}
    sizes |= {
        f"{path} as Markdown": reader.size(routes[path], path, "", 200)
        for path in ["/conversation/{conversation_id}/export"]
    }
    for path, size in sorted(sizes.items(), key=lambda one: -one[1]):
        print(f"{size / 1e6:.2f} MB {path}")
    assert {path: size for path, size in sizes.items() if size > LAMBDA_BYTES} == {}
