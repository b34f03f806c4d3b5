"""Reading aloud and dictation, with fakes of the browser's two speech interfaces: Chromium has neither voice here."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser import PHONE, say, screenshot, sign_in
from tests.support.people import People

# The voices of a browser, and what it was told to say; the test ends each utterance.
VOICES = """
  window.said = [];
  window.voices = [{ lang: 'en-US', localService: true }, { lang: 'pt-PT', localService: true },
    { lang: 'pt-BR', localService: LOCAL, name: 'Ana' }];
  const synthesis = new EventTarget();
  Object.assign(synthesis, {
    getVoices: () => window.voices,
    speak(utterance) { window.current = utterance; window.said.push(utterance.text); },
    cancel() { const one = window.current; window.current = null; window.canceled = (window.canceled ?? 0) + 1;
      one?.onerror?.({ error: 'canceled' }); },
  });
  Object.defineProperty(window, 'speechSynthesis', { value: synthesis });
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  window.finish = () => { const one = window.current; window.current = null; one.onend(); };
"""
# A recognition that hears what the test says: hear([['text', isFinal], ...]), fail(error), or an end by itself.
RECOGNITION = """
  window.recognitions = [];
  window.webkitSpeechRecognition = class extends EventTarget {
    constructor() { super(); window.recognitions.push(this); }
    start() { this.isOn = true; }
    stop() { this.end(); }
    abort() { this.end(); }
    end() { if (this.isOn) { this.isOn = false; this.dispatchEvent(new Event('end')); } }
    hear(results) {
      const event = new Event('result');
      event.results = results.map(([transcript, isFinal]) => ({ 0: { transcript }, isFinal, length: 1 }));
      this.dispatchEvent(event);
    }
    fail(error) { this.dispatchEvent(Object.assign(new Event('error'), { error })); this.end(); }
  };
  window.SpeechRecognition = window.webkitSpeechRecognition;
  window.hear = (...results) => window.recognitions.at(-1).hear(results);
  window.fail = (error) => window.recognitions.at(-1).fail(error);
"""
TEXT = """# Um título

Primeira frase. Veja https://www.exemplo.com.br/pagina?x=1 e $x$ ou $\\frac{a}{b}$.

```python
soma = 1
print(soma)
```

3. três
4. quatro

- [ ] pão
- [x] leite

| Nome | Preço |
|------|------:|
| Pão | R$ 1,50 |

