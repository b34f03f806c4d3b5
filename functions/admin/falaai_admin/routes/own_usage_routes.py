"""The page on which users see their own use and its limits. It is for every user, not for operators alone."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from falaai import settings
from falaai.repositories import usage_totals
from falaai.repositories.usage_totals import Use
from falaai.sao_paulo import day_of
from falaai.web import pages
from falaai.web.current_user import CurrentSession, Db
from falaai_admin.charts import bar_chart
from falaai_admin.schemas import OwnUsageView
from falaai_admin.usage_reports import DAYS, by_month, exchange_rate, use_view
from falaai_admin.views import date_in_words, day_in_words, in_reais, number_in_words

router = APIRouter()


@router.get("/uso", response_model=OwnUsageView, responses={200: {"content": {"text/html": {}}}})
def own_usage(request: Request, session: CurrentSession, database: Db) -> OwnUsageView | Response:
    """Return the user's own use today and in this month, and the limits of a day; or a page that says what counts."""
    today = day_of(session.now)
    first = min(today.replace(day=1), today - timedelta(days=DAYS - 1))
    known = usage_totals.list_days_of_user(database, session.user_id, first, today)
    month = by_month({day: use for day, use in known.items() if day >= today.replace(day=1)})
    limits, thinking = settings.read(settings.ReplySettings), settings.read(settings.ThinkingSettings)
    own = session.daily_messages
    messages = limits.daily_messages if own is None else own
    rate = exchange_rate()
    view = OwnUsageView(
        hoje=use_view(today, known.get(today, Use())),
        mes=use_view(today.replace(day=1), month.get(today.replace(day=1), Use())),
        limite_mensagens=messages,
        limite_pensadas=min(messages, thinking.daily_think_messages) if thinking.gemini_model_think else None,
        limite_buscas=settings.read(settings.SearchSettings).daily_searches,
        limite_megabytes=settings.read(settings.UploadSettings).daily_megabytes,
        dolar_em_reais=rate.reais,
        dolar_do_dia=rate.day,
    )
    if not pages.wants_page(request):
        return view
    days = [today - timedelta(days=number) for number in reversed(range(DAYS))]
    uses = [(day_in_words(day), known.get(day, Use())) for day in days]
    points = [
        (name, float(use.messages + use.thinking), number_in_words(use.messages + use.thinking)) for name, use in uses
    ]
    values = {
        "usage": view,
        "days": [(name, use) for name, use in reversed(uses) if use != Use()],
        "chart": bar_chart("Mensagens por dia", points),
        "number": number_in_words,
        "reais": in_reais,
        "rate_day": date_in_words(rate.day),
    }
    return pages.page(request, "uso.html", values)
