"""Readable names of browsers and operating systems.

A User-Agent header also names other browsers (Edge's names Chrome and Safari), so the first match in the list wins.
"""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
_UNKNOWN = "Navegador desconhecido"


def device_name(agent: str) -> str:
    """Return a name such as "Chrome em Windows" for a User-Agent header. Unknown parts are left out."""
    browser, system = (next((name for sign, name in signs if sign in agent), "") for signs in (_BROWSERS, _SYSTEMS))
    return f"{browser or 'Navegador'} em {system}" if system else browser or _UNKNOWN
