//! Registries that have copies of the images of others, by the beginning of the reference.

use std::collections::BTreeMap;

use crate::image::reference::Reference;

/// Prefixes of references, each with the prefix that it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrors {
    /// Both have a slash at the end.
    prefixes: BTreeMap<String, String>,
}

impl Mirrors {
    /// Adds a mirror. Gives `false`, and changes nothing, if the prefix is there already.
    pub(crate) fn add(&mut self, copy: String, original: String) -> bool {
        if self.prefixes.contains_key(&copy) {
            return false;
        }
        self.prefixes.insert(copy, original);
        true
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// Each prefix with what it stands for, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.prefixes.iter().map(|(copy, original)| (&**copy, &**original))
    }

    /// The reference that this one is a copy of, with the same tag and digest, if a mirror has it. The longest
    /// prefix counts. What a mirror stands for is not looked up again.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use dtpl::Source;
    /// # use dtpl::image::{ImagesFile, Reference};
    /// let text = "mirrors:\n  registry.example.com/hub/: docker.io/\n";
    /// let file = ImagesFile::parse(&Arc::new(Source::new("images.yaml", text)))?;
    /// let copy = Reference::parse("registry.example.com/hub/library/python:3.12").unwrap();
    /// assert_eq!(file.mirrors().original(&copy).unwrap().to_string(), "docker.io/library/python:3.12");
    /// # Ok::<(), dtpl::Diagnostics>(())
    /// ```
    pub fn original(&self, reference: &Reference) -> Option<Reference> {
        let whole = reference.to_string();
        let prefixes = self.prefixes.iter().filter(|(copy, _)| whole.starts_with(&***copy));
        let (copy, original) = prefixes.max_by_key(|(copy, _)| copy.len())?;
        Reference::parse(&format!("{original}{}", &whole[copy.len()..])).ok()
    }
}
