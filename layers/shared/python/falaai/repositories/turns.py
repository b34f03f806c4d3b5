"""Table `mensagens`: messages as the turns of a prompt or of a summary."""

from itertools import takewhile

from falaai.conversation_memory import Turn
from falaai.database import Row, Statements
from falaai.repositories.abandoned_replies import is_being_written

TURN_COLUMNS = "m.seq, m.remetente, m.conteudo, m.buscada_em IS NOT NULL AS buscada"


def list_oldest_turns(
    sql: Statements, conversation_id: int, after_seq: int, until_seq: int, limit: int
) -> list[Turn]:
    """List the oldest turns that a summary may cover: questions, and replies that have text.

    The list ends before the first reply that is still being generated: a summary of later turns would never contain
    the text of that reply.
    """
    rows = sql.list(
        f"SELECT {TURN_COLUMNS}, {is_being_written('m')} AS sendo_escrita"  # noqa: S608 - constant
        " FROM mensagens m"
        " WHERE m.id_conversa = %s AND m.seq > %s AND m.seq <= %s"
        f" AND (m.conteudo <> '' OR {is_being_written('m')}) ORDER BY m.seq LIMIT %s",
        (conversation_id, after_seq, until_seq, limit),
    )
    return [turn_of(row) for row in takewhile(lambda row: not row["sendo_escrita"], rows)]


def turn_of(row: Row) -> Turn:
    return Turn(row["seq"], row["remetente"], row["conteudo"], bool(row["buscada"]))
