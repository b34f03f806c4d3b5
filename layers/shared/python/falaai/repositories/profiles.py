"""Accounts with their instructions and their last export, read by one statement instead of two."""

from dataclasses import dataclass

from falaai.database import Statements
from falaai.repositories.exports import EXPORT_COLUMNS, Export, export_of
from falaai.repositories.users import User, user_of


@dataclass(frozen=True)
class Profile:
    """An account, its last request for an archive unless that has expired, and its instructions or an empty text."""

    user: User
    export: Export | None
    instructions: str


def find_profile(sql: Statements, user_id: int) -> Profile | None:
    row = sql.find(
        "SELECT u.id, u.nome, u.email, u.senha, u.email_verified, u.data_registro, u.email_novo, u.profile_pic_url,"  # noqa: S608 - constant columns
        " u.instrucoes, u.bloqueada_em, e.id AS id_exportacao, e.estado, e.tamanho, e.criada_em, e.expira_em,"
        " e.vencida FROM usuarios u"
        f" LEFT JOIN (SELECT {EXPORT_COLUMNS} FROM exportacoes WHERE id_usuario = %s"
        " AND expira_em > UTC_TIMESTAMP(6) ORDER BY id DESC LIMIT 1) e ON e.id_usuario = u.id"
        " WHERE u.id = %s AND u.apagada_em IS NULL",
        (user_id, user_id),
    )
    if row is None:
        return None
    has_export = row["id_exportacao"] is not None
    export = export_of({**row, "id": row["id_exportacao"], "id_usuario": row["id"]}) if has_export else None
    return Profile(user_of(row), export, row["instrucoes"] or "")
