"""Names for the browsers people are signed in with. Browsers describe themselves with each other's names, so the
order matters: the first that is mentioned is meant."""

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
    """ "Chrome em Windows" for a User-Agent header; as much of it as can be told."""
    browser, system = (next((name for sign, name in signs if sign in agent), "") for signs in (_BROWSERS, _SYSTEMS))
    return f"{browser or 'Navegador'} em {system}" if system else browser or _UNKNOWN
