"""Time that a streamed reply blocks the browser's main thread, in ms of Chromium's own trace.

A reply of 4,000 words is compared with a bare page that appends the same pieces as text. Replies of 32,000 characters
of code run with the processor slowed down to a quarter, as on a cheap phone.
"""

import json
from statistics import quantiles

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bench.built_stack import BuiltStack
from tests.support.browser import find_chromium

WORDS = 4000
PIECES = 400
CODE_CHARACTERS = 32_000
SLOWDOWN = 4  # of the processor
MAX_TASK_MS = 50  # longest time in ms that a task may block the main thread
BARE = """(pieces) => new Promise((resolve) => { let next = 0; const step = () => {
    if (next === pieces.length) return resolve();
    document.body.append(pieces[next++]);
    setTimeout(step, 4); }; step(); })"""


def reply() -> str:
    """Return a reply with paragraphs, lists and code."""
    words = [f"v{number}" for number in range(WORDS)]
    parts = []
    for start in range(0, WORDS, 100):
        some = words[start : start + 100]
        parts += [" ".join(some[:60]) + ".", "\n".join(f"- {word}" for word in some[60:80])]
        parts += ["```python\n" + "\n".join(some[80:]) + "\n```"]
    return "\n\n".join(parts)


def code_reply(block_characters: int) -> str:
    """Return a reply with CODE_CHARACTERS of Python in blocks of this length."""
    lines = [f"def soma_{n}(a, b):  # número {n}\n    return a + b * {n} + len('texto {n}')\n" for n in range(1000)]
    code = "\n".join(lines)[:CODE_CHARACTERS]
    blocks = [code[start : start + block_characters] for start in range(0, len(code), block_characters)]
    return "\n\n".join(f"Texto.\n\n```python\n{block}\n```" for block in blocks)


def main_thread_tasks(browser: Browser, page: Page, act: object) -> list[float]:
    """Return the duration in ms of each task of the page's main thread while `act` runs.

    It is time of the processor, since a busy machine makes tasks wait.
    """
    browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    act()  # type: ignore[operator]
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event.get("tdur", event["dur"]) / 1000
        for event in events
        if event.get("name") in ("RunTask", "ThreadControllerImpl::RunTask")
        and event.get("dur")
        and (event["pid"], event["tid"]) in names
    ]


def line(name: str, tasks: list[float]) -> str:
    p99 = quantiles(tasks, n=100)[98]
    over = sum(task > MAX_TASK_MS for task in tasks)
    return f"| {name} | {len(tasks)} | {sum(tasks):.0f} | {p99:.1f} | {max(tasks):.1f} | {over} |"


def chat_tasks(browser: Browser, stack: BuiltStack, text: str, slowdown: int = 1) -> list[float]:
    """Return the duration in ms of each task of a new conversation while it shows the reply `text`."""
    pace = {"delay": 0.005, "pieces": PIECES, "text": text}
    httpx.put(f"{stack.cloud.addresses['gemini']}/admin/pace", json=pace).raise_for_status()
    stack.member.http.post("/reset_chat").raise_for_status()
    page = browser.new_page(base_url=stack.origin)
    page.context.add_cookies(
        [{"name": name, "value": value, "url": stack.origin} for name, value in stack.member.http.cookies.items()]
    )
    page.goto("/chat", wait_until="networkidle")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    page.get_by_label("Sua mensagem").fill("Conte tudo")

    def send() -> None:
        page.keyboard.press("Enter")
        page.wait_for_selector(".message-answered[data-state=completa]", timeout=120_000)

    tasks = main_thread_tasks(browser, page, send)
    page.close()
    return tasks


def table(stack: BuiltStack) -> str:
    text = reply()
    size = len(text) // PIECES + 1
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=False)
        words = chat_tasks(browser, stack, text)
        one_block = chat_tasks(browser, stack, code_reply(CODE_CHARACTERS), SLOWDOWN)
        four_blocks = chat_tasks(browser, stack, code_reply(CODE_CHARACTERS // 4), SLOWDOWN)
        bare = browser.new_page()
        bare.set_content("<!doctype html><body>")
        bare_tasks = main_thread_tasks(browser, bare, lambda: bare.evaluate(BARE, pieces))
        browser.close()
    httpx.put(f"{stack.cloud.addresses['gemini']}/admin/pace", json={"delay": 0.03, "pieces": None, "text": None})
    return "\n".join(
        [
            f"| main thread, ms | tasks | all | p99 | longest | over {MAX_TASK_MS} ms |",
            "|---|---|---|---|---|---|",
            line("reply of 4,000 words", words),
            line("bare text, as many pieces", bare_tasks),
            line("one code block of 32,000 characters, processor at a quarter", one_block),
            line("four highlighted blocks of 8,000, processor at a quarter", four_blocks),
        ]
    )
