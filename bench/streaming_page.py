"""How long a growing reply of 4,000 words holds the browser's main thread, beside a bare page that appends the same
pieces as text. Figures are Chromium's own trace of its main thread, in milliseconds.

Run: .venv/bin/python -m bench.streaming_page
"""

import json
import shutil
import tempfile
from pathlib import Path
from statistics import quantiles

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import start_cloud
from tests.system.conftest import People

WORDS = 4000
PIECES = 400
LIMIT = 50  # ms a piece may hold the main thread
BARE = """(pieces) => new Promise((resolve) => { let next = 0; const step = () => {
    if (next === pieces.length) return resolve();
    document.body.append(pieces[next++]);
    setTimeout(step, 4); }; step(); })"""


def reply() -> str:
    """Paragraphs, lists and code, as answers are."""
    words = [f"v{number}" for number in range(WORDS)]
    parts = []
    for start in range(0, WORDS, 100):
        some = words[start : start + 100]
        parts += [" ".join(some[:60]) + ".", "\n".join(f"- {word}" for word in some[60:80])]
        parts += ["```python\n" + "\n".join(some[80:]) + "\n```"]
    return "\n\n".join(parts)


def main_thread_tasks(browser: Browser, page: Page, act: object) -> list[float]:
    """How long each task of the page's main thread took, in ms, while `act` ran."""
    browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    act()  # type: ignore[operator]
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["dur"] / 1000
        for event in events
        if event.get("name") in ("RunTask", "ThreadControllerImpl::RunTask")
        and event.get("dur")
        and (event["pid"], event["tid"]) in names
    ]


def tell(name: str, tasks: list[float]) -> None:
    longest = sorted(tasks)[-1]
    p99 = quantiles(tasks, n=100)[98]
    over = sum(task > LIMIT for task in tasks)
    print(f"{name:24} {len(tasks):7} {sum(tasks):9.0f} {p99:8.2f} {longest:8.1f} {over:10}")


def main() -> None:
    data = Path(tempfile.mkdtemp())
    cloud = start_cloud(data)
    people = People(cloud)
    try:
        pace = {"delay": 0.005, "pieces": PIECES, "text": reply()}
        httpx.put(f"{cloud.addresses['gemini']}/admin/pace", json=pace).raise_for_status()
        member = people.member()
        with sync_playwright() as playwright:
            program = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=False)
            page = browser.new_page(base_url=cloud.gateway)
            page.context.add_cookies(
                [{"name": name, "value": value, "url": cloud.gateway} for name, value in member.http.cookies.items()]
            )
            page.goto("/chat")
            page.get_by_label("Sua mensagem").fill("Conte tudo")

            def send() -> None:
                page.keyboard.press("Enter")
                page.wait_for_selector(".answered[data-state=completa]", timeout=30_000)

            text = pace["text"]
            size = len(str(text)) // PIECES + 1
            pieces = [str(text)[start : start + size] for start in range(0, len(str(text)), size)]
            print(f"{'main thread (ms)':24} {'tasks':>7} {'all':>9} {'p99':>8} {'longest':>8} {'over 50 ms':>10}")
            tell("reply of 4,000 words", main_thread_tasks(browser, page, send))
            bare = browser.new_page()
            bare.set_content("<!doctype html><body>")
            tell("bare text, as many", main_thread_tasks(browser, bare, lambda: bare.evaluate(BARE, pieces)))
            browser.close()
    finally:
        people.close()
        cloud.stop()
        shutil.rmtree(data)


if __name__ == "__main__":
    main()
