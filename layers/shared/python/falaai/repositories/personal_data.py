"""Export and deletion of all data of a user. A new table with data of users must be added here.

A test compares this module with the schema.
"""

from collections.abc import Sequence
from operator import itemgetter

from falaai.database import Row, Statements
from falaai.repositories import deleted_accounts
from falaai.repositories.conversations import IS_LISTED

# Password hashes and keys are left out: they give access to the account and tell the user nothing.
_ROWS = {
    "usuarios": "SELECT id, nome, email, email_novo, termos_registro, data_registro, email_verified, profile_pic_url,"
    " instrucoes, memoria_pausada, memoria_desde, buscar,"
    " papel, bloqueada_em, cota_diaria, grupo FROM usuarios WHERE id = %s",
    "sessoes": "SELECT id, criada_em, vista_em, expira_em, navegador, endereco, id_conversa_ativa, confirmada_em"
    " FROM sessoes WHERE id_usuario = %s ORDER BY id",
    "tokens": "SELECT finalidade, dados, criado_em, expira_em, usado_em FROM tokens WHERE id_usuario = %s"
    " ORDER BY criado_em",
    "uso_diario": "SELECT dia, mensagens, pensadas, buscas, consultas, tokens_entrada, tokens_saida, bytes_enviados,"
    " arquivos, custo_microusd FROM uso_diario"
    " WHERE id_usuario = %s ORDER BY dia",
    "fatos": "SELECT id, texto, id_mensagem, criado_em FROM fatos WHERE id_usuario = %s ORDER BY id",
    "mensagens_prontas": "SELECT id, titulo, texto, criado_em FROM mensagens_prontas WHERE id_usuario = %s"
    " ORDER BY id",
    "avaliacoes": "SELECT id_mensagem, geracao, nota, motivo, modelo, dia FROM avaliacoes WHERE id_usuario = %s"
    " ORDER BY id_mensagem, geracao",
    "exportacoes": "SELECT id, estado, tamanho, criada_em, pronta_em, expira_em FROM exportacoes"
    " WHERE id_usuario = %s ORDER BY id",
    "falhas_diarias": "SELECT dia, codigo, contagem FROM falhas_diarias WHERE id_usuario = %s ORDER BY dia, codigo",
    "convites": "SELECT id, email, usos, usados, cota_diaria, grupo, criado_em, expira_em, revogado_em FROM convites"
    " WHERE id_usuario = %s ORDER BY id",
    "auditoria": "SELECT id, acao, valor, feita_em FROM auditoria WHERE id_alvo = %s ORDER BY feita_em",
}
# Archives live for a day, and a temporary conversation must leave nothing.
_IS_LISTED = IS_LISTED.replace("temporaria", "c.temporaria").replace("apagada", "c.apagada")
# Tables that are read page by page, because a user may have very many rows in them.
PAGED = ("conversas", "mensagens", "anexos", "arquivos")
_CONVERSATION = "id, titulo_conversa, data_criacao, data_atualizacao, fixada, titulo_manual, resumo, resumo_ate_seq"
_MESSAGE = (
    "m.id, m.id_conversa, COALESCE(m.posicao, m.seq) AS seq, m.versao, m.ramo, m.pai, m.remetente, m.conteudo,"
    " m.data_envio, m.estado, m.modo, m.modelo, m.tokens_entrada, m.tokens_saida, m.erro, m.buscar, m.pesquisa,"
    " m.sugestoes"
)
_ATTACHMENT = (
    "x.id, x.id_arquivo, x.id_conversa, x.id_mensagem, x.posicao, x.nome, x.tamanho, x.estado, x.motivo, x.criado_em,"
    " x.expira_em"
)
# Keys of objects are left out: an archive has the objects themselves.
_FILE = (
    "id, origem_sha256, sha256, especie, tipo, tamanho, paginas, segundos, largura, altura, tokens, trecho,"
    " resumo_estado, resumo, transcricao, criado_em"
)

