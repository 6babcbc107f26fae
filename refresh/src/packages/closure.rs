//! What an installation brings along: the packages that one needs, that these need, and so on.

use std::collections::VecDeque;

use super::list::AnyOf;
use super::release::Release;

/// Installs into a system that has what every system of the release has.
pub struct Installer<'r> {
    release: &'r Release,
    /// For each package, each of its needs as the packages that fulfil it.
    depends: Vec<Vec<Vec<usize>>>,
    recommends: Vec<Vec<Vec<usize>>>,
    base: Vec<bool>,
}

impl<'r> Installer<'r> {
    pub fn new(release: &'r Release) -> Installer<'r> {
        let resolved = |needs: &Vec<AnyOf>| -> Vec<Vec<usize>> {
            let fulfilling = |any: &AnyOf| any.iter().flat_map(|need| release.fulfilling(need)).collect();
            needs.iter().map(fulfilling).filter(|any: &Vec<usize>| !any.is_empty()).collect()
        };
        let packages = &release.packages;
        let mut installer = Installer {
            release,
            depends: packages.iter().map(|package| resolved(&package.depends)).collect(),
            recommends: packages.iter().map(|package| resolved(&package.recommends)).collect(),
            base: vec![false; packages.len()],
        };
        // First what decides between `usrmerge`, which needs perl, and this: images are made with this.
        let merged = release.package("usr-is-merged");
        let of_all = (0..packages.len()).filter(|at| packages[*at].is_base || packages[*at].name == "apt");
        for at in merged.into_iter().chain(of_all) {
            for of_base in installer.brings(at, false) {
                installer.base[of_base] = true;
            }
        }
        installer
    }

    /// The packages that come with one, and the package itself; what every system has is left out.
    ///
    /// Needs that leave no choice come first, so that a choice falls on what comes anyway; recommended packages come
    /// last.
    pub fn brings(&self, package: usize, with_recommends: bool) -> Vec<usize> {
        let mut is_there = self.base.clone();
        let mut brought = Vec::new();
        let (mut sure, mut choices, mut recommended) =
            (vec![package], VecDeque::<&Vec<usize>>::new(), VecDeque::<&Vec<usize>>::new());
        loop {
            while let Some(next) = sure.pop() {
                if std::mem::replace(&mut is_there[next], true) {
                    continue;
                }
                brought.push(next);
                for any in &self.depends[next] {
                    match any[..] {
                        [only] => sure.push(only),
                        _ => choices.push_back(any),
                    }
                }
                if with_recommends {
                    recommended.extend(&self.recommends[next]);
                }
            }
            let Some(any) = choices.pop_front().or_else(|| recommended.pop_front()) else {
                return brought;
            };
            if !any.iter().any(|at| is_there[*at]) {
                sure.push(any[0]);
            }
        }
    }

    /// The same by name; nothing where there is no such package.
    pub fn brings_of(&self, name: &str, with_recommends: bool) -> Vec<&'r str> {
        let at = self.release.package(name);
        at.map_or(Vec::new(), |at| {
            let brought = self.brings(at, with_recommends);
            brought.into_iter().map(|at| self.release.packages[at].name.as_str()).collect()
        })
    }
}
