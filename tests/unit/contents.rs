//! What images have: official ones and those of balena, and which package has a program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::device_types::Registry;
use crate::image::{Catalogue, Platform, Reference};
use crate::shell::PackageManager;
use crate::software::contents::{Contents, program};

fn of(text: &str) -> Contents {
    let registry = Registry::embedded();
    let reference = Reference::parse(text).unwrap();
    let known = Catalogue::new(&registry).about(&reference);
    let platform = Platform::parse("linux/amd64");
    Contents::of(&reference, &known, platform.as_ref()).unwrap_or_else(|| panic!("{text}"))
}

fn of_old(text: &str) -> Contents {
    let registry = Registry::embedded();
    let known = Catalogue::new(&registry).about(&Reference::parse(text).unwrap());
    Contents::of_old(&known).unwrap_or_else(|| panic!("{text}"))
}

/// The programs of which an image has some, and none of others.
fn assert_programs(image: &Contents, name: &str, there: &str, missing: &str) {
    for program in there.split(' ') {
        assert_eq!(image.has_program(program), Some(true), "{name}: {program}");
    }
    for program in missing.split(' ').filter(|program| !program.is_empty()) {
        assert_eq!(image.has_program(program), Some(false), "{name}: {program}");
    }
}

/// What every image of Debian has.
const ESSENTIAL: &str = "apt-get awk bash cat chmod chown cp cut date dd df dpkg egrep env find grep gzip head \
    hostname id install ldconfig ln ls mkdir mktemp mount mv od passwd perl readlink rm sed seq sh sha256sum sleep \
    sort start-stop-daemon su tail tar tee timeout touch tr umount uname useradd usermod groupadd wc which xargs \
    debconf-set-selections update-alternatives service invoke-rc.d update-rc.d runuser setpriv flock base64 gunzip";
/// What no small image of Debian has.
const NOT_IN_SLIM: &str = "curl wget git sudo ps ping ip ifconfig route netstat i2cdetect lsusb lspci udevadm modprobe \
    lsmod nano less vim vi make gcc g++ cc unzip zip xz bzip2 ssh scp rsync systemctl journalctl crontab locale-gen jq \
    file man htop screen nc telnet dig nmcli iwconfig wpa_supplicant hostapd dnsmasq dbus-send bluetoothctl tini gosu \
    dumb-init ffmpeg sqlite3 nginx supervisord add-apt-repository lsb_release gpg xxd bc killall fuser lsof \
    top free pkill pgrep watch sysctl uptime vcgencmd tvservice raspi-config gpio install_packages balena-idle \
    entry.sh cross-build-start apk yum mosquitto redis-server psql aplay arecord amixer chromium xinit startx cmake";

#[test]
fn small_images_of_debian() {
    for name in [
        "debian:bookworm-slim",
        "debian:bookworm",
        "debian:12-slim",
        "debian:trixie",
        "debian:13",
        "debian:latest",
    ] {
        let image = of(name);
        assert_eq!((image.distro(), image.manager()), ("debian", PackageManager::Apt));
        assert_programs(&image, name, ESSENTIAL, NOT_IN_SLIM);
        assert_programs(&image, name, "apt-get", "python python3 pip pip3 node npm go java");
        assert_eq!(image.has_certificates(), Some(false), "{name}");
    }
    assert_eq!(of("debian:latest").release(), Some("trixie"));
    assert_programs(&of("debian:bookworm"), "bookworm", "apt-key adduser addgroup gpgv", "");
    assert_programs(&of("debian:trixie"), "trixie", "useradd apt", "apt-key adduser gpgv add-apt-repository");
    // One that is not released may have changed.
    assert_eq!(of("debian:forky-slim").has_program("curl"), Some(false));
    assert_eq!(of("debian:forky-slim").has_program("newgrp"), None);
    // There is no list of what they had.
    assert_eq!(of("debian:buster-slim").has_program("curl"), None);
    assert_eq!(of("debian:bookworm").has_program("a-program-of-nobody"), None);
}

