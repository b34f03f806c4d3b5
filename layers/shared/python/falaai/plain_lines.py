"""Text for a single line, such as a title."""

import re

# Invisible characters that can change the text around them: control characters, characters that set the direction of
# writing (Unicode's Bidi_Control), and format characters that no emoji or script needs. U+200C and U+200D stay:
# Persian, Hindi and joined emoji use them.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"


def plain_line(written: str) -> str:
    """Return the text on one line, with single spaces and without invisible characters.

    Returns an empty string if no visible character is left.
    """
    line = " ".join(_INVISIBLE.sub("", " ".join(written.split())).split())
    return line if line.strip(_JOINERS + " ") else ""
