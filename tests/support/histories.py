"""Insert conversations of any length, as the chat and the memory worker would leave them."""

from dataclasses import dataclass

from falaai.conversation_memory import SUMMARY_MAX_CHARACTERS
from tests.support.rows import Rows

# Newest messages of a long conversation that its summary does not cover.
UNSUMMARIZED = 10
# About 40 tokens.
TEXT = "Uma frase como as que se trocam, de um tamanho comum. " * 3
SUMMARY = "Conversaram. " * (SUMMARY_MAX_CHARACTERS // 13)
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"


@dataclass
class History:
    """A conversation with this many messages. Its summary covers all but the last ten."""

    rows: Rows
    id: int
    messages: int

    def truncate(self) -> None:
        """Delete the messages that the measurement has added, and reset the conversation's last `seq`."""
        self.rows.run(
            "DELETE FROM mensagens WHERE id_conversa = %s AND (seq > %s OR seq < 0)", self.id, self.messages
        )
        self.rows.run("UPDATE conversas SET ultima_seq = %s WHERE id = %s", self.messages, self.id)


def add_history(rows: Rows, user_id: int, messages: int) -> History:
    """Insert a conversation. `messages` must be even: a reply for each question."""
    summarized = max(0, messages - UNSUMMARIZED)
    conversation = rows.insert(
        "INSERT INTO conversas"
        " (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao,"
        " ultima_seq, resumo, resumo_ate_seq)"
        " VALUES (%s, 'Longa', TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s, %s, %s)",
        user_id, messages, SUMMARY if summarized else None, summarized,
    )  # fmt: skip
    for start in range(0, messages, 1000):  # limit of a recursive query
        rows.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            f" {_NUMBERS} SELECT %s, %s + i, IF(i %% 2 = 1, 'usuario', 'ia'), %s, UTC_TIMESTAMP(6) FROM n",
            min(1000, messages - start), conversation, start, TEXT,
        )  # fmt: skip
    return History(rows, conversation, messages)


def add_conversations(rows: Rows, user_id: int, count: int) -> None:
    """Insert `count` conversations of one user, with one exchange each."""
    for start in range(0, count, 1000):
        first = rows.insert(
            "INSERT INTO conversas"
            " (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao, ultima_seq)"
            f" {_NUMBERS} SELECT %s, CONCAT('Conversa ', %s + i), TRUE, NOW(6), NOW(6) - INTERVAL %s + i MINUTE, 2"
            " FROM n",
            min(1000, count - start), user_id, start, start,
        )  # fmt: skip
        _add_exchanges(rows, first)


def add_people(rows: Rows, before: int, count: int) -> None:
    """Insert users number `before` to `count`, each with a session and a conversation."""
    for start in range(before, count, 1000):
        first = rows.insert(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            f" {_NUMBERS} SELECT 'Uma Pessoa', CONCAT('pessoa-', %s + i, '@exemplo.com.br'), 'x', TRUE, NOW(6), TRUE"
            " FROM n",
            min(1000, count - start), start,
        )  # fmt: skip
        rows.run(
            "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
            " SELECT SHA2(id, 256), id, NOW(6), NOW(6), NOW(6) + INTERVAL 30 DAY FROM usuarios WHERE id >= %s",
            first,
        )
        conversation = rows.insert(
            "INSERT INTO conversas"
            " (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao, ultima_seq)"
            " SELECT id, 'Uma conversa', TRUE, NOW(6), NOW(6), 2 FROM usuarios WHERE id >= %s",
            first,
        )
        _add_exchanges(rows, conversation)


def _add_exchanges(rows: Rows, first: int) -> None:
    """Insert one exchange into each conversation with an id from `first` on."""
    rows.run(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
        f" {_NUMBERS} SELECT c.id, i, IF(i = 1, 'usuario', 'ia'), %s, NOW(6)"
        " FROM conversas c JOIN n WHERE c.id >= %s",
        2, TEXT, first,
    )  # fmt: skip
