"""What an answer of the model costs, by the prices of `model_families`, which have their source and day."""

from falaai.model_families import find_family, find_search_price


def answer_microdollars(model: str | None, tokens_in: int, tokens_out: int, queries: int = 0) -> int:
    """Return the cost of an answer with the queries of its search, in millionths of a dollar.

    A model without a known price costs 0. Free queries are not subtracted. A price for a million tokens in dollars is
    the price of one token in millionths.
    """
    family = find_family(model) if model else None
    cost = 0.0
    if family and family.price:
        cost += tokens_in * family.price.tokens_in + tokens_out * family.price.tokens_out
    search = find_search_price(model) if model and queries else None
    if search:
        cost += search.thousand * 1000 * (queries if search.unit == "queries" else 1)
    return round(cost)
