"""The files of a backup: its parts, and the pictures and attached files of a bucket."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from falaai.attachment_files import keys_of
from falaai.repositories import personal_data
from falaai.settings import DatabaseSettings
from operations.backups import archive
from operations.backups.archive import BackupReader, BackupWriter
from operations.backups.encryption import Sealer
from operations.backups.storage import Folder
from tests.support.attached_files import AttachedFiles
from tests.support.backup_operator import KEY, Operator
from tests.support.rows import Rows

PICTURE = bytes(range(256)) * 8


@pytest.fixture
def bucket() -> Iterator[tuple[Any, str]]:
    """S3's client and an empty bucket on a server of moto's."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    s3.create_bucket(Bucket="bucket-of-the-backups")
    yield s3, "bucket-of-the-backups"
    server.stop()


def test_pictures_in_use_return_with_their_accounts(
    operator: Operator, rows: Rows, empty: DatabaseSettings, bucket: tuple[Any, str]
) -> None:
    """In a bucket; an unused picture does not return."""
    s3, name = bucket
    ana, bia = rows.user(), rows.user("bia@exemplo.com.br")
    rows.run("UPDATE usuarios SET profile_pic_url = 'pictures/a.webp' WHERE id = %s", ana)
    attached = AttachedFiles(rows, s3, name)
    photo = attached.key(attached.file(ana, PICTURE, especie="imagem", tipo="image/jpeg"))
    of_bia = attached.key(attached.file(bia, PICTURE))
    attached.put("attachments/7/orphan", PICTURE)
    attached.put("uploads/7/unchecked", PICTURE)
    for key in ("pictures/a.webp", "pictures/unused.webp", "exports/private.zip"):
        s3.put_object(Bucket=name, Key=key, Body=PICTURE, ContentType="image/webp")
    operator.more = {
        "BACKUP_TO": f"s3://{name}/backups",
        "BACKUP_PICTURES": name,
        "AWS_ENDPOINT_URL": s3.meta.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    finished = operator.run("backup")
    assert finished.returncode == 0, finished.stderr
    assert "2 pictures, 5 objects of attachments" in finished.stdout
    checked = operator.run("backup_check")
    assert "2 pictures, 5 objects of attachments are whole" in checked.stdout, checked.stderr
    (prefix,) = s3.list_objects_v2(Bucket=name, Prefix="backups/", Delimiter="/")["CommonPrefixes"]
    for key in ("pictures/a.webp", "pictures/unused.webp", *keys_of(photo), of_bia):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_object(Bucket=name, Key="attachments/7/orphan")
    # Known to the backup, so that it is deleted again.
    personal_data.delete_rows(rows.database, bia)
    assert operator.run("backup", f"s3://{name}/backups").returncode == 0
    target = replace(operator, where=empty)
    finished = target.run("restore", f"s3://{name}/{prefix['Prefix']}")
    assert finished.returncode == 0, finished.stderr
    assert "1 of 2 pictures are in use, and stored" in finished.stdout
    assert "3 of 5 objects of attachments are in use, and stored" in finished.stdout
    restored_files = s3.list_objects_v2(Bucket=name, Prefix="attachments/")["Contents"]
    assert [one["Key"] for one in restored_files] == sorted(keys_of(photo))
    found = s3.get_object(Bucket=name, Key="pictures/a.webp")
    assert (found["Body"].read(), found["ContentType"]) == (PICTURE, "image/webp")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=name, Prefix="pictures/")["Contents"]] == [
        "pictures/a.webp"
    ]


def test_parts_are_small_and_their_order_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART_BYTES", 100)
    place, lines = (
        Folder(tmp_path / "made"),
        [archive.encode([str(number), b"\x00\xff", None]) for number in range(50)],
    )
    writer = BackupWriter(place, Sealer(KEY))
    content = writer.write("t", iter(lines))
    assert len(content.parts) > 10
    writer.finish(archive.Manifest(writer.id, "falaai-dev", archive.datetime(2026, 1, 1), [], [], {"t": content}))
    saved = BackupReader(place, Sealer(KEY))
    assert list(saved.lines("t")) == lines
    assert archive.decode(lines[7]) == ["7", b"\x00\xff", None]
    assert json.loads(lines[7])[1] == {"b64": "AP8="}


def test_part_of_another_backup_does_not_open() -> None:
    sealed = Sealer(KEY).seal("one/usuarios.00000", b"rows")
    assert Sealer(KEY).open("one/usuarios.00000", sealed) == b"rows"
    for name in ("other/usuarios.00000", "one/usuarios.00001"):
        with pytest.raises(Exception, match="belongs to another backup"):
            Sealer(KEY).open(name, sealed)
