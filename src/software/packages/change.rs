//! What became of packages that are gone, renamed, or were never in Debian: `package-changes.tsv`, which is kept by
//! hand.
//!
//! A name of the table can have one `*`, any text, or one `#`, digits with dots: what stands for it in a name is put
//! in the place of a `*` in the packages.

use std::sync::LazyLock;

use super::{Availability, DebianArch, DebianRelease, availability};

/// Columns with a tab between and a line of titles: the name, whose it is, the packages, whether they can take its
/// place, and what to do.
const TABLE: &str = include_str!("../../../package-changes.tsv");

/// Where a name is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An earlier or a later release of Debian.
    Debian,
    /// The archive of Raspberry Pi OS.
    RaspberryPi,
    /// NVIDIA's archives for Jetson and CUDA.
    Nvidia,
    /// Ubuntu.
    Ubuntu,
    /// contrib, non-free or non-free-firmware of Debian.
    OtherComponent,
    /// The archive of somebody else.
    ThirdParty,
    /// Alpine or Fedora.
    OtherDistribution,
    /// No archive: a program, for example, whose package is called otherwise.
    Never,
}

impl Origin {
    const NAMES: [(&str, Origin); 8] = [
        ("debian", Origin::Debian),
        ("raspberry-pi", Origin::RaspberryPi),
        ("nvidia", Origin::Nvidia),
        ("ubuntu", Origin::Ubuntu),
        ("other-component", Origin::OtherComponent),
        ("third-party", Origin::ThirdParty),
        ("other-distribution", Origin::OtherDistribution),
        ("never", Origin::Never),
    ];
}

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is from.
    pub origin: Origin,
    /// Whether the packages can take its place as it is: they have the same programs, files and options.
    pub drop_in: bool,
    /// What to do, a sentence or two.
    pub advice: &'static str,
    packages: Vec<(Option<DebianRelease>, String)>,
}

impl Change {
    /// The packages that replace it in a release: all of them can be installed for at least one architecture. None
    /// where nothing does.
    pub fn packages(&self, release: DebianRelease) -> Vec<&str> {
        let is_there = |name: &str| {
            let found = |arch: DebianArch| availability(name, release, arch) == Availability::Installable;
            DebianArch::ALL.into_iter().any(found)
        };
        let of_release = self.packages.iter().filter(|(only, _)| only.is_none_or(|only| only == release));
        of_release.map(|(_, name)| name.as_str()).filter(|name| is_there(name)).collect()
    }
}

/// The rows, by name, and those of them that are patterns: parsed once, as a check asks for each device type.
static ROWS: LazyLock<(Vec<Row<'static>>, Vec<Row<'static>>)> = LazyLock::new(|| {
    let rows: Vec<Row> = TABLE.lines().skip(1).filter_map(row).collect();
    let patterns = rows.iter().copied().filter(|(name, ..)| name.contains(['*', '#'])).collect();
    (rows, patterns)
});

/// What became of a name. Ask it about names that [`availability`] does not find: some of these are still there in one
/// of the releases.
pub fn change(name: &str) -> Option<Change> {
    let (rows, patterns) = &*ROWS;
    let exact = rows.binary_search_by(|row| row.0.cmp(name)).ok().and_then(|at| rows.get(at));
    let (row, matched) = exact.map(|row| (*row, "")).or_else(|| {
        let fitting = patterns.iter().filter_map(|row| Some((*row, matched(row.0, name)?)));
        // The pattern that says the most.
        fitting.max_by_key(|(row, _)| row.0.len())
    })?;
    let (_, origin, packages, drop_in, advice) = row;
    let origin = Origin::NAMES.iter().find(|(text, _)| *text == origin)?.1;
    let package = |word: &str| match word.split_once(':') {
        Some((release, name)) => (DebianRelease::named(release), name.replace('*', matched)),
        None => (None, word.replace('*', matched)),
    };
    let packages = packages.split(' ').filter(|word| !word.is_empty()).map(package).collect();
    Some(Change { origin, drop_in: drop_in == "yes", advice, packages })
}

type Row<'t> = (&'t str, &'t str, &'t str, &'t str, &'t str);

fn row(line: &'static str) -> Option<Row<'static>> {
    let mut columns = line.split('\t');
    Some((columns.next()?, columns.next()?, columns.next()?, columns.next()?, columns.next()?))
}

/// What stands for the `*` or `#` of a pattern in a name.
fn matched<'n>(pattern: &str, name: &'n str) -> Option<&'n str> {
    let (start, end) = pattern.split_once(['*', '#'])?;
    let matched = name.strip_prefix(start)?.strip_suffix(end)?;
    let is_number = || {
        matched.starts_with(|first: char| first.is_ascii_digit())
            && matched.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    (!matched.is_empty() && (pattern.contains('*') || is_number())).then_some(matched)
}

