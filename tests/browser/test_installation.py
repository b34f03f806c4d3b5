"""The installed application: the service worker, its cache, its update, and the offline page."""

import http.client
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import PHONE, say, screenshot, sign_in, take_session
from tests.support.people import People
from tests.support.running_cloud import RunningCloud

CHAT_BYTES = 60_000
LANDING_BYTES = 20_000
CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) {
      const response = await caches.match(request);
      found.push([name, new URL(request.url).pathname, await response.text()]);
    }
  return found;
}"""


WORKER_IS_ACTIVE = """async () => {
  const workers = navigator.serviceWorker;
  await workers.ready;
  while (workers.controller?.state !== "activated") await new Promise((resolve) => setTimeout(resolve, 50));
}"""
ONE_NEW_CACHE = """async () => {
  let names = [];
  while (names.length !== 1 || names[0] === "falaai-antiga") {
    await new Promise((resolve) => setTimeout(resolve, 50));
    names = await caches.keys();
  }
}"""


class Between(ThreadingHTTPServer):
    """A proxy before the gateway that counts what passes, can serve an older worker, and can be cut off."""

    daemon_threads = True

    def __init__(self, gateway: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gateway = urlsplit(gateway).netloc
        self.sent: dict[str, int] = {}
        self.is_old = False
        self.is_cut = False
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Between

    def do_GET(self) -> None:
        if self.server.is_cut:
            self.close_connection = True
            return
        upstream = http.client.HTTPConnection(self.server.gateway)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        upstream.request("GET", self.path, headers=kept)
        with closing(upstream):
            answer = upstream.getresponse()
            content = answer.read()
        if self.server.is_old and self.path == "/sw.js":
            content = re.sub(
                rb'"version": "\w+"', b'"version": "antiga"', httpx.get(f"http://{self.server.gateway}/sw.js").content
            )
        self.server.sent[self.path] = len(content)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            is_plain_worker = self.server.is_old and self.path == "/sw.js" and name.lower() == "content-encoding"
            if name.lower() not in ("content-length", "connection", "transfer-encoding") and not is_plain_worker:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:  # type: ignore[override]
        """Write nothing to the output of the tests."""


@pytest.fixture
def between(cloud: RunningCloud) -> Iterator[Between]:
    server = Between(cloud.gateway)
    yield server
    server.shutdown()
    server.server_close()


def wait_for_worker(page: Page) -> None:
    # The policy of the page forbids wait_for_function, which evaluates text.
    page.evaluate(WORKER_IS_ACTIVE)


def test_worker_stores_files_and_nothing_of_a_user(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(service_workers="allow")
    member = sign_in(page, people)
    wait_for_worker(page)
    page.reload()  # now the files of the page go through the worker
    say(page, "segredo xilofone")
    page.get_by_role("searchbox").fill("xilofone")
    expect(page.locator(".conversation-excerpt mark")).to_be_visible()
    page.goto("/profile")
    expect(page.get_by_role("heading", name="Seu perfil")).to_be_visible()
    stored = page.evaluate(CACHED)
    paths = {path for _, path, _ in stored}
    hashed = re.compile(r"/static/(\w+/)?\w+\.[0-9a-f]{12}\.\w+")
    assert {path for path in paths if not hashed.fullmatch(path)} == {"/sem-conexao"}
    assert any(path.startswith("/static/chat/chat.") for path in paths)
    assert len({name for name, _, _ in stored}) == 1
    for _, path, content in stored:
        for private in ("xilofone", member.email, "Ana Souza"):
            assert private not in content, path


def test_page_without_a_connection_is_told_in_portuguese(new_page: Callable[..., Page], people: People) -> None:
    page = new_page(service_workers="allow")
    sign_in(page, people)
    wait_for_worker(page)
    page.context.set_offline(True)
    page.goto("/chat/123?m=4")
    expect(page.get_by_role("heading", name="Sem conexão")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") != "0px"  # with its style
    assert page.locator("link[rel=icon]").evaluate("(it) => fetch(it.href).then((one) => one.status)") == 200
    screenshot(page, "offline-1280")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    screenshot(page, "offline-390-dark")
    page.context.set_offline(False)
    # Chromium tells the page that it is online, and the page loads the wanted one.
    expect(page.get_by_role("heading", name="Conversa não encontrada")).to_be_visible()
    assert page.url.endswith("/chat/123?m=4")
    page.context.set_offline(True)
    page.goto("/chat")
    page.get_by_role("link", name="Tentar de novo").click()
    expect(page.get_by_role("heading", name="Sem conexão")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_label("Sua mensagem")).to_be_visible()


def test_page_loads_itself_when_only_the_server_was_away(
    new_page: Callable[..., Page], people: People, between: Between
) -> None:
    """The browser never says "offline" or "online" here."""
    page = new_page(service_workers="allow", base_url=between.origin)
    take_session(page, people.member())
    page.goto("/chat")
    wait_for_worker(page)
    between.is_cut = True
    page.goto("/chat")
    expect(page.get_by_role("heading", name="Sem conexão")).to_be_visible()
    between.is_cut = False
    expect(page.get_by_label("Sua mensagem")).to_be_visible()


def test_new_version_takes_over_at_the_next_load(
    new_page: Callable[..., Page], people: People, between: Between
) -> None:
    between.is_old = True
    page = new_page(service_workers="allow", base_url=between.origin)
    take_session(page, people.member())
    page.goto("/chat")
    wait_for_worker(page)
    assert page.evaluate("caches.keys()") == ["falaai-antiga"]
    between.is_old = False
    page.reload()
    page.evaluate(ONE_NEW_CACHE)
    wait_for_worker(page)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 1
    assert page.evaluate("navigator.serviceWorker.ready.then((it) => !it.waiting)")
    between.is_cut = True
    page.goto("/chat")
    expect(page.get_by_role("heading", name="Sem conexão")).to_be_visible()


def test_sign_out_leaves_a_working_page(new_page: Callable[..., Page], people: People) -> None:
    """Clear-Site-Data removes the worker and its cache as well; the next chat page brings them back."""
    page = new_page(service_workers="allow")
    sign_in(page, people)
    wait_for_worker(page)
    page.get_by_role("button", name="Sua conta").click()
    page.get_by_role("button", name="Sair").click()
    expect(page.get_by_role("status").filter(has_text="Você saiu da sua conta.")).to_be_visible()
    sign_in(page, people)
    wait_for_worker(page)
    say(page, "Oi de novo")


def test_first_visit_with_all_that_is_installed_is_light(
    new_page: Callable[..., Page], people: People, between: Between
) -> None:
    page = new_page(service_workers="allow", base_url=between.origin)
    take_session(page, people.member())
    page.goto("/chat", wait_until="networkidle")
    wait_for_worker(page)
    page.evaluate("fetch(document.querySelector('link[rel=manifest]').href)")
    assert {"/chat", "/sw.js", "/sem-conexao", "/manifest.webmanifest"} <= set(between.sent)
    assert sum(between.sent.values()) <= CHAT_BYTES, between.sent
    print(sum(between.sent.values()), between.sent)
    between.sent.clear()
    visitor = new_page(service_workers="allow", base_url=between.origin)
    visitor.goto("/", wait_until="networkidle")
    assert sum(between.sent.values()) <= LANDING_BYTES, between.sent
    assert not [path for path in between.sent if "sw.js" in path]


def test_no_worker_over_plain_http(new_page: Callable[..., Page], cloud: RunningCloud, people: People) -> None:
    page = new_page(service_workers="allow", base_url="http://falaai.example")
    member = people.member()

    def serve(route: Route) -> None:
        parts = urlsplit(route.request.url)
        answer = member.http.get(f"{parts.path}?{parts.query}", headers={"accept": route.request.headers["accept"]})
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("content-encoding", "content-length")
        }
        route.fulfill(status=answer.status_code, headers=headers, body=answer.content)

    page.route("http://falaai.example/**", serve)
    page.goto("/chat")
    expect(page.get_by_label("Sua mensagem")).to_be_visible()
    assert page.evaluate("'serviceWorker' in navigator") is False


def test_browser_takes_the_manifest(new_page: Callable[..., Page], people: People) -> None:
    """As Chromium reads it: no error, all icons, and a start page within the scope."""
    page = new_page(service_workers="allow")
    sign_in(page, people)
    wait_for_worker(page)
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"].endswith("/manifest.webmanifest")
    manifest = page.evaluate("fetch('/manifest.webmanifest').then((it) => it.json())")
    assert (manifest["lang"], manifest["display"], manifest["start_url"]) == ("pt-BR", "standalone", "/chat")
    sizes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert sizes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for icon in manifest["icons"]:
        size = page.evaluate(
            """async (path) => {
              const { width, height } = await createImageBitmap(await (await fetch(path)).blob());
              return `${width}x${height}`;
            }""",
            icon["src"],
        )
        assert size == icon["sizes"]
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}  # a context of Playwright is incognito
