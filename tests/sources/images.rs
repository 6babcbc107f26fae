//! Official images and those of .NET: their tags, the tags that are gone, and when versions end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dtpl::Registry;
use dtpl::image::{Catalogue, Date, End, Knowledge, Maintenance, Reference};

use super::{Differences, Row, data, read, root};

/// The platforms of which every tag is asked.
const PLATFORMS: [&str; 9] = [
    "linux/amd64",
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm64/v8",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
];

/// The parts of `base-images.yaml` that are looked at here.
#[derive(serde::Deserialize)]
struct Table {
    ends: BTreeMap<String, Vec<String>>,
    images: BTreeMap<String, Image>,
}

#[derive(serde::Deserialize)]
struct Image {
    products: String,
    builds: Vec<(String, String)>,
}

fn base_images() -> Table {
    serde_yaml::from_str(&std::fs::read_to_string(root().join("base-images.yaml")).unwrap()).unwrap()
}

const HISTORY: &str = "official-images-history.tsv.gz";

/// What a subcommand prints that reads the history; nothing where the sources have none.
fn read_history(subcommand: &str) -> Option<Vec<Row>> {
    let sources = super::sources()?;
    if sources.join(HISTORY).is_file() {
        return read(subcommand);
    }
    eprintln!("{subcommand} is not compared: the sources have no {HISTORY}");
    None
}

fn reference(row: &Row) -> Reference {
    Reference::parse(&format!("{}:{}", row["image"], row["tag"])).unwrap()
}

fn platforms_of(known: &Knowledge) -> BTreeSet<String> {
    known.platforms.iter().map(ToString::to_string).collect()
}

fn listed(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::to_owned).collect()
}

/// Compares tags that are there now: the platforms, and that dtpl says nothing else of their life than what it says of
/// their end. And it has no tag of these images besides.
fn compare_current(what: &str, rows: &[Row], is_of_this_source: impl Fn(&str) -> bool) {
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut differences = Differences::default();
    for row in rows {
        let reference = reference(row);
        let known = catalogue.about(&reference);
        let (got, expected) = (platforms_of(&known), listed(&row["platforms"]));
        for platform in PLATFORMS {
            let name = format!("{} on {platform}", reference.text());
            differences.compare(name, got.contains(platform), expected.contains(platform));
        }
        let others = |platforms: &BTreeSet<String>| {
            platforms.iter().filter(|one| !PLATFORMS.contains(&one.as_str())).cloned().collect::<Vec<_>>()
        };
        differences.compare(
            format!("{}, other platforms", reference.text()),
            others(&got),
            others(&expected),
        );
        let is_over = known.ends.as_ref().is_some_and(|ends| ends.end.is_over(catalogue.day()));
        let status = if is_over { Maintenance::Over } else { Maintenance::Maintained };
        differences.compare(format!("{}, status", reference.text()), known.status, status);
    }
    let ours: BTreeSet<(String, String)> = base_images()
        .images
        .into_iter()
        .filter(|(image, _)| is_of_this_source(image))
        .flat_map(|(image, found)| {
            let tags = found
                .builds
                .into_iter()
                .flat_map(|(_, tags)| tags.split(' ').map(str::to_owned).collect::<Vec<_>>());
            tags.map(move |tag| (image.clone(), tag)).collect::<Vec<_>>()
        })
        .collect();
    let theirs = rows.iter().map(|row| (row["image"].clone(), row["tag"].clone())).collect::<BTreeSet<_>>();
    for (image, tag) in ours.difference(&theirs) {
        differences.0.push(format!("the source has no {image}:{tag}"));
    }
    differences.end(what, rows.len() * PLATFORMS.len());
}

#[test]
fn every_tag_of_official_images() {
    let Some(rows) = read("official") else { return };
    compare_current("tags and platforms of official images", &rows, |image| !image.contains('/'));
}

#[test]
fn every_tag_of_dotnet() {
    let Some(rows) = read("dotnet") else { return };
    compare_current("tags and platforms of .NET", &rows, |image| image.contains('/'));
}

