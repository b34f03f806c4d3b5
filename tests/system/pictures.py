"""Pictures to try, sending them, and what the bucket holds."""

import io

import boto3
import httpx
from PIL import Image

from tests.conftest import RunningCloud
from tests.system.conftest import Person


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def jpeg_with_secret() -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "SEGREDO-NO-EXIF"
    Image.new("RGB", (600, 300), "red").save(out, "JPEG", exif=exif)
    return out.getvalue() + b"<script>alert('poliglota')</script>"


def upload(person: Person, content: bytes, name: str = "foto.jpg", kind: str = "image/jpeg") -> httpx.Response:
    return person.http.put("/profile/update", files={"profile_pic": (name, content, kind)})


def objects(cloud: RunningCloud) -> set[str]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=cloud.addresses["aws"], **keys)
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
