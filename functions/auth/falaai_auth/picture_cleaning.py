"""Profile pictures: every upload is decoded and encoded again as a small WebP without metadata."""

import io
import warnings

from falaai.errors import InvalidInput
from falaai.web import texts

MAX_BYTES = 2 * 1024 * 1024
# A picture of this size takes 64 MB after decoding. Its size is read from the header, before any pixel is decoded.
MAX_PIXELS = 16_000_000
# Two JPEG markers make decoding expensive if there are many: for each scan (SOS) libjpeg processes the whole picture
# (libjpeg-turbo's report LJT-01-003), and for each APP1 segment Pillow copies all APP1 data. A progressive photo has
# about 10 scans, and 2 MB of metadata fit into 32 segments. A file of 124 KB with 3,000 empty scans took 6 s.
JPEG_START = b"\xff\xd8"
JPEG_COUNTED = (b"\xff\xda", b"\xff\xe1")
JPEG_MAX_COUNT = 64
SIDE = 256
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MEDIA_TYPE = "image/webp"


def clean_picture(content: bytes) -> bytes:
    """Return a square WebP of 256 pixels without metadata.

    Raises InvalidInput if the content is not a picture, has more than 2 MB or 16 megapixels, or is a JPEG that is
    made to be expensive to decode.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # slow to import, and only picture uploads need it

    if len(content) > MAX_BYTES:
        raise InvalidInput("profile_pic", texts.PICTURE_LARGE)
    if content.startswith(JPEG_START) and any(content.count(one) > JPEG_MAX_COUNT for one in JPEG_COUNTED):
        raise InvalidInput("profile_pic", texts.PICTURE_NOT_VALID)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS is checked below
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidInput("profile_pic", texts.PICTURE_LARGE)
        picture.draft(None, (2 * SIDE, 2 * SIDE))  # decoding a JPEG at a smaller size takes half the time
        upright = ImageOps.exif_transpose(picture).convert("RGBA" if "A" in picture.getbands() else "RGB")
        small = ImageOps.fit(upright, (SIDE, SIDE))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput("profile_pic", texts.PICTURE_NOT_VALID) from error
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
