"""Routes with which browsers install the product: manifest, service worker, offline page, icon."""

import json

from fastapi import APIRouter, Request, Response

from falaai.web import pages, static_files
from falaai_auth import installation

router = APIRouter()

# Browsers ask for these by fixed names, so a new version must be seen soon.
_CHECKED = {"Cache-Control": "no-cache"}


@router.get("/manifest.webmanifest", responses={200: {"content": {"application/manifest+json": {}}}})
def web_manifest(request: Request) -> Response:
    """Return the web manifest: name, icons, colours and start page of the installed application."""
    content = json.dumps(installation.manifest(lambda path: pages.address(request, path)), ensure_ascii=False)
    return Response(content, media_type="application/manifest+json", headers={"Cache-Control": "max-age=86400"})


@router.get("/sw.js", responses={200: {"content": {"text/javascript": {}}}})
def service_worker(request: Request) -> Response:
    """Return the service worker, which stores the offline page and hashed files, and nothing of a user."""
    script = installation.service_worker(lambda path: pages.address(request, path), request.app.state.own_static)
    headers = {**_CHECKED, "Service-Worker-Allowed": pages.address(request, "/")}
    return Response(script, media_type="text/javascript", headers=headers)


@router.get(installation.OFFLINE_PATH, responses={200: {"content": {"text/html": {}}}})
def offline_page(request: Request) -> Response:
    """Show the page that the service worker shows without a connection."""
    return pages.page(request, "sem_conexao.html")


@router.get("/favicon.ico", responses={200: {"content": {"image/x-icon": {}}}})
def favicon() -> Response:
    """Return the icon for programs that ask for this name and read no page."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(static_files.read("favicon.ico"), media_type="image/x-icon", headers=headers)
