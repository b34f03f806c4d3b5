"""Versions of questions and replies on the page: the control under a message, and what a switch leaves in place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import DESKTOP, PHONE, Gemini, edit_question, say, screenshot, sign_in
from tests.support.people import People, Person
from tests.support.rows import Rows


def edit(page: Page, old: str, new: str) -> None:
    """Edit a question, and wait for its reply."""
    edit_question(page, old, new)
    expect(page.locator(".message-answered").last).to_have_attribute("data-state", "completa")


def control(page: Page, kind: str = "question") -> Locator:
    return page.locator(f"[data-kind={kind}] [data-part=versions]:visible")


@pytest.mark.parametrize("look", [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE)])
def test_edited_question_has_versions_that_bring_back_what_followed(
    new_page: Callable[..., Page], people: People, look: tuple[str, dict[str, int]]
) -> None:
    scheme, size = look
    page = new_page(size, scheme)
    sign_in(page, people)
    for question in ("Primeira", "Segunda", "Terceira"):
        say(page, question)
    expect(control(page)).to_have_count(0)
    edit(page, "Segunda", "Segunda, de outro jeito")
    questions = page.locator(".question")
    expect(questions).to_have_text(["Primeira", "Segunda, de outro jeito"])
    expect(control(page)).to_contain_text("2/2")
    screenshot(page, f"versions-{scheme}-{size['width']}")
    control(page).get_by_role("button", name="Versão anterior").click()
    expect(questions).to_have_text(["Primeira", "Segunda", "Terceira"])
    expect(control(page)).to_contain_text("1/2")
    screenshot(page, f"versions-before-{scheme}-{size['width']}")
    page.reload()
    expect(questions).to_have_text(["Primeira", "Segunda", "Terceira"])
    expect(control(page)).to_contain_text("1/2")
    say(page, "Quarta")
    control(page).get_by_role("button", name="Próxima versão").click()
    expect(questions).to_have_text(["Primeira", "Segunda, de outro jeito"])
    control(page).get_by_role("button", name="Versão anterior").click()
    expect(questions).to_have_text(["Primeira", "Segunda", "Terceira", "Quarta"])


def test_control_keeps_the_focus_is_large_enough_and_is_announced(
    new_page: Callable[..., Page], people: People, gemini: Gemini
) -> None:
    page = new_page()
    sign_in(page, people)
    gemini(text="Primeira resposta.")
    say(page, "Oi")
    for number in (2, 3):
        gemini(text=f"Resposta {number}.")
        page.get_by_role("button", name="Responder de novo").click()
        expect(page.locator(".reply")).to_have_text(f"Resposta {number}.")
    shown = control(page, "reply")
    expect(shown).to_contain_text("3/3")
    before = shown.get_by_role("button", name="Versão anterior")
    for button in shown.get_by_role("button").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    before.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_have_text("Resposta 2.")
    expect(before).to_be_focused()
    expect(page.locator("[data-part=announcer], [aria-live]").filter(has_text="Versão 2 de 3").first).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator(".reply")).to_have_text("Primeira resposta.")
    # At the first version the way back has the focus.
    expect(shown.get_by_role("button", name="Próxima versão")).to_be_focused()
    expect(before).to_have_attribute("aria-disabled", "true")


def long_conversation(product: Rows, member: Person) -> int:
    conversation = member.say("Pergunta 1", nova=True)["conversation_id"]
    for seq in range(3, 181):
        product.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, estado, data_envio)"
            " VALUES (%s, %s, %s, %s, 'completa', UTC_TIMESTAMP(6))",
            conversation,
            seq,
            "usuario" if seq % 2 else "ia",
            f"Pergunta {(seq + 1) // 2}" if seq % 2 else "Uma resposta. " * 20,
        )
    product.run("UPDATE conversas SET ultima_seq = 180 WHERE id = %s", conversation)
    return conversation


def test_switch_in_an_old_page_of_a_long_conversation_keeps_the_place(
    new_page: Callable[..., Page], people: People, product: Rows
) -> None:
    page = new_page()
    member = sign_in(page, people)
    conversation = long_conversation(product, member)
    old = product.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 41", conversation)
    member.http.post(f"/chat/messages/{old}/edit", json={"message": "Pergunta 21 B"}).raise_for_status()
    hidden = {"versao": 1}
    edited = member.http.get(f"/conversation/{conversation}").json()[-2]
    member.http.post(f"/chat/messages/{edited['id']}/version", json=hidden).raise_for_status()
    page.goto(f"/chat/{conversation}?m=41")
    expect(page.locator(".message-found")).to_be_in_viewport()
    button = control(page).get_by_role("button", name="Próxima versão")
    top = button.bounding_box()
    button.click()
    expect(page.locator(".question").last).to_have_text("Pergunta 21 B")
    expect(control(page)).to_contain_text("2/2")
    control(page).get_by_role("button", name="Versão anterior").click()
    expect(page.locator(".question").last).to_have_text("Pergunta 90")
    expect(page.locator("[data-seq='41']")).to_be_in_viewport()
    seqs = page.locator("#mensagens [data-seq], [data-part=log] [data-seq]").evaluate_all(
        "elements => elements.map((one) => Number(one.dataset.seq))"
    )
    assert seqs == list(range(seqs[0], 181))
    now = control(page).get_by_role("button", name="Próxima versão").bounding_box()
    assert top
    assert now
    assert abs(now["y"] - top["y"]) < DESKTOP["height"] / 2


def test_another_tab_sees_the_version_that_is_shown(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    member = sign_in(page, people)
    say(page, "Primeira")
    edit(page, "Primeira", "Outra")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".question")).to_have_text(["Outra"])
    control(page).get_by_role("button", name="Versão anterior").click()
    expect(page.locator(".question")).to_have_text(["Primeira"])
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(other.locator(".question")).to_have_text(["Primeira"])
    assert signed_texts(member) == ["Primeira"]


def signed_texts(member: Person) -> list[str]:
    (conversation,) = member.http.get("/conversations").json()
    return [one["conteudo"] for one in member.http.get(f"/conversation/{conversation['id']}").json()][::2]


def test_search_marks_a_hit_in_another_version_and_asks_before_it_switches(
    new_page: Callable[..., Page], people: People
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "O manjericão precisa de sol")
    edit(page, "manjericão", "A hortelã precisa de sombra")
    page.get_by_role("searchbox").fill("manjericao precisa de sol")
    excerpt = page.locator(".conversation-excerpt")
    expect(excerpt).to_contain_text("em outra versão · ")
    screenshot(page, "versions-search")
    excerpt.click()
    notice = page.get_by_text("O trecho está em outra versão desta conversa.")
    expect(notice).to_be_visible()
    expect(page.locator(".question")).to_have_text(["A hortelã precisa de sombra"])
    screenshot(page, "versions-search-opened")
    page.get_by_role("button", name="Mostrar essa versão").click()
    expect(page.locator(".question")).to_have_text(["O manjericão precisa de sol"])
    expect(page.locator(".message-found")).to_contain_text("manjericão")
    expect(notice).to_be_hidden()


@pytest.mark.parametrize("is_listed", [True, False], ids=["in-place", "loaded"])
def test_palette_goes_to_a_hit_in_another_version_which_can_then_be_shown(
    new_page: Callable[..., Page], people: People, is_listed: bool
) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "O manjericão precisa de sol")
    edit(page, "manjericão", "A hortelã precisa de sombra")
    place = page.locator("[role=log]").get_attribute("data-conversation")
    page.get_by_role("button", name="Nova conversa").first.click()
    say(page, "Outro assunto")
    if not is_listed:  # as on a page whose list has not been loaded that far
        page.locator(f".conversation-list li[data-id='{place}']").evaluate("(entry) => entry.remove()")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("manjericao")
    expect(page.get_by_role("option").filter(has_text="em outra versão")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**&v=*")
    expect(page.locator(".question")).to_have_text(["A hortelã precisa de sombra"])
    expect(page.get_by_role("button", name="Mostrar essa versão")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text(["O manjericão precisa de sol"])
    expect(page.locator(".message-found")).to_contain_text("manjericão")
    expect(control(page)).to_contain_text("1/2")
