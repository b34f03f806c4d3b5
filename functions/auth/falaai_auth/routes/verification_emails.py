"""The route that sends the verification email again."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from falaai.web import pages, texts
from falaai.web.current_user import Db, client_address
from falaai.web.email_addresses import Email
from falaai_auth import verification
from falaai_auth.dependencies import Sender, form_page

router = APIRouter()


@router.post(
    "/resend_verification_code",
    responses={200: {"content": {"text/html": {}}}},
    dependencies=[form_page("verificacao.html")],
)
def resend_verification_code(
    email: Annotated[Email, Form()], request: Request, database: Db, sender: Sender
) -> Response:
    """Return the same 200 for every address, known or unknown: {message}, or a page for a browser's form."""
    verification.resend(database, sender, email, client_address(request))
    if pages.wants_page(request):
        return pages.page(request, "verificacao.html", {"notice": texts.EMAIL_ON_ITS_WAY})
    return JSONResponse({"message": texts.EMAIL_ON_ITS_WAY})
