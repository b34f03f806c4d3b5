"""The unfinished end of a reply looks like the finished one, and is made of elements and text only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import falaai_chat
from falaai.web import scripts, styles
from falaai_chat.markdown import to_html
from tests.browser.hostile import hostile_texts
from tests.support.waiting import HANG_SECONDS

OWN = Path(falaai_chat.__file__).parent / "static"
SHARED = Path(scripts.__file__).parent / "static"
TEXT = """# Um título com **força**

Um parágrafo com **negrito**, *itálico*, `código` e um [link](https://exemplo.com.br). Custa R$ 5 * 3.
Segunda linha do mesmo.

- primeiro **item**
- segundo item
  - aninhado
  - outro
- terceiro

1. um
2. dois

   parágrafo do dois

3. três

> Uma citação
> em duas linhas

| Nome | Preço |
|------|------:|
| Pão | R$ 1,50 |
| Café com leite | R$ 12,00 |

```python
def soma(a, b):
    return a + b

print(soma(1, 2))
```

Fim ~~riscado~~ com snake_case e 2 < 3.
"""
ELEMENTS = """(box) => [...box.querySelectorAll('*')]
  .filter((it) => !it.matches('.reply-tail, .reply-caret, .code-lines, .reply-link, a, code *'))
  .map((it) => `${it.localName}.${it.className}`)"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with the scripts of the unfinished reply, and no server behind it."""
    page = browser.new_page(viewport={"width": 760, "height": 1000})
    page.set_content(
        f"<style>{styles.joined('chat.css', OWN, SHARED)}</style><body style='overflow:auto' data-root=''>"
        "<article class='message message-answered' data-state='gerando'>"
        "<div class='reply' id='growing'></div></article>"
        "<article class='message message-answered'><div class='reply' id='finished'></div></article>"
    )
    exported = "window.Tail = $tail.Tail; window.split = $long_code.splitLongCode;"
    page.add_script_tag(content=f"{scripts.joined('tail.js', OWN, SHARED)};{exported}")
    yield page
    page.close()


def grow(page: Page, text: str, size: int) -> None:
    """Show `text` as an unfinished reply that came in pieces of `size` characters.

    It returns after a frame: until then the browser does not know which lines of code are visible.
    """
    page.evaluate(
        """async ([text, size]) => {
          const tail = new Tail();
          document.getElementById("growing").replaceChildren(tail.element);
          for (let at = 0; at < text.length; at += size) tail.append(text.slice(at, at + size));
          const frame = () => new Promise((done) => requestAnimationFrame(done));
          await frame(); // this one begins before the browser decides what is visible
          await frame();
        }""",
        [text, size],
    )


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_unfinished_reply_has_the_elements_words_and_height_of_the_finished_one(page: Page, size: int) -> None:
    grow(page, TEXT, size)
    page.locator("#finished").evaluate("(it, html) => { it.innerHTML = html; }", to_html(TEXT))
    growing, finished = page.locator("#growing"), page.locator("#finished")
    assert growing.inner_text().split() == finished.inner_text().split()
    # The server makes a code block reachable by keyboard; it has no other attributes of its own.
    assert growing.evaluate(ELEMENTS) == finished.evaluate(ELEMENTS)
    assert growing.evaluate("(it) => it.scrollHeight") == finished.evaluate("(it) => it.scrollHeight")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Isto é **neg", "Isto é neg"),
        ("Isto é *", "Isto é"),
        ("Um `cod", "Um cod"),
        ("Veja [o li", "Veja o li"),
        ("Veja [o link](https://ex", "Veja o link"),
        ("- um\n- **do", "um\ndo"),
        ("- um\n-", "um"),
        ("## Tít", "Tít"),
        ("##", ""),
        ("1. um\n2", "um"),
        ("```python\nprint('o", "python\nprint('o"),
        ("```\num\n``", "código\num"),
        ("| a | b |\n|---|---|\n| 1 |", "a\tb"),
        ("2 * 3 = 6 e snake_case_x", "2 * 3 = 6 e snake_case_x"),
        ("R$ 5 e [1] nota", "R$ 5 e [1] nota"),
    ],
)
def test_markers_are_never_shown(page: Page, text: str, shown: str) -> None:
    grow(page, text, 1)
    assert page.locator("#growing").inner_text().strip() == shown


def test_work_for_a_piece_does_not_depend_on_the_length_of_the_code(page: Page) -> None:
    """Only the last lines change; the browser lays out nothing else again."""
    page.evaluate(
        """() => {
          window.tail = new Tail("```python\\n" + "soma = soma + 1\\n".repeat(2000));
          document.getElementById("growing").replaceChildren(tail.element);
          window.touched = new Set();
          new MutationObserver((changes) => { for (const one of changes) touched.add(one.target.nodeName === "#text"
            ? one.target.parentElement : one.target); })
            .observe(tail.element, { childList: true, characterData: true, subtree: true });
          for (const piece of "fim = soma\\n# a ".match(/./gs)) tail.append(piece);
        }"""
    )
    touched = page.evaluate("() => [...touched].map((it) => it.textContent.split('\\n').length)")
    assert 1 <= len(touched) <= 3
    assert max(touched) <= 42
    assert (page.locator("#growing code").text_content() or "").count("soma = soma + 1") == 2000