#[test]
fn images_of_languages_on_debian() {
    let image = of("python:3.12-slim");
    assert_eq!(image.release(), Some("trixie"));
    assert!(image.has_headers() && image.has_certificates() == Some(true));
    assert_programs(&image, "python", ESSENTIAL, NOT_IN_SLIM);
    assert_programs(
        &image,
        "python",
        "python python3 python3.12 pip pip3 openssl python3-config",
        "node apt-key",
    );
    let image = of("python:3.12-slim-bookworm");
    assert_programs(&image, "python", &format!("{ESSENTIAL} apt-key python3 pip openssl"), NOT_IN_SLIM);
    assert_eq!(image.has_package("build-essential"), Some(false));
    for name in ["node:22-slim", "node:22-bookworm-slim", "node:22-trixie-slim"] {
        let image = of(name);
        assert_programs(&image, name, ESSENTIAL, NOT_IN_SLIM);
        assert_programs(&image, name, "node nodejs npm npx yarn", "python python3 pip");
        assert_eq!(image.has_certificates(), Some(false));
        assert!(!image.has_headers());
    }
    for name in
        ["node:22", "python:3.12", "node:22-bookworm", "python:3.12-bookworm", "buildpack-deps:bookworm"]
    {
        let image = of(name);
        let there = "curl wget git hg svn ssh make gcc g++ cc ld unzip xz bzip2 patch file gpg ps pkill top free \
            update-ca-certificates python3 convert autoconf automake libtoolize pkg-config openssl";
        assert_programs(
            &image,
            name,
            there,
            "sudo ping ip ifconfig i2cdetect lsusb udevadm modprobe nano less vim",
        );
        assert_programs(
            &image,
            name,
            ESSENTIAL,
            "jq zip cmake rsync systemctl crontab locale-gen add-apt-repository",
        );
        assert_eq!(image.has_certificates(), Some(true));
    }
    assert_programs(&of("node:22"), "node", "python3 node yarn", "pip pip3 python");
    assert_programs(&of("golang:1.26"), "golang", "go gofmt git gcc make pkg-config", "cmake sudo unzip");
    assert_programs(&of("buildpack-deps:bookworm-curl"), "curl", "curl wget gpg", "git ps make gcc");
    assert_programs(&of("buildpack-deps:trixie-scm"), "scm", "curl git ssh ps", "make gcc unzip");
    // Yarn and corepack went.
    assert_eq!(of("node:26").has_program("yarn"), Some(false));
    assert_eq!(of("node:24").has_program("corepack"), Some(true));
    // Which release it was on is not known.
    let image = of("python:3.8-slim");
    assert_eq!((image.release(), image.has_program("curl")), (None, None));
    assert_eq!((image.has_program("pip"), image.has_program("sed")), (Some(true), Some(true)));
}

#[test]
fn images_on_alpine() {
    for name in ["alpine", "alpine:3.22", "python:3.12-alpine", "node:22-alpine", "golang:1.26-alpine"] {
        let image = of(name);
        assert_eq!((image.distro(), image.manager()), ("alpine", PackageManager::Apk));
        let there = "sh ash ps ip ping ifconfig modprobe wget unzip less vi lsusb crontab tar adduser addgroup nc awk sed apk";
        let missing = "bash curl git sudo gpg udevadm nano vim make gcc g++ xz ssh apt-get apt-key systemctl locale-gen jq \
            i2cdetect useradd rsync file cmake tini su-exec install_packages balena-idle";
        assert_programs(&image, name, there, missing);
        assert_eq!(image.has_certificates(), Some(true), "{name}");
    }
    assert_programs(&of("python:3.12-alpine"), "python", "python3 pip python", "node");
    assert_programs(&of("node:22-alpine"), "node", "node npm yarn", "python3 pip");
    assert_programs(&of("alpine"), "alpine", "sh", "python3 pip pip3 node npm");
    assert_eq!(of("alpine").has_package("ca-certificates"), Some(false));
    assert_eq!(of("python:3.12-alpine").has_package("ca-certificates"), Some(true));
}

