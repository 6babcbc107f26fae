"""Reads the sources that the tables of dtpl are made from, for tests/sources.rs.

    python3 tests/sources/read.py SUBCOMMAND SOURCES

SOURCES is the folder of docs/refresh.md. The result is a table: a line of titles, and a tab between columns. It is
written from the descriptions of the sources alone and shares nothing with the program `refresh`, so that a mistake in
one of them shows. It needs nothing but the standard library.

A subcommand is a function below with @subcommand: it takes the folder and yields rows, the titles first.
"""

import gzip
import hashlib
import json
import pathlib
import re
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


# How official-images names the architectures, and how everybody else does.
PLATFORMS = {
    "amd64": "linux/amd64",
    "arm32v5": "linux/arm/v5",
    "arm32v6": "linux/arm/v6",
    "arm32v7": "linux/arm/v7",
    "arm64v8": "linux/arm64/v8",
    "i386": "linux/386",
    "mips64le": "linux/mips64le",
    "ppc64le": "linux/ppc64le",
    "riscv64": "linux/riscv64",
    "s390x": "linux/s390x",
}


def platforms(architectures):
    """The Linux platforms of a list of architectures."""
    names = [name for name in split(architectures) if not name.startswith("windows-")]
    return {PLATFORMS[name] for name in names}


def split(text):
    return [item.strip() for item in text.split(",") if item.strip()]


def library_blocks(path):
    """The blocks of a library file, each a dictionary with the fields of the header for those that it lacks."""
    blocks, block, field = [], {}, None
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        if not line.strip():
            blocks.append(block)
            block, field = {}, None
        elif line[0] in " \t":
            block[field] += " " + line.strip()
        else:
            field, value = line.split(":", 1)
            block[field] = value.strip()
    blocks.append(block)
    header, *others = [block for block in blocks if block]
    if "Tags" in header or "Maintainers" not in header:
        raise SystemExit(f"{path}: no header")
    return [{**header, **block} for block in others]


def library_tags(path):
    """The tags of a library file with a Linux platform: the names of all the tags of the builds, and the platforms."""
    tags = {}
    for block in library_blocks(path):
        architectures = block.get("Architectures", "amd64")
        if "Architectures" not in block and "windowsservercore" in block.get("Constraints", ""):
            continue
        of = platforms(architectures)
        if not of:
            continue
        for tag in split(block["Tags"]) + split(block.get("SharedTags", "")):
            tags.setdefault(tag, set()).update(of)
    return tags


def official_tags(sources):
    """The platforms of every tag that an official image has now."""
    for path in sorted((sources / "official-images/library").iterdir()):
        for tag, of in sorted(library_tags(path).items()):
            yield (path.name, tag), of


@subcommand
def official(sources):
    """Every tag that an official image has now, with its platforms."""
    yield "image", "tag", "platforms"
    for (image, tag), of in official_tags(sources):
        yield image, tag, ",".join(sorted(of))


def history(sources):
    """The rows of the history of each tag, the oldest first: the day from which it was so, the day from which it was
    not any more (or nothing), and the platforms. And the last day of the history."""
    tags, until = {}, ""
    with gzip.open(sources / "official-images-history.tsv.gz", "rt", encoding="utf-8") as lines:
        if next(lines).rstrip("\n").split("\t") != ["image", "tag", "from", "to", "arches"]:
            raise SystemExit("official-images-history.tsv.gz: other columns")
        for line in lines:
            image, tag, first, end, arches = line.rstrip("\n").split("\t")
            tags.setdefault((image, tag), []).append((first, end, platforms(arches)))
            until = max(until, first, end)
    for rows in tags.values():
        rows.sort(key=lambda row: row[:2])
    return tags, until


GONE = "image", "tag", "day", "platforms", "until"


def gone_tags(sources):
    """The tags that are there no more: the first day without it, the platforms of the last day, and the last day of the
    history. The day is missing where the tag went after that."""
    now = dict(official_tags(sources))
    tags, until = history(sources)
    for (image, tag), rows in sorted(tags.items()):
        if (image, tag) not in now:
            _, end, of = rows[-1]
            yield image, tag, end, ",".join(sorted(of)), until


@subcommand
def gone_all(sources):
    """All tags that are there no more."""
    yield GONE
    yield from gone_tags(sources)


# How many tags that are gone are drawn, and what makes the draw another one.
DRAWN, SEED = 3000, "1"


@subcommand
def gone(sources):
    """Some of them, as many of each year as of the others, as long as there are some."""
    yield GONE
    years = {}
    for row in gone_tags(sources):
        years.setdefault(row[2][:4], []).append(row)
    # The order of the draw: one that depends on nothing but the seed and the name.
    for rows in years.values():
        rows.sort(key=lambda row: hashlib.sha256(f"{SEED} {row[0]}:{row[1]}".encode()).digest(), reverse=True)
    drawn = []
    while len(drawn) < DRAWN and any(years.values()):
        for year in sorted(years):
            if years[year] and len(drawn) < DRAWN:
                drawn.append(years[year].pop())
    yield from sorted(drawn)


@subcommand
def lost(sources):
    """The platforms that a tag had once, and has not today, or on its last day: the first day without each, and the last
    day of the history. What was lost after that is not here."""
    yield "image", "tag", "platform", "day", "until"
    now = dict(official_tags(sources))
    tags, until = history(sources)
    for (image, tag), rows in sorted(tags.items()):
        there = now.get((image, tag), rows[-1][2])
        for platform in sorted(set().union(*(of for _, _, of in rows)) - there):
            day = [end for _, end, of in rows if platform in of][-1]
            if day:
                yield image, tag, platform, day, until


