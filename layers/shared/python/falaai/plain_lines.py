"""Text that stands on one line among other text, such as a title."""

import re

# What is not seen, but changes how the text around it is read: control characters, and of the format characters those
# that set the direction of writing (Unicode's Bidi_Control) or join and hide without a part in any emoji or script.
# U+200C and U+200D stay: Persian and Hindi are written with them, and emoji joined.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"


def plain_line(written: str) -> str:
    """Return the text with single spaces for any space between words, and without unseen characters.

    Empty where nothing is left to be seen.
    """
    line = " ".join(_UNSEEN.sub("", " ".join(written.split())).split())
    return line if line.strip(_JOINERS + " ") else ""
