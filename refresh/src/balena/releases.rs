//! The releases of a distribution, and sets of them as a person writes them: `jessie..buster sid`.

use anyhow::Context as _;
use indexmap::IndexMap;
use serde::Deserialize;

use crate::flow;

/// The releases of each distribution, in their order.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Distros(IndexMap<String, Vec<String>>);

impl Distros {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn write(&self, out: &mut String) {
        *out += "  # Releases in their order.\n  distros:\n";
        for (distro, releases) in &self.0 {
            flow::list(out, 4, distro, releases);
        }
    }

    /// Some releases of a distribution, in its order: three and more in a row as `first..last`.
    pub fn set<'t>(&self, distro: &str, some: impl Iterator<Item = &'t str>) -> anyhow::Result<String> {
        let known =
            self.0.get(distro).with_context(|| format!("no releases of {distro} in balena-choices.yaml"))?;
        let mut at = Vec::new();
        for release in some {
            let found = known.iter().position(|known| known == release);
            at.push(
                found.with_context(|| format!("no release {release} of {distro} in balena-choices.yaml"))?,
            );
        }
        at.sort_unstable();
        at.dedup();
        let mut pieces = Vec::new();
        for run in at.chunk_by(|a, b| a + 1 == *b) {
            match run {
                [first, _, .., last] => pieces.push(format!("{}..{}", known[*first], known[*last])),
                few => pieces.extend(few.iter().map(|at| known[*at].clone())),
            }
        }
        Ok(pieces.join(" "))
    }
}
