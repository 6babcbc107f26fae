//! The tables with a tab between columns: those in `data/`, and `device-states.tsv`.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The rows of a table, in its order. Columns that the type does not name are left out.
pub fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path);
    let mut reader = reader.with_context(|| path.display().to_string())?;
    reader.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())
}

/// A row of `data/device-types.tsv`: a device type, a name that only images had, or an alias.
#[derive(Debug, Deserialize)]
pub struct KnownDevice {
    pub slug: String,
    pub name: String,
    pub arch: String,
    /// With commas between.
    pub aliases: String,
    /// `active`, `contract-only`, `removed`, `no-contract`, `alias-of:SLUG`.
    pub status: String,
    /// `discontinued`, `community`, or nothing: of repositories that `device-states.tsv` does not have.
    pub repo_state_seen: String,
    in_docs_2026: u8,
    resin_images_2018: u8,
    balenalib_images_2021: u8,
    /// The day on which the contract came, if there was one.
    pub contract_first_seen: String,
}

impl KnownDevice {
    /// The file, in the root of the repository.
    pub fn all(root: &Path) -> anyhow::Result<Vec<KnownDevice>> {
        read(&root.join("data/device-types.tsv"))
    }

    /// The slug that this is another name of.
    pub fn alias_of(&self) -> Option<&str> {
        self.status.strip_prefix("alias-of:")
    }

    /// Whether balena's documentation of 2026 has a page of it.
    pub fn is_documented(&self) -> bool {
        self.in_docs_2026 == 1
    }

    /// Whether there were `resin/` images of this name when the series ended.
    pub fn had_resin(&self) -> bool {
        self.resin_images_2018 == 1
    }

    /// Whether the last list of `balenalib/` has images of this name.
    pub fn is_on_last_list(&self) -> bool {
        self.balenalib_images_2021 == 1
    }
}

/// A row of `data/architectures.tsv`.
#[derive(Debug, Deserialize)]
pub struct Architecture {
    pub balena_arch: String,
}
