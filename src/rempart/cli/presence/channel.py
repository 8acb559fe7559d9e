"""`rempart insurer channel` and `rempart insurer references`: where an insurer is reached, and how it knows of whom we speak."""

from pathlib import Path

from rempart.cli.operate.proposal import tell
from rempart.cli.register.opened import opened, typist
from rempart.cli.speech import say
from rempart.domain.identifiers import parse_amc_number
from rempart.operations.presence import register_channel
from rempart.people.place import private_files
from rempart.settings import read_settings
from rempart.store.presence.channels import find_channel
from rempart.supervisor.beside import beside


def channel(
    *, amc: str, url: str = "", close: bool = False, because: str = "", by: str = "", json: bool = False
) -> None:
    """Say, or with --url set, where an insurer is asked to reach its people, and the key that our messages are signed with.

    Parameters
    ----------
    amc
        Its AMC number.
    url
        The address of its webhook, HTTPS.
    close
        Reach it no more: codes and approvals then end by themselves, notices wait.
    because
        The reason of a change, as others will read it.
    by
        Who asks for it; the user of this machine when not said.
    json
        Answer in one line of JSON.
    """
    amc_number = parse_amc_number(amc)
    with opened() as (settings, connection), beside(settings, "keyring"):
        asked = None
        if url:
            asked = register_channel.set_channel(connection, amc_number, url, because, by or typist())
        elif close:
            asked = register_channel.close_channel(connection, amc_number, because, by or typist())
        found = find_channel(connection, str(amc_number))
        key = register_channel.public_key(settings)
    where = (
        f"L’assureur {amc_number} est joint à {found}"
        if found
        else f"L’assureur {amc_number} n’a pas de canal"
    )
    facts: dict[str, object] = {"amc_number": str(amc_number), "url": found, "public_key": key}
    sentence = f"{where}.\nNos messages se vérifient par cette clé publique\u00a0: {key}"
    if asked is None:
        say(json, facts, sentence)
    else:
        tell(settings, asked, facts, sentence, f"l’assureur {amc_number} sera joint à {url}", as_json=json)


def references(*, amc: str, numbers: Path, out: Path, json: bool = False) -> None:
    """Write the reference that stands for each of an insurer's own numbers: what its channel will be told.

    Parameters
    ----------
    amc
        Its AMC number.
    numbers
        A file with one number a line: the column beneficiary_id of its member files.
    out
        The file to write, `number;reference` a line; only its owner reads it.
    json
        Answer in one line of JSON.
    """
    settings = read_settings()
    amc_number = parse_amc_number(amc)
    listed = [line.strip() for line in numbers.read_text(encoding="utf-8").splitlines() if line.strip()]
    with beside(settings, "keyring", database=False):
        found = register_channel.references_of(settings, amc_number, listed)
    draft = out.with_name(f".{out.name}.new")
    draft.unlink(missing_ok=True)  # a file that is there keeps its mode, and this one names people
    with private_files():
        draft.write_text(
            "".join(f"{number};{reference}\n" for number, reference in zip(listed, found, strict=True)),
            encoding="utf-8",
        )
    draft.replace(out)
    say(json, {"count": len(found), "out": str(out)}, f"{len(found)} références écrites dans {out}.")
