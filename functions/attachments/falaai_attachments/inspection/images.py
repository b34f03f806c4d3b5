"""Images: decoded and encoded again without metadata, upright and at most 3,072 pixels on a side.

Each step frees the pixels of the step before: a function of 1,024 MB must have room for them.
"""

import mmap
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from falaai_attachments.inspection.refusal import Refusal
from falaai_attachments.inspection.signatures import is_heic

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_SIDE = 3072
# The header tells the size before any pixel is decoded. Decoding must fit into about 200 MB (make bench
# PART=attachments): a pixel takes 4 bytes, twice that with transparency, and more in the decoders of WebP and HEIC.
# A JPEG is decoded at a smaller size, but a progressive one keeps 3 bytes for each of its pixels.
MAX_PIXELS = {"JPEG": 220_000_000, "HEIF": 26_000_000, "WEBP": 8_000_000}
MAX_PIXELS_OPAQUE = 16_000_000
MAX_PIXELS_TRANSPARENT = 10_000_000
MAX_PIXELS_OF_PROGRESSIVE = 36_000_000
STRIP_ROWS = 128
SMALL_SIDE, SCREEN_SIDE = 320, 1600
QUALITY, PREVIEW_QUALITY = 88, 80
# Gemini's tokens for one image in high resolution.
TOKENS = 1120
# Many scans (SOS) make a JPEG expensive to decode: libjpeg processes the whole image for each.
MOST_SCANS = 64
_SCAN = b"\xff\xda"


def inspect_image(source: Path, folder: Path) -> dict[str, Any]:
    """Write the encoded image and its previews. Returns facts about it; raises Refusal."""
    image = _decoded(source)
    encoding = "WEBP" if image.mode == "RGBA" else "JPEG"
    image.save(folder / "content", encoding, quality=QUALITY)
    width, height = image.size
    for name, side in (("screen", SCREEN_SIDE), ("small", SMALL_SIDE)):
        image.thumbnail((side, side))
        image.save(folder / name, "WEBP", quality=PREVIEW_QUALITY)
    media_type = f"image/{encoding.lower()}"
    return {"kind": "imagem", "media_type": media_type, "width": width, "height": height, "tokens": TOKENS}


def _decoded(source: Path) -> Image.Image:
    """Decode the first frame, reduce it, and turn it as its metadata say. Raises Refusal."""
    image = _opened(source)
    if image.format == "HEIF":
        image.close()
        return _reduced_heic(source)
    image.load()
    exif = image.getexif()
    mode = "RGBA" if _is_transparent(image) else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    image.thumbnail((MAX_SIDE, MAX_SIDE), reducing_gap=1.0)
    if image.mode == "RGBA" and image.getextrema()[-1][0] == 255:  # type: ignore[index]
        image = image.convert("RGB")
    image.getexif().update(exif)
    ImageOps.exif_transpose(image, in_place=True)
    image.info.clear()
    return image


def _reduced_heic(source: Path) -> Image.Image:
    """Decode a HEIC and reduce a large one strip by strip: a whole Pillow image beside its pixels takes too much.

    The decoder turns it upright by itself.
    """
    import pillow_heif

    decoded = pillow_heif.open_heif(source)
    mode, (width, height), stride = decoded.mode, decoded.size, decoded.stride
    pixels = memoryview(decoded.data)
    factor = -(-max(width, height) // MAX_SIDE) if width * height > MAX_PIXELS_OPAQUE else 1
    reduced = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = STRIP_ROWS * factor
    for top in range(0, height, rows):
        part = pixels[top * stride : min(height, top + rows) * stride]
        strip = Image.frombuffer(mode, (width, len(part) // stride), bytes(part), "raw", mode, stride)
        reduced.paste(strip.reduce(factor), (0, top // factor))
    reduced.thumbnail((MAX_SIDE, MAX_SIDE))
    if mode == "RGBA" and reduced.getextrema()[-1][0] < 255:  # type: ignore[index]
        return reduced
    return reduced.convert("RGB")


def _opened(source: Path) -> Image.Image:
    with source.open("rb") as file:
        formats: tuple[str, ...] = FORMATS
        if is_heic(file.read(32)):
            import pillow_heif

            pillow_heif.register_heif_opener(thumbnails=False)
            pillow_heif.options.DECODE_THREADS = 1
            formats = ("HEIF",)
    Image.MAX_IMAGE_PIXELS = None  # _most_pixels is the limit
    image = Image.open(source, formats=formats)
    if image.width * image.height > _most_pixels(image):
        raise Refusal("too_many_pixels")
    if image.format == "JPEG":
        if _scans(source) > MOST_SCANS:
            raise Refusal("too_complex")
        scale = MAX_SIDE / max(image.size)
        image.draft(None, (int(image.width * scale), int(image.height * scale)))
    return image


def _most_pixels(image: Image.Image) -> int:
    if image.info.get("progressive"):
        return MAX_PIXELS_OF_PROGRESSIVE
    otherwise = MAX_PIXELS_TRANSPARENT if _is_transparent(image) else MAX_PIXELS_OPAQUE
    return MAX_PIXELS.get(image.format or "", otherwise)


def _is_transparent(image: Image.Image) -> bool:
    return "transparency" in image.info or "A" in image.getbands()


def _scans(source: Path) -> int:
    """Return the number of scans that a JPEG may have, without reading the whole file into memory."""
    count, place = 0, 0
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while count <= MOST_SCANS and (place := content.find(_SCAN, place) + 1):
            count += 1
    return count
