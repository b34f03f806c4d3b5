"""Ranges: an uncertain figure has a low and a high end. Text shows two significant digits of each."""

import math
from collections.abc import Mapping

Range = tuple[float, float]


def total(ranges: Mapping[str, Range]) -> Range:
    return sum(low for low, _ in ranges.values()), sum(high for _, high in ranges.values())


def in_words(both: Range) -> str:
    """Return a range with two significant digits; one number if its ends are equal then."""
    low, high = map(two_digits, both)
    return low if low == high else f"{low}–{high}"


def two_digits(number: float) -> str:
    """Return a number with two significant digits, and 0 for less than half a cent."""
    if number < 0.005:
        return "0"
    rounded = float(f"{number:.1e}")
    return f"{rounded:,.{max(0, min(2, 1 - math.floor(math.log10(rounded))))}f}"
