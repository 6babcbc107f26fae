"""Compares data/programs.tsv with Debian's index of files.

usage: python3 programs.py RELEASE Contents-all.gz Contents-amd64.gz

Prints every program whose file is in no package that the table names for the release, and every package that the
table names for it and that has no such file. Programs that are links made at installation (`vi`, `nc`), and packages
that only depend on one that has the program, are listed as well: they are to be looked at, and are not faults.
"""

import gzip
import os
import re
import sys

ORDER = ["jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky"]
# Packages that have another program of the same name.
OTHERS = {"cmdtest", "fai-client"}


def counts(word, release):
    """The package of a word of the table, if it counts for a release."""
    name = re.split("[<>]", word.lstrip("?"))[0]
    at = ORDER.index(release)
    if "<" in word and at >= ORDER.index(word.split("<")[1]):
        return None
    if ">=" in word and at < ORDER.index(word.split(">=")[1]):
        return None
    return name


def main():
    release, *indexes = sys.argv[1:]
    files = {}
    for index in indexes:
        with gzip.open(index, "rt") as lines:
            for line in lines:
                path, _, packages = line.rstrip("\n").rpartition(" ")
                match = re.fullmatch(r"(?:usr/)?(?:s?bin|games)/([^/ ]+)", path.strip())
                if match:
                    names = (package.rsplit("/", 1)[-1] for package in packages.split(","))
                    files.setdefault(match[1], set()).update(names)
    table = os.path.join(os.path.dirname(__file__), "../../data/programs.tsv")
    with open(table, encoding="utf-8") as rows:
        rows = [row.rstrip("\n").split("\t") for row in rows][1:]
    compared, missing, other = 0, [], []
    for program, apt, *_ in rows:
        words = [word for word in apt.split(" ") if word and word != "-" and not word.startswith("!")]
        named = {name for name in (counts(word, release) for word in words) if name}
        there = files.get(program, set()) - OTHERS
        compared += 1
        if there and not there & named:
            missing.append(f"{program}: is in {' '.join(sorted(there))}, the table names {' '.join(sorted(named)) or 'none'}")
        elif there - named:
            other.append(f"{program}: is also in {' '.join(sorted(there - named))}")
        elif named and not there:
            other.append(f"{program}: no package has the file, the table names {' '.join(sorted(named))}")
    print(f"{release}: {compared} programs, {len(missing)} in other packages than the table names, {len(other)} to look at")
    print("\n".join(missing + other))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
