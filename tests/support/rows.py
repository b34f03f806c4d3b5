"""Rows of the product's tables, without its repositories."""

from dataclasses import dataclass
from typing import Any

from falaai.database import Row, Statements
from falaai_auth.passwords import hash_password

TABLES = (
    "transacoes",
    "avaliacoes",
    "fatos",
    "mensagens_prontas",
    "anexos",
    "arquivos",
    "uso_diario",
    "mensagens",
    "conversas",
    "tokens",
    "sessoes",
    "limites",
    "contas_apagadas",
    "exportacoes",
    "auditoria",
    "falhas_diarias",
    "uso_total",
    "convites_usos",
    "convites",
    "usuarios",
)


@dataclass
class Rows:
    """Insert and read rows directly, without the repositories."""

    database: Statements

    def run(self, sql: str, *parameters: Any) -> int:
        return self.database.run(sql, parameters)

    def insert(self, sql: str, *parameters: Any) -> int:
        return self.database.insert(sql, parameters)

    def list(self, sql: str, *parameters: Any) -> list[Row]:
        return self.database.list(sql, parameters)

    def value(self, sql: str, *parameters: Any) -> Any:
        (row,) = self.list(sql, *parameters)
        return next(iter(row.values()))

    def user(self, email: str = "ana@exemplo.com.br", verified: bool = True, password: str = "") -> int:
        """Insert an account. Without `password`, no password opens it."""
        return self.insert(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES ('Ana Souza', %s, %s, TRUE, UTC_TIMESTAMP(6), %s)",
            email,
            hash_password(password) if password else "x",
            verified,
        )

    def conversation(self, user_id: int, *texts: str, days_old: int = 0, pinned: bool = False) -> int:
        """Insert a conversation of alternating questions and replies."""
        conversation_id = self.insert(
            "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq, fixada) VALUES"
            " (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s DAY, %s, %s)",
            user_id,
            days_old,
            len(texts),
            pinned,
        )
        for seq, text in enumerate(texts, start=1):
            self.insert(
                "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
                " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6))",
                conversation_id,
                seq,
                "usuario" if seq % 2 else "ia",
                text,
            )
        return conversation_id
