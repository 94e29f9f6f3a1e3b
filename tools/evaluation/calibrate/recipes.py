"""Recipes for sets with labels, from clones of public repositories: --help lists them.

Nothing of the pictures is part of this project: they are for measuring only.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import click

from edge.contract.rates.groups import OF_AGE
from edge.errors import SettingsError
from tools.evaluation.calibrate.labelled import COLUMNS

Row: TypeAlias = tuple[Path, str, str, str, str, str]
"""In the order of `COLUMNS`."""
Recipe: TypeAlias = Callable[..., Iterable[Row]]

# First names in the Congress of Guatemala that are women's; its lists say nothing of sex.
WOMEN: Final = re.compile(
    "alma|ana|andrea|brenda|damaris|elena|evelyn|gladis|greicy|hellen|ivanna|karina|karla|laura"
    "|lourdes|lucrecia|marleni|mercedes|mirna|nadia|olga|sandra|sherol|shirley|sofia|sonia|thelma"
    "|vivian"
)
# One of each two brothers: relatives are no strangers.
BROTHERS: Final = frozenset(
    {"marcusmorris", "robinlopez", "julianchampagnie", "codymartin", "krismurray"}
    | {"ausarthompson", "jacobtoppin"}
)
# Sisters, of each two one; so too, below, of each family name of Thailand, which is one family's.
SISTERS: Final = frozenset({"karlie_samuelson", "kathryn_westbeld", "nyara_sabally"})
# Women among the members of the Parliament of Sri Lanka of 2020, by looking; its list says nothing.
SRI_LANKA_WOMEN: Final = frozenset(
    {"174", "1482", "3136", "3233", "3235", "3297", "3345", "3428", "3434", "3440", "3448"}
)
# A wig, and one whose sex the picture does not tell.
SRI_LANKA_UNCLEAR: Final = frozenset({"53", "3449"})
# Women in the National Assembly of Korea by their number in its list, which says it of ten people
# only; the others by looking.
# fmt: off
KOREA_WOMEN: Final = frozenset({
    1, 6, 7, 9, 13, 21, 28, 33, 35, 42, 46, 53, 62, 65, 66, 77, 80, 81, 82, 88, 108, 111, 116,
    125, 126, 127, 129, 132, 133, 136, 140, 148, 167, 168, 192, 199, 200, 202, 207, 212, 217,
    222, 228, 229, 230, 239, 240, 241, 253, 255, 259, 262, 266, 270, 279, 280, 281, 285, 289,
    291, 299,
})
# fmt: on
EVERY_MAN: Final = 4
"""Of the men among Thailand's candidates one in so many: as many as there are women."""
UTK_NAME: Final = re.compile(r"(\d+)_([01])_([0-4])_\d+\.jpg.*")
UTK_ORIGINS: Final = ("White", "Black", "Asian", "Indian", "other")
ICPSR: Final = re.compile(r"^\s+icpsr: (\d+)", re.MULTILINE)
GENDER: Final = re.compile(r"^\s+gender: (\w)", re.MULTILINE)


def brazil(clone: Path) -> Iterator[Row]:
    """The deputies of Brazil, 2023: clone lsfcin/voti."""
    folder = clone / "public/files/politicians/deputies"
    lines = (folder / "deputados_enumerados.txt").read_text(encoding="utf-8").splitlines()
    reader = csv.DictReader(lines, delimiter="\t")
    for row in reader:
        number = int(row["#"])
        sex = "F" if "Senhora" in row["Tratamento"] else "M"
        picture = folder / f"imagens/deputados.pdf-image-{number:03}.jpg"
        yield picture, str(number), sex, "Brazil", "", "2023"


def guatemala(clone: Path) -> Iterator[Row]:
    """The deputies of Guatemala, 2024: clone RedCiudadana/Fotos_Diputados."""
    for picture in sorted(clone.glob("imagenes_diputados/*.jpg")):
        sex = "F" if WOMEN.fullmatch(picture.stem.partition("-")[0]) else "M"
        yield picture, picture.stem, sex, "Guatemala", "", "2024"


