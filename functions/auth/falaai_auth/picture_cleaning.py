"""Profile pictures: whatever comes in, what is kept is a small clean WebP of our own making."""

import io
import warnings

from falaai.errors import InvalidInput
from falaai.web import texts

MAX_BYTES = 2 * 1024 * 1024
# Decoded, this is 64 MB at the most; the size is read from the header before a pixel is.
MAX_PIXELS = 16_000_000
# What a JPEG may hold of the two markers whose number alone makes work: for each scan (SOS) libjpeg goes through the
# whole picture (libjpeg-turbo's report LJT-01-003), and Pillow copies all APP1 together for each. A progressive photo
# has about 10 scans, and 2 MB of metadata fit into 32 segments. With 3,000 empty scans, 124 KB took 6 s.
JPEG_START = b"\xff\xd8"
JPEG_COUNTED = (b"\xff\xda", b"\xff\xe1")
JPEG_MAX_COUNT = 64
SIDE = 256
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MEDIA_TYPE = "image/webp"


def clean_picture(content: bytes) -> bytes:
    """Make a square WebP of 256 pixels without metadata.

    Raises InvalidInput for anything that is not a picture of at most 2 MB and 16 megapixels, or that takes far more
    work than its size would.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # only this route needs it

    if len(content) > MAX_BYTES:
        raise InvalidInput("profile_pic", texts.PICTURE_LARGE)
    if content.startswith(JPEG_START) and any(content.count(one) > JPEG_MAX_COUNT for one in JPEG_COUNTED):
        raise InvalidInput("profile_pic", texts.PICTURE_NOT_VALID)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidInput("profile_pic", texts.PICTURE_LARGE)
        picture.draft(None, (2 * SIDE, 2 * SIDE))  # a JPEG decodes straight to less: half the time of a photo
        upright = ImageOps.exif_transpose(picture).convert("RGBA" if "A" in picture.getbands() else "RGB")
        small = ImageOps.fit(upright, (SIDE, SIDE))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput("profile_pic", texts.PICTURE_NOT_VALID) from error
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
