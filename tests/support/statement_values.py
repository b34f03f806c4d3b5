"""Arguments for every function of the repositories, and rows in every table for them to find."""

from datetime import date, datetime
from typing import Any

from falaai import settings
from falaai.grounding import Grounding
from falaai.modes import SEARCH, Mode
from falaai.repositories import audit, conversations, facts, messages, saved_prompts
from falaai.repositories.conversations import Cursor
from falaai.repositories.files import FileFacts, Kind, NewFile
from falaai.repositories.invitations import NewInvitation
from falaai.repositories.messages import State
from falaai.repositories.ratings import Rating, Reason
from falaai.repositories.running_replies import ReplyResult
from falaai.repositories.sessions import Session
from falaai.repositories.versions import Branch
from falaai.roles import Role
from falaai.secret_tokens import Purpose
from tests.support.crowds import wait_for_statistics
from tests.support.databases import database_for_rows
from tests.support.histories import add_conversations, add_history
from tests.support.rows import TABLES, Rows
from tests.support.uploaded_files import add_upload, pdf


def add_values(where: settings.DatabaseSettings) -> dict[str, Any]:
    """Add a user who has some of everything, and the few rows that the cleanup takes, to the rows of a crowd.

    Returns the arguments by `module.function.parameter`, or by the parameter alone where that is enough.
    """
    database = database_for_rows(where)
    rows = Rows(database)
    user = rows.user("bia@exemplo.com.br")
    history = add_history(rows, user, 400)
    add_conversations(rows, user, 100)
    fill_other_tables(rows)
    session_id = rows.insert(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES ('chave', %s, NOW(6), NOW(6), NOW(6) + INTERVAL 7 DAY)",
        user,
    )
    rows.run(
        "INSERT INTO tokens VALUES ('chave', %s, 'verificar', NULL, NOW(6), NOW(6) + INTERVAL 1 DAY, NULL)", user
    )
    rows.run("INSERT INTO limites VALUES ('chave', NOW(6), NOW(6) + INTERVAL 1 DAY, 1)")
    rows.run("UPDATE mensagens SET chave = 'um-id' WHERE id_conversa = %s AND seq = 399", history.id)
    upload = add_upload(rows, user, pdf(1))
    sent = add_upload(rows, user, pdf(1))
    rows.run(
        "UPDATE anexos SET id_conversa = %s, expira_em = NULL, id_mensagem ="
        " (SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 399) WHERE id = %s",
        *(history.id, history.id, sent.id),
    )
    for table in TABLES:
        rows.list(f"ANALYZE TABLE {table}")
    wait_for_statistics(where)
    conversation = conversations.find_conversation(database, user, history.id)
    reply = messages.find_by_seq(database, history.id, 400)
    question = messages.find_by_seq(database, history.id, 399)
    assert conversation
    assert reply
    assert question
    day, soon = date(2026, 6, 1), datetime(2026, 6, 1, 12)

    def list_of(query: str) -> list[int]:
        return [row["id"] for row in rows.list(query, user)]

    return {
        "user_id": user,
        "user_ids": [rows.user("c@exemplo.com.br"), rows.user("d@exemplo.com.br")],
        "email": "bia@exemplo.com.br",
        "name": "Bia",
        "users.add_user.email": "nova@exemplo.com.br",
        "users.update_email.email": "nova@exemplo.com.br",
        "password_hash": "x",
        "new_email": "nova@exemplo.com.br",
        "instructions": "Seja breve.",
        "fact_id": facts.add_fact(database, user, "Gosto de café"),
        "facts.add_fact.text": "Moro em Natal",
        "facts.add_told_fact.text": "Torço pelo ABC",
        "facts.add_told_fact.message": question.text,
        "facts.add_told_fact.seq": 399,
        "is_paused": True,
        "rating": Rating.BAD,
        "ratings.save_rating.reason": Reason.OTHER,
        "days": 30,
        "prompt_id": saved_prompts.add_prompt(database, user, "Receita", "Receita de ___"),
        "is_temporary": True,
        "copy_id": reply.id + 1_000_000,
        "stored": 1,
        "picture": "pictures/x.webp",
        "keys": ["pictures/7.webp", "pictures/8.webp", "pictures/none.webp"],
        "file_ids": list_of("SELECT id FROM arquivos WHERE id_usuario = %s"),
        "file_id": list_of("SELECT MIN(id) AS id FROM arquivos WHERE id_usuario = %s")[0],
        "attachment_id": list_of("SELECT MIN(id) AS id FROM anexos WHERE id_usuario = %s")[0],
        "upload_key": f"uploads/{user}/new",
        "reason": "unknown_type",
        "origin_sha256": "f" * 64,
        "new": NewFile(
            FileFacts(Kind.TEXT, "text/plain", 3),
            user_id=user,
            origin_sha256="f" * 64,
            sha256="e" * 64,
            key=f"attachments/{user}/new",
            size=10,
        ),
        "files_at_most": 100,
        "after_id": 0,
        "file_deletions.list_keys_in_use.keys": [
            f"attachments/{user}/1",
            f"attachments/{user}/2",
            "attachments/none",
        ],
        "key": "chave",
        "limits.update_count.count": 2,
        "usage.add_day.user_id": -98,
        "usage.add_day.uploaded": 3,
        "tokens_in": 3,
        "tokens_out": 2,
        "transaction_key": "f" * 32,
        "payload": "x",
        "tokens.add_token.key": "outra",
        "sessions.add_session.key": "outra",
        "agent": "x",
        "address": "x",
        "purpose": Purpose.VERIFY,
        "purposes": (Purpose.VERIFY, Purpose.EMAIL),
        "window_seconds": 60,
        "session": Session(session_id, user, None, "Bia", "bia@exemplo.com.br", 0, soon),
        "session_id": session_id,
        "kept_id": session_id,
        "at_most": 100,
        "limit": 20,
        "deletions_limit": 20,
        "unused_days": 90,
        "export_id": rows.value("SELECT MAX(id) FROM exportacoes WHERE id_usuario = %s", user),
        "exports.list_existing.ids": [1, 2, 3],
        "size": 1000,
        "day": day,
        "messages": 3,
        "thinking": 2,
        "count": 3,
        "admin_id": user,
        "target_id": user,
        "act": "cota",
        "value": "50",
        "audit.list_entries.after": audit.Cursor(soon, 7),
        "first": day,
        "last": day,
        "code": "model_error",
        "cost": 9,
        "prefix": "bia",
        "after_email": "a",
        "emails": ["bia@exemplo.com.br"],
        "is_blocked": True,
        "invitations.add_invitation.new": NewInvitation("x@exemplo.com.br", 1, 7, 50, "turma"),
        "invitations.add_invitation.key": "f" * 64,
        "invitations.update_key.key": "e" * 64,
        "invitation_id": rows.value("SELECT MAX(id) FROM convites"),
        "address_key": "a" * 64,
        "invitations.list_invitations.after": audit.Cursor(soon, 7),
        "daily_messages": 50,
        "group": "turma",
        "role": Role.ADMIN,
        "people.update_daily_messages.messages": 50,
        "mode": Mode.THINK,
        "kind": SEARCH,
        "searches": True,
        "usage.add_day.searches": 1,
        "queries": 2,
        "today": day,
        "is_new": False,
        "conversation_id": history.id,
        "conversation": conversation,
        "words": "que se trocam",
        "by": 2,
        "conversation_ids": [history.id, history.id + 1],
        "ids": [history.id, history.id + 1],
        "after": Cursor(False, conversation.updated_at, history.id),
        "last_seq": 400,
        "title": "Título",
        "is_pinned": True,
        "summary": "x",
        "until_seq": 390,
        "after_seq": 380,
        "before_seq": 300,
        "seq": 380,
        "reply_seq": 400,
        "exchanges.add_exchange.reply_seq": 402,
        "text": "Olá",
        "client_id": "um-id",
        "exchanges.add_exchange.client_id": "outro-id",
        "counter_id": -99,
        "next_branch": 500,
        "from_seq": 380,
        "parent_id": reply.id,
        "number": 7,
        "branch": Branch(7, question.id, 5, 1, 0, 0),
        "below_seq": 0,
        "version": 2,
        "question_id": question.id,
        "message_id": reply.id,
        "message_ids": [question.id, reply.id],
        "reply": reply,
        "reply_id": reply.id,
        "generation": 1,
        "attachment_ids": [upload.id, sent.id],
        "sent_attachments.update_sent.message_id": question.id,
        "sent_attachments.list_attached.until_seq": 400,
        "sent_attachments.list_named.until_seq": 400,
        "from_message_id": question.id,
        "to_message_id": question.id,
        "digest": "Uma ficha.",
        "transcript": "Olá.",
        "state": State.COMPLETE,
        "ending": ReplyResult("Olá", State.COMPLETE, grounding=Grounding(suggestions="<p>x</p>")),
    }


