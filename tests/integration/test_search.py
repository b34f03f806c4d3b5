"""A search that goes on page by page while the list changes under it."""

import pytest

from falaai.database import Database, Parameters, Row, Transaction
from falaai.repositories import search
from falaai.repositories.conversations import Cursor
from tests.support.attached_files import AttachedFiles
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


def test_attachments_are_found_by_name_digest_and_transcript(database: Database, rows: Rows) -> None:
    attached = AttachedFiles(rows)
    ana, bia = rows.user(), rows.user("bia@exemplo.com.br")
    named, digested, spoken, gone = (rows.conversation(ana, "Oi", "Olá.", "E isto?", "Pois é.") for _ in range(4))
    later = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 3", named)
    attached.attach(attached.file(ana), later, "Orçamento da reforma.pdf")
    attached.attach_to(digested, attached.file(ana, b"d", resumo="Um orçamento de pintura.", resumo_estado="pronto"))
    voice = attached.file(ana, b"v", especie="audio", tipo="audio/ogg", transcricao="Mande o ORCAMENTO hoje.")
    attached.attach_to(spoken, voice, "voz.ogg")
    deleted = attached.file(ana, b"g", resumo="Outro orçamento.")
    rows.run("UPDATE anexos SET estado = 'apagado' WHERE id = %s", attached.attach_to(gone, deleted, "lista.pdf"))
    theirs = rows.conversation(bia, "Oi")
    attached.attach_to(theirs, attached.file(bia), "orçamento de Bia.pdf")

    found, after = search.list_matching_conversations(database, ana, "orcamento", 50)
    assert (sorted(one.id for one in found), after) == ([named, digested, spoken], None)
    hits = {
        hit.conversation_id: hit for hit in search.list_hits(database, ana, "orcamento", [named, digested, spoken])
    }
    assert [(hits[place].seq, hits[place].attachment) for place in (named, digested, spoken)] == [
        *((3, "Orçamento da reforma.pdf"), (1, "contrato.pdf"), (1, "voz.ogg"))
    ]
    assert hits[spoken].text == "Mande o ORCAMENTO hoje."
    assert search.list_hits(database, ana, "orcamento", [theirs, gone]) == []
    assert [one.id for one in search.list_matching_conversations(database, ana, "lista.pdf", 50)[0]] == [gone]
    rows.run("UPDATE mensagens SET conteudo = 'O orçamento' WHERE id_conversa = %s AND seq = 2", named)
    (hit,) = search.list_hits(database, ana, "orcamento", [named])
    assert (hit.seq, hit.attachment) == (2, None)  # the words of a message come first