# Tables of users without conversations, besides their accounts.
_OF_USERS = (
    *("sessoes", "anexos", "arquivos", "uso_diario", "tokens", "exportacoes", "fatos", "mensagens_prontas"),
    "avaliacoes",
)

# Sessions are deleted first. A message that is being sent locks its session's row. Either it commits before the
# session is deleted, and the next statements find its rows; or it finds no session and is rolled back. In any other
# order a server without gap locks or foreign keys could keep a conversation without an owner.
# After that, rows are deleted before the rows that they refer to, because not every server has cascading foreign
# keys. Messages are deleted by a join, because MariaDB runs the same condition with IN (SELECT ...) as a scan of all
# messages.
_DELETIONS = (
    "DELETE FROM sessoes WHERE id_usuario = %s",
    "DELETE FROM anexos WHERE id_usuario = %s",
    "DELETE FROM arquivos WHERE id_usuario = %s",
    "DELETE m FROM mensagens m JOIN conversas c ON c.id = m.id_conversa WHERE c.id_usuario = %s",
    "DELETE FROM conversas WHERE id_usuario = %s",
    "DELETE FROM uso_diario WHERE id_usuario = %s",
    "DELETE FROM falhas_diarias WHERE id_usuario = %s",
    "DELETE FROM tokens WHERE id_usuario = %s",
    "DELETE FROM exportacoes WHERE id_usuario = %s",
    "DELETE FROM fatos WHERE id_usuario = %s",
    "DELETE FROM mensagens_prontas WHERE id_usuario = %s",
    "DELETE FROM avaliacoes WHERE id_usuario = %s",
    "DELETE u FROM convites_usos u JOIN convites c ON c.id = u.id_convite WHERE c.id_usuario = %s",
    "DELETE FROM convites WHERE id_usuario = %s",
    "DELETE FROM usuarios WHERE id = %s",
)


def list_rows(sql: Statements, user_id: int) -> dict[str, list[Row]]:
    """Return the user's rows of every table that is not in PAGED, oldest first."""
    return {table: sql.list(query, (user_id,)) for table, query in _ROWS.items()}


def list_conversation_sizes(sql: Statements, user_id: int) -> list[tuple[int, int]]:
    """Return the id and the largest possible number of messages of each kept conversation, in the order of the ids.

    `proximo_ramo` is larger than the number of hidden messages.
    """
    rows = sql.list(
        f"SELECT id, ultima_seq + proximo_ramo - 1 AS size FROM conversas WHERE id_usuario = %s AND {IS_LISTED}",  # noqa: S608 - constants
        (user_id,),
    )
    return sorted((row["id"], row["size"]) for row in rows)


def list_conversations(sql: Statements, user_id: int, conversation_ids: Sequence[int]) -> list[Row]:
    """Return the rows of these conversations, in the order of their ids."""
    rows = sql.list(
        f"SELECT {_CONVERSATION} FROM conversas WHERE id_usuario = %s AND id IN %s AND {IS_LISTED}",  # noqa: S608 - constants
        (user_id, tuple(conversation_ids)),
    )
    return sorted(rows, key=itemgetter("id"))


def list_messages(sql: Statements, user_id: int, conversation_ids: Sequence[int]) -> list[Row]:
    """Return all messages of these conversations: of each the shown ones in their order, then the hidden branches."""
    rows = sql.list(
        f"SELECT {_MESSAGE} FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant columns
        f" WHERE c.id_usuario = %s AND c.id IN %s AND {_IS_LISTED}",
        (user_id, tuple(conversation_ids)),
    )
    return sorted(rows, key=lambda row: (row["id_conversa"], row["ramo"] or 0, row["seq"]))


def list_messages_after(sql: Statements, user_id: int, conversation_id: int, after_seq: int, limit: int) -> list[Row]:
    """Return shown messages of one conversation after a seq, oldest first."""
    return _list_page(sql, user_id, conversation_id, "m.seq > %s", "m.seq", after_seq, limit)