@subcommand
def dotnet(sources):
    """Every Linux tag of .NET, with its platforms."""
    yield "image", "tag", "platforms"
    manifest = json.loads((sources / "dotnet/manifest.json").read_text(encoding="utf-8"))
    versions = json.loads((sources / "dotnet/manifest.versions.json").read_text(encoding="utf-8"))
    variables = {**manifest.get("variables", {}), **versions["variables"]}

    def expand(text):
        for _ in range(20):
            expanded = re.sub(r"\$\(([^()]*)\)", lambda found: str(variables[found[1]]), text)
            if expanded == text:
                return text
            text = expanded
        raise SystemExit(f"manifest.json: {text} has no end")

    tags = {}
    for repository in manifest["repos"]:
        image = f"{manifest['registry']}/{repository['name']}"
        for entry in repository["images"]:
            for of in entry["platforms"]:
                if of["os"] != "linux":
                    continue
                platform = {
                    ("amd64", None): "linux/amd64",
                    ("arm", "v7"): "linux/arm/v7",
                    ("arm64", "v8"): "linux/arm64/v8",
                }[of.get("architecture", "amd64"), of.get("variant")]
                for tag in [*of.get("tags", {}), *entry.get("sharedTags", {})]:
                    tags.setdefault((image, expand(tag)), set()).add(platform)
    for (image, tag), of in sorted(tags.items()):
        yield image, tag, ",".join(sorted(of))


# The images whose product has another name: the table in the description of the sources.
PRODUCTS = {
    "alpine": "alpine-linux",
    "amazoncorretto": "amazon-corretto",
    "amazonlinux": "amazon-linux",
    "cassandra": "apache-cassandra",
    "couchbase": "couchbase-server",
    "couchdb": "apache-couchdb",
    "docker": "docker-engine",
    "flink": "apache-flink",
    "golang": "go",
    "groovy": "apache-groovy",
    "haskell": "ghc",
    "httpd": "apache-http-server",
    "ibm-semeru-runtimes": "ibm-semeru",
    "jetty": "eclipse-jetty",
    "kong": "kong-gateway",
    "maven": "apache-maven",
    "mongo": "mongodb",
    "node": "nodejs",
    "openjdk": "openjdk-builds-from-oracle",
    "oraclelinux": "oracle-linux",
    "photon": "vmware-photon",
    "postgres": "postgresql",
    "rocket.chat": "rocket-chat",
    "rockylinux": "rocky-linux",
    "ros": "ros ros-2",
    "sonarqube": "sonarqube-community sonarqube-server",
    "spark": "apache-spark",
    "varnish": "vinyl-cache",
}

# The products whose images are looked after until another date than the end of security support: Debian's are rebuilt
# until the end of long-term support.
FIELDS = {"debian": "eoes"}


def product_lines(sources, product):
    """The lines of a product: a file, or what stands between two lines `---` at the head of its page in a clone."""
    path = sources / f"endoflife/{product}.yaml"
    if path.is_file():
        return path.read_text(encoding="utf-8").splitlines()
    path = sources / f"endoflife/products/{product}.md"
    if not path.is_file():
        return None
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    if first != "---":
        raise SystemExit(f"{path}: begins with {first}")
    return lines[: lines.index("---")]


def product_releases(sources, product):
    """The releases of a product, each a dictionary of texts. It reads no more of YAML than these files have."""
    releases, inside = [], False
    for line in product_lines(sources, product):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] not in " -":
            inside = line.startswith("releases:")
            continue
        found = inside and re.match(r"( *- +| +)(\w+): *(.*)$", line)
        if not found:
            continue
        if "-" in found[1]:
            releases.append({})
        quoted = re.match(r"(['\"])([^\\]*?)\1 *(#.*)?$", found[3])
        releases[-1][found[2]] = quoted[2] if quoted else found[3].split(" #")[0].strip()
    if not releases or not all("releaseCycle" in release and "eol" in release for release in releases):
        raise SystemExit(f"{product}: a release without a version or an end")
    return releases


@subcommand
def products(sources):
    """The products whose versions each image has."""
    yield "image", "products"
    images = {path.name for path in (sources / "official-images/library").iterdir()}
    manifest = json.loads((sources / "dotnet/manifest.json").read_text(encoding="utf-8"))
    dotnet_images = {f"{manifest['registry']}/{repository['name']}" for repository in manifest["repos"]}
    for image in sorted(images | dotnet_images):
        names = PRODUCTS.get(image, image)
        if image in dotnet_images:
            # Aspire has versions of its own.
            names = "" if image.endswith("/aspire-dashboard") else "dotnet"
        there = [name for name in names.split() if product_lines(sources, name)]
        if image in PRODUCTS and there != names.split():
            raise SystemExit(f"{image}: no product {names}")
        yield image, " ".join(sorted(there))


@subcommand
def ends(sources):
    """Every release of the products that images have: its version, its code name, and the day of its end, `over` where
    that is not known, or `open`."""
    yield "product", "cycle", "codename", "end"
    titles, *rows = products(sources)
    for product in sorted({product for _, names in rows for product in names.split()}):
        for release in product_releases(sources, product):
            end = release.get(FIELDS.get(product, "eol"), release["eol"])
            end = {"true": "over", "false": "open"}.get(end, end)
            yield product, release["releaseCycle"], release.get("codename", ""), end


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
