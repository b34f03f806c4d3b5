"""What a reply costs, by the prices of `model_families`, which have their source and day."""

from falaai.model_families import find_family

# Millionths of a dollar for one query that Gemini makes for a search: 14 dollars for 1,000 queries of Gemini 3,
# without the free ones. Source: github.com/iyulab/TokenMeter, release 0.13.0, read on 2026-11-23; Google's page was
# not read.
QUERY_MICRODOLLARS = 14_000


def reply_microdollars(model: str | None, tokens_in: int, tokens_out: int) -> int:
    """Return the cost in millionths of a dollar, without queries. A model without a known price costs 0.

    A price for a million tokens in dollars is the price of one token in millionths.
    """
    family = find_family(model) if model else None
    if family is None or family.price is None:
        return 0
    return round(tokens_in * family.price.tokens_in + tokens_out * family.price.tokens_out)