/// Tags that are gone: as many of each year; all of them where `DTPL_SOURCES_ALL` is set.
#[test]
fn tags_that_are_gone() {
    let all = std::env::var_os("DTPL_SOURCES_ALL").is_some_and(|value| !value.is_empty());
    let Some(rows) = read_history(if all { "gone-all" } else { "gone" }) else { return };
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut differences = Differences::default();
    let mut unknown = Vec::new();
    for row in &rows {
        let reference = reference(row);
        let known = catalogue.about(&reference);
        if known.status == Maintenance::Unknown {
            unknown.push(reference.text().to_owned());
            continue;
        }
        let name = reference.text();
        // What happened after the end of the history, it does not know.
        let is_later = known.updated_until > Date::parse(&row["until"]);
        if row["day"].is_empty() {
            differences.compare(format!("{name} went after {}", row["until"]), is_later, true);
        } else if !is_later {
            differences.compare(
                format!("{name}, platforms"),
                platforms_of(&known),
                listed(&row["platforms"]),
            );
            differences.compare(format!("{name}, last day"), known.updated_until, Date::parse(&row["day"]));
        }
        let is_gone = matches!(known.status, Maintenance::Frozen | Maintenance::Superseded);
        differences.compare(format!("{name} is {}, gone", known.status.name()), is_gone, true);
    }
    println!("tags that are gone: {} unknown", unknown.len());
    assert!(unknown.len() * 10 <= rows.len(), "{} are unknown: {}", unknown.len(), unknown.join(" "));
    differences.end("tags that are gone", rows.len());
}

/// The platforms that a tag lost, with the days.
#[test]
fn platforms_that_are_lost() {
    let Some(rows) = read_history("lost") else { return };
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut expected: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for row in &rows {
        let of = expected.entry(reference(row).text().to_owned()).or_default();
        of.insert((row["platform"].clone(), row["day"].clone()));
    }
    // And what never lost one is not said to have.
    let until = &rows[0]["until"];
    let gone = read_history("gone").into_iter().flatten();
    for row in gone.chain(read("official").into_iter().flatten()) {
        expected.entry(reference(&row).text().to_owned()).or_default();
    }
    let mut differences = Differences::default();
    for (name, expected) in &expected {
        let known = catalogue.about(&Reference::parse(name).unwrap());
        let got = known.lost.iter().map(|(platform, day)| (platform.to_string(), day.to_string()));
        let got = got.filter(|(_, day)| day <= until);
        differences.compare(format!("{name}, lost"), &got.collect(), expected);
    }
    differences.end("platforms that are lost", rows.len());
}

/// What the table of ends says: a day, `over` or `open`.
fn written(end: End) -> String {
    match end {
        End::Over => "over".to_owned(),
        End::On(day) => day.to_string(),
        _ => "open".to_owned(),
    }
}

/// Which of two ends comes first; days are in order as texts.
fn rank(end: &str) -> (u8, &str) {
    match end {
        "over" => (0, ""),
        "open" => (2, ""),
        day => (1, day),
    }
}

