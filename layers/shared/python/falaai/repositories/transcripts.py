"""Conversations with their messages, read by one statement instead of two."""

from dataclasses import dataclass
from datetime import date

from falaai.conversation_memory import NO_NOTES, PersonalNotes, Turn
from falaai.database import Statements
from falaai.modes import SEARCH, Counted, Mode
from falaai.repositories.abandoned_replies import is_being_written
from falaai.repositories.conversations import IS_KEPT, Conversation, conversation_of, is_untitled
from falaai.repositories.facts import BY_QUESTION
from falaai.repositories.messages import MESSAGE_COLUMNS, Message, message_of
from falaai.repositories.personal_notes import FACTS, notes_of
from falaai.repositories.sent_attachments import BY_MESSAGE
from falaai.repositories.turns import TURN_COLUMNS, turn_of

# More turns than fit into a prompt. The limit bounds the query for a conversation without a summary.
TURNS_READ = 400


@dataclass(frozen=True)
class Context:
    """The context of a reply: its question, the turns up to the question, and the summary of older turns.

    `running` is the number of the user's replies that are being generated, this one included. `has_attachments` tells
    whether the conversation has attachments. `notes` are those of the user; a temporary conversation has no facts.
    """

    question_id: int
    reply_id: int
    turns: tuple[Turn, ...]
    summary: str
    is_untitled: bool
    running: int
    has_attachments: bool = False
    notes: PersonalNotes = NO_NOTES
    is_temporary: bool = False


# Reads the running replies of all users, which are few, instead of all messages of this user.
_RUNNING = (
    "SELECT STRAIGHT_JOIN COUNT(*) FROM mensagens r JOIN conversas d ON d.id = r.id_conversa"  # noqa: S608 - constant
    f" WHERE {is_being_written('r')} AND d.id_usuario = %s"
)


def find_context(sql: Statements, user_id: int, conversation_id: int, reply_seq: int) -> Context | None:
    """Return the context of a stored reply. A summary that covers the question itself is left out."""
    question_seq = reply_seq - 1
    rows = sql.list(
        f"SELECT m.id, {TURN_COLUMNS}, c.titulo_conversa, c.titulo_manual,"  # noqa: S608 - constant condition
        f" c.titulo_provisorio, ({_RUNNING}) AS gerando,"
        " EXISTS (SELECT x.id FROM anexos x WHERE x.id_conversa = %s AND x.estado = 'pronto') AS tem_anexos,"
        " IF(m.seq = %s AND c.resumo_ate_seq < %s, c.resumo, NULL) AS resumo,"
        " IF(m.seq = %s, u.instrucoes, NULL) AS instrucoes,"
        f" IF(m.seq = %s AND u.memoria_pausada = FALSE AND c.temporaria = FALSE, {FACTS}, NULL) AS fatos,"
        " c.temporaria"
        " FROM conversas c JOIN mensagens m ON m.id_conversa = c.id JOIN usuarios u ON u.id = c.id_usuario"
        f" WHERE c.id_usuario = %s AND c.id = %s AND c.{IS_KEPT} AND m.seq <= %s"
        # One lower bound instead of two, because TiDB uses only one of them to look up the index.
        " AND m.seq > GREATEST(%s, IF(c.resumo_ate_seq < %s, c.resumo_ate_seq, 0))"
        f" AND (m.seq = %s OR NOT {is_being_written('m')} AND m.conteudo <> '')",
        (
            *(user_id, conversation_id, question_seq, question_seq),
            *(question_seq, question_seq, user_id),
            *(user_id, conversation_id, reply_seq, question_seq - TURNS_READ),
            *(question_seq, reply_seq),
        ),
    )
    # Sorted here: TiDB would sort the joined rows instead of reading them in the order of the index.
    rows.sort(key=lambda row: row["seq"], reverse=True)
    if [row["seq"] for row in rows[:2]] != [reply_seq, question_seq]:
        return None
    reply, question, *older = rows
    return Context(
        question["id"],
        reply["id"],
        tuple(turn_of(row) for row in (*reversed(older), question)),
        question["resumo"] or "",
        is_untitled(
            question["titulo_conversa"], bool(question["titulo_manual"]), bool(question["titulo_provisorio"])
        ),
        question["gerando"],
        bool(question["tem_anexos"]),
        notes_of(question),
        bool(question["temporaria"]),
    )


