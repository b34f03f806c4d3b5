"""Table `mensagens`: questions and the rows of their replies, for the transactions that take a question."""

from dataclasses import dataclass
from datetime import datetime

from falaai.database import Row, Statements
from falaai.modes import Mode
from falaai.repositories.abandoned_replies import IS_ABANDONED
from falaai.repositories.conversations import IS_KEPT
from falaai.repositories.messages import MESSAGE_COLUMNS, Message, message_of


@dataclass(frozen=True)
class Locked:
    """A message, locked with its conversation until the transaction ends.

    `last_seq` and `next_branch` are those of the conversation. `parent_id` is the shown message before it, 0 if there
    is none. `abandoned_empty_at` is the UTC time of a try that was abandoned without text and still counts as a
    message of its user. `attachment_ids` are the attachments of a question.
    """

    message: Message
    client_id: str | None
    last_seq: int
    next_branch: int
    parent_id: int
    abandoned_empty_at: datetime | None
    attachment_ids: frozenset[int] = frozenset()


# Once the end of such a try is stored, it no longer counts as a message of its user.
_ABANDONED_EMPTY_AT = f"IF({IS_ABANDONED} AND m.conteudo = '', m.escrita_em, NULL) AS abandonada_em"
_PARENT = "COALESCE((SELECT a.id FROM mensagens a WHERE a.id_conversa = m.id_conversa AND a.seq = m.seq - 1), 0)"
_OTHERS = f"(SELECT COUNT(*) FROM mensagens v WHERE v.id_conversa = m.id_conversa AND v.pai = {_PARENT})"  # noqa: S608 - constant
# Without the hint, TiDB joins the whole index of attachments.
_ATTACHMENT_IDS = "(SELECT /*+ NO_DECORRELATE() */ GROUP_CONCAT(x.id) FROM anexos x WHERE x.id_mensagem = m.id)"
_LOCKED_COLUMNS = (
    f"{MESSAGE_COLUMNS}, {_ABANDONED_EMPTY_AT}, m.chave, c.ultima_seq, c.proximo_ramo, {_PARENT} AS anterior,"
    f" {_OTHERS} AS outras, {_ATTACHMENT_IDS} AS anexos_ids"
)


def lock_message(sql: Statements, user_id: int, message_id: int) -> Locked | None:
    """Lock a message of the user and its conversation until the transaction ends."""
    row = sql.find(
        f"SELECT {_LOCKED_COLUMNS}"  # noqa: S608 - constant columns
        " FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        f" WHERE m.id = %s AND c.id_usuario = %s AND c.{IS_KEPT} FOR UPDATE",
        (message_id, user_id),
    )
    return _locked(row) if row else None


def lock_exchanges(
    sql: Statements, user_id: int, client_id: str | None, question_id: int | None = None
) -> list[Locked]:
    """Lock the user's question with this client_id, in any conversation, and the question with this id.

    Returns each question and its reply. They and their conversations stay locked until the transaction ends.
    """
    rows = sql.list(
        f"SELECT {_LOCKED_COLUMNS} FROM mensagens p"  # noqa: S608 - constant columns
        " JOIN conversas c ON c.id = p.id_conversa"
        " JOIN mensagens m ON m.id_conversa = p.id_conversa AND m.seq IN (p.seq, p.seq + SIGN(p.seq))"
        " WHERE (p.chave = %s OR p.id = %s) AND p.remetente = 'usuario' AND c.id_usuario = %s"
        f" AND c.{IS_KEPT} FOR UPDATE",
        (client_id, question_id, user_id),
    )
    return [_locked(row) for row in rows]


def _locked(row: Row) -> Locked:
    return Locked(
        message_of(row),
        row["chave"],
        row["ultima_seq"],
        row["proximo_ramo"],
        row["anterior"],
        row["abandonada_em"],
        frozenset(int(one) for one in (row["anexos_ids"] or "").split(",") if one),
    )


def add_exchange(
    sql: Statements,
    conversation_id: int,
    reply_seq: int,
    text: str,
    client_id: str | None,
    transaction_key: str,
    mode: Mode,
    version: int = 1,
    *,
    searches: bool = False,
) -> int:
    """Add a question and, after it, an empty reply that is about to be generated. Returns the id of the question.

    An edited question is a new `version` in the place of the old one. A client_id that this conversation has already
    is MySQL error 1062 (IntegrityError).
    """
    return sql.insert(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, escrita_em, estado, chave, versao,"
        " modo, buscar, buscada_em)"
        " VALUES (%s, %s, 'usuario', %s, UTC_TIMESTAMP(6), NULL, 'completa', %s, %s, %s, %s, NULL),"
        " (%s, %s, 'ia', '', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'gerando', %s, 1, %s, %s,"
        " IF(%s, UTC_TIMESTAMP(6), NULL))",
        (
            *(conversation_id, reply_seq - 1, text, client_id, version, mode, searches),
            *(conversation_id, reply_seq, transaction_key, mode, searches, searches),
        ),
    )


def has_transaction_key(sql: Statements, user_id: int, transaction_key: str) -> bool:
    """Return whether the transaction with this key has added or restarted one of the user's replies.

    A deletion of the conversation after that changes nothing about it.
    """
    return (
        sql.find(
            "SELECT m.id FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
            " WHERE m.chave = %s AND c.id_usuario = %s LIMIT 1",
            (transaction_key, user_id),
        )
        is not None
    )


def update_restarted_reply(
    sql: Statements,
    reply: Message,
    transaction_key: str,
    version: int,
    mode: Mode,
    *,
    searches: bool = False,
    copy_id: int | None = None,
) -> int:
    """Empty a locked reply, to generate it again in its place. Returns the number of the new try.

    `version` is the number that its new text has among its versions. `copy_id` is the copy that keeps its old text: a
    rating of that text goes with it.
    """
    sql.run(
        "UPDATE mensagens m LEFT JOIN avaliacoes n ON n.id_mensagem = m.id AND n.geracao = %s"
        " SET n.id_mensagem = COALESCE(%s, n.id_mensagem), m.conteudo = '', m.estado = 'gerando', m.erro = NULL,"
        " m.geracao = %s, m.chave = %s, m.versao = %s, m.modo = %s, m.modelo = NULL,"
        " m.escrita_em = UTC_TIMESTAMP(6), m.buscar = %s, m.buscada_em = IF(%s, UTC_TIMESTAMP(6), NULL),"
        " m.pesquisa = NULL, m.sugestoes = NULL WHERE m.id = %s",
        (
            *(reply.generation, copy_id, reply.generation + 1, transaction_key, version, mode),
            *(searches, searches, reply.id),
        ),
    )
    return reply.generation + 1
