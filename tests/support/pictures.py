"""Pictures to try, sending them, and what the bucket holds."""

import io

import boto3
import httpx
from PIL import Image

from tests.support.people import Person
from tests.support.running_cloud import RunningCloud


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def jpeg_with_secret() -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "SEGREDO-NO-EXIF"
    Image.new("RGB", (600, 300), "red").save(out, "JPEG", exif=exif)
    return out.getvalue() + b"<script>alert('poliglota')</script>"


def hostile_jpeg(scans: int, side: int = 4000) -> bytes:
    """A valid progressive JPEG of one colour, whose last scan is followed by so many empty ones."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "JPEG", progressive=True)
    content = out.getvalue()
    start = content.rindex(b"\xff\xda")
    header = content[start : start + 2 + int.from_bytes(content[start + 2 : start + 4])]
    return content[:-2] + header * scans + content[-2:]


def phone_photo() -> bytes:
    """A JPEG of more than 6 MB, lying on its side: shown upright, its upper half is red and its lower half blue."""
    width, height = 4000, 3000
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turn it clockwise
    exif[0x010E] = "SEGREDO-NO-EXIF"
    photo = Image.effect_noise((width, height), 120).convert("RGB")
    for left, colour in ((0, "red"), (width // 2, "blue")):
        half = (left, 0, left + width // 2, height)
        photo.paste(Image.blend(photo.crop(half), Image.new("RGB", (width // 2, height), colour), 0.6), half)
    photo.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def upload(person: Person, content: bytes, name: str = "foto.jpg", kind: str = "image/jpeg") -> httpx.Response:
    return person.http.put("/profile/update", files={"profile_pic": (name, content, kind)})


def objects(cloud: RunningCloud) -> set[str]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=cloud.addresses["aws"], **keys)
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}


def assert_upright_and_bare(content: bytes) -> None:
    """A stored phone_photo(): red above, blue below, and nothing beside its pixels."""
    stored = Image.open(io.BytesIO(content))
    assert (stored.format, stored.size) == ("WEBP", (256, 256))
    above, below = (stored.convert("RGB").resize((1, 1), box=(0, top, 256, top + 100)) for top in (0, 156))
    (red, _, blue), (red_below, _, blue_below) = above.getpixel((0, 0)), below.getpixel((0, 0))
    assert red > blue + 50
    assert blue_below > red_below + 50
    assert not stored.getexif()
    assert not {"exif", "xmp", "icc_profile"} & set(stored.info)
    assert b"SEGREDO" not in content
