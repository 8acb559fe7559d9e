"""stub."""
from pathlib import Path
from rempart.drill.session import Told
def write_report(told: Told, path: Path) -> None:
    """Write."""
