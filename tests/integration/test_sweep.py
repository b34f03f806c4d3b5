"""The sweep takes what is old or expired and nothing else."""

import pytest

from falaai.database import Database
from falaai_cleanup import sweep as sweeping
from falaai_cleanup.sweep import sweep
from tests.integration.conftest import Rows


def swept(database: Database, days: int = 90) -> dict[str, int]:
    return {kind: count for kind, count in sweep(database, days, lambda: True).items() if count}


def test_unused_conversations_go_with_their_messages(database: Database, rows: Rows) -> None:
    ana = rows.user()
    rows.conversation(ana, "velha", "resposta", days_old=91)
    kept = rows.conversation(ana, "nova", "resposta", days_old=89)
    pinned = rows.conversation(ana, "fixada", days_old=400, pinned=True)
    assert swept(database) == {"conversations": 1, "messages": 2}
    assert [row["id"] for row in rows.list("SELECT id FROM conversas ORDER BY id")] == [kept, pinned]
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 3


def test_zero_days_keeps_everything(database: Database, rows: Rows) -> None:
    rows.conversation(rows.user(), "velha", days_old=4000)
    assert swept(database, days=0) == {}


def test_long_conversation_goes_in_batches(database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    rows.conversation(rows.user(), *["texto"] * 10, days_old=91)
    assert swept(database) == {"conversations": 1, "messages": 10}


def test_out_of_time_the_rest_stays_for_the_next_run(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    ana = rows.user()
    for _ in range(5):
        rows.conversation(ana, "velha", days_old=91)
    ticks = iter([True] * 9 + [False] * 100)
    first = sweep(database, 90, lambda: next(ticks))
    assert 0 < first["conversations"] < 5
    assert swept(database)["conversations"] == 5 - first["conversations"]


def test_expired_rows_of_every_kind_go(database: Database, rows: Rows) -> None:
    ana = rows.user()
    for key, expires, seen in [("expired", -1, 0), ("idle", 20, -8), ("living", 20, 0)]:
        rows.run(
            "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em) VALUES (%s, %s, NOW(),"
            " UTC_TIMESTAMP() + INTERVAL %s DAY, UTC_TIMESTAMP() + INTERVAL %s DAY)",
            key,
            ana,
            seen,
            expires,
        )
    rows.run("INSERT INTO tokens VALUES ('t', %s, 'verificar', NULL, NOW(), UTC_TIMESTAMP(), NULL)", ana)
    rows.run("INSERT INTO limites VALUES ('l', NOW(), UTC_TIMESTAMP(), 3)")
    assert swept(database) == {"sessions": 2, "tokens": 1, "counters": 1}
    assert rows.value("SELECT chave FROM sessoes") == "living"


def test_never_verified_accounts_go_after_a_month(database: Database, rows: Rows) -> None:
    rows.user("nova@exemplo.com.br", verified=False)
    old = rows.user("velha@exemplo.com.br", verified=False)
    old_but_verified = rows.user("boa@exemplo.com.br")
    rows.run(
        "UPDATE usuarios SET data_registro = UTC_TIMESTAMP() - INTERVAL 31 DAY WHERE id IN (%s, %s)",
        old,
        old_but_verified,
    )
    assert swept(database) == {"unverified_accounts": 1}
    assert rows.value("SELECT COUNT(*) FROM usuarios WHERE id = %s", old) == 0


def test_abandoned_replies_are_written_down_as_interrupted(database: Database, rows: Rows) -> None:
    rows.conversation(rows.user(), "pergunta", "metade")
    rows.run(
        "UPDATE mensagens SET estado = 'gerando', escrita_em = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND WHERE seq = 2"
    )
    assert swept(database) == {"abandoned_replies": 1}
    assert rows.value("SELECT estado FROM mensagens WHERE seq = 2") == "interrompida"
