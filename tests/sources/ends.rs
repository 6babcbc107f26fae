//! When versions end, which product an image has, and what a person decided of both.

use std::collections::{BTreeMap, BTreeSet};

use dtpl::Registry;
use dtpl::image::{Catalogue, End};

use super::images::{base_images, read_history, reference};
use super::{Differences, Row, data, read, root};

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

/// Every release, in the table that is compiled in.
#[test]
fn every_end() {
    let Some(releases) = read("ends") else { return };
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
    differences.end("ends in the table", releases.len());
}

/// A release of the sources.
struct Release<'r> {
    /// `python 3.12`
    name: String,
    cycle: &'r str,
    end: &'r str,
}

/// The releases of the products of each image.
fn by_image<'r>(products: &'r [Row], releases: &'r [Row]) -> BTreeMap<&'r str, Vec<Release<'r>>> {
    let of = |products: &str| {
        let of_products = releases.iter().filter(|row| products.split(' ').any(|one| one == row["product"]));
        let release = |row: &'r Row| Release {
            name: format!("{} {}", row["product"], row["cycle"]),
            cycle: &row["cycle"],
            end: &row["end"],
        };
        of_products.map(release).collect()
    };
    products.iter().map(|row| (&*row["image"], of(&row["products"]))).collect()
}

/// The release whose number is the longest that the version of a tag begins with.
fn release_of<'r>(tag: &str, releases: &'r [Release]) -> Option<&'r Release<'r>> {
    let version = tag.split('-').next()?;
    let fits = releases.iter().filter(|release| {
        version.strip_prefix(release.cycle).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    fits.max_by_key(|release| release.cycle.len())
}

/// What dtpl says of the end of a tag is the end of the release that it names, and no later than that of the version that
/// stands in the tag. Of tags that are gone, those that are drawn are asked, and for each release one that names nothing
/// but a version: what dtpl says of it is the end of that release.
#[test]
fn every_end_of_a_tag() {
    let (Some(releases), Some(products)) = (read("ends"), read("products")) else { return };
    let by_image = by_image(&products, &releases);
    let by_name: BTreeMap<String, &str> =
        releases.iter().map(|row| (format!("{} {}", row["product"], row["cycle"]), &*row["end"])).collect();
    let own = |row: &Row| by_image.get(&*row["image"]).and_then(|releases| release_of(&row["tag"], releases));
    let mut alone: BTreeMap<&str, Row> = BTreeMap::new();
    for row in read_history("gone-all").into_iter().flatten().filter(|row| !row["tag"].contains('-')) {
        if let Some(own) = own(&row) {
            alone.entry(&own.name).or_insert(row);
        }
    }
    let gone = read_history("gone").into_iter().flatten();
    let there = ["official", "dotnet"].into_iter().filter_map(read).flatten();
    let registry = Registry::embedded();
    let catalogue = Catalogue::new(&registry);
    let mut differences = Differences::default();
    let (mut asked, mut named) = (0, BTreeSet::new());
    for row in there.chain(gone).chain(alone.values().cloned()) {
        let reference = reference(&row);
        let ends = catalogue.about(&reference).ends;
        if let Some(ends) = &ends {
            // `debian 13 (trixie)`
            let of = ends.of.split(" (").next().unwrap_or_default();
            let name = format!("{}, the end of {of}", reference.text());
            differences.compare(name, Some(&*written(ends.end)), by_name.get(of).copied());
            named.insert(of.to_owned());
        }
        if let Some(own) = own(&row) {
            let got = ends.map(|ends| written(ends.end)).unwrap_or_default();
            let is_right = match alone.get(&*own.name).is_some_and(|alone| *alone == row) {
                true => got == own.end,
                false => !got.is_empty() && rank(&got) <= rank(own.end),
            };
            differences.compare(
                format!("{} ends ({got}) as {} does", reference.text(), own.name),
                is_right,
                true,
            );
        }
        asked += 1;
    }
    println!("ends of tags: {} releases are named", named.len());
    differences.end("ends of tags", asked);
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
