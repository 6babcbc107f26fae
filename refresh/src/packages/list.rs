//! Reads a package list of Debian, a file `Packages`: what of a package decides whether and with what it is
//! installed.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;

/// A package of a list.
#[derive(Default, Clone)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// `Pre-Depends` and `Depends`.
    pub depends: Vec<AnyOf>,
    pub recommends: Vec<AnyOf>,
    /// Names, each with the version that it is provided in, if there is one.
    pub provides: Vec<(String, Option<String>)>,
    /// Installed in every system.
    pub is_base: bool,
    /// 0 is `required`, 4 is `extra`.
    pub priority: u8,
}

/// Packages of which one is needed.
pub type AnyOf = Vec<Need>;

/// A package that is needed, in some versions.
#[derive(Clone)]
pub struct Need {
    pub name: String,
    /// `>=` and a version, for example.
    pub versions: Option<(String, String)>,
}

/// The packages of a list, in its order. Dependencies are left out where `with_dependencies` is false.
pub fn read(path: &Path, with_dependencies: bool) -> anyhow::Result<Vec<Package>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut packages = Vec::new();
    let mut package = Package::default();
    for line in BufReader::new(file).lines() {
        let line = line.with_context(|| path.display().to_string())?;
        if line.is_empty() {
            packages.extend(Some(std::mem::take(&mut package)).filter(|package| !package.name.is_empty()));
            continue;
        }
        let Some((field, value)) = line.split_once(": ").filter(|(field, _)| !field.starts_with(' ')) else {
            continue;
        };
        match field {
            "Package" => package.name = value.to_owned(),
            "Version" => package.version = value.to_owned(),
            "Essential" => package.is_base |= value == "yes",
            "Priority" => {
                package.is_base |= value == "required";
                let order = ["required", "important", "standard", "optional"];
                package.priority =
                    order.iter().position(|known| *known == value).unwrap_or(order.len()) as u8;
            }
            "Provides" => {
                let needs = needs(value).into_iter().flatten();
                package.provides =
                    needs.map(|need| (need.name, need.versions.map(|(_, version)| version))).collect();
            }
            "Depends" | "Pre-Depends" if with_dependencies => package.depends.extend(needs(value)),
            "Recommends" if with_dependencies => package.recommends = needs(value),
            _ => {}
        }
    }
    packages.extend(Some(package).filter(|package| !package.name.is_empty()));
    Ok(packages)
}

/// Reads `a (>= 1) | b:any, c`.
fn needs(value: &str) -> Vec<AnyOf> {
    let any_of = |text: &str| -> AnyOf { text.split('|').filter_map(need).collect() };
    value.split(',').map(any_of).filter(|any| !any.is_empty()).collect()
}

fn need(text: &str) -> Option<Need> {
    let (name, versions) = match text.split_once('(') {
        Some((name, versions)) => (name, versions.trim_end().strip_suffix(')')),
        None => (text, None),
    };
    // `:any` is about systems with several architectures.
    let name = name.trim().split(':').next()?.to_owned();
    let versions = versions.map(str::trim).map(|text| {
        let (how, version) = text.split_at(text.find(|c| !"<>=".contains(c)).unwrap_or(text.len()));
        (how.to_owned(), version.trim().to_owned())
    });
    (!name.is_empty()).then_some(Need { name, versions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main");
        let text = "Package: a\nVersion: 1-2\nPriority: required\nDepends: b (>= 1) | c:any, d\nDescription: x\n y: z\n\
                    Provides: e (= 3), f\n\nPackage: g\nVersion: 2\nRecommends: a\n";
        std::fs::write(&path, text).unwrap();
        let packages = read(&path, true).unwrap();
        assert_eq!(packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>(), ["a", "g"]);
        let a = &packages[0];
        assert!(a.is_base && !packages[1].is_base);
        let names = |any: &AnyOf| any.iter().map(|need| need.name.clone()).collect::<Vec<_>>();
        assert_eq!(a.depends.iter().map(names).collect::<Vec<_>>(), [vec!["b", "c"], vec!["d"]]);
        assert_eq!(a.depends[0][0].versions, Some((">=".to_owned(), "1".to_owned())));
        assert_eq!(a.provides, [("e".to_owned(), Some("3".to_owned())), ("f".to_owned(), None)]);
        assert!(read(&path, false).unwrap()[1].recommends.is_empty());
    }
}