/// Every release, in the table that is compiled in; and what dtpl says of the end of each tag is the end of the release
/// that it names, and no later than that of the version that stands in the tag.
#[test]
fn every_end() {
    let (Some(releases), Some(products)) = (read("ends"), read("products")) else { return };
    let mut differences = Differences::default();
    let mut table = base_images().ends;
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &releases {
        // A code name is its first word, in small letters.
        let codename = row["codename"].split(' ').next().unwrap_or_default().to_lowercase();
        let codename = if codename.is_empty() { "-" } else { &codename };
        let line = format!("{} {codename} {}", row["cycle"], row["end"]);
        expected.entry(row["product"].clone()).or_default().push(line);
    }
    for (product, expected) in expected {
        let got = table.remove(&product).unwrap_or_default();
        differences.compare(format!("{product}, ends"), got, expected);
    }
    assert!(table.is_empty(), "no image has the products {:?}", table.keys());

    let products: BTreeMap<&str, &str> =
        products.iter().map(|row| (&*row["image"], &*row["products"])).collect();
    let by_name: BTreeMap<String, &str> =
        releases.iter().map(|row| (format!("{} {}", row["product"], row["cycle"]), &*row["end"])).collect();
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let gone = read_history("gone").into_iter().flatten();
    let tags = ["official", "dotnet"].into_iter().filter_map(read).flatten().chain(gone);
    let (mut asked, mut named) = (0, BTreeSet::new());
    for row in tags {
        let reference = reference(&row);
        let ends = catalogue.about(&reference).ends;
        if let Some(ends) = &ends {
            // `debian 13 (trixie)`
            let of = ends.of.split(" (").next().unwrap_or_default();
            let name = format!("{}, the end of {of}", reference.text());
            differences.compare(name, Some(&*written(ends.end)), by_name.get(of).copied());
            named.insert(of.to_owned());
        }
        let own =
            products.get(&*row["image"]).and_then(|products| release_of(&row["tag"], products, &by_name));
        if let Some((own, end)) = own {
            let got = ends.map(|ends| written(ends.end)).unwrap_or_default();
            let is_earlier = !got.is_empty() && rank(&got) <= rank(end);
            differences.compare(format!("{} ends ({got}) by {own}", reference.text()), is_earlier, true);
        }
        asked += 1;
    }
    println!("ends: {} releases are those of {asked} tags", named.len());
    differences.end("ends", releases.len());
}

