"""Files for tests of attachments: small valid ones, stored as the product stores them after its checks."""

import hashlib
import io
import wave
from dataclasses import dataclass
from typing import Any

from falaai.language_model import MediaFile
from falaai.repositories.files import Kind
from falaai.stored_files import NamedFile
from tests.support.rows import Rows


def pdf(pages: int, text: str = "Contrato de aluguel.") -> bytes:
    """Return a PDF without compression, with the text on every page."""
    content = f"BT /F1 12 Tf 20 700 Td ({text}) Tj ET".encode("latin-1")
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number in range(pages):
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] {font} /Contents {5 + 2 * number} 0 R >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    body, places = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(body)


def wav(seconds: int) -> bytes:
    """Return silence, as the page records it."""
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(32_000 * seconds))
    return written.getvalue()


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff"
    "89993d1d0000000049454e44ae426082"
)
TYPES = {
    Kind.PDF: "application/pdf",
    Kind.IMAGE: "image/png",
    Kind.AUDIO: "audio/wav",
    Kind.TEXT: "text/plain",
}


@dataclass(frozen=True)
class StoredUpload:
    """The rows of an upload that is ready and not sent."""

    id: int
    file_id: int
    key: str
    data: bytes


def add_upload(
    rows: Rows, user_id: int, data: bytes, kind: Kind = Kind.PDF, name: str = "contrato.pdf", **more: Any
) -> StoredUpload:
    """Insert the rows of a ready upload. `more` has other columns of `arquivos`."""
    sha256 = hashlib.sha256(data).hexdigest()
    known = rows.list("SELECT id, chave FROM arquivos WHERE id_usuario = %s AND origem_sha256 = %s", user_id, sha256)
    if known:
        file_id, key = known[0]["id"], known[0]["chave"]
    else:
        key = f"attachments/{user_id}/{sha256[:32]}"
        values = {
            "id_usuario": user_id,
            "origem_sha256": sha256,
            "sha256": sha256,
            "chave": key,
            "especie": kind.value,
        }
        values |= {"tipo": TYPES[kind], "tamanho": len(data), "tokens": 100, **more}
        columns = ", ".join(values)
        file_id = rows.insert(
            f"INSERT INTO arquivos ({columns}, criado_em)"
            f" VALUES ({', '.join(['%s'] * len(values))}, UTC_TIMESTAMP(6))",
            *values.values(),
        )
    attachment_id = rows.insert(
        "INSERT INTO anexos (id_usuario, id_arquivo, nome, tamanho, estado, criado_em, expira_em)"
        " VALUES (%s, %s, %s, %s, 'pronto', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)",
        user_id,
        file_id,
        name,
        len(data),
    )
    return StoredUpload(attachment_id, file_id, key, data)


class FakeFileStore:
    """Files in memory, by their keys. Raises `failure` if there is one."""

    def __init__(self, *uploads: StoredUpload) -> None:
        self.contents = {upload.key: upload.data for upload in uploads}
        self.failure: Exception | None = None
        self.read_names: list[list[str]] = []

    def read(self, files: Any) -> tuple[MediaFile, ...]:
        if self.failure:
            raise self.failure
        self.read_names.append([one.name for one in files])
        return tuple(self._media(one) for one in files)

    def _media(self, named: NamedFile) -> MediaFile:
        file = named.file
        return MediaFile(named.name, file.kind, file.media_type, data=self.contents[file.key])
