"""Attached files over HTTP, until nothing of them is left: one file, its conversation, its account."""

from tests.support import attachments
from tests.support.attachments import attach
from tests.support.people import PASSWORD, Person
from tests.support.pictures import objects
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import wait_until


class Files:
    """Rows and objects of one user's files."""

    def __init__(self, person: Person, cloud: RunningCloud, product: Rows) -> None:
        self.cloud, self.product = cloud, product
        self.user = product.value("SELECT id FROM usuarios WHERE email = %s", person.email)

    def left(self) -> tuple[int, int, int]:
        """Return the numbers of objects, of files and of attachments."""
        counts = [
            self.product.value(f"SELECT COUNT(*) FROM {table} WHERE id_usuario = %s", self.user)
            for table in ("arquivos", "anexos")
        ]
        return len([key for key in objects(self.cloud) if f"/{self.user}/" in key]), counts[0], counts[1]


def test_deleted_account_leaves_no_object_of_its_files(member: Person, cloud: RunningCloud, product: Rows) -> None:
    files = Files(member, cloud, product)
    sent = [attach(member, content)["id"] for content in (attachments.photo(), attachments.pdf())]
    attach(member, attachments.wav())  # never sent
    attachments.upload(member, attachments.pdf(2))  # never checked
    member.say("O que é isto?", anexos=sent)
    assert files.left() == (3 + 1 + 1 + 1, 3, 4)
    assert member.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert files.left()[1:] == (0, 0)
    wait_until(lambda: files.left() == (0, 0, 0), "the cleanup has deleted the objects")


def test_deleted_conversation_takes_its_files_along_when_it_cannot_be_undone(
    member: Person, cloud: RunningCloud, product: Rows
) -> None:
    files = Files(member, cloud, product)
    photo, text = attach(member, attachments.photo())["id"], attach(member, b"nome;valor\n", "lista.csv")["id"]
    gone = member.say("O que é isto?", anexos=[photo, text])["conversation_id"]
    again = attach(member, attachments.photo())["id"]  # the same file in another conversation
    member.say("E agora?", anexos=[again], nova=True)
    assert files.left() == (4, 2, 3)
    member.http.delete(f"/conversation/{gone}").raise_for_status()
    assert member.http.get(f"/chat/attachments/{photo}").status_code == 404
    assert files.left() == (4, 2, 3)
    wait_until(lambda: files.left() == (3, 1, 1), "the cleanup has deleted the file of this conversation alone")
    assert member.http.get(f"/chat/attachments/{again}/imagem?tamanho=tela").status_code == 200


def test_file_deleted_alone_is_gone_from_the_bucket(member: Person, cloud: RunningCloud, product: Rows) -> None:
    files = Files(member, cloud, product)
    photo = attach(member, attachments.photo(), "praia.jpg")["id"]
    said = member.say("O que é isto?", anexos=[photo])
    assert files.left() == (3, 1, 1)
    assert member.http.delete(f"/chat/attachments/{photo}").status_code == 204
    wait_until(lambda: files.left() == (0, 0, 1), "the cleanup has deleted the file")
    question = member.http.get(f"/conversation/{said['conversation_id']}").json()[0]
    assert [(one["nome"], one["estado"]) for one in question["anexos"]] == [("praia.jpg", "apagado")]


def test_search_says_in_which_file_the_words_are(member: Person, product: Rows) -> None:
    sent = attach(member, attachments.pdf(), "Cozinha nova.pdf")["id"]
    said = member.say("Quanto custa?", anexos=[sent])
    file_id = product.value("SELECT id_arquivo FROM anexos WHERE id = %s", sent)
    written = "SELECT COUNT(*) FROM arquivos WHERE id = %s AND resumo_estado = 'pronto'"
    wait_until(lambda: product.value(written, file_id), "the digest is written")
    product.run("UPDATE arquivos SET resumo = 'Uma fiança de três meses.' WHERE id = %s", file_id)
    (found,) = member.http.get("/conversations", params={"q": "fianca"}).json()
    assert (found["id"], found["seq"], found["anexo"]) == (said["conversation_id"], 1, "Cozinha nova.pdf")
    assert found["trecho"] == ["Uma ", "fiança", " de três meses."]
    exported = member.http.get(f"/conversation/{found['id']}/export").text
    assert "Quanto custa?\n\nAnexos: Cozinha nova.pdf\n" in exported
    question, _reply = member.http.get(f"/conversation/{found['id']}/export?format=json").json()["mensagens"]
    assert question["anexos"] == ["Cozinha nova.pdf"]
