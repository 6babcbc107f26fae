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
    for product in wanted.into_iter().chain(of_bases) {
        let Some(text) = text(folder, &product)? else {
            if choices.products.values().flatten().any(|named| *named == product) {
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
    let front = page.strip_prefix("---").and_then(|rest| rest.split_once("\n---"));
    Ok(Some(front.with_context(|| format!("no front matter in the page of {product}"))?.0.to_owned()))
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