#[test]
fn other_images() {
    let image = of("ubuntu:24.04");
    assert_eq!((image.distro(), image.release()), ("ubuntu", Some("noble")));
    assert_programs(
        &image,
        "ubuntu",
        "apt-get bash ps useradd",
        "curl wget git sudo ping ip vim python3 gpg",
    );
    for name in ["eclipse-temurin:21-jre-noble", "eclipse-temurin:21-jre", "eclipse-temurin:17-jre-jammy"] {
        assert_programs(&of(name), name, "java keytool curl wget gpg bash ls apt-get", "");
    }
    assert_programs(&of("eclipse-temurin:21-jre-alpine"), "alpine", "java gpg ls apk", "");
    assert_programs(&of("ruby:3.4-slim"), "ruby", "ruby gem bash ls", "");
    assert_eq!(of("ruby:3.4-slim").has_program("curl"), None);
    assert_programs(&of("ubuntu:22.04"), "jammy", "bash ls apt-get", "");
    assert_eq!(of("ubuntu:22.04").has_program("curl"), None);
    let image = of("eclipse-temurin:21-jre");
    assert_eq!((image.has_program("javac"), image.has_program("git")), (None, None));
    assert_programs(&of("mcr.microsoft.com/dotnet/runtime:8.0"), "dotnet", "dotnet bash", "curl wget git");
    // Named by another registry, or for one platform.
    assert_eq!(of("arm32v7/python:3.12-slim-bookworm").has_program("curl"), Some(false));
    let digest = format!("python:3.12-slim@sha256:{}", "a".repeat(64));
    assert_eq!(of(&digest).release(), None);
    let registry = Registry::embedded();
    for name in ["mcr.microsoft.com/dotnet/runtime:8.0-jammy-chiseled", "someone/image:1", "hello-world"] {
        let reference = Reference::parse(name).unwrap();
        let known = Catalogue::new(&registry).about(&reference);
        assert!(Contents::of(&reference, &known, None).is_none(), "{name}");
        assert!(Contents::of_old(&known).is_none(), "{name}");
    }
}

#[test]
fn what_a_build_adds() {
    let mut image = of("debian:bookworm-slim");
    let before = image.clone();
    image.add_package("curl");
    image.add_package("gnupg");
    image.add_program("start.sh");
    assert_programs(&image, "after", "curl gpg start.sh", "wget");
    assert_eq!(before.has_program("curl"), Some(false));
    image.forget();
    assert_eq!((image.has_program("wget"), image.has_package("wget")), (None, None));
    assert_eq!((image.has_program("curl"), image.has_program("ls")), (Some(true), Some(true)));
}

/// Programs of Debian that pip, npm and gem have as well.
const OF_LANGUAGES: &str = "gunicorn celery uvicorn flask django-admin scrapy tsc gulp grunt node-gyp bundle \
    sphinx-build supervisord ansible cmake ninja virtualenv esptool docker-compose pytest librespot";

#[test]
fn packages_of_languages_bring_programs() {
    let mut image = of("debian:trixie-slim");
    assert_programs(&image, "before", "ls", &format!("{OF_LANGUAGES} curl git"));
    image.add_program("flask");
    image.add_language_packages();
    for program in OF_LANGUAGES.split_whitespace().filter(|program| *program != "flask") {
        assert_eq!(image.has_program(program), None, "{program}");
    }
    assert_programs(&image, "after", "ls flask", "curl git i2cdetect nano");
}

#[test]
fn a_program_of_a_language_is_installed_with_its_package_manager() {
    let line = |name: &str| program(name).unwrap().language_line();
    assert_eq!(line("tsc"), Some(("npm", "npm install -g typescript".to_owned())));
    assert_eq!(line("nodemon"), Some(("npm", "npm install -g nodemon".to_owned())));
    assert_eq!(line("django-admin"), Some(("pip", "pip install django".to_owned())));
    assert_eq!(line("bundle"), Some(("gem", "gem install bundler".to_owned())));
    // Debian's are as good.
    assert_eq!((line("cmake"), line("supervisord"), line("curl")), (None, None, None));
    let origins = ["npm", "pypi", "gem"];
    for row in rows().filter(|row| origins.contains(&row[4])) {
        assert!(line(row[0]).is_some(), "{}", row[0]);
    }
    for language in rows().flat_map(|row| row[5].split(' ')).filter(|language| !language.is_empty()) {
        let kind = language.split(':').next().unwrap();
        assert!(origins.contains(&kind) || ["cpan", "crates"].contains(&kind), "{language}");
    }
}

