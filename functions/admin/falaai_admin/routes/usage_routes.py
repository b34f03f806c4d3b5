"""Routes about the use of all users, for operators."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from falaai.model_families import SEARCH_PRICES
from falaai.sao_paulo import day_of
from falaai.web import pages, texts
from falaai.web.current_user import Db
from falaai_admin import usage_reports
from falaai_admin.charts import bar_chart
from falaai_admin.dependencies import OF_OPERATORS, AdminSession, is_confirmed
from falaai_admin.schemas import UsageView
from falaai_admin.views import (
    date_in_words,
    day_in_words,
    in_reais,
    month_in_words,
    number_in_words,
    search_price_in_words,
)

router = APIRouter(dependencies=OF_OPERATORS)

_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


@router.get("/admin", response_model=UsageView, responses={200: {"content": {"text/html": {}}}})
def usage_page(request: Request, session: AdminSession, database: Db) -> UsageView | Response:
    """Return the use of all users: the last 30 days, the last 12 months, failures by code and ratings; or a page.

    Costs are in reais, by the prices in docs/models.md and the exchange rate DOLLAR_IN_REAIS with its day.
    """
    today = day_of(session.now)
    first = (today.replace(day=1) - timedelta(days=31 * (usage_reports.MONTHS - 1))).replace(day=1)
    known = usage_reports.list_days(database, first, today, today)
    since = today - timedelta(days=usage_reports.DAYS - 1)
    days = [usage_reports.use_view(day, use) for day, use in known.items() if day >= since]
    months = [usage_reports.use_view(day, use) for day, use in usage_reports.by_month(known).items()]
    failures = usage_reports.list_failures(database, since, today)
    rated, rate = usage_reports.list_ratings(database, usage_reports.DAYS), usage_reports.exchange_rate()
    if not pages.wants_page(request):
        return UsageView(
            dias=days,
            meses=months,
            falhas=failures,
            avaliacoes=rated,
            dolar_em_reais=rate.reais,
            dolar_do_dia=rate.day,
        )
    messages = [(day_in_words(one.dia), one.mensagens + one.pensadas) for one in days]
    costs = [(month_in_words(one.dia), one.reais) for one in months]
    values = {
        "is_confirmed": is_confirmed(session),
        "is_partial": today not in known,
        "days": [(day_in_words(one.dia), one) for one in reversed(days) if one.pessoas],
        "months": [(month_in_words(one.dia), one) for one in reversed(months) if one.pessoas],
        "failures": failures,
        "ratings": [(one, texts.REASONS[one.motivo]) for one in rated],
        "rate": in_reais(rate.reais),
        "rate_day": date_in_words(rate.day),
        "search_prices": [search_price_in_words(price) for price in SEARCH_PRICES],
        "month": today.strftime("%Y-%m"),
        "messages_chart": bar_chart(
            "Mensagens por dia", [(name, count, number_in_words(count)) for name, count in messages]
        ),
        "cost_chart": bar_chart("Custo por mês", [(name, cost, in_reais(cost)) for name, cost in costs]),
        "number": number_in_words,
        "money": in_reais,
    }
    return pages.page(request, "admin.html", values)


@router.get("/admin/usage.csv", responses=_CSV)
def usage_file(
    session: AdminSession,
    database: Db,
    mes: Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$")] = "",
    por: Literal["dia", "pessoa"] = "dia",
    depois: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Return the use in a month (`mes`, such as 2026-11) as CSV: by day, or by account.

    A file has at most 2,000 accounts, in the order of their ids; the header X-Continue-After has the value of
    `depois` for the next one.
    """
    today = day_of(session.now)
    first, last = usage_reports.month_of(mes, today)
    headers = {"Content-Disposition": f'attachment; filename="falaai-{first:%Y-%m}-{por}.csv"'}
    if por == "dia":
        text = usage_reports.csv_of_days(usage_reports.list_days(database, first, min(last, today), today))
    else:
        text, after = usage_reports.csv_of_accounts(database, first, last, depois)
        if after is not None:
            headers["X-Continue-After"] = str(after)
    return Response(text, media_type="text/csv", headers=headers)