"""
PARTS = [
    "Um título",
    "Primeira frase. Veja link para exemplo.com.br e x ou fórmula .",
    "Código em python, 2 linhas, não lido.",
    "3. três",
    "4. quatro",
    "A fazer: pão",
    "Feito: leite",
    "Nome; Preço",
    "Pão; R$ 1,50",
]


def spoken_page(new_page: Callable[..., Page], people: People, local: bool = True, **options: object) -> Page:
    page = new_page(**options)
    page.add_init_script(VOICES.replace("LOCAL", "true" if local else "false"))
    page.add_init_script(RECOGNITION)
    sign_in(page, people)
    return page


def finish(page: Page) -> None:
    page.evaluate("finish()")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_reply_is_read_in_parts_without_its_code(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    gemini(text=TEXT)
    page = spoken_page(new_page, people)
    say(page, "Oi")
    button(page, "Ouvir resposta").click()
    assert page.evaluate("[current.voice.name, current.lang]") == ["Ana", "pt-BR"]
    expect(button(page, "Pausar a leitura")).to_be_visible()
    expect(button(page, "Parar a leitura")).to_be_visible()
    screenshot(page, "reading")
    for _ in PARTS:
        finish(page)
    assert page.evaluate("said.map((one) => one.replace(/ +/g, ' '))") == PARTS
    expect(button(page, "Ouvir resposta")).to_be_visible()
    expect(button(page, "Parar a leitura")).not_to_be_visible()


def test_long_reply_is_read_in_short_parts(
    new_page: Callable[..., Page], people: People, gemini: Callable[..., None]
) -> None:
    """Chrome stops after 15 seconds of one utterance."""
    text = "Uma frase que se repete, com vírgula, até ficar longa. " * 30 + "x" * 500
    gemini(text=text)
    page = spoken_page(new_page, people)
    say(page, "Oi")
    button(page, "Ouvir resposta").click()
    while page.evaluate("Boolean(current)"):
        finish(page)
    said = page.evaluate("said")
    assert max(map(len, said)) <= 180
    assert "".join("".join(said).split()) == "".join(text.split())
    assert all(part.endswith(".") for part in said[:10])


def test_reading_pauses_goes_on_and_stops(new_page: Callable[..., Page], people: People) -> None:
    page = spoken_page(new_page, people)
    say(page, "Oi")
    button(page, "Ouvir resposta").focus()
    page.keyboard.press("Enter")
    finish(page)
    expect(button(page, "Pausar a leitura")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("current") is None
    expect(page.get_by_role("status").filter(has_text="Leitura pausada.")).to_be_attached()
    page.keyboard.press("Enter")
    said = page.evaluate("said")
    assert said[-1] == said[-2] != said[0]  # the part that was interrupted begins again
    button(page, "Parar a leitura").click()
    assert page.evaluate("current") is None
    expect(button(page, "Ouvir resposta")).to_be_focused()
    expect(page.locator("[data-part=composer-notice]")).not_to_be_visible()  # no error of ours


def test_reading_ends_with_its_reply_and_its_page(new_page: Callable[..., Page], people: People) -> None:
    page = spoken_page(new_page, people)
    say(page, "Oi")
    button(page, "Ouvir resposta").click()
    page.get_by_role("button", name="Nova conversa").first.click()
    assert page.evaluate("current") is None
    say(page, "Outra")
    button(page, "Ouvir resposta").click()
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert page.evaluate("current") is None


def test_reading_that_fails_says_so(new_page: Callable[..., Page], people: People) -> None:
    page = spoken_page(new_page, people)
    say(page, "Oi")
    button(page, "Ouvir resposta").click()
    page.evaluate("current.onerror({ error: 'synthesis-failed' })")
    expect(page.get_by_role("alert")).to_contain_text("não conseguiu ler em voz alta")
    expect(button(page, "Ouvir resposta")).to_be_visible()


def test_voice_from_the_internet_needs_a_yes_once(new_page: Callable[..., Page], people: People) -> None:
    page = spoken_page(new_page, people, local=False)
    page.evaluate("voices.splice(1, 1)")
    say(page, "Oi")
    button(page, "Ouvir resposta").click()
    notice = page.get_by_role("dialog", name="Ouvir resposta")
    expect(notice).to_contain_text("o texto desta resposta é enviado a uma empresa, Google")
    page.keyboard.press("Escape")
    assert page.evaluate("said") == []
    button(page, "Ouvir resposta").click()
    notice.get_by_role("button", name="Entendi, ouvir").click()
    button(page, "Parar a leitura").click()
    assert page.evaluate("said.length") == 1
    button(page, "Ouvir resposta").click()
    expect(button(page, "Parar a leitura")).to_be_visible()
    assert page.evaluate("said.length") == 2


def test_button_appears_only_with_a_portuguese_voice(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    page.add_init_script(VOICES.replace("LOCAL", "true") + "window.voices.length = 1;")
    sign_in(page, people)
    say(page, "Oi")
    expect(button(page, "Copiar resposta")).to_be_visible()
    expect(button(page, "Ouvir resposta")).not_to_be_visible()
    page.evaluate("voices.push({ lang: 'pt_BR' }); speechSynthesis.dispatchEvent(new Event('voiceschanged'))")
    expect(button(page, "Ouvir resposta")).to_be_visible()


def test_real_browser_reads_or_offers_nothing(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    sign_in(page, people)
    say(page, "Oi")
    voices = page.evaluate("speechSynthesis.getVoices().filter((one) => one.lang.startsWith('pt')).length")
    expect(button(page, "Ouvir resposta")).to_be_visible(visible=voices > 0)


def test_words_appear_at_the_cursor_while_they_are_spoken(new_page: Callable[..., Page], people: People) -> None:
    page = spoken_page(new_page, people)
    field = page.get_by_label("Sua mensagem")
    field.fill("Compre pão, por favor.")
    field.evaluate("(it) => it.setSelectionRange(10, 10)")
    button(page, "Ditar mensagem").click()
    notice = page.get_by_role("dialog", name="Ditar mensagem")
    expect(notice).to_contain_text("envia o som do microfone a uma empresa, Google")
    screenshot(page, "dictation-notice")
    notice.get_by_role("button", name="Entendi, ditar").click()
    stop = button(page, "Parar de ditar")
    expect(stop).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("(({lang, interimResults}) => [lang, interimResults])(recognitions[0])") == ["pt-BR", True]
    page.evaluate("hear(['integ', false])")
    expect(field).to_have_value("Compre pão integ, por favor.")
    page.evaluate("hear(['integral', true], ['e lei', false])")
    expect(field).to_have_value("Compre pão integral e lei, por favor.")
    page.evaluate("hear(['integral', true], ['e leite', true])")
    screenshot(page, "dictating")
    stop.click()
    expect(field).to_have_value("Compre pão integral e leite, por favor.")
    expect(field).to_be_focused()
    page.keyboard.type("!")
    expect(field).to_have_value("Compre pão integral e leite!, por favor.")
    page.reload()
    expect(field).to_have_value("Compre pão integral e leite!, por favor.")  # it is a draft as typed text is
    button(page, "Ditar mensagem").click()
    expect(button(page, "Parar de ditar")).to_be_visible()  # agreed once


def dictating(new_page: Callable[..., Page], people: People) -> Page:
    page = spoken_page(new_page, people)
    button(page, "Ditar mensagem").click()
    page.get_by_role("button", name="Entendi, ditar").click()
    expect(button(page, "Parar de ditar")).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("not-allowed", "não deixou usar o microfone"),
        ("audio-capture", "Não encontramos um microfone"),
        ("no-speech", "Não ouvimos nada"),
        ("network", "Sem conexão, o navegador não consegue"),
        ("bad-grammar", "não conseguiu ouvir em português"),
    ],
)
def test_dictation_errors_are_told_in_portuguese(
    new_page: Callable[..., Page], people: People, error: str, sentence: str
) -> None:
    page = dictating(new_page, people)
    page.evaluate("hear(['meia frase', false])")
    page.evaluate("(error) => fail(error)", error)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(button(page, "Ditar mensagem")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Sua mensagem")).to_have_value("meia frase")


def test_typing_and_sending_end_the_dictation(new_page: Callable[..., Page], people: People) -> None:
    page = dictating(new_page, people)
    page.evaluate("hear(['bom dia', false])")
    page.keyboard.type(", Ana")
    expect(button(page, "Ditar mensagem")).to_be_visible()
    page.evaluate("hear(['bom dia a todos', true])")  # too late
    expect(page.get_by_label("Sua mensagem")).to_have_value("bom dia, Ana")
    button(page, "Ditar mensagem").click()
    page.evaluate("hear(['tudo bem', false])")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("bom dia, Ana tudo bem")
    page.evaluate("hear(['tudo bem com você', true])")
    expect(page.get_by_label("Sua mensagem")).to_have_value("")
    expect(button(page, "Ditar mensagem")).to_be_visible()


def test_page_does_not_hear_itself(new_page: Callable[..., Page], people: People) -> None:
    page = dictating(new_page, people)
    page.evaluate("hear(['oi', true])")
    page.keyboard.press("Enter")
    expect(page.locator(".message-answered[data-state=completa]")).to_have_count(1)
    button(page, "Ditar mensagem").click()
    button(page, "Ouvir resposta").click()
    expect(button(page, "Ditar mensagem")).to_have_attribute("aria-pressed", "false")
    button(page, "Ditar mensagem").click()
    assert page.evaluate("current") is None
    expect(button(page, "Ouvir resposta")).to_be_visible()


def test_browser_without_recognition_has_no_button(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    page.add_init_script("delete window.webkitSpeechRecognition; delete window.SpeechRecognition;")
    sign_in(page, people)
    expect(button(page, "Enviar")).to_be_visible()
    expect(button(page, "Ditar mensagem")).not_to_be_visible()


def test_tools_fit_on_a_phone(new_page: Callable[..., Page], people: People) -> None:
    page = spoken_page(new_page, people, viewport={**PHONE, "width": 320}, has_touch=True, is_mobile=True)
    say(page, "Oi")
    button(page, "Ouvir resposta").tap()
    expect(button(page, "Parar a leitura")).to_be_visible()
    screenshot(page, "speech-320")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_microphone_is_allowed_to_the_page_and_to_no_other(new_page: Callable[..., Page]) -> None:
    page = new_page()
    answer = page.goto("/login")
    assert answer is not None
    assert "microphone=(self)" in answer.headers["permissions-policy"]
    assert "camera=()" in answer.headers["permissions-policy"]
