//! When versions end, which product an image has, and what a person decided of both.

use std::collections::{BTreeMap, BTreeSet};

use dtpl::Registry;
use dtpl::image::{Catalogue, End};

use super::images::{base_images, read_history, reference};
use super::{Differences, data, read, root};

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
