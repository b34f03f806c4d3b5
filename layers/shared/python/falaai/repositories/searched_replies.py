"""Table `mensagens`: replies that may come from a web search. Google's terms limit the time they may be kept."""

from falaai.database import Statements
from falaai.grounding import KEPT_MONTHS, Grounding, Notice
from falaai.repositories.conversations import IS_KEPT


def find_suggestions(sql: Statements, user_id: int, message_id: int) -> str | None:
    """Return Google's HTML that belongs to a reply of the user, or None."""
    row = sql.find(
        "SELECT m.sugestoes FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant
        f" WHERE m.id = %s AND c.id_usuario = %s AND c.{IS_KEPT}",
        (message_id, user_id),
    )
    return row["sugestoes"] if row else None


_OLD_SEARCH = f"buscada_em < UTC_TIMESTAMP(6) - INTERVAL {KEPT_MONTHS} MONTH"


def update_expired_searches(sql: Statements, at_most: int, text: str) -> int:
    """Replace text and search of replies that may no longer be kept, shown or hidden ones. Returns their number."""
    return sql.run(
        "UPDATE mensagens SET conteudo = %s, pesquisa = %s, sugestoes = NULL, buscada_em = NULL"  # noqa: S608 - constant condition
        f" WHERE {_OLD_SEARCH} ORDER BY buscada_em LIMIT %s",
        (text, Grounding(notice=Notice.EXPIRED).stored(), at_most),
    )


def count_expired_searches(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM mensagens WHERE {_OLD_SEARCH}")  # noqa: S608 - constant condition
