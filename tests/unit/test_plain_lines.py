"""A title holds nothing unseen that changes how it, or what stands beside it, is read."""

import pytest

from falaai.plain_lines import plain_line

BIDI = "".join(chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("  Meu   nome ", "Meu nome"),
        ("fatura\u202efdp.exe", "faturafdp.exe"),
        (f"a{BIDI}b", "ab"),
        ("uma\u2028duas\u2029três\nquatro\x85cinco", "uma duas três quatro cinco"),
        ("a\x00\x07\x1b[31mb", "a[31mb"),
        ("zero\u200blargura\ufeff", "zerolargura"),
        ("👩‍💻 e 🏳️‍🌈 na 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("می‌خواهم שלום مرحبا", None),
        ("👩‍💻", None),
        (BIDI, ""),
        ("\u200d \u200c", ""),
    ],
)
def test_plain_line(written: str, line: str | None) -> None:
    assert plain_line(written) == (written if line is None else line)