/// The release whose number is the longest that the version of a tag begins with.
fn release_of<'e>(
    tag: &str,
    products: &str,
    ends: &'e BTreeMap<String, &'e str>,
) -> Option<(&'e str, &'e str)> {
    let version = tag.split('-').next()?;
    let of_products = ends.iter().filter_map(|(name, end)| {
        let (product, cycle) = name.split_once(' ')?;
        products.split(' ').any(|one| one == product).then_some((cycle, name.as_str(), *end))
    });
    let fits = of_products.filter(|(cycle, _, _)| {
        version.strip_prefix(cycle).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    fits.max_by_key(|(cycle, _, _)| cycle.len()).map(|(_, name, end)| (name, end))
}

/// Which products an image has: by the description of the sources, by what is decided here, and by the table.
#[test]
fn every_product_of_an_image() {
    let Some(rows) = read("products") else { return };
    #[derive(serde::Deserialize)]
    struct Choices {
        products: BTreeMap<String, Vec<String>>,
    }
    let choices: Choices = serde_yaml::from_str(&data("image-choices.yaml")).unwrap();
    let table = base_images().images;
    let mut differences = Differences::default();
    for row in &rows {
        let (image, expected) = (&row["image"], &row["products"]);
        let got = table.get(image).map(|image| image.products.as_str());
        differences.compare(format!("{image}, products in base-images.yaml"), got, Some(expected.as_str()));
        if let Some(chosen) = choices.products.get(image) {
            let mut chosen = chosen.clone();
            chosen.sort();
            differences.compare(
                format!("{image}, products that are chosen"),
                chosen.join(" "),
                expected.clone(),
            );
        }
    }
    for image in choices.products.keys().chain(table.keys()) {
        let is_there = rows.iter().any(|row| row["image"] == *image);
        differences.compare(format!("{image} is there"), true, is_there);
    }
    differences.end("products", rows.len());
}

/// The Node images for a project that is only a `package.json`: every major version from 6 on, those that are there now
/// first, each newest first.
#[test]
fn every_node_image() {
    let (Some(now), Some(gone)) = (read("official"), read_history("gone-all")) else { return };
    let of_node = |rows: Vec<Row>| {
        let rows = rows.into_iter().filter(|row| row["image"] == "node");
        rows.map(|row| (row["tag"].clone(), listed(&row["platforms"]))).collect::<BTreeMap<_, _>>()
    };
    let mut expected = Vec::new();
    for tags in [of_node(now), of_node(gone)] {
        let mut majors: Vec<u64> =
            tags.keys().filter_map(|tag| tag.parse().ok()).filter(|major| *major >= 6).collect();
        majors.sort_by_key(|major| std::cmp::Reverse(*major));
        let alpine = |major: &u64| tags.get(&format!("{major}-alpine")).cloned().unwrap_or_default();
        expected.extend(majors.iter().map(|major| (*major, tags[&major.to_string()].clone(), alpine(major))));
    }
    let names = |platforms: Vec<&str>| {
        let platforms =
            platforms.into_iter().map(|platform| dtpl::image::Platform::parse(&format!("linux/{platform}")));
        platforms.map(|platform| platform.unwrap().to_string()).collect::<BTreeSet<_>>()
    };
    let got = dtpl::image::node_images().map(|(major, debian, alpine)| (major, names(debian), names(alpine)));
    let mut differences = Differences::default();
    differences.compare("the images of node", got.collect::<Vec<_>>(), expected.clone());
    differences.end("the images of node", expected.len());
}

/// What stands in `data/image-choices.yaml` stands in `base-images.yaml` too; this needs no sources.
#[test]
fn every_choice_is_in_the_table() {
    let read = |text: &str| -> serde_json::Value { serde_yaml::from_str(text).unwrap() };
    let table = read(&std::fs::read_to_string(root().join("base-images.yaml")).unwrap());
    let choices = read(&data("image-choices.yaml"));
    for key in ["stacks", "stack_aliases", "on", "follows"] {
        assert!(choices[key].is_object(), "{key}");
        assert_eq!(table[key], choices[key], "{key}");
    }
    for (distro, base) in choices["bases"].as_object().unwrap() {
        let prefix = base["prefix"].as_str().unwrap_or("-");
        assert_eq!(
            table["bases"][distro],
            format!("{} {prefix}", base["product"].as_str().unwrap()),
            "{distro}"
        );
    }
    assert_eq!(table["bases"].as_object().unwrap().len(), choices["bases"].as_object().unwrap().len());
    // An image that is listed or decided on is one that is there.
    let stacks =
        choices["stacks"].as_object().unwrap().values().flat_map(|images| images.as_array().unwrap());
    let named = stacks.map(|image| image.as_str().unwrap());
    let keys =
        ["on", "follows", "products"].into_iter().flat_map(|key| choices[key].as_object().unwrap().keys());
    for image in named.chain(keys.map(String::as_str)) {
        assert!(table["images"][image].is_object(), "{image}");
    }
}

/// Clones of the repositories alone: without the table of the history, what is in the tree is carried on; and the products
/// of endoflife.date are pages whose head holds the fields.
#[cfg(unix)]
#[test]
fn refresh_from_clones_makes_the_same() {
    let Some(sources) = super::sources() else { return };
    let sources = sources.canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&sources).unwrap() {
        let name = entry.unwrap().file_name();
        if Path::new(&name) != Path::new(HISTORY) && Path::new(&name) != Path::new("endoflife") {
            std::os::unix::fs::symlink(sources.join(&name), folder.path().join(&name)).unwrap();
        }
    }
    let pages = folder.path().join("endoflife/products");
    std::fs::create_dir_all(&pages).unwrap();
    let files = std::fs::read_dir(sources.join("endoflife")).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let fields = std::fs::read_to_string(&path).unwrap();
        let page = pages.join(path.file_stem().unwrap()).with_extension("md");
        std::fs::write(page, format!("---\n{fields}---\n\n> A product.\n\nreleases:\n")).unwrap();
    }
    if sources.join("endoflife/products").is_dir() {
        std::fs::remove_dir_all(folder.path().join("endoflife")).unwrap();
        std::os::unix::fs::symlink(sources.join("endoflife"), folder.path().join("endoflife")).unwrap();
    }
    for subcommand in ["products", "ends"] {
        assert_eq!(super::read_from(folder.path(), subcommand), read(subcommand), "{subcommand}");
    }
    super::refresh_check(folder.path());
}
