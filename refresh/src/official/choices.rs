//! `data/image-choices.yaml`: what a person decided.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// The file, in its order where that matters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    pub stacks: BTreeMap<String, Vec<String>>,
    pub stack_aliases: BTreeMap<String, String>,
    pub on: BTreeMap<String, String>,
    pub follows: BTreeMap<String, BTreeMap<String, String>>,
    pub products: BTreeMap<String, Vec<String>>,
    pub fields: BTreeMap<String, String>,
    pub bases: BTreeMap<String, Base>,
}

/// A distribution whose releases stand in the tags of other images.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub product: String,
    #[serde(default)]
    pub prefix: Option<String>,
}

impl Choices {
    pub fn read(path: &Path) -> anyhow::Result<Choices> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_yaml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// The products that may say when a version of an image ends.
    pub fn products_of(&self, image: &str) -> Vec<String> {
        self.products.get(image).cloned().unwrap_or_else(|| vec![image.to_owned()])
    }

    /// The date of a product that counts.
    pub fn field(&self, product: &str) -> &str {
        self.fields.get(product).map_or("eol", String::as_str)
    }
}