/// The names and patterns of the table.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().skip(1).filter_map(row).map(|row| row.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DebianRelease::{Bookworm, Trixie};

    #[test]
    fn every_row_can_be_used() {
        let mut before = "";
        let mut count = 0;
        for line in TABLE.lines().skip(1) {
            let (name, origin, packages, drop_in, advice) = row(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(line.matches('\t').count(), 4, "{line}");
            assert!(before < name, "{name} is not in order");
            assert!(name.matches(['*', '#']).count() <= 1, "{line}");
            assert!(Origin::NAMES.iter().any(|(text, _)| *text == origin), "{line}");
            assert!(matches!(drop_in, "yes" | "no") && advice.ends_with('.'), "{line}");
            assert!(drop_in == "no" || packages.split(' ').count() >= 1 && !packages.is_empty(), "{line}");
            assert!(!packages.contains('*') || name.contains('*'), "{line}");
            before = name;
            count += 1;
        }
        assert!(count > 500, "{count}");
    }

    #[test]
    fn what_replaces_a_package_is_there_in_each_release_that_it_is_named_for() {
        for line in TABLE.lines().skip(1) {
            let (name, _, packages, ..) = row(line).unwrap();
            if packages.contains('*') {
                continue;
            }
            let change = change(&name.replace(['*', '#'], "9")).unwrap();
            for word in packages.split(' ').filter(|word| !word.is_empty()) {
                let (only, package) = word.split_once(':').map_or((None, word), |(a, b)| (Some(a), b));
                assert!(only.is_none_or(|only| DebianRelease::named(only).is_some()), "{line}");
                assert_ne!(package, name);
                for release in DebianRelease::ALL {
                    let is_named = only.is_none_or(|only| only == release.name());
                    if name.contains(['*', '#']) && !change.packages.iter().any(|(_, known)| known == package)
                    {
                        continue; // Another row says more about this example.
                    }
                    assert_eq!(change.packages(release).contains(&package), is_named, "{line} {release}");
                }
            }
        }
    }

    /// A row of a name that every release has for every architecture would never be asked for.
    #[test]
    fn no_row_is_about_a_package_that_is_there() {
        for line in TABLE.lines().skip(1) {
            let name = row(line).unwrap().0;
            let is_there = |release| {
                DebianArch::ALL
                    .iter()
                    .all(|arch| availability(name, release, *arch) == Availability::Installable)
            };
            assert!(!DebianRelease::ALL.into_iter().all(is_there), "{name}");
        }
    }

    #[test]
    fn the_names_of_old_dockerfiles_have_an_answer() {
        for (name, bookworm, trixie, drop_in) in [
            ("libav-tools", "ffmpeg", "ffmpeg", false),
            ("oracle-java8-jdk", "default-jdk", "default-jdk", false),
            ("postgresql-11", "postgresql-15", "postgresql-17", false),
            ("gcc-5", "gcc", "gcc", false),
            ("gcc-4.9", "gcc", "gcc", false),
            ("libpython3.9", "python3", "python3", false),
            ("libpython3.9-dev", "libpython3-dev", "libpython3-dev", false),
            ("libssl1.1", "libssl3", "libssl3t64", false),
            ("chromium-browser", "chromium", "chromium", false),
            ("rpi.gpio", "python3-rpi.gpio", "python3-rpi.gpio", false),
            ("python-serial", "python3-serial", "python3-serial", false),
            ("python-nothing-of-this-name", "", "", false),
            ("libmysqlclient-dev", "default-libmysqlclient-dev", "default-libmysqlclient-dev", true),
            ("libboost-system1.67.0", "libboost-system-dev", "libboost-system-dev", false),
            ("libasound2", "", "libasound2t64", true),
            ("cuda-toolkit-10-2", "", "", false),
        ] {
            let change = change(name).unwrap_or_else(|| panic!("{name}"));
            for (release, expected) in [(Bookworm, bookworm), (Trixie, trixie)] {
                assert_eq!(change.packages(release).join(" "), expected, "{name} {release}");
            }
            assert_eq!(change.drop_in, drop_in, "{name}");
        }
        assert_eq!(change("pigpio").unwrap().origin, Origin::RaspberryPi);
        assert_eq!(change("cuda-toolkit-10-2").unwrap().origin, Origin::Nvidia);
        assert_eq!(change("curl"), None);
        assert_eq!(change(""), None);
    }
}
