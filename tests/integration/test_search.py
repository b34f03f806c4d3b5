"""A search that goes on page by page while the list changes under it."""

import pytest

from falaai.database import Database, Parameters, Row, Transaction
from falaai.repositories import search
from falaai.repositories.conversations import Cursor
from tests.support.rows import Rows


class Meddling(Transaction):
    """Once a page's messages have been looked through, changes the last conversation looked at."""

    change = ""

    def list(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        found = super().list(sql, parameters)
        if "DISTINCT id_conversa" in sql:
            self.run(self.change, (list(parameters[0])[-1],))  # type: ignore[call-overload]
        return found


@pytest.mark.parametrize(
    "change",
    [
        "DELETE c, m FROM conversas c JOIN mensagens m ON m.id_conversa = c.id WHERE c.id = %s",
        "UPDATE conversas SET data_atualizacao = UTC_TIMESTAMP(6) WHERE id = %s",
    ],
    ids=["deleted", "used"],
)
def test_search_goes_on_where_it_was(
    change: str, database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SEARCHED_MESSAGES", 8)
    monkeypatch.setattr(search, "_SEARCHED_FIRST", 4)
    user = rows.user()
    last = [rows.conversation(user, "nada", "ainda nada", days_old=day) for day in range(1, 21)][-1]
    rows.run("UPDATE mensagens SET conteudo = 'Raríssimo' WHERE id_conversa = %s AND seq = 1", last)
    with database._connect() as connection:
        page = Meddling(connection)
        page.change = change
        found, after = search.list_matching_conversations(page, user, "rarissimo", 50)
        pages = 1
        while after:
            assert isinstance(after, Cursor)
            more, after = search.list_matching_conversations(Transaction(connection), user, "rarissimo", 50, after)
            found, pages = [*found, *more], pages + 1
    assert [one.id for one in found] == [last]
    assert 4 <= pages <= 7
