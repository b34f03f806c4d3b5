"""Table `mensagens_prontas`: messages that users saved. `___` in a text is a gap for other words."""

from dataclasses import dataclass

from falaai.database import Row, Statements

# Saved prompts of one user.
MOST_PROMPTS = 100
PROMPT_TITLE_MAX_CHARACTERS = 50
PROMPT_MAX_CHARACTERS = 4000


@dataclass(frozen=True)
class SavedPrompt:
    id: int
    title: str
    text: str


def list_prompts(sql: Statements, user_id: int) -> list[SavedPrompt]:
    """List the user's saved prompts, newest first."""
    rows = sql.list(
        "SELECT id, titulo, texto FROM mensagens_prontas WHERE id_usuario = %s ORDER BY id DESC LIMIT %s",
        (user_id, MOST_PROMPTS),
    )
    return [_prompt_of(row) for row in rows]


def find_prompt(sql: Statements, user_id: int, prompt_id: int) -> SavedPrompt | None:
    row = sql.find(
        "SELECT id, titulo, texto FROM mensagens_prontas WHERE id_usuario = %s AND id = %s", (user_id, prompt_id)
    )
    return _prompt_of(row) if row else None


def count_prompts(sql: Statements, user_id: int) -> int:
    return sql.count("SELECT COUNT(*) FROM mensagens_prontas WHERE id_usuario = %s", (user_id,))


def add_prompt(sql: Statements, user_id: int, title: str, text: str) -> int:
    """Add a prompt. Returns its id."""
    return sql.insert(
        "INSERT INTO mensagens_prontas (id_usuario, titulo, texto, criado_em) VALUES (%s, %s, %s, UTC_TIMESTAMP(6))",
        (user_id, title, text),
    )


def update_prompt(sql: Statements, user_id: int, prompt_id: int, title: str, text: str) -> None:
    sql.run(
        "UPDATE mensagens_prontas SET titulo = %s, texto = %s WHERE id_usuario = %s AND id = %s",
        (title, text, user_id, prompt_id),
    )


def delete_prompt(sql: Statements, user_id: int, prompt_id: int) -> bool:
    """Delete a prompt. Returns whether the user had it."""
    return bool(sql.run("DELETE FROM mensagens_prontas WHERE id_usuario = %s AND id = %s", (user_id, prompt_id)))


def _prompt_of(row: Row) -> SavedPrompt:
    return SavedPrompt(row["id"], row["titulo"], row["texto"])
