"""The report as one page: what was asked and what was got, then each scenario with its chart and its table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from rempart.drill.measures import Figure, Measured, holds, is_least
from rempart.drill.report.chart import Axis, Series, at, draw, in_french
from rempart.drill.scenario import Scenario
from rempart.drill.session import Told

_DAY_S: Final = 86_400.0
_ALL: Final = "everything"
_WORDS: Final = {
    "failures": "les échecs",
    "novelty": "les personnes nouvelles",
    "stale": "les droits terminés",
    "walk": "la marche dans les numéros",
    "elsewhere": "les naissances ailleurs", "regularity": "la régularité", "together": "les signaux réunis", "rate": "le débit",
    "people_per_day": "le nombre de personnes par jour", _ALL: "aucun contrôle",
}  # fmt: skip
_POLICIES: Final = {
    "presence_on": "Présence, avec bris de glace",
    "presence_known": "Présence ou patient connu, avec bris de glace",
}
LABELS: Final = {  # of an attack's figures; what a scenario wants to reach is one of them
    "idle_runs": "Tirages où rien n’a été attaqué",
    "confirmed": "Personnes confirmées au voleur",
    "confirmed_behind_glass": "Confirmées par bris de glace, et la personne est avertie",
    "confirmed_known_patients": "dont patients connus de l’officine volée",
    "confirmed_per_account": "par compte volé, dix-neuf sur vingt, au plus",
    "confirmed_per_optics_account": "par compte volé d’opticien ou d’audioprothésiste, dix-neuf sur vingt, au plus",
    "confirmed_most_of_one_account": "du compte volé qui en a eu le plus",
    "questions": "Questions du voleur",
    "accounts_convicted": "Part des comptes volés reconnus",
    "lookups_to_detection": "Réponses avant le premier refus, par compte",
    "seconds_to_detection": "Secondes avant le premier refus",
    "seconds_to_last_answer": "Secondes avant la dernière confirmation",
    "token_alone": "Jeton sans clé accepté", "token_other_key": "Jeton avec une autre clé accepté", "cookie": "Cookie accepté",
    "proof_replayed": "Preuve rejouée acceptée", "assertion_replayed": "Assertion rejouée acceptée",
    "key_alone": "Jetons obtenus avec la seule clé du logiciel", "password_accepted": "Mots de passe acceptés",
    "passkey_accepted": "Clés d’accès inconnues acceptées", "people_recovered": "Personnes retrouvées dans la copie",
    "found_with_the_keyring": "Retrouvées avec le trousseau (contrôle de la recherche)",
    "reset_of_who_signs_in": "Comptes pris à qui a déjà une clé d’accès",
    "first_invitation_given_away": "Comptes pris à qui n’en avait pas encore",
    "honest_success_in_shape": "Part servie dans la forme qui doit montrer la carte",
    "tables_read_back": "Tables de personnes relues par l’alimentation",
    "false_file_taken": "Fichier faux pris sans seconde personne",
    "presence_on.idle_runs": "Présence exigée\u00a0: tirages où rien n’a été attaqué",
    "presence_on.confirmed": "Présence exigée\u00a0: personnes confirmées",
    "presence_on.confirmed_behind_glass": "Présence exigée\u00a0: confirmées par bris de glace, et la personne est avertie",
    "presence_on.honest_success": "Présence exigée\u00a0: part des questions honnêtes servies",
    "presence_known.idle_runs": "Présence exigée, sauf patient connu\u00a0: tirages où rien n’a été attaqué",
    "presence_known.confirmed": "Présence exigée, sauf patient connu de l’officine volée\u00a0: personnes confirmées",
    "presence_known.confirmed_behind_glass": "Sauf patient connu\u00a0: confirmées par bris de glace, et la personne est avertie",
    "person_locked_out": "Personne empêchée d’être servie", "flood_sent": "Requêtes sans session envoyées",
}  # fmt: skip
_GLOBAL_LABELS: Final = {
    "identities_revealed": "Réponses où une identité apparaît",
    "honest.success": "Part des questions honnêtes servies, au pire",
    "honest.p99_ratio": "Lenteur sous attaque, rapportée au calme",
    "honest.account_days": "Journées de comptes honnêtes jouées",
    "honest.freezes_per_100k": "Comptes honnêtes gelés, pour 100\u202f000 journées",
    "honest.freezes_per_100k_upper": "au plus, à 95\u00a0%",
    "honest.step_ups_per_10k": "Cartes demandées, pour 10\u202f000 journées",
    "exposure.precision": "Précision de la liste des personnes exposées", "exposure.recall": "Complétude de cette liste",
    "exposure.in_flight": "Reçus sans réponse entendue", "containment.seconds": "Secondes d’un confinement décidé à son effet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what, how much, how much was allowed, and whether that holds."""

    label: str
    got: str
    asked: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One scenario of the report."""

    scenario: Scenario
    rows: list[Row]
    chart: str
    moments: list[str]
    lines: list[tuple[str, list[str]]]
    lesson: str
    breaks_glass: bool


def write_report(told: Told, path: Path) -> None:
    """Write the report, one page that fetches nothing."""
    environment = Environment(
        loader=PackageLoader("rempart.drill.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    figures = told.figures()
    chapters = [_chapter(told, scenario, figures) for scenario in told.scenarios]
    rows = [
        _row(figure, str(figure["name"]), _GLOBAL_LABELS)
        for figure in figures
        if figure["name"] in _GLOBAL_LABELS
    ]
    asked = [
        row
        for row in (*rows, *(row for chapter in chapters for row in chapter.rows))
        if row.holds is not None
    ]
    page = environment.get_template("report.html").render(
        told=told, chapters=chapters, rows=rows, held=sum(bool(row.holds) for row in asked), asked=len(asked),
        searched=_searched(told), in_french=in_french,
        people=in_french(told.people), load=", ".join(in_french(round(one, 2)) for one in told.load),
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _searched(told: Told) -> str:
    """Say what the search of the answers for identities found."""
    if not any(run.acts for run in told.every_run):
        return "aucune réponse n’a été entendue où en chercher"
    if not told.identities:
        return "aucune réponse n’en contient d’autre, et chacune a été fouillée pour s’en assurer"
    if told.identities == 1:
        return "pourtant une réponse contient ce qu’il n’avait pas apporté, et chacune a été fouillée"
    count = in_french(told.identities)
    return f"pourtant {count} réponses contiennent ce qu’il n’avait pas apporté, et chacune a été fouillée"


def _chapter(told: Told, scenario: Scenario, figures: list[Figure]) -> Chapter:
    prefix = f"{scenario.name}."
    own = [figure for figure in figures if str(figure["name"]).startswith(prefix)]
    rows = [
        _row(figure, name, LABELS)
        for figure in own
        if (name := str(figure["name"]).removeprefix(prefix)) in LABELS
        and not (
            name in ("confirmed_behind_glass", "confirmed_known_patients", "accounts_convicted")
            and not figure["value"]
        )
    ]
    axis, series = _axis(scenario), _series(told, scenario)
    if len(series) < 2:
        return Chapter(scenario, rows, "", [], [], "", breaks_glass=False)
    title = f"Personnes exposées dans le temps, {scenario.title}"
    moments = [f"{in_french(round(moment, 1))}\u00a0{axis.unit}" for moment in axis.moments]
    lines = [(line.name, [in_french(at(line.points, moment)) for moment in axis.moments]) for line in series]
    return Chapter(
        scenario, rows, draw(title, series, axis), moments, lines, _lesson(scenario, told, series, axis),
        breaks_glass=any(run.attack.get("confirmed_behind_glass") for run in _first_runs(told, scenario)),
    )  # fmt: skip


def _first_runs(told: Told, scenario: Scenario) -> list[Measured]:
    """List the runs that a chart draws."""
    policies = told.presence.get(scenario.name, {}).values()
    return [
        told.runs[scenario.name][0],
        *told.without.get(scenario.name, {}).values(),
        *(runs[0] for runs in policies),
    ]


def _axis(scenario: Scenario) -> Axis:
    """Choose the time of a chart: the first day's seconds where one attacks at a pace, days where one takes one's time."""
    if any(attack.per_day for attack in scenario.attacks):
        return Axis(float(max(attack.days for attack in scenario.attacks)), "jours")
    return Axis(
        max((attack.seconds for attack in scenario.attacks if attack.per_second), default=1.0), "secondes"
    )


def _series(told: Told, scenario: Scenario) -> list[Series]:
    scale = _DAY_S if _axis(scenario).unit == "jours" else 1.0

    def line(name: str, run: Measured, *, is_guarded: bool = False) -> Series:
        return Series(name, [(when / scale, count) for when, count in run.curve], is_guarded)

    found = [line("Tous les contrôles", told.runs[scenario.name][0], is_guarded=True)]
    for names, run in told.without.get(scenario.name, {}).items():
        found.append(line(_without(names), run))
    for policy, runs in told.presence.get(scenario.name, {}).items():
        found.append(line(_POLICIES[policy], runs[0]))
    return found


def _without(names: str) -> str:
    if names == _ALL:
        return "Aucun contrôle"
    words = [_WORDS[name] for name in names.split("+")]
    return f"Sans {' ni '.join(words)}"


def _lesson(scenario: Scenario, told: Told, series: list[Series], axis: Axis) -> str:
    """Say in a sentence what the chart shows; at a machine's pace also what three days would have made."""
    bare = told.without.get(scenario.name, {}).get(_ALL)
    if bare is None:
        return ""
    guarded = at(series[0].points, axis.last)
    taken = at(next(line.points for line in series if line.name == "Aucun contrôle"), axis.last)
    sentence = (
        f"Avec tous les contrôles, {in_french(guarded)} personnes\u202f; "
        f"sans aucun, {in_french(taken)}, dans les {in_french(axis.last)} {axis.unit} du dessin."
    )
    if axis.unit == "secondes":
        in_the_end = series[0].points[-1][1] if series[0].points else 0
        if in_the_end > guarded:
            sentence += (
                f" Jusqu’au dernier jour de l’attaque, avec tous les contrôles, {in_french(in_the_end)}."
            )
        sentence += _in_three_days(taken / axis.last * _DAY_S * 3, told.people)
    return sentence


def _in_three_days(at_this_pace: float, people: int) -> str:
    """Say how many three days would have given; never more than there are."""
    if at_this_pace >= people:
        return (
            f" À ce rythme, trois jours suffiraient pour les {in_french(people)} personnes de cet exercice, "
            "toutes\u00a0: c’est 2024."
        )
    return (
        f" À ce rythme, trois jours en donneraient {in_french(round(at_this_pace))}." if at_this_pace else ""
    )


def _row(found: Figure, name: str, labels: dict[str, str]) -> Row:
    number, asked = float(found["value"] or 0), found["reference"]
    if asked is None:
        return Row(labels[name], _short(number), "", None)
    sign = "≥" if is_least(name) else "≤"
    return Row(labels[name], _short(number), f"{sign}\u00a0{_short(float(asked))}", holds(found))


def _short(number: float) -> str:
    if number == float("inf"):
        return "jamais"
    if 0 < number <= 1 and not float(number).is_integer():
        return f"{number:.4f}".rstrip("0").replace(".", ",")
    return in_french(number)