#[test]
fn what_is_part_of_every_shell_is_no_program() {
    for name in ["[", "echo", "false", "kill", "printf", "pwd", "test", "true"] {
        assert!(program(name).is_none(), "{name}");
    }
}

#[test]
fn what_images_of_python_had_until_some_version() {
    assert_programs(&of("python:3.12-slim-bookworm"), "3.12", "2to3 pip3.12", "wheel easy_install pyvenv");
    assert_programs(&of("python:3.13-slim-bookworm"), "3.13", "pip", "2to3 wheel easy_install");
    assert_programs(&of("python:3.11-slim-bookworm"), "3.11", "2to3 wheel", "easy_install");
    assert_programs(&of("python:3.7-slim"), "3.7", "2to3 wheel pyvenv", "");
    assert_programs(&of("python:2.7-slim"), "2.7", "2to3 wheel easy_install pip", "");
}

#[test]
fn what_an_installation_brings_along_is_known_of_tracked_packages() {
    let mut image = of("debian:bookworm-slim");
    assert_programs(&image, "before", "ls", "wvdial pppd curl python3 git make ping");
    // It depends on ppp.
    image.add_package("wvdial");
    assert_eq!((image.has_program("pppd"), image.has_package("ppp")), (None, None));
    assert_programs(&image, "after", "wvdial", "curl python3 git make ping");
}

#[test]
fn what_the_images_of_balena_had() {
    let of_all = "sudo curl gpg ping udevadm ip sh bash apt-get update-ca-certificates entry.sh";
    let pi = "less nano ifconfig lsusb i2cdetect modprobe lsmod ifup";
    let image = of_old("balenalib/raspberrypi3-debian:bullseye-run");
    assert_programs(
        &image,
        "run",
        &format!("{of_all} {pi} ps vcgencmd tvservice install_packages balena-idle"),
        "",
    );
    assert_eq!((image.has_program("git"), image.has_program("gcc")), (None, None));
    let image = of_old("balenalib/raspberrypi3-debian:buster-build");
    assert_programs(&image, "build", &format!("{of_all} {pi} git gcc make g++ ssh wget hg svn"), "");
    // A newer release than what was read in full.
    let image = of_old("balenalib/raspberrypi3-debian:bookworm-run");
    assert_programs(&image, "bookworm", &format!("{of_all} {pi} ps vcgencmd"), "");
    // Without a release it is what it meant at the end.
    assert!(of_old("balenalib/raspberrypi3-debian").release().is_some());
    let image = of_old("balenalib/armv7hf-debian:bullseye");
    assert_eq!((image.has_program("sudo"), image.has_program("i2cdetect")), (Some(true), None));
    let image = of_old("balenalib/intel-nuc-debian:bullseye");
    assert_eq!((image.has_program("lsusb"), image.has_program("vcgencmd")), (Some(true), None));
    let image = of_old("balenalib/raspberrypi4-64-debian-node:14-build");
    assert_programs(&image, "node", "node npm yarn git gcc i2cdetect", "");
    let image = of_old("balenalib/raspberrypi3-alpine-python:3.9");
    assert_eq!(image.manager(), PackageManager::Apk);
    assert_programs(&image, "alpine", "bash curl gpg udevadm python3 pip nano lsusb vcgencmd", "");
    let image = of_old("resin/raspberrypi3-python:3.6");
    assert_programs(
        &image,
        "resin",
        &format!("{of_all} {pi} systemctl python pip git gcc make curl wget"),
        "",
    );
    let image = of_old("resin/raspberrypi3-python:3.6-slim");
    assert_programs(&image, "slim", &format!("{of_all} {pi} systemctl python"), "");
    assert_eq!((image.has_program("gcc"), image.has_program("git")), (None, None));
}

