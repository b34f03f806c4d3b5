"""The web manifest and the service worker, with which browsers install the product like an application."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from falaai.web import static_files
from falaai.web.static_files import StaticFolder, static_path

OFFLINE_PATH = "/sem-conexao"
# Files of the offline page.
_SHELL_FILES = ("accounts.css", "icon.svg", "apple_touch_icon.png", "offline.js")
_ICONS = (("icon_192.png", 192, "any"), ("icon_512.png", 512, "any"), ("icon_maskable.png", 512, "maskable"))
_BACKGROUND = "#fbfcfd"  # of tokens.css, in the light theme
_THEME = "#f2f5f7"  # of base.html, in the light theme


def manifest(url: Callable[[str], str]) -> dict[str, Any]:
    """Return the web manifest. `url` adds the stage to a path."""
    return {
        "id": url("/"),
        "name": "FalaAí",
        "short_name": "FalaAí",
        "description": "Um assistente de conversa em português do Brasil.",
        "lang": "pt-BR",
        "dir": "ltr",
        "start_url": url("/chat"),
        "scope": url("/"),
        "display": "standalone",
        "background_color": _BACKGROUND,
        "theme_color": _THEME,
        "categories": ["productivity"],
        "icons": [
            {"src": url(static_path(name)), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in _ICONS
        ],
    }


def service_worker(url: Callable[[str], str], own: StaticFolder) -> str:
    """Return the script of the service worker with its settings in front.

    The version changes with the worker and with each file that it stores beforehand, so that a browser sees another
    script and installs it.
    """
    script = static_files.read("service_worker.js", own).decode()
    shell = [url(OFFLINE_PATH), *(url(static_path(name, own)) for name in _SHELL_FILES)]
    version = hashlib.sha256("\n".join([script, *shell]).encode()).hexdigest()[:12]
    return f"self.settings={json.dumps({'version': version, 'root': url(''), 'shell': shell})};\n{script}"