def list_hidden_messages(
    sql: Statements, user_id: int, conversation_id: int, below_seq: int, limit: int
) -> list[Row]:
    """Return messages of the hidden branches of one conversation whose stored seq is below a negative one, or 0."""
    return _list_page(sql, user_id, conversation_id, "m.seq < %s", "m.seq DESC", below_seq, limit)


def _list_page(
    sql: Statements, user_id: int, conversation_id: int, condition: str, order: str, seq: int, limit: int
) -> list[Row]:
    """Return the first messages that meet the condition, in this order.

    Their ids come from the index. One statement for both lets TiDB read thousands of rows for a page of a hundred,
    which exceeds its memory for a statement if messages are long.
    """
    page = sql.list(
        "SELECT m.id FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constants
        f" WHERE c.id_usuario = %s AND c.id = %s AND {_IS_LISTED} AND {condition} ORDER BY {order} LIMIT %s",
        (user_id, conversation_id, seq, limit),
    )
    if not page:
        return []
    ids = tuple(row["id"] for row in page)
    # The condition again: a switch of versions may have moved a message meanwhile.
    rows = sql.list(f"SELECT {_MESSAGE} FROM mensagens m WHERE m.id IN %s AND {condition}", (ids, seq))  # noqa: S608 - constants
    found = {row["id"]: row for row in rows}
    return [found[message_id] for message_id in ids if message_id in found]


def list_attachments_after(sql: Statements, user_id: int, after_id: int, limit: int) -> list[Row]:
    """Return the user's attachments after an id, oldest first, without those of deleted conversations."""
    return sql.list(
        f"SELECT {_ATTACHMENT} FROM anexos x FORCE INDEX (anexos_usuario)"  # noqa: S608 - constants
        " LEFT JOIN conversas c ON c.id = x.id_conversa"
        f" WHERE x.id_usuario = %s AND x.id > %s AND (x.id_conversa IS NULL OR {_IS_LISTED}) ORDER BY x.id LIMIT %s",
        (user_id, after_id, limit),
    )


def list_files(sql: Statements, user_id: int, file_ids: Sequence[int]) -> list[Row]:
    """Return the rows of these files, in the order of their ids."""
    rows = sql.list(
        f"SELECT {_FILE} FROM arquivos WHERE id_usuario = %s AND id IN %s",  # noqa: S608 - constant columns
        (user_id, tuple(file_ids)),
    )
    return sorted(rows, key=itemgetter("id"))


def list_file_keys(sql: Statements, user_id: int, file_ids: Sequence[int]) -> list[Row]:
    """Return `id`, `chave`, `tipo` and `criado_em` of these files, in the order of their ids."""
    rows = sql.list(
        "SELECT id, chave, tipo, criado_em FROM arquivos WHERE id_usuario = %s AND id IN %s",
        (user_id, tuple(file_ids)),
    )
    return sorted(rows, key=itemgetter("id"))


def delete_accounts(sql: Statements, user_ids: Sequence[int]) -> int:
    """Delete locked accounts that have no conversations, with their other rows. Returns the number deleted."""
    deleted_accounts.add_deleted_accounts(sql, user_ids)
    for table in _OF_USERS:
        sql.run(f"DELETE FROM {table} WHERE id_usuario IN %s", (tuple(user_ids),))  # noqa: S608 - constant tables
    return sql.run("DELETE FROM usuarios WHERE id IN %s", (tuple(user_ids),))


def delete_access(sql: Statements, user_id: int) -> None:
    """Delete sessions, links, exports, facts and saved prompts.

    The sessions are first, for the reason given at `_DELETIONS`.
    """
    for table in ("sessoes", "tokens", "exportacoes", "fatos", "mensagens_prontas"):
        sql.run(f"DELETE FROM {table} WHERE id_usuario = %s", (user_id,))  # noqa: S608 - constant tables


def delete_rows(sql: Statements, user_id: int) -> None:
    """Delete an account and all its rows; only its id is kept. It must run in its own transaction."""
    *rows, account = _DELETIONS
    for deletion in rows:
        sql.run(deletion, (user_id,))
    deleted_accounts.add_deleted_accounts(sql, [user_id])
    sql.run(account, (user_id,))
