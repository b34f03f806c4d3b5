"""Files in requests to the Gemini fake: reading them, counting their tokens, and answers about their content.

The fake reads what is simple to read: the text of text files, the pages and the text of PDFs, the length of WAV.
"""

import hashlib
import io
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from fakes.gemini_checks import CHARACTERS_PER_TOKEN, InvalidArgument, decoded, fields

# The largest object that the API reads from an address; blog.google, "Gemini API: new file limits", 2026.
MAX_FETCHED_BYTES = 100 * 1024 * 1024
FETCH_SECONDS = 20
IMAGE_TOKENS = 1120
PDF_PAGE_TOKENS = 258
AUDIO_SECOND_TOKENS = 32
# Bytes of one second of compressed speech. The fake does not decode it.
SPEECH_BYTES = 4000
_KINDS = {"image": "uma imagem", "audio": "um áudio", "video": "um vídeo", "text": "um texto"}
_EXCERPT = 3000


@dataclass(frozen=True)
class File:
    """One file of a request. `uri` is set if the request had an address instead of data."""

    media_type: str
    data: bytes
    uri: str | None = None
    pages: int | None = None
    seconds: int | None = None
    text: str = ""

    @property
    def tokens(self) -> int:
        if self.media_type.startswith("image/"):
            return IMAGE_TOKENS
        if self.pages is not None:
            return self.pages * PDF_PAGE_TOKENS
        if self.seconds is not None:
            return self.seconds * AUDIO_SECOND_TOKENS
        return -(-len(self.text) // CHARACTERS_PER_TOKEN)

    def facts(self) -> dict[str, Any]:
        """Return what a test may want to know about the file."""
        sha256 = hashlib.sha256(self.data).hexdigest()
        return {"media_type": self.media_type, "bytes": len(self.data), "sha256": sha256, "uri": self.uri}

    def description(self) -> str:
        """Describe the file in Portuguese by its kind, its length and its bytes."""
        kind = "um PDF" if self.pages is not None else _KINDS.get(self.media_type.partition("/")[0], "um arquivo")
        length = f" de {self.pages} páginas" if self.pages is not None else ""
        length = f" de {self.seconds} segundos" if self.seconds is not None else length
        return f"{kind}{length} com {len(self.data)} bytes"


def without_data(body: Any) -> Any:
    """Return a copy of a request whose files have the length of their data instead of the data."""
    if isinstance(body, dict):
        return {
            name: f"{len(value)} characters" if name == "data" and isinstance(value, str) else without_data(value)
            for name, value in body.items()
        }
    return [without_data(one) for one in body] if isinstance(body, list) else body


async def read_files(body: dict[str, Any]) -> list[File]:
    """Return the files of a request that was checked. Raises InvalidArgument for one that cannot be read."""
    found = []
    for content in body.get("contents", []):
        for part in map(fields, content.get("parts", [])):
            if "inlinedata" in part:
                inline = fields(part["inlinedata"])
                found.append(_read(File(inline["mimetype"], decoded(inline["data"]))))
            elif "filedata" in part:
                linked = fields(part["filedata"])
                data = await _fetch(linked["fileuri"])
                found.append(_read(File(linked["mimetype"], data, linked["fileuri"])))
    return found


def _read(file: File) -> File:
    if file.media_type == "application/pdf":
        return _read_pdf(file)
    if file.media_type.startswith("audio/"):
        return replace(file, seconds=_seconds(file.data))
    if file.media_type.startswith("text/") or file.media_type == "application/json":
        return replace(file, text=file.data.decode("utf-8", "replace"))
    return file


def _read_pdf(file: File) -> File:
    from pypdf import PdfReader  # only requests with a PDF need it
    from pypdf.errors import PyPdfError

    try:
        pages = PdfReader(io.BytesIO(file.data)).pages
        text = "\n".join(page.extract_text() for page in pages)
    except (PyPdfError, ValueError, KeyError) as error:
        raise InvalidArgument("The document has no pages.") from error
    if not pages:
        raise InvalidArgument("The document has no pages.")
    return replace(file, pages=len(pages), text=text)


def _seconds(data: bytes) -> int:
    try:
        with wave.open(io.BytesIO(data)) as sound:
            return -(-int(sound.getnframes()) // int(sound.getframerate()))
    except (wave.Error, EOFError):
        return -(-len(data) // SPEECH_BYTES)


async def _fetch(uri: str) -> bytes:
    """Read an address as Google would, but only on this machine."""
    host = urlsplit(uri).hostname or ""
    refusal = InvalidArgument(
        f"Cannot fetch content from the provided URL: {urlsplit(uri)._replace(query='').geturl()}"
    )
    if host != "localhost" and not _is_loopback(host):
        raise refusal
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(FETCH_SECONDS)) as client,
            client.get(uri, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise refusal
            data = bytearray()
            while len(data) <= MAX_FETCHED_BYTES and (more := await answer.content.read(1 << 20)):
                data += more
    except (aiohttp.ClientError, TimeoutError) as error:
        raise refusal from error
    if len(data) > MAX_FETCHED_BYTES:
        raise InvalidArgument(f"The file at the provided URL exceeds the limit of {MAX_FETCHED_BYTES} bytes.")
    return bytes(data)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.endswith(".localhost")


def digest(files: Sequence[File]) -> str:
    """Return a deterministic digest of the files: what they are, and the beginning of their texts."""
    parts = [
        f"Ficha de demonstração: {file.description()}. {_one_line(file.text)[:_EXCERPT]}".strip() for file in files
    ]
    return "\n".join(parts)


def transcript(files: Sequence[File]) -> dict[str, str]:
    """Return a deterministic digest and transcript of a sound."""
    return {
        "ficha": digest(files),
        "transcricao": "\n".join(f"Transcrição de demonstração de {file.description()}." for file in files),
    }


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
