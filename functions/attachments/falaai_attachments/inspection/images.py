"""Images: decoded and encoded again without metadata, upright and at most 3,072 pixels on a side."""

import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from falaai_attachments.inspection.refusal import Refusal
from falaai_attachments.inspection.signatures import is_heic

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_SIDE = 3072
# The header tells the size before any pixel is decoded. A decoded pixel takes 3 or 4 bytes. A JPEG is decoded at a
# smaller size, except a progressive one.
MAX_PIXELS = 40_000_000
MAX_PIXELS_OF_JPEG = 220_000_000
MAX_PIXELS_OF_PROGRESSIVE = 50_000_000
SMALL_SIDE, SCREEN_SIDE = 320, 1600
QUALITY = 88
# Gemini's tokens for one image in high resolution.
TOKENS = 1120
# Many scans (SOS) make a JPEG expensive to decode: libjpeg processes the whole image for each.
MOST_SCANS = 64


def inspect_image(source: Path, folder: Path) -> dict[str, Any]:
    """Write the encoded image and its previews. Returns facts about it; raises Refusal."""
    warnings.simplefilter("ignore")  # Pillow's own limit of pixels only warns
    image = _upright(_open(source))
    has_alpha = "A" in image.getbands() and image.getextrema()[-1][0] < 255  # type: ignore[index]
    image = image if has_alpha else image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    image.info.clear()
    encoding = "WEBP" if has_alpha else "JPEG"
    image.save(folder / "content", encoding, quality=QUALITY)
    width, height = image.size
    for name, side in (("screen", SCREEN_SIDE), ("small", SMALL_SIDE)):
        image.thumbnail((side, side))
        image.save(folder / name, "WEBP", quality=80)
    media_type = f"image/{encoding.lower()}"
    return {"kind": "imagem", "media_type": media_type, "width": width, "height": height, "tokens": TOKENS}


def _open(source: Path) -> Image.Image:
    with source.open("rb") as file:
        head = file.read(32)
    formats: tuple[str, ...] = FORMATS
    if is_heic(head):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        pillow_heif.options.DECODE_THREADS = 1
        formats = ("HEIF",)
    image = Image.open(source, formats=formats)
    pixels = image.width * image.height
    if pixels > _most_pixels(image):
        raise Refusal("too_many_pixels")
    if image.format == "JPEG":
        if source.read_bytes().count(b"\xff\xda") > MOST_SCANS:
            raise Refusal("too_complex")
        image.draft(None, (MAX_SIDE, MAX_SIDE))
    return image


def _most_pixels(image: Image.Image) -> int:
    if image.format != "JPEG":
        return MAX_PIXELS if image.format != "HEIF" else MAX_PIXELS_OF_PROGRESSIVE
    return MAX_PIXELS_OF_PROGRESSIVE if image.info.get("progressive") else MAX_PIXELS_OF_JPEG


def _upright(image: Image.Image) -> Image.Image:
    """Decode the first frame, reduce it, and turn it as its metadata say. The order keeps memory low."""
    image.load()
    if image.mode not in ("RGB", "RGBA"):
        is_transparent = "transparency" in image.info or "A" in image.getbands()
        exif = image.getexif()
        image = image.convert("RGBA" if is_transparent else "RGB")
        image.getexif().update(exif)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return ImageOps.exif_transpose(image)
