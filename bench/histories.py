"""Conversations of any length, as use and the memory worker would have left them."""

from dataclasses import dataclass

from falaai.conversation_memory import SUMMARY_MAX_CHARACTERS
from tests.integration.conftest import Rows

# What is not folded yet of a long conversation.
UNFOLDED = 10
# About 40 tokens a message.
TEXT = "Uma frase como as que se trocam, de um tamanho comum. " * 3
SUMMARY = "Conversaram. " * (SUMMARY_MAX_CHARACTERS // 13)
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"


@dataclass
class History:
    """One conversation of so many messages; all but the last ten stand in its summary."""

    rows: Rows
    id: int
    messages: int

    def forget_later(self) -> None:
        """As if nothing had been said in it since it was made, and nothing counted."""
        self.rows.run("DELETE FROM mensagens WHERE id_conversa = %s AND seq > %s", self.id, self.messages)
        self.rows.run("UPDATE conversas SET ultima_seq = %s WHERE id = %s", self.messages, self.id)


def add_history(rows: Rows, user_id: int, messages: int) -> History:
    """`messages` is even: every question has its answer."""
    folded = max(0, messages - UNFOLDED)
    conversation = rows.insert(
        "INSERT INTO conversas"
        " (id_usuario, titulo_conversa, titulo_manual, data_criacao, data_atualizacao,"
        " ultima_seq, resumo, resumo_ate_seq)"
        " VALUES (%s, 'Longa', TRUE, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), %s, %s, %s)",
        user_id, messages, SUMMARY if folded else None, folded,
    )  # fmt: skip
    for start in range(0, messages, 1000):  # a recursion goes no further
        rows.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            f" {_NUMBERS} SELECT %s, %s + i, IF(i %% 2 = 1, 'usuario', 'ia'), %s, UTC_TIMESTAMP(6) FROM n",
            min(1000, messages - start), conversation, start, TEXT,
        )  # fmt: skip
    return History(rows, conversation, messages)
