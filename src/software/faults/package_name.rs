//! The packages that a command of apt names.

use crate::shell::Word;

/// What is named to be installed: `name:arch=version`.
pub struct Package<'w> {
    pub name: &'w str,
    pub version: Option<&'w str>,
}

impl<'w> Package<'w> {
    /// None for a file, a pattern, a variable, or what is to be removed: `name-`.
    pub fn read(word: &'w Word) -> Option<Self> {
        let text = word.text.as_str();
        if text.contains(['*', '?', '$', '`', '%', '{', '[', '^', '(']) || text.starts_with(['.', '/', '-']) {
            return None;
        }
        let (text, version) = match text.split_once('=') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        // `name/release`, `name:arch`, and `name+`, which is installed.
        let text = text.split('/').next()?;
        let name = text.split(':').next()?;
        let name = if name.ends_with("++") { name } else { name.strip_suffix('+').unwrap_or(name) };
        (!name.is_empty() && !name.ends_with('-') && !name.ends_with(".deb"))
            .then_some(Package { name, version })
    }
}
