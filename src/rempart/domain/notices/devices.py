"""How a browser is named to its user: its family and its system, and nothing that would tell two machines apart."""

_FAMILIES = (  # in this order: each of the first also says what the later ones say
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
UNKNOWN = "Navigateur inconnu"


def device_label(user_agent: str) -> str:
    """Name a browser after its User-Agent ("Firefox, Windows"), which anybody may write: never decide by it."""
    found = [
        next((label for mark, label in marks if mark in user_agent), None) for marks in (_FAMILIES, _SYSTEMS)
    ]
    return ", ".join(label for label in found if label) or UNKNOWN