def test_long_line_is_finished_from_its_beginning(page: Page) -> None:
    words = " ".join(f"palavra{number}" for number in range(4000))
    grow(page, words, 50)
    assert page.locator("#growing").inner_text().split() == words.split()
    assert page.locator("#growing p").count() == 1


def test_hostile_text_stays_text(page: Page) -> None:
    names = page.evaluate(
        """(texts) => {
          const box = document.getElementById("growing");
          const names = new Set();
          for (const text of texts) {
            const tail = new Tail();
            box.replaceChildren(tail.element);
            for (let at = 0; at < text.length; at += 3) tail.append(text.slice(at, at + 3));
            for (const one of box.querySelectorAll("*")) {
              names.add(one.localName);
              for (const { name } of one.attributes) names.add(name);
            }
          }
          return [...names];
        }""",
        hostile_texts("http://127.0.0.1:9"),
    )
    allowed = {"div", "span", "p", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "blockquote", "hr", "table"}
    allowed |= {"thead", "tbody", "tr", "th", "td", "h2", "h3", "h4", "h5", "h6", "", "class", "start"}
    assert set(names) <= allowed
    assert page.evaluate("window.hostile") is None


@pytest.mark.parametrize(
    ("start", "repeated", "end"),
    [
        ("# ", "a #", "fim"),
        ("#", " ", "fim"),
        ("", " ", "fim"),
        ("", "*", "fim"),
        ("", "`", " fim"),
        ("", "~", "`fim"),
        ("```", " ", "`fim"),
        ("1. ", "[", "fim"),
        ("-", " ", "fim"),
        ("|a|\\n|", "-", "fim"),
        ("", "palavra", "fim"),
    ],
)
def test_long_line_ends_the_reading_of_no_page(page: Page, start: str, repeated: str, end: str) -> None:
    """Time that grew with the square of the length would pass the limit for a hung page; now it is a moment."""
    page.evaluate(
        """(text) => setTimeout(() => {
          const tail = new Tail(text);
          tail.append("\\nDepois");
          document.getElementById("growing").replaceChildren(tail.element);
          window.isDone = true;
        })""",
        start + repeated * (500_000 // len(repeated)) + end,
    )
    page.wait_for_function("window.isDone", timeout=1000 * HANG_SECONDS)
    assert page.locator("#growing").inner_text().endswith("Depois")


@pytest.mark.parametrize("line", ["x" * 32_000, "# " + "título " * 4000, "- " + "um `dois` " * 3000, "😀" * 16_000])
def test_only_the_end_of_a_long_line_is_drawn_again(page: Page, line: str) -> None:
    drawn = page.evaluate(
        """(line) => {
          const tail = new Tail(), lengths = [], draw = Tail.prototype.draw;
          tail.draw = function (text, isGrowing) { lengths.push(text.length); draw.call(this, text, isGrowing); };
          document.getElementById("growing").replaceChildren(tail.element);
          for (let at = 0; at < line.length; at += 80) tail.append(line.slice(at, at + 80));
          return Math.max(...lengths);
        }""",
        line,
    )
    assert drawn <= 700
    shown = page.locator("#growing").inner_text()
    assert "".join(shown.split()) == "".join(line.split()).lstrip("#-").replace("`", "")


def test_long_code_is_split_into_chunks_without_a_change_of_its_text(page: Page) -> None:
    """The browser lays out the visible chunks only; their height is the one that it assumes for the others."""
    code = "\n".join(
        f'linha {n}: """\nvárias\nlinhas\n"""' if n % 7 == 0 else f"soma_{n} = {n}  # um" for n in range(300)
    )
    code += "\n" + "x = '" + "longa " * 300 + "'"
    html = to_html(f"```python\n{code}\n```")
    finished = page.locator("#finished")
    finished.evaluate("(it, html) => { it.innerHTML = html; }", html)
    before = finished.evaluate(
        "(it) => [it.querySelector('code').textContent, it.scrollHeight, it.querySelector('pre').scrollWidth]"
    )
    finished.evaluate("(it) => split(it)")
    chunks = finished.locator(".code-lines")
    assert chunks.count() >= 16
    lines = chunks.evaluate_all("(all) => all.map((one) => one.textContent.split('\\n').length - 1)")
    assert set(lines[:-1]) <= {20, 21, 22, 23}
    assert finished.locator("code").evaluate("(it) => it.textContent") == before[0]
    chunks.last.scroll_into_view_if_needed()
    # The browser lays the chunk out in one of the next frames. Heights of chunks are rounded.
    page.wait_for_function(
        "([height, width]) => Math.abs(document.querySelector('#finished').scrollHeight - height) <= 2"
        " && document.querySelector('#finished pre').scrollWidth === width",
        arg=before[1:],
    )
