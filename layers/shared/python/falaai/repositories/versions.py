"""Table `mensagens`: hidden versions. The messages of a conversation are a tree, and one path of it is shown.

The `seq` of shown messages is 1, 2, 3 and so on. When a path is hidden from some message on, its messages become a
branch: they get the number of the branch (`ramo`), keep their place in `posicao`, and their `seq` becomes negative.
So every statement that reads from some `seq` on reads the shown path alone. The first message of a branch names the
message before it in `pai` (0 at the beginning of the conversation). A branch is shown and hidden as a whole.
"""

from dataclasses import dataclass

from falaai.database import Statements
from falaai.repositories.abandoned_replies import is_being_written
from falaai.repositories.conversations import IS_KEPT
from falaai.repositories.messages import Message


@dataclass(frozen=True)
class Branch:
    """A hidden branch. Its first message is the version `version` of the place `seq` after the message `parent_id`.

    `parent_number` is the branch of that message; 0 if it is shown or if there is none.
    """

    number: int
    first_id: int
    seq: int
    version: int
    parent_id: int
    parent_number: int


def lock_next_branch(sql: Statements, user_id: int, conversation_id: int) -> int | None:
    """Lock the conversation until the transaction ends. Returns the number of its next hidden branch."""
    row = sql.find(
        f"SELECT proximo_ramo FROM conversas WHERE id_usuario = %s AND id = %s AND {IS_KEPT} FOR UPDATE",  # noqa: S608 - constant
        (user_id, conversation_id),
    )
    return row["proximo_ramo"] if row else None


def list_branches(sql: Statements, conversation_id: int) -> list[Branch]:
    """List the hidden branches of a conversation, the oldest version of a place first."""
    rows = sql.list(
        "SELECT ramo, id, posicao, versao, pai FROM mensagens FORCE INDEX (mensagens_versoes)"
        " WHERE id_conversa = %s AND pai >= 0",
        (conversation_id,),
    )
    # Not joined: TiDB may read the whole table for the join. No message has the id 0.
    parents = sql.list("SELECT id, ramo FROM mensagens WHERE id IN %s", ((0, *(row["pai"] for row in rows)),))
    hidden = {row["id"]: row["ramo"] or 0 for row in parents}
    branches = [
        Branch(row["ramo"], row["id"], row["posicao"], row["versao"], row["pai"], hidden.get(row["pai"], 0))
        for row in rows
    ]
    return sorted(branches, key=lambda branch: (branch.version, branch.first_id))


def has_running_reply(sql: Statements, conversation_id: int) -> bool:
    """Return whether a reply of the conversation is being generated, shown or hidden."""
    row = sql.find(
        "SELECT m.id FROM mensagens m FORCE INDEX (mensagens_gerando)"  # noqa: S608 - constant
        f" WHERE {is_being_written('m')} AND m.id_conversa = %s LIMIT 1",
        (conversation_id,),
    )
    return row is not None


def update_hidden(sql: Statements, conversation_id: int, from_seq: int, parent_id: int, number: int) -> int:
    """Hide the shown messages from a seq on as one branch, after the message `parent_id`. Returns how many."""
    # `seq` comes last: MariaDB sets the columns one after the other.
    return sql.run(
        "UPDATE mensagens SET pai = IF(seq = %s, %s, NULL), posicao = seq, ramo = %s, seq = -(%s + seq)"
        " WHERE id_conversa = %s AND seq >= %s",
        (from_seq, parent_id, number, number, conversation_id, from_seq),
    )


def update_shown(sql: Statements, conversation_id: int, branch: Branch) -> None:
    """Show a branch. The caller has hidden the messages in its place."""
    sql.run(
        "UPDATE mensagens SET seq = posicao, posicao = NULL, pai = NULL, ramo = NULL"
        " WHERE id_conversa = %s AND seq <= %s AND ramo = %s",
        (conversation_id, -(branch.number + branch.seq), branch.number),
    )


def add_copy(sql: Statements, reply: Message, parent_id: int, number: int) -> int:
    """Keep a locked reply, with its text so far, as a hidden branch of one message. Returns the id of the copy."""
    return sql.insert(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, estado, escrita_em, modelo,"
        " tokens_entrada, tokens_saida, erro, geracao, versao, modo, buscar, buscada_em, pesquisa, sugestoes, ramo,"
        " posicao, pai)"
        " SELECT id_conversa, -(%s + seq), remetente, conteudo, data_envio, %s, escrita_em, modelo,"
        " tokens_entrada, tokens_saida, %s, geracao, versao, modo, buscar, buscada_em, pesquisa, sugestoes, %s, seq,"
        " %s FROM mensagens WHERE id = %s",
        (number, reply.state, reply.error, number, parent_id, reply.id),
    )


def save_late_text(sql: Statements, conversation_id: int, seq: int, generation: int, text: str) -> None:
    """Store the rest of a stopped try in the copy that another try at the reply has left of it."""
    sql.run(
        "UPDATE mensagens SET conteudo = %s WHERE id_conversa = %s AND pai > 0 AND posicao = %s AND geracao = %s"
        " AND estado = 'interrompida' AND conteudo = LEFT(%s, CHAR_LENGTH(conteudo))",
        (text, conversation_id, seq, generation, text),
    )
