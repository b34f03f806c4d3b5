"""Table `mensagens`: replies while they are generated, and their ends.

A statement names the number of the try (`generation`): a user may stop a reply or begin another try at any time.
"""

from dataclasses import dataclass

from falaai.database import Statements
from falaai.grounding import Grounding
from falaai.repositories.messages import State

# Length of the column `modelo`.
MODEL_MAX_CHARACTERS = 64


@dataclass(frozen=True)
class ReplyResult:
    """The end of a try at a reply: text, state, error, the model that really answered, tokens, and its search."""

    text: str
    state: State
    error: str | None = None
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    grounding: Grounding | None = None

    @property
    def may_be_grounded(self) -> bool:
        """Return whether the text may come from a search, if a search was asked for."""
        return bool(self.text) and (self.grounding is None or self.grounding.notice is None)


def list_running(sql: Statements, user_id: int) -> list[int]:
    """Return the ids of the user's replies that are being generated. It reads the running replies of all users."""
    rows = sql.list(
        "SELECT m.id FROM mensagens m FORCE INDEX (mensagens_gerando) JOIN conversas c ON c.id = m.id_conversa"
        " WHERE m.estado = 'gerando' AND c.id_usuario = %s",
        (user_id,),
    )
    return [row["id"] for row in rows]


def save_partial_text(sql: Statements, reply_id: int, generation: int, text: str) -> bool:
    """Store the text of this try so far. Returns False if the try has ended, for example by the user's stop."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, escrita_em = UTC_TIMESTAMP(6)"
            " WHERE id = %s AND geracao = %s AND estado = 'gerando'",
            (text, reply_id, generation),
        )
    )


def update_stopped_reply(sql: Statements, reply_id: int) -> bool:
    """End a reply that is being generated. Returns False if it had already ended."""
    return bool(
        sql.run("UPDATE mensagens SET estado = 'interrompida' WHERE id = %s AND estado = 'gerando'", (reply_id,))
    )


def save_stopped_text(sql: Statements, reply_id: int, generation: int, text: str) -> bool:
    """Store the text that a stopped try had at its end. Returns False if a newer try has begun."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s WHERE id = %s AND geracao = %s AND estado = 'interrompida'",
            (text, reply_id, generation),
        )
    )


def update_finished_reply(sql: Statements, reply_id: int, generation: int, ending: ReplyResult) -> bool:
    """Store the end of this try. Returns False, and changes nothing, if the try had already ended."""
    return bool(
        sql.run(
            "UPDATE mensagens SET conteudo = %s, estado = %s, erro = %s, modelo = %s, tokens_entrada = %s,"
            " tokens_saida = %s, escrita_em = UTC_TIMESTAMP(6), pesquisa = %s, sugestoes = %s,"
            " buscada_em = IF(%s, buscada_em, NULL)"
            " WHERE id = %s AND geracao = %s AND estado = 'gerando'",
            (
                *(ending.text, ending.state, ending.error, ending.model[:MODEL_MAX_CHARACTERS] or None),
                *(ending.tokens_in, ending.tokens_out),
                ending.grounding.stored() if ending.grounding else None,
                ending.grounding.suggestions or None if ending.grounding else None,
                *(ending.may_be_grounded, reply_id, generation),
            ),
        )
    )


def has_final_state(sql: Statements, reply_id: int, generation: int, state: State) -> bool:
    """Return whether this try has ended in this state. It is asked after a lost answer to `update_finished_reply`."""
    row = sql.find("SELECT estado FROM mensagens WHERE id = %s AND geracao = %s", (reply_id, generation))
    return row is not None and row["estado"] == state
