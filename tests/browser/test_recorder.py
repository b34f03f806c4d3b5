"""Recording a voice message in the page."""

import itertools
import json
import statistics
import struct
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.attachments import (
    MICROPHONE,
    Traffic,
    button,
    draft,
    ready,
)
from tests.support.browser import screenshot, sign_in
from tests.support.people import People


def test_recording_becomes_a_wav_file_of_16_khz(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    traffic = Traffic(page)
    page.add_init_script(MICROPHONE)
    sign_in(page, people)
    button(page, "Anexar arquivo").click()
    button(page, "Gravar áudio").click()
    panel = page.get_by_role("group", name="Gravando")
    expect(panel.get_by_role("button", name="Concluir gravação")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Pode falar por até 15 minutos.")).to_be_attached()
    expect(panel.get_by_role("timer")).to_have_text("0:02")
    assert page.locator(".recording-meter").evaluate("(it) => it.value") > 0.5
    screenshot(page, "recording")
    page.keyboard.press("Enter")
    ready(page, 1)
    expect(draft(page)).to_contain_text(["Gravação de"])
    assert page.evaluate("tracks.every((one) => one.readyState === 'ended')")
    body = traffic.uploads[0]
    wav = body[body.index(b"RIFF") :]
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", wav, 20)
    assert (kind, channels, rate, bits) == (1, 1, 16000, 16)
    (length,) = struct.unpack_from("<I", wav, 40)
    assert length >= 2 * 2 * 16000
    samples = struct.unpack_from(f"<{length // 2}h", wav, 44)[16000:32000]
    crossings = [place for place, (one, other) in enumerate(itertools.pairwise(samples)) if one < 0 <= other]
    # A tone of 440 Hz. The median, because a busy machine loses some pieces of the sound.
    assert 36 <= statistics.median(end - start for start, end in itertools.pairwise(crossings)) <= 37


def test_recording_can_be_thrown_away(new_page: Callable[..., Page], people: People) -> None:
    page = new_page()
    Traffic(page)
    page.add_init_script(MICROPHONE)
    sign_in(page, people)
    button(page, "Anexar arquivo").click()
    button(page, "Gravar áudio").click()
    button(page, "Descartar gravação").click()
    expect(page.get_by_role("group", name="Gravando")).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Gravação descartada.")).to_be_attached()
    expect(draft(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        ("NotAllowedError", "não deixou usar o microfone"),
        ("NotFoundError", "Não encontramos um microfone"),
        ("NotReadableError", "O navegador não conseguiu gravar."),
    ],
)
def test_refused_microphone_is_told(
    new_page: Callable[..., Page], people: People, refusal: str, sentence: str
) -> None:
    page = new_page()
    page.add_init_script(f"{MICROPHONE} window.refusal = '{refusal}';")
    sign_in(page, people)
    button(page, "Anexar arquivo").click()
    button(page, "Gravar áudio").click()
    expect(page.get_by_role("alert")).to_contain_text(sentence)


def test_longest_recording_fits_into_a_file(new_page: Callable[..., Page], people: People) -> None:
    """Fifteen minutes at 16 kHz have more than 20 MB: the file gets a lower rate, and the same length."""
    page = new_page()
    Traffic(page)
    page.add_init_script(MICROPHONE)
    # One message has as many samples as ten minutes of real ones, so that the test is short.
    page.add_init_script("""
      const { prototype } = MessagePort;
      const { set } = Object.getOwnPropertyDescriptor(prototype, 'onmessage');
      Object.defineProperty(prototype, 'onmessage', { set(listener) {
        set.call(this, ({ data }) => listener({ data: { ...data, sound: new Int16Array(16000 * 300) } }));
      } });
    """)
    sign_in(page, people)
    with page.expect_request("**/chat/attachments") as asked:
        button(page, "Anexar arquivo").click()
        button(page, "Gravar áudio").click()
    size = json.loads(asked.value.post_data or "{}")["tamanho"]
    assert 19 * 1024 * 1024 < size <= 20 * 1024 * 1024
    expect(page.get_by_role("status").filter(has_text="limite de 15 minutos")).to_be_attached()
