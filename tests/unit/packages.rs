//! The table of Debian's packages beside apt: what `apt-get -s install` of each release finds, for names of the table
//! and for others.
//!
//! The apt is that of the release, in a system that debootstrap makes. The lists are those of the day on which the
//! test runs. Debian adds hardly any names to a release and removes few, at point releases; a name that differs for
//! such a reason fails the test too, and the table has to be made again (docs/refresh.md).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::software::packages::{self, Availability, DebianArch, DebianRelease, availability};

/// Names of each kind.
const NAMES: usize = 300;
/// Names that are installed one by one, for each release and architecture.
const SINGLE: usize = 6;

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

/// Names of the table with every status, the rare ones as often as the others.
fn of_table(numbers: &mut Numbers) -> Vec<String> {
    let mut by_status: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, status) in packages::all() {
        by_status.entry(status).or_default().push(name);
    }
    let mut chosen = BTreeSet::new();
    let groups: Vec<&Vec<String>> = by_status.values().collect();
    while chosen.len() < NAMES {
        let of_all = groups.iter().map(|group| group.len()).sum::<usize>();
        let group = match chosen.len() % 2 {
            0 => groups[numbers.next(groups.len())],
            _ => {
                // As often as there are names.
                let mut at = numbers.next(of_all);
                groups
                    .iter()
                    .find(|group| at.checked_sub(group.len()).map(|rest| at = rest).is_none())
                    .unwrap()
            }
        };
        chosen.insert(group[numbers.next(group.len())].clone());
    }
    chosen.into_iter().collect()
}

/// Names that are not in the table: of the other table, mistakes in writing, and random ones.
fn others(numbers: &mut Numbers) -> Vec<String> {
    let known: Vec<String> = packages::all().map(|(name, _)| name).collect();
    let gone: Vec<&str> = packages::changed_names().filter(|name| !name.contains(['*', '#'])).collect();
    let mut chosen: BTreeSet<String> = BTreeSet::new();
    while chosen.len() < NAMES {
        let name = match chosen.len() % 3 {
            0 => gone[numbers.next(gone.len())].to_owned(),
            1 => {
                let mut name = known[numbers.next(known.len())].clone().into_bytes();
                let at = numbers.next(name.len() - 1);
                match numbers.next(3) {
                    0 => name.swap(at, at + 1),
                    1 => _ = name.remove(at),
                    _ => name.insert(at, name[at]),
                }
                String::from_utf8(name).unwrap()
            }
            _ => {
                let letters = b"abcdefghijklmnopqrstuvwxyz0123456789-.";
                (0..3 + numbers.next(12)).map(|_| letters[numbers.next(letters.len())] as char).collect()
            }
        };
        // What apt-get takes for an option, or for a package to remove or of an architecture, is no name.
        let is_name =
            name.starts_with(|first: char| first.is_ascii_alphanumeric()) && !name.ends_with(['-', '+']);
        if is_name && name.len() > 2 {
            chosen.insert(name);
        }
    }
    chosen.into_iter().collect()
}

/// A system of a release, with the lists of each architecture.
struct System {
    root: std::path::PathBuf,
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Where this machine takes packages of Debian from.
fn mirror(label: &str) -> String {
    let all =
        run(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)"]));
    let found = all.lines().find_map(|line| line.strip_suffix(&format!(" Debian {label}")));
    found.expect("apt has no lists of Debian here: run apt-get update").to_owned()
}

impl System {
    fn make(folder: &Path, release: DebianRelease) -> System {
        let root = folder.join(release.name());
        let uri = mirror("Debian");
        run(Command::new("debootstrap").args(["--variant=minbase", release.name()]).arg(&root).arg(&uri));
        for file in ["etc/resolv.conf", "etc/hosts"] {
            let _ = std::fs::copy(Path::new("/").join(file), root.join(file));
        }
        let mut sources = String::new();
        for (uri, suite) in [(uri.clone(), ""), (uri, "-updates"), (mirror("Debian-Security"), "-security")] {
            sources += &format!("deb {uri} {release}{suite} main\n");
        }
        std::fs::write(root.join("etc/apt/sources.list"), sources).unwrap();
        let system = System { root };
        for arch in DebianArch::ALL {
            let state = system.root.join(arch.name());
            std::fs::create_dir_all(state.join("lists/partial")).unwrap();
            std::fs::create_dir_all(state.join("cache/archives/partial")).unwrap();
            std::fs::write(state.join("status"), "").unwrap();
            // The lists of an update may be missing: then what only they have is told below.
            let _ = system.apt(arch, &["update"]);
        }
        system
    }

