"""FastAPI dependencies of the auth function.

They are `async def`: FastAPI runs a plain function in another thread, which costs about half a millisecond.
"""

from typing import Annotated

from fastapi import Depends, Request, params

from falaai.queues import Queues, queues
from falaai.web.current_user import client_address, cookie_name
from falaai_auth.browsers import Browser
from falaai_auth.export_requests import ExportFiles, export_files
from falaai_auth.picture_store import PictureStore, picture_store


async def get_queues() -> Queues:
    return queues()


async def get_picture_store() -> PictureStore:
    return picture_store()


async def get_export_files() -> ExportFiles:
    return export_files()


async def get_calling_browser(request: Request) -> Browser:
    agent = request.headers.get("user-agent", "")
    return Browser(agent, client_address(request), request.cookies.get(cookie_name()))


Sender = Annotated[Queues, Depends(get_queues)]
Pictures = Annotated[PictureStore, Depends(get_picture_store)]
Files = Annotated[ExportFiles, Depends(get_export_files)]
CallingBrowser = Annotated[Browser, Depends(get_calling_browser)]


def form_page(template: str) -> params.Depends:
    """Make a dependency that names the template to show again when a route refuses its form."""

    async def remember_template(request: Request) -> None:
        request.state.form_page = template

    return params.Depends(remember_template)
