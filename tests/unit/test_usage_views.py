"""Numbers of the pages of use: costs, charts, and words."""

from datetime import date

import pytest

from falaai.reply_cost import QUERY_MICRODOLLARS, reply_microdollars
from falaai.repositories.usage_totals import Use
from falaai_admin.charts import HEIGHT, WIDTH, bar_chart
from falaai_admin.usage_reports import by_month, csv_of_days, last_of_month, reais
from falaai_admin.views import in_reais, number_in_words


def test_reply_costs_what_the_table_of_models_says() -> None:
    assert reply_microdollars("gemini-3.5-flash-lite", 1_000_000, 0) == 300_000
    assert reply_microdollars("gemini-3.5-flash-lite-preview", 1000, 1000) == 2800
    assert reply_microdollars("gemini-3.8-flash", 1000, 100) == 1125


@pytest.mark.parametrize("model", [None, "", "gemini-4-neon", "another-model"])
def test_reply_of_a_model_without_a_price_costs_nothing(model: str | None) -> None:
    assert reply_microdollars(model, 1000, 1000) == 0


def test_cost_in_reais_has_replies_and_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    from falaai import settings

    monkeypatch.setenv("DOLLAR_IN_REAIS", "5.5")
    settings.read.cache_clear()
    assert reais(Use(cost=1_000_000)) == 5.5
    assert reais(Use(queries=1000)) == pytest.approx(5.5 * QUERY_MICRODOLLARS / 1000)
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
    lines = csv_of_days({date(2026, 11, 1): Use(1, 2, uploaded=1024 * 1024)}).splitlines()
    assert lines[0].startswith("dia,pessoas,mensagens,pensadas,buscas,consultas")
    assert lines[1:] == ["2026-11-01,1,2,0,0,0,0,0,1.0,0.0"]