/// The rows of the table of programs: its name, and the packages of Debian, Alpine and Fedora.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    include_str!("../../data/programs.tsv").lines().skip(1).map(|line| line.split('\t').collect())
}

/// The packages of Debian that have a program, or may have it.
fn debian_packages() -> BTreeSet<&'static str> {
    let all = rows().flat_map(|row| row[1].split(' '));
    let names = all.filter_map(|name| name.trim_start_matches('?').split(['<', '>']).next());
    names.filter(|name| !name.is_empty() && *name != "-" && !name.starts_with('!')).collect()
}

#[test]
fn the_table_of_programs() {
    let all: Vec<&str> = rows().map(|row| row[0]).collect();
    assert!(all.len() > 1000 && all.is_sorted_by(|a, b| a < b));
    assert!(all.iter().all(|name| program(name).is_some_and(|program| program.name == *name)));
    let install = |name: &str, manager| program(name).unwrap().package(manager);
    assert_eq!(install("i2cdetect", PackageManager::Apt), Some("i2c-tools"));
    assert_eq!(install("gpg", PackageManager::Apt), Some("gnupg"));
    assert_eq!(install("ps", PackageManager::Dnf), Some("procps-ng"));
    assert_eq!(install("bash", PackageManager::Apk), Some("bash"));
    assert_eq!(install("vcgencmd", PackageManager::Apt), None);
    assert_eq!(program("vcgencmd").unwrap().origin, Some("raspberry-pi"));
    assert_eq!(program("balena-idle").unwrap().origin, Some("balena"));
    assert_eq!(install("balena-idle", PackageManager::Apt), None);
    assert_eq!(
        program("add-apt-repository").unwrap().package_in(PackageManager::Apt, "bookworm"),
        Some("software-properties-common")
    );
    assert_eq!(program("add-apt-repository").unwrap().package_in(PackageManager::Apt, "trixie"), None);
    assert!(program("nobody-has-this").is_none());
    let packages = debian_packages();
    for name in [
        "ca-certificates",
        "python3",
        "python3-pip",
        "python3-venv",
        "python3-dev",
        "build-essential",
        "sudo",
    ] {
        assert!(packages.contains(name), "{name}");
    }
}

/// Each full list of an image, as its source has it: every package is there, and no package of other images is.
#[test]
fn the_full_lists_of_the_sources() {
    let named = std::env::var_os("DTPL_SOURCES").filter(|path| !path.is_empty()).map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/upstream");
    let path = named.unwrap_or(usual).join("image-contents/official-packages.tsv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("nothing is compared: DTPL_SOURCES names no folder of sources with image-contents");
        return;
    };
    let mut lists: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let listed = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    // The names of a release before its day are not those of the release.
    for row in listed.filter(|row| !row[1].contains("prerelease")) {
        lists.entry(format!("{}:{}", row[0], row[1])).or_default().insert(row[7]);
    }
    assert!(lists.len() > 8);
    let debian: BTreeSet<&str> = lists.values().flatten().copied().chain(debian_packages()).collect();
    let mut compared = [0, 0];
    for (name, list) in &lists {
        let image = of(name);
        for package in list {
            // A package of the release 3.22 may have another name in others.
            let is_base = name.contains("alpine") && matches!(*package, "libapk" | "libapk2");
            assert!(is_base || image.has_package(package) == Some(true), "{name}: {package}");
            compared[0] += 1;
        }
        let others = debian.difference(list).filter(|_| image.manager() == PackageManager::Apt);
        for other in others {
            // The lists of Alpine leave libraries open.
            assert_eq!(image.has_package(other), Some(false), "{name}: {other}");
            compared[1] += 1;
        }
        for program in rows().filter_map(|row| program(row[0])) {
            let has = image.has_program(program.name);
            let Some(package) = program.package(image.manager()) else { continue };
            assert!(!list.contains(package) || has == Some(true), "{name}: {}", program.name);
        }
    }
    assert!(compared[0] > 1000 && compared[1] > 5000, "{compared:?}");
}