def congress(clone: Path, legislators: Path) -> Iterator[Row]:
    """The Congress of the United States: clone voteview/member_photos.

    The second clone, unitedstates/congress-legislators, says who is a woman.
    """
    sexes: dict[int, str] = {}
    for name in ("legislators-current.yaml", "legislators-historical.yaml"):
        path = legislators / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        for entry in re.split(r"^- id:", text, flags=re.MULTILINE):
            number, gender = ICPSR.search(entry), GENDER.search(entry)
            if number and gender:
                sexes[int(number[1])] = gender[1]
    with (clone / "members.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sex = sexes.get(int(row["icpsr"]), "")
            if sex:
                yield clone / row["image"], row["icpsr"], sex, "US Congress", "", ""


def nba(clone: Path, earlier: Path) -> Iterator[Row]:
    """Players of the NBA, most of them Black, in 2025 and 2015; of brothers only one.

    Clones cgpropz/PP_Research_Tool and mroeschke/NBA-Player-Headshots.
    """
    listed = json.loads((clone / "players.json").read_text(encoding="utf-8"))
    names = {str(each["id"]): _plain(each["full_name"]) for each in listed}
    seen: set[str] = set()
    for picture in sorted(clone.glob("player_images/*.png")):
        # Some are there twice, once by number and once by name.
        person = names.get(picture.stem, _plain(picture.stem))
        if person not in seen | BROTHERS:
            yield picture, person, "M", "NBA", "", "2025"
        seen.add(person)
    for picture in sorted(earlier.glob("2015-2016/Player Photos/*.png")):
        if _plain(picture.stem) not in BROTHERS:
            yield picture, _plain(picture.stem), "M", "NBA", "", "2015"


def wnba(clone: Path) -> Iterator[Row]:
    """Players of the WNBA, 2025, most of them Black women: clone xosimp/wnba-stats-app."""
    for picture in sorted(clone.glob("public/player_images/*.png")):
        person = picture.stem.rpartition("_")[0]
        if person not in SISTERS:
            yield picture, person, "F", "WNBA", "", "2025"


def thailand(clone: Path) -> Iterator[Row]:
    """Candidates for the House of Thailand, 2023: clone wevisdemo/thailand-election-2023.

    Portraits as for a document, most of them small; the law asks for an age of 25.  A few stand
    there under two names.
    """
    folder = clone / "apps/yourcandidates"
    found = {picture.stem: picture for picture in folder.glob("static/candidates/*/*.webp")}
    families: set[tuple[str, str]] = set()
    shown: set[bytes] = set()
    men = 0
    lines = (folder / "data/66_WV_Candidates.csv").read_text(encoding="utf-8-sig").splitlines()
    for row in csv.DictReader(lines):
        name = row["name"].split()
        sex = {"male": "M", "female": "F"}.get(row["gender"], "")
        picture = found.get("-".join(name))
        if picture is None or not sex or (sex, name[-1]) in families:
            continue
        families.add((sex, name[-1]))
        content = picture.read_bytes()
        if content in shown:
            continue
        shown.add(content)
        men += sex == "M"
        if sex == "F" or men % EVERY_MAN == 0:
            yield picture, "-".join(name), sex, "Thailand", "", "2023"


def korea(clone: Path) -> Iterator[Row]:
    """The National Assembly of Korea, 2024, small portraits: clone showjihyun/KoreaPolitician."""
    lines = (clone / "assembly_members_complete.csv").read_text(encoding="utf-8-sig").splitlines()
    for row in csv.DictReader(lines):
        sex = "F" if int(row["monaCd"]) in KOREA_WOMEN else "M"
        yield clone / "img" / row["photo_filename"], row["monaCd"], sex, "Korea", "", "2024"


def sri_lanka(clone: Path) -> Iterator[Row]:
    """The Parliament of Sri Lanka, 2020, small portraits: clone nuuuwan/parliament_lk_app."""
    for picture in sorted(clone.glob("public/mp_images/*.jpg")):
        if picture.stem not in SRI_LANKA_UNCLEAR:
            sex = "F" if picture.stem in SRI_LANKA_WOMEN else "M"
            yield picture, picture.stem, sex, "Sri Lanka", "", "2020"


def cfp(clone: Path, people: range) -> Iterator[Row]:
    """CFP, frontal pictures: clone zhangjunh/DR-GAN-by-pytorch.  Nobody says who is a woman."""
    for picture in sorted(clone.glob("cfp-dataset/Data/Images/*/*/frontal/*.jpg")):
        person = picture.parts[-3]
        if int(person) in people:
            yield picture, person, "", "", "", ""


def utkface(clone: Path, *, adults: bool = False) -> Iterator[Row]:
    """Children of UTKFace, or its adults under 70 by origin: clone mattans/AgeProgression.

    Nobody says who they are: some are there twice, and count as false matches.
    """
    for picture in sorted(clone.glob("data/UTKFace/unlabeled/*.jpg")):
        found = UTK_NAME.fullmatch(picture.name)
        if found and int(found[1]) in (range(OF_AGE, 70) if adults else range(3, OF_AGE)):
            population = f"UTKFace {UTK_ORIGINS[int(found[3])]}" if adults else "UTKFace"
            yield picture, picture.name, "MF"[int(found[2])], population, found[1], ""


def _plain(name: str) -> str:
    """Letters only, without accents and Jr.; so two lists name a person alike."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", re.sub(r"\b(jr|sr|ii|iii|iv)\b", "", letters))


def _with_people(of: Callable[[Path, range], Iterable[Row]], first: int, last: int) -> Recipe:
    return lambda clone: of(clone, range(first, last + 1))


RECIPES: Final[dict[str, tuple[Recipe, int]]] = {
    "brazil": (brazil, 1),
    "guatemala": (guatemala, 1),
    "congress": (congress, 2),
    "nba": (nba, 2),
    "wnba": (wnba, 1),
    "thailand": (thailand, 1),
    "korea": (korea, 1),
    "sri-lanka": (sri_lanka, 1),
    "cfp-1-250": (_with_people(cfp, 1, 250), 1),
    "cfp-251-500": (_with_people(cfp, 251, 500), 1),
    "utkface": (utkface, 1),
    "utkface-adults": (partial(utkface, adults=True), 1),
}
"""By name: the recipe, and how many clones it takes."""


@click.command()
@click.argument("name", type=click.Choice(list(RECIPES)))
@click.argument("clones", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The CSV to write.")
def main(name: str, clones: tuple[Path, ...], out: Path) -> None:
    """Write the labels of a set, from clones of the repositories that docs/face.md names."""
    recipe, count = RECIPES[name]
    if len(clones) != count:
        raise click.UsageError(f"{name} takes {count} clones; see docs/face.md")
    try:
        rows = [row for row in recipe(*clones) if row[0].is_file()]
        with out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows([row[0].resolve(), *row[1:]] for row in rows)
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{name}: not the repository expected ({error})") from error
    click.echo(f"{out}: {len(rows)} pictures, {len({row[1] for row in rows})} people")


if __name__ == "__main__":
    try:
        main()
    except SettingsError as problem:
        raise SystemExit(f"recipes: {problem}") from problem
