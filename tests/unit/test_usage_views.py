"""Numbers of the pages of use: costs, charts, and words."""

from datetime import date

import pytest

from falaai.model_costs import answer_microdollars
from falaai.model_families import SEARCH_PRICES
from falaai.repositories.usage_totals import Use
from falaai_admin.charts import HEIGHT, WIDTH, bar_chart
from falaai_admin.usage_reports import by_month, csv_of_days, exchange_rate, last_of_month, reais
from falaai_admin.views import in_reais, number_in_words, search_price_in_words


def test_answer_costs_what_the_table_of_models_says() -> None:
    assert answer_microdollars("gemini-3.5-flash-lite", 1_000_000, 0) == 300_000
    assert answer_microdollars("gemini-3.5-flash-lite-preview", 1000, 1000) == 2800
    assert answer_microdollars("gemini-3.8-flash", 1000, 100) == 1125


def test_search_costs_by_query_or_by_reply_as_the_model_bills_it() -> None:
    assert answer_microdollars("gemini-3.5-flash-lite", 0, 0, queries=3) == 42_000
    assert answer_microdollars("gemini-2.5-flash", 1000, 0, queries=3) == 300 + 35_000
    assert answer_microdollars("gemini-2.5-flash", 1000, 0) == 300


def test_each_price_of_a_search_says_when_it_was_read_and_how_sure_it_is() -> None:
    for price in SEARCH_PRICES:
        words = search_price_in_words(price)
        assert f"US$ {price.thousand:.2f}".replace(".", ",") in words
        assert words.endswith(f"(lido em {date.fromisoformat(price.read_on):%d/%m/%Y})")
        assert price.certainty


@pytest.mark.parametrize("model", [None, "", "gemini-4-neon", "another-model"])
def test_answer_of_a_model_without_a_price_costs_nothing(model: str | None) -> None:
    assert answer_microdollars(model, 1000, 1000, queries=2) == 0


def test_cost_in_reais_is_at_the_rate_of_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    from falaai import settings

    monkeypatch.setenv("DOLLAR_IN_REAIS", "5.5@2026-11-02")
    settings.read.cache_clear()
    assert reais(Use(cost=1_000_000)) == 5.5
    assert (exchange_rate().reais, exchange_rate().day) == (5.5, date(2026, 11, 2))
    settings.read.cache_clear()


def test_chart_keeps_its_bars_inside_and_names_the_highest() -> None:
    chart = bar_chart("Mensagens por dia", [("1/11", 0, "0"), ("2/11", 10, "10"), ("3/11", 5, "5")])
    assert chart
    assert chart.summary == "Mensagens por dia, de 1/11 a 3/11: no máximo 10, em 2/11."
    empty, high, half = chart.bars
    assert (empty.height, round(high.height / half.height, 1)) == (0, 2.0)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and 0 <= bar.y <= HEIGHT for bar in chart.bars)


def test_no_chart_without_a_number() -> None:
    assert bar_chart("Mensagens", []) is None
    assert bar_chart("Mensagens", [("1/11", 0, "0")]) is None


def test_days_add_up_to_months() -> None:
    days = {date(2026, 10, 31): Use(1, 2), date(2026, 11, 1): Use(3, 4), date(2026, 11, 2): Use(5, 6, cost=7)}
    assert by_month(days) == {date(2026, 10, 1): Use(1, 2), date(2026, 11, 1): Use(8, 10, cost=7)}
    assert [last_of_month(date(2026, month, 1)).day for month in (2, 4, 12)] == [28, 30, 31]


def test_numbers_are_written_as_in_brazil() -> None:
    assert number_in_words(1_234_567) == "1.234.567"
    assert number_in_words(12.5) == "12,5"
    assert (in_reais(1234.5), in_reais(0.0012), in_reais(0)) == ("R$ 1.234,50", "R$ 0,0012", "R$ 0,00")


def test_file_of_days_has_a_line_for_each() -> None:
    lines = csv_of_days({date(2026, 11, 1): Use(1, 2, uploaded=1024 * 1024, files=3)}).splitlines()
    assert lines[0] == (
        "dia,pessoas,mensagens,pensadas,buscas,consultas,tokens_entrada,tokens_saida,arquivos,megabytes,reais"
    )
    assert lines[1:] == ["2026-11-01,1,2,0,0,0,0,0,3,1.0,0.0"]