@dataclass(frozen=True)
class Page:
    """A conversation, some of its messages, oldest first, and the messages of each kind its owner has sent today."""

    conversation: Conversation
    messages: list[Message]
    used_today: dict[Counted, int]


def find_page(
    sql: Statements, user_id: int, conversation_id: int, today: date, limit: int, before_seq: int | None = None
) -> Page | None:
    """Find the newest `limit` shown messages, or the newest ones before `before_seq`.

    Each message has its attachments and the number of versions in its place; a reply also has the facts that its
    question told. The conversation has no summary.

    Returns None for an unknown conversation and for one of another user.
    """
    rows = sql.list(
        "SELECT m.*, o.outras, f.anexos, g.fatos, n.nota, n.motivo AS motivo_nota,"  # noqa: S608 - constant columns
        " c.id AS conversa, c.id_usuario, c.titulo_conversa, c.data_criacao,"
        " c.data_atualizacao, c.fixada, c.ultima_seq, c.titulo_manual, c.titulo_provisorio, NULL AS resumo,"
        " c.resumo_ate_seq, c.resumo_versao, c.fatos_ate_seq, c.fatos_guardados, c.temporaria,"
        " (SELECT u.mensagens FROM uso_diario u WHERE u.id_usuario = %s AND u.dia = %s) AS usadas,"
        " (SELECT t.pensadas FROM uso_diario t WHERE t.id_usuario = %s AND t.dia = %s) AS pensadas,"
        " (SELECT s.buscas FROM uso_diario s WHERE s.id_usuario = %s AND s.dia = %s) AS buscas"
        f" FROM conversas c LEFT JOIN (SELECT {MESSAGE_COLUMNS} FROM mensagens m"
        " WHERE m.id_conversa = %s AND m.seq > 0 AND m.seq < %s ORDER BY m.seq DESC LIMIT %s) m"
        " ON m.id_conversa = c.id"
        " LEFT JOIN mensagens a ON a.id_conversa = %s AND a.seq = m.seq - 1"
        " LEFT JOIN (SELECT v.pai, COUNT(*) AS outras FROM mensagens v FORCE INDEX (mensagens_versoes)"
        " WHERE v.id_conversa = %s AND v.pai >= 0 GROUP BY v.pai) o ON o.pai = COALESCE(a.id, 0)"
        f" LEFT JOIN ({BY_MESSAGE}) f ON f.id_mensagem = m.id"
        f" LEFT JOIN ({BY_QUESTION}) g ON g.id_mensagem = a.id"
        " LEFT JOIN avaliacoes n ON n.id_mensagem = m.id AND n.geracao = m.geracao"
        f" WHERE c.id_usuario = %s AND c.id = %s AND c.{IS_KEPT}",
        (
            *(user_id, today, user_id, today, user_id, today, conversation_id, before_seq or 2**31 - 1, limit),
            *(conversation_id, conversation_id, conversation_id, user_id, user_id, conversation_id),
        ),
    )
    if not rows:
        return None
    any_row = rows[0]
    conversation = conversation_of({**any_row, "id": any_row["conversa"]})
    messages = sorted((message_of(row) for row in rows if row["id"] is not None), key=lambda message: message.seq)
    used: dict[Counted, int] = {
        Mode.FAST: any_row["usadas"] or 0,
        Mode.THINK: any_row["pensadas"] or 0,
        SEARCH: any_row["buscas"] or 0,
    }
    return Page(conversation, messages, used)
