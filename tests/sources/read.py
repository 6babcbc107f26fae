"""Reads the sources that the tables of dtpl are made from, for tests/sources.rs.

    python3 tests/sources/read.py SUBCOMMAND SOURCES

SOURCES is the folder of docs/refresh.md. The result is a table: a line of titles, and a tab between columns. It is
written from the descriptions of the sources alone and shares nothing with the program `refresh`, so that a mistake in
one of them shows. It needs nothing but the standard library.

A subcommand is a function below with @subcommand: it takes the folder and yields rows, the titles first.
"""

import json
import pathlib
import sys

SUBCOMMANDS = {}


def subcommand(function):
    SUBCOMMANDS[function.__name__.replace("_", "-")] = function
    return function


def table(path):
    """The rows of a table with titles, each as a dictionary."""
    lines = path.read_text(encoding="utf-8").splitlines()
    titles = lines[0].split("\t")
    for number, line in enumerate(lines[1:], start=2):
        values = line.split("\t")
        if len(values) != len(titles):
            raise SystemExit(f"{path}:{number}: {len(values)} columns, not {len(titles)}")
        yield dict(zip(titles, values))


@subcommand
def contracts(sources):
    """The device types that have a contract. The slug counts, not the name of the folder."""
    yield "slug", "name", "arch", "aliases"
    for path in sorted((sources / "contracts/contracts/hw.device-type").glob("*/contract.json")):
        contract = json.loads(path.read_text(encoding="utf-8"))
        slug = contract["slug"]
        # Some name their own slug as an alias.
        aliases = [alias for alias in contract.get("aliases", []) if alias != slug]
        yield slug, contract["name"], contract["data"]["arch"], ",".join(aliases)


@subcommand
def arches(sources):
    """The arches of the contracts: the slug counts, `data.arch` of one of them is another name."""
    yield ("slug",)
    for path in sorted((sources / "contracts/contracts/arch.sw").glob("*/contract.json")):
        yield (json.loads(path.read_text(encoding="utf-8"))["slug"],)


@subcommand
def device_states(sources):
    """What the device repositories say of their device types."""
    yield "slug", "arch", "name", "state", "community"
    for row in table(sources / "device-states.tsv"):
        if row["community"] not in ("true", "false"):
            raise SystemExit(f"device-states.tsv: {row['slug']}: community is {row['community']!r}")
        yield row["slug"], row["arch"], row["name"], row["state"], row["community"]


def main():
    names = ", ".join(sorted(SUBCOMMANDS))
    if len(sys.argv) != 3 or sys.argv[1] not in SUBCOMMANDS:
        raise SystemExit(f"usage: read.py SUBCOMMAND SOURCES; subcommands: {names}")
    # The same bytes on every system.
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    for row in SUBCOMMANDS[sys.argv[1]](pathlib.Path(sys.argv[2])):
        if any("\t" in value or "\n" in value for value in row):
            raise SystemExit(f"a tab or a line end in {row}")
        print("\t".join(row))


if __name__ == "__main__":
    main()
