"""Attached files for tests: rows and objects, without the function that checks uploads."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from falaai.attachment_files import ATTACHMENTS, UPLOADS, keys_of
from falaai.s3 import s3_client
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client


@dataclass
class AttachedFiles:
    """Files with their objects in a bucket of a test, seen from outside of the product. Without `s3`, rows alone."""

    rows: Rows
    s3: Any = None
    bucket: str = ""

    def file(self, user_id: int, content: bytes = b"um arquivo", **more: Any) -> int:
        """Insert a file with its object, and previews for an image. Returns the id of its row."""
        key = f"{ATTACHMENTS}{user_id}/{secrets.token_hex(16)}"
        values: dict[str, Any] = {"especie": "pdf", "tipo": "application/pdf", "paginas": 3, "tokens": 774, **more}
        sha256 = hashlib.sha256(content).hexdigest()
        columns = ", ".join(values)
        file_id = self.rows.insert(
            f"INSERT INTO arquivos (id_usuario, origem_sha256, sha256, chave, tamanho, criado_em, {columns})"
            f" VALUES (%s, %s, %s, %s, %s, UTC_TIMESTAMP(6), {', '.join(['%s'] * len(values))})",
            *(user_id, sha256, sha256, key, len(content), *values.values()),
        )
        for one in keys_of(key) if values["especie"] == "imagem" else [key]:
            self.put(one, content)
        return file_id

    def attach(self, file_id: int, message_id: int, name: str = "contrato.pdf", state: str = "pronto") -> int:
        """Insert a use of a file in a message. Returns its id."""
        return self.rows.insert(
            "INSERT INTO anexos (id_usuario, id_arquivo, id_conversa, id_mensagem, nome, tamanho, estado, criado_em)"
            " SELECT a.id_usuario, a.id, m.id_conversa, m.id, %s, a.tamanho, %s, UTC_TIMESTAMP(6)"
            " FROM arquivos a JOIN mensagens m WHERE a.id = %s AND m.id = %s",
            *(name, state, file_id, message_id),
        )

    def attach_to(self, conversation_id: int, file_id: int, name: str = "contrato.pdf") -> int:
        """Insert a use of a file in the first message of a conversation. Returns its id."""
        first = "SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 1"
        return self.attach(file_id, self.rows.value(first, conversation_id), name)

    def unsent(self, user_id: int, file_id: int | None = None, hours_left: int = 24) -> int:
        """Insert an upload that was not sent: checked, or with its uploaded object. Returns its id."""
        key = None if file_id else f"{UPLOADS}{user_id}/{secrets.token_hex(16)}"
        if key:
            self.put(key, b"a hostile file")
        return self.rows.insert(
            "INSERT INTO anexos (id_usuario, id_arquivo, chave, nome, tamanho, estado, criado_em, expira_em)"
            " VALUES (%s, %s, %s, 'foto.jpg', 10, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s HOUR)",
            *(user_id, file_id, key, "pronto" if file_id else "enviando", hours_left),
        )

    def put(self, key: str, content: bytes) -> None:
        if self.s3:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def key(self, file_id: int) -> str:
        return str(self.rows.value("SELECT chave FROM arquivos WHERE id = %s", file_id))

    def objects(self) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []))

    def ids(self) -> list[int]:
        return [row["id"] for row in self.rows.list("SELECT id FROM arquivos ORDER BY id")]

    def uses(self) -> list[int]:
        return [row["id"] for row in self.rows.list("SELECT id FROM anexos ORDER BY id")]


@contextmanager
def bucket_of_test(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[Any]:
    """Make a bucket and let the product's client of this process use its server. Yields a client of S3's protocol."""
    for variable, value in {
        "AWS_ACCESS_KEY_ID": "devcloud",
        "AWS_SECRET_ACCESS_KEY": "devcloud",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": str(cloud.addresses["aws"]),
    }.items():
        monkeypatch.setenv(variable, value)
    s3_client.cache_clear()
    s3 = aws_client(cloud, "s3")
    s3.create_bucket(Bucket=name)
    yield s3
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=item["Key"])
    for one in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=one["Key"], UploadId=one["UploadId"])
    s3.delete_bucket(Bucket=name)
    s3_client.cache_clear()
