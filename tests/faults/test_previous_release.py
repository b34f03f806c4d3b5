"""The release before the newest migration goes on working on the schema after it: that is how a deployment looks from
the inside, since the database is migrated first."""

import os
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from falaai.connections import connect
from falaai.settings import DatabaseSettings
from tests.support.database_server import DatabaseServer
from tests.support.databases import STEPS, create_database, migrate
from tests.support.people import People, signed_in
from tests.support.releases import git, has_history, unpack
from tests.support.running_cloud import start_cloud


def previous_release(folder: Path) -> Path:
    """The tree before the newest migration came."""
    newest = f"sql/{STEPS[-1]}.sql"
    commit = git("log", "--diff-filter=A", "--format=%H", "-1", "--", newest).decode().strip()
    if not commit or not has_history():
        pytest.skip("the project's history is not here")
    return unpack(f"{commit}^", folder)


HIDDEN = "Uma versão escondida"


def hide(where: DatabaseSettings, conversation_id: int) -> None:
    """Add a hidden version of the first question and its reply, as this release would leave them after an edit."""
    with connect(where) as connection, connection.cursor() as cursor:
        for position, author in enumerate(("usuario", "ia"), start=1):
            cursor.execute(
                "INSERT INTO mensagens (id_conversa, seq, posicao, ramo, pai, remetente, conteudo, data_envio)"
                " VALUES (%s, %s, %s, 1, %s, %s, %s, UTC_TIMESTAMP(6))",
                (conversation_id, -(1 + position), position, 0 if position == 1 else None, author, HIDDEN),
            )


@pytest.mark.skipif(not os.environ.get("WHOLE"), reason="a devcloud of its own: make test-faults")
def test_previous_release_works_on_the_new_schema(database_server: DatabaseServer, tmp_path: Path) -> None:
    where = create_database(database_server.address, "falaai_db_previous")
    assert migrate(where).returncode == 0
    env = {f"DB_{name}": getattr(where, f"db_{name.lower()}") for name in ("HOST", "PORT", "USER", "NAME")}
    env["DB_PASSWORD"] = where.db_password.get_secret_value()
    (tmp_path / "env").write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    old = start_cloud(tmp_path / "cloud", env_file=tmp_path / "env", root=previous_release(tmp_path / "old"))
    old.addresses["database"] = asdict(database_server.address) | {"name": where.db_name}
    people = People(old)
    try:
        stranger = people.stranger()
        assert stranger.register().status_code == 201
        assert stranger.link()
        ana = people.member()
        said = ana.say("Ainda funciona?")
        assert said["response"]
        assert [row["seq"] for row in ana.http.get(f"/conversation/{said['conversation_id']}").json()] == [1, 2]
        hide(where, said["conversation_id"])
        again = ana.say("E depois de uma edição?", conversation_id=said["conversation_id"])
        assert again["seq"] == 4
        prompts = str(httpx.get(f"{old.addresses['gemini']}/admin/requests").json())
        assert "depois de uma edição" in prompts
        assert HIDDEN not in prompts
        assert ana.http.delete(f"/conversation/{said['conversation_id']}").status_code == 200
        assert old.invoke("CleanupFunction", {})["sessions"] == 0
        assert signed_in(ana)
    finally:
        people.close()
        assert old.stop() == 0