def fill_other_tables(rows: Rows) -> None:
    """For each person a link, a counter, a transaction, a day of usage, a picture; a few of each are old."""
    rows.run(
        "INSERT INTO tokens SELECT SHA2(id, 256), id, 'verificar', NULL, NOW(6),"
        " NOW(6) + INTERVAL MOD(id, 1000) - 2 DAY, NULL FROM usuarios"
    )
    rows.run(
        "INSERT INTO exportacoes (id_usuario, criada_em, expira_em)"
        " SELECT id, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL MOD(id, 100) - 2 DAY FROM usuarios"
    )
    rows.run(
        "INSERT INTO fatos (id_usuario, texto, criado_em) SELECT u.id, CONCAT('Fato ', n.seq), NOW(6) FROM usuarios u"
        " CROSS JOIN (SELECT 1 AS seq UNION ALL SELECT 2 UNION ALL SELECT 3) n"
    )
    rows.run(
        "INSERT INTO mensagens_prontas (id_usuario, titulo, texto, criado_em)"
        " SELECT id_usuario, texto, texto, NOW(6) FROM fatos"
    )
    rows.run(
        "INSERT INTO avaliacoes (id_mensagem, geracao, id_usuario, nota, dia) SELECT m.id, 1, c.id_usuario, 'boa',"
        " UTC_DATE() - INTERVAL MOD(m.id, 402) DAY FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " WHERE m.seq = 2"
    )
    rows.run("UPDATE conversas SET temporaria = TRUE, temporaria_em = NOW(6) ORDER BY id DESC LIMIT 9")
    rows.run("UPDATE usuarios SET apagada_em = UTC_TIMESTAMP(6) WHERE email LIKE 'pessoa-9%%' LIMIT 9")
    rows.run("INSERT INTO limites SELECT chave, NOW(6), expira_em, 1 FROM tokens")
    rows.run("INSERT INTO transacoes SELECT LEFT(chave, 32), NOW(6) FROM tokens")
    rows.run("UPDATE transacoes SET feita_em = NOW(6) - INTERVAL 2 HOUR LIMIT 9")
    rows.run("INSERT INTO falhas_diarias SELECT id, UTC_DATE(), 'model_error', 1 FROM usuarios")
    rows.run(
        "INSERT INTO falhas_diarias SELECT id, UTC_DATE() - INTERVAL 401 DAY, 'model_error', 1 FROM usuarios LIMIT 9"
    )
    rows.run("INSERT IGNORE INTO uso_diario (id_usuario, dia) SELECT id, UTC_DATE() FROM usuarios")
    rows.run(
        "INSERT INTO uso_diario (id_usuario, dia) SELECT id, UTC_DATE() - INTERVAL 401 DAY FROM usuarios LIMIT 9"
    )
    rows.run(
        "INSERT INTO arquivos (id_usuario, origem_sha256, sha256, chave, especie, tipo, tamanho, tokens, criado_em)"
        " SELECT u.id, SHA2(CONCAT(u.id, '-', n.seq), 256), SHA2(u.id, 256),"
        " CONCAT('attachments/', u.id, '/', n.seq), 'pdf', 'application/pdf', 1000, 774, NOW(6) FROM usuarios u"
        " CROSS JOIN (SELECT 1 AS seq UNION ALL SELECT 2 UNION ALL SELECT 3) n"
    )
    rows.run(
        "INSERT INTO anexos (id_usuario, id_arquivo, id_conversa, id_mensagem, nome, tamanho, estado, criado_em)"
        " SELECT a.id_usuario, a.id, m.id_conversa, m.id, 'contrato.pdf', 1000, 'pronto', NOW(6)"
        " FROM arquivos a JOIN conversas c ON c.id_usuario = a.id_usuario"
        " JOIN mensagens m ON m.id_conversa = c.id AND m.seq = 1"
    )
    rows.run("UPDATE arquivos SET conferir_em = NOW(6) ORDER BY id DESC LIMIT 9")
    newest = rows.value("SELECT MAX(id) FROM arquivos")
    rows.run("UPDATE anexos SET estado = 'apagado' WHERE id_arquivo = %s", newest)
    rows.run(
        "INSERT INTO anexos (id_usuario, chave, nome, tamanho, criado_em, expira_em)"
        " SELECT id, CONCAT('uploads/', id), 'foto.jpg', 1000, NOW(6), NOW(6) + INTERVAL MOD(id, 100) - 2 HOUR"
        " FROM usuarios"
    )
    rows.run(
        "INSERT INTO auditoria (id_admin, id_alvo, acao, feita_em)"
        " SELECT id, id, 'cota', UTC_TIMESTAMP(6) - INTERVAL id SECOND FROM usuarios"
    )
    rows.run(
        "INSERT INTO convites (id_usuario, chave, usos, criado_em, expira_em)"
        " SELECT id, SHA2(id, 256), 1, NOW(6) - INTERVAL id SECOND, NOW(6) + INTERVAL MOD(id, 1000) - 32 DAY"
        " FROM usuarios"
    )
    rows.run("INSERT INTO convites_usos SELECT id, chave, criado_em FROM convites")
    rows.run("UPDATE usuarios SET papel = 'admin' LIMIT 3")
    rows.run("UPDATE usuarios SET profile_pic_url = CONCAT('pictures/', id, '.webp') WHERE MOD(id, 2) = 1")
    rows.run("UPDATE usuarios SET email_verified = FALSE, data_registro = NOW(6) - INTERVAL 31 DAY LIMIT 9")
    rows.run("UPDATE mensagens SET estado = 'gerando', escrita_em = NOW(6) - INTERVAL 1 HOUR LIMIT 9")
    rows.run("UPDATE conversas SET data_atualizacao = NOW(6) - INTERVAL 100 DAY ORDER BY id DESC LIMIT 9")
    rows.run("UPDATE sessoes SET expira_em = NOW(6) - INTERVAL 1 HOUR ORDER BY id DESC LIMIT 9")
