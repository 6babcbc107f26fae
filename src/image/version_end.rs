//! When the version that an image had ends, whether or not anything is still built of it; and what distribution a new
//! image is on.

use super::catalogue::Catalogue;
use super::ends::{self, Ending, Release};
use super::official::{self, Life, TagMatch, first_piece};
use super::reference::Reference;
use super::successor::Wanted;

impl Catalogue<'_> {
    /// When the version that is wanted ends: of the program, or of a bare distribution the release. `of` is an image
    /// that carries it. Nothing where no table has the version.
    ///
    /// ```
    /// use dtpl::{Registry, image::{Catalogue, Reference, Wanted}};
    /// let registry = Registry::embedded();
    /// let wanted = Wanted { stack: Some("python"), version: Some("3.8.12"), ..Wanted::default() };
    /// let python = Reference::parse("python:3.12-slim").unwrap();
    /// let ending = Catalogue::new(&registry).version_end(&wanted, &python).unwrap();
    /// assert_eq!(ending.of, "python 3.8");
    /// ```
    pub fn version_end(&self, wanted: &Wanted, of: &Reference) -> Option<Ending> {
        let image = official::image(&of.short_name())?;
        let version = if wanted.stack.is_some() { wanted.version } else { wanted.release };
        ends::named(image.products, first_piece(version?).trim_start_matches('v')).map(Ending::from)
    }

    /// When a release of a distribution ends: `buster` of `debian`. Nothing where no table has it.
    pub fn release_end(&self, distro: &str, release: &str) -> Option<Ending> {
        let image = official::image(distro)?;
        ends::named(image.products, release).map(|release| of_distro(image.name, release))
    }

    /// The release of the distribution that an official image is on: `debian 13 (trixie)`, with its end.
    pub fn base_of(&self, reference: &Reference) -> Option<Ending> {
        let image = official::image(&reference.short_name())?;
        let tag = reference.tag().unwrap_or("latest");
        let life = match official::find(image, tag) {
            TagMatch::Current(entry) => entry.life,
            _ => Life::of_tag(image, tag),
        };
        let own = || Some((image.name, life.own.filter(|_| official::is_bare(image.name))?));
        life.base.or_else(own).map(|(distro, release)| of_distro(distro, release))
    }
}

/// The end of a release, with the name that the distribution has in images: `alpine 3.12`, not `alpine-linux 3.12`.
fn of_distro(distro: &str, release: Release) -> Ending {
    let ending = Ending::from(release);
    let of = match ending.of.split_once(' ') {
        Some((_, rest)) => format!("{distro} {rest}"),
        None => ending.of,
    };
    Ending { of, end: ending.end }
}