    /// What apt-get prints, and whether it succeeded. Another architecture than that of the system has a system of
    /// its own in which nothing is installed.
    fn apt(&self, arch: DebianArch, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new("chroot");
        command.arg(&self.root).arg("apt-get").env("LC_ALL", "C").args([
            "-q",
            "-o",
            "Acquire::Languages=none",
        ]);
        command.arg("-o").arg(format!("APT::Architecture={}", arch.name()));
        command.arg("-o").arg(format!("APT::Architectures={}", arch.name()));
        command.arg("-o").arg(format!("Dir::State=/{}", arch.name()));
        command.arg("-o").arg(format!("Dir::Cache=/{}/cache", arch.name()));
        let status = if arch == DebianArch::Amd64 {
            "/var/lib/dpkg/status"
        } else {
            &format!("/{}/status", arch.name())
        };
        command.arg("-o").arg(format!("Dir::State::status={status}")).args(arguments);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// The names that apt-get does not find, and those that several packages provide.
    fn refused(&self, arch: DebianArch, names: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut arguments = vec!["-s", "install", "--"];
        arguments.extend(names.iter().map(String::as_str));
        let (_, text) = self.apt(arch, &arguments);
        let named = |starts: &[&str], end: &str| -> BTreeSet<String> {
            let rest = |line: &str| {
                let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
                // `NAME:ARCH` where another package names it so.
                let name = rest.strip_suffix(end)?.trim_matches('\'').split(':').next();
                name.map(str::to_owned)
            };
            text.lines().filter_map(rest).collect()
        };
        let expression = ["E: Couldn't find any package by glob ", "E: Couldn't find any package by regex "];
        let mut missing = named(&["E: Unable to locate package "], "");
        missing.extend(named(&expression, ""));
        // No package, but the name is in a field such as `Conflicts` of others.
        missing.extend(named(&["Package "], " is not available, but is referred to by another package."));
        (missing, named(&["Package "], " is a virtual package provided by:"))
    }
}

#[test]
#[ignore = "makes two systems of Debian from its mirror, and needs root: `just packages` and CI run it"]
fn apt_finds_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let names: Vec<String> = of_table(&mut numbers).into_iter().chain(others(&mut numbers)).collect();
    let differences: Vec<String> = std::thread::scope(|scope| {
        let threads = DebianRelease::ALL.map(|release| {
            let (folder, names) = (folder.path(), &names);
            scope.spawn(move || compare(&System::make(folder, release), release, names))
        });
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// In what the table and the apt of a release differ.
fn compare(system: &System, release: DebianRelease, names: &[String]) -> Vec<String> {
    let mut differences = Vec::new();
    for arch in DebianArch::ALL {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let (missing, ambiguous) = system.refused(arch, names);
        assert!(missing.len() < names.len(), "{release} {arch:?} has no lists");
        let mut installable = Vec::new();
        for name in names {
            let found = match (missing.contains(name), ambiguous.contains(name)) {
                (true, _) => "missing",
                (false, true) => "ambiguous",
                (false, false) => "installable",
            };
            let said = match availability(name, release, arch) {
                Availability::Installable => "installable",
                Availability::Ambiguous => "ambiguous",
                Availability::Missing | Availability::OtherComponent(_) => "missing",
                Availability::Unknown | Availability::Pattern => "unknown",
            };
            *counts.entry(said).or_default() += 1;
            if said != "unknown" && said != found {
                differences.push(format!("{release} {}: {name} is {found}, not {said}", arch.name()));
            }
            installable.extend((said == "installable").then_some(name));
        }
        for at in 0..SINGLE {
            let name = installable[at * installable.len() / SINGLE];
            let (is_installed, text) = system.apt(arch, &["-s", "install", "--", name]);
            if !is_installed {
                differences.push(format!("{release} {}: {name} cannot be installed:\n{text}", arch.name()));
            }
        }
        eprintln!("{release} {}: {counts:?}, {SINGLE} installed one by one", arch.name());
    }
    differences
}

/// The same sample without apt: every kind of answer is in it.
#[test]
fn the_sample_has_every_kind_of_answer() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let names: Vec<String> = of_table(&mut numbers).into_iter().chain(others(&mut numbers)).collect();
    assert_eq!(names.len(), 2 * NAMES);
    let mut kinds = BTreeSet::new();
    for name in &names {
        kinds.insert(format!("{:?}", availability(name, DebianRelease::Trixie, DebianArch::Armhf)));
    }
    for kind in ["Installable", "Missing", "Ambiguous", "Unknown", "OtherComponent(\"contrib\")"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}
