//! When the versions of a product end: the products of endoflife.date.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::choices::Choices;

/// The releases of a product, the newest first.
pub type Ends = BTreeMap<String, Vec<Release>>;

/// One release.
pub struct Release {
    pub cycle: String,
    /// In lower case, the first word: `bookworm`.
    pub codename: Option<String>,
    /// `2028-06-30`, `over` without a day, or `open`.
    pub end: String,
}

#[derive(Deserialize)]
struct Product {
    releases: Vec<Fields>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    release_cycle: String,
    codename: Option<String>,
    eol: String,
    eoes: Option<String>,
}

/// Reads the products that the images have.
pub fn read<'i>(
    folder: &Path,
    choices: &Choices,
    images: impl Iterator<Item = &'i String>,
) -> anyhow::Result<Ends> {
    let wanted: BTreeSet<String> = images.flat_map(|image| choices.products_of(image)).collect();
    let of_bases = choices.bases.values().map(|base| base.product.clone());
    let mut ends = Ends::new();
    let chosen: BTreeSet<&String> =
        choices.products.values().flatten().chain(choices.bases.values().map(|base| &base.product)).collect();
    for product in wanted.into_iter().chain(of_bases) {
        let Some(text) = text(folder, &product)? else {
            if chosen.contains(&product) {
                bail!("there is no product `{product}`, which data/image-choices.yaml names");
            }
            continue;
        };
        let found: Product = serde_yaml::from_str(&text).with_context(|| product.clone())?;
        let field = choices.field(&product);
        let releases = found.releases.into_iter().map(|release| release.read(field));
        let releases = releases.collect::<anyhow::Result<_>>().with_context(|| product.clone())?;
        ends.insert(product, releases);
    }
    Ok(ends)
}

/// The fields of a product: a file of its own, or the front matter of its page in a checkout.
fn text(folder: &Path, product: &str) -> anyhow::Result<Option<String>> {
    let plain = folder.join(format!("{product}.yaml"));
    if plain.is_file() {
        return Ok(Some(fs::read_to_string(plain)?));
    }
    let page = folder.join(format!("products/{product}.md"));
    if !page.is_file() {
        return Ok(None);
    }
    let page = fs::read_to_string(page)?;
    let front = front_matter(&page).with_context(|| format!("no front matter in the page of {product}"))?;
    Ok(Some(front.to_owned()))
}

/// What stands between the first two lines `---` of a page.
fn front_matter(page: &str) -> Option<&str> {
    let (first, rest) = page.split_once('\n')?;
    let is_fence = |line: &str| line.trim_end() == "---";
    let mut at = 0;
    for line in rest.split_inclusive('\n').filter(|_| is_fence(first)) {
        if is_fence(line) {
            return Some(&rest[..at]);
        }
        at += line.len();
    }
    None
}

impl Fields {
    fn read(self, field: &str) -> anyhow::Result<Release> {
        let end = match field {
            "eol" => self.eol,
            "eoes" => self.eoes.unwrap_or(self.eol),
            other => bail!("no field `{other}`"),
        };
        let end = match end.as_str() {
            "true" => "over".to_owned(),
            "false" => "open".to_owned(),
            _ => end,
        };
        let first = |name: String| name.split(' ').next().unwrap_or_default().to_lowercase();
        Ok(Release { cycle: self.release_cycle, codename: self.codename.map(first), end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page as in a clone of endoflife.date.
    const PAGE: &str = "---
title: Acme
category: lang
permalink: /acme
eolColumn: Support
auto:
  methods:
    - git: https://example.com/acme.git
      template: \"v{{major}} --- {{minor}}\"
# A comment.
releases:
  -   releaseCycle: \"3.10\"
      codename: Noble Numbat
      lts: true
      eol: 2030-06-30
      eoes: 2032-06-30
      latest: \"3.10.1\"
      link: null

  -   releaseCycle: \"3\"
      eol: false
      eoes: true

  -   releaseCycle: \"2.9\"
      eol: true
---

> Acme is a language.

releases:
---
";

    fn choices(rest: &str) -> Choices {
        let text = "{stacks: {}, stack_aliases: {}, on: {}, follows: {}, products: {my-image: [acme]}";
        serde_yaml::from_str(&format!("{text}, {rest}}}")).unwrap()
    }

    fn read_from(files: &[(&str, &str)], choices: &Choices) -> anyhow::Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let images = ["my-image".to_owned(), "other".to_owned()];
        let ends = read(folder.path(), choices, images.iter())?;
        assert_eq!(ends.keys().collect::<Vec<_>>(), ["acme"]);
        let line = |release: &Release| {
            format!("{} {} {}", release.cycle, release.codename.as_deref().unwrap_or("-"), release.end)
        };
        Ok(ends["acme"].iter().map(line).collect())
    }

    #[test]
    fn a_page_of_a_clone() {
        let choices = choices("fields: {}, bases: {}");
        let expected = ["3.10 noble 2030-06-30", "3 - open", "2.9 - over"];
        let page = |text: &str| read_from(&[("products/acme.md", text)], &choices);
        assert_eq!(page(PAGE).unwrap(), expected);
        assert_eq!(page(&PAGE.replace('\n', "\r\n")).unwrap(), expected);
        // The fields alone, in a file of their own.
        let fields = front_matter(PAGE).unwrap();
        assert_eq!(read_from(&[("acme.yaml", fields)], &choices).unwrap(), expected);
        assert!(
            format!("{:#}", page("Acme\n---\n").unwrap_err()).contains("no front matter in the page of acme")
        );
    }

    #[test]
    fn another_date_counts_where_it_is_chosen() {
        let choices = choices("fields: {acme: eoes}, bases: {}");
        let expected = ["3.10 noble 2032-06-30", "3 - over", "2.9 - over"];
        assert_eq!(read_from(&[("products/acme.md", PAGE)], &choices).unwrap(), expected);
    }

    #[test]
    fn a_product_that_is_named_and_not_there_is_an_error() {
        let error =
            |choices| format!("{:#}", read_from(&[("products/acme.md", PAGE)], &choices).unwrap_err());
        let missing = "there is no product `none`";
        assert!(error(choices("fields: {}, bases: {acme: {product: none}}")).contains(missing));
        let named = "{stacks: {}, stack_aliases: {}, on: {}, follows: {}, products: {my-image: [none]}, \
            fields: {}, bases: {}}";
        assert!(error(serde_yaml::from_str(named).unwrap()).contains(missing));
    }
}
