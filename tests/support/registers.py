"""Made-up public registers, in the form in which the real ones are published: the Annuaire santé and FINESS.

write_directory(path, [line(rpps, "21", finess)])     # the columns of the extraction, more of them than are read
write_places(path, [(finess, "PHARMACIE DU PORT")])
"""

from collections.abc import Iterable
from pathlib import Path

COLUMNS = (
    "Type d'identifiant PP", "Identifiant PP", "Identification nationale PP", "Code civilité d'exercice",
    "Libellé civilité d'exercice", "Code civilité", "Libellé civilité", "Nom d'exercice", "Prénom d'exercice",
    "Code profession", "Libellé profession", "Code catégorie professionnelle", "Libellé catégorie professionnelle",
    "Code type savoir-faire", "Libellé type savoir-faire", "Code savoir-faire", "Libellé savoir-faire",
    "Code mode exercice", "Libellé mode exercice", "Numéro SIRET site", "Numéro SIREN site", "Numéro FINESS site",
    "Numéro FINESS établissement juridique", "Identifiant technique de la structure", "Raison sociale site",
    "Enseigne commerciale site", "Code postal (coord. structure)", "Libellé commune (coord. structure)",
    "Téléphone (coord. structure)", "Adresse e-mail (coord. structure)", "Code Département (structure)",
    "Code secteur d'activité", "Code rôle", "Libellé rôle",
)  # fmt: skip


def line(rpps: str, profession: str = "21", finess: str = "", **more: str) -> dict[str, str]:
    """Write one exercise; any column can be said otherwise, by its name."""
    return {
        "Type d'identifiant PP": "8",
        "Identifiant PP": rpps,
        "Identification nationale PP": f"8{rpps}",
        "Nom d'exercice": "FONTAINE",
        "Prénom d'exercice": "Claire",
        "Code profession": profession,
        "Code mode exercice": "L",
        "Numéro FINESS site": finess,
        "Raison sociale site": "PHARMACIE DU PORT",
    } | more


def text_of(line_: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """Write a line as the extraction does: each column ended by a separator."""
    return "".join(f"{line_.get(name, '')}|" for name in columns)


def write_directory(
    path: Path,
    lines: Iterable[dict[str, str] | str],
    columns: tuple[str, ...] = COLUMNS,
    encoding: str = "utf-8",
) -> Path:
    """Write a directory; a line given as text is written as it is."""
    head = "".join(f"{name}|" for name in columns)
    with path.open("w", encoding=encoding, newline="\n") as file:
        file.write(head + "\n")
        for one in lines:
            file.write((one if isinstance(one, str) else text_of(one, columns)) + "\n")
    return path


def write_places(path: Path, places: Iterable[tuple[str, str]], day: str = "2026-11-05") -> Path:
    """Write a FINESS extraction, in its own encoding, with the geolocation that follows."""
    with path.open("w", encoding="cp1252", newline="\r\n") as file:
        file.write(f"finess;etalab;93;{day}\n")
        found = list(places)
        for finess, name in found:
            cells = [
                "structureet",
                finess,
                "750000001",
                name,
                "",
                "",
                "",
                "1",
                "R",
                "DU PORT",
                "",
                "",
                "056",
                "75",
            ]
            cells += [
                "PARIS",
                "75001 PARIS",
                "",
                "",
                "620",
                "Pharmacie d'Officine",
                "3101",
                "Pharmacie",
                "",
                "",
                "",
                "",
                "",
                "",
            ]
            file.write(";".join(cells) + "\n")
        for finess, _ in found:
            file.write(f"geolocalisation;{finess};652000.0;6862000.0;1,ATLASANTE;{day}\n")
    return path
