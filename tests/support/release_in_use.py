"""Use the web functions of a release in this process: python release_in_use.py EMAIL PASSWORD COOKIE

The code of the release is on PYTHONPATH and DB_* name a database with rows of its, so this module imports nothing of
this repository. It needs the release's `application.build`, its dependencies by name, and the fakes of its tests.
"""

import sys

from fastapi.testclient import TestClient

from falaai.database import database
from falaai_auth import application as auth_application
from falaai_auth import dependencies as auth_dependencies
from falaai_chat import application as chat_application
from falaai_chat import dependencies as chat_dependencies

try:
    from tests.support.fakes import FakeModel, FakeQueues
except ModuleNotFoundError:  # the place in 0.1.0
    from tests.fakes import FakeModel, FakeQueues

ORIGIN = "http://testserver"


def main(email: str, password: str, cookie: str) -> None:
    auth_app, chat_app = auth_application.build(), chat_application.build()
    auth_app.dependency_overrides[auth_dependencies.get_queues] = lambda: FakeQueues()
    chat_app.dependency_overrides[chat_dependencies.get_queues] = lambda: FakeQueues()
    chat_app.dependency_overrides[chat_dependencies.get_language_model] = lambda: FakeModel()
    auth = TestClient(auth_app, headers={"origin": ORIGIN})
    chat = TestClient(chat_app, headers={"origin": ORIGIN}, cookies={"falaai": cookie})
    _read_all(chat)
    _sign_in(auth, chat, email, password)
    _read_all(chat)
    form = {"nome": "Davi", "email": "davi@exemplo.com.br", "senha": password, "termos_registro": True}
    registered = auth.post("/register", json=form)
    assert registered.status_code == 201, registered.text
    database().run("UPDATE usuarios SET email_verified = TRUE WHERE email = %s", (form["email"],))
    _sign_in(auth, chat, form["email"], password)
    _chat(chat)


def _read_all(chat: TestClient) -> None:
    listed = chat.get("/conversations").json()
    assert listed
    for one in listed:
        assert chat.get(f"/conversation/{one['id']}").json(), one


def _sign_in(auth: TestClient, chat: TestClient, email: str, password: str) -> None:
    answer = auth.post("/login", json={"email": email, "senha": password})
    assert answer.status_code == 200, answer.text
    chat.cookies.clear()
    chat.cookies.set("falaai", auth.cookies["falaai"])


def _chat(chat: TestClient) -> None:
    """Ask twice, edit the second question, rename and delete the conversation."""
    said = [chat.post("/chat/message", json={"message": text}) for text in ("Primeira", "Segunda")]
    assert [one.status_code for one in said] == [200, 200], [one.text for one in said]
    number, question = said[0].json()["conversation_id"], said[1].json()["question_id"]
    edited = chat.post(f"/chat/messages/{question}/edit", json={"message": "Segunda, editada"})
    assert edited.status_code == 200, edited.text
    texts = [row["conteudo"] for row in chat.get(f"/conversation/{number}").json()]
    assert texts == ["Primeira", "Olá, Ana.", "Segunda, editada", "Olá, Ana."], texts
    renamed = chat.patch(f"/conversation/{number}", json={"titulo_conversa": "Outro título"})
    assert renamed.status_code == 200, renamed.text
    assert [one["titulo_conversa"] for one in chat.get("/conversations").json()] == ["Outro título"]
    assert chat.delete(f"/conversation/{number}").status_code == 200
    assert chat.get("/conversations").json() == []


if __name__ == "__main__":
    main(*sys.argv[1:])
    print("used")
