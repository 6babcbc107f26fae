//! What the images of balena's two series, `resin/` and `balenalib/`, were like beyond the tables of
//! `balena-images.yaml`: how their names are read, and what they had installed.

/// The variants of `balenalib/`.
pub(super) const VARIANTS: [&str; 2] = ["build", "run"];
/// The variants of `resin/`.
pub(super) const RESIN_VARIANTS: [&str; 4] = ["slim", "onbuild", "curl", "scm"];
/// Stacks of `resin/` that are no language, but bare distributions with something installed.
pub(super) const BARE_STACKS: [&str; 2] = ["buildpack-deps", "systemd"];
/// The distribution of a name without one.
pub(super) const DEFAULT_DISTRO: &str = "debian";
/// The variant of a `balenalib/` name without one.
pub(super) const DEFAULT_VARIANT: &str = "run";

/// The hardware part in the name of Raspbian images, which is no device type.
pub(super) const RASPBIAN: &str = "rpi-raspbian";
/// The slugs of the arches that Raspbian runs on.
pub const RASPBIAN_ARCHES: [&str; 2] = ["rpi", "armv7hf"];

/// What the first number of a version meant in `resin/`, where that differs from what a name without a
/// version meant: Python 2.7.
pub(super) const RESIN_MAJORS: [(&str, &str, &str); 1] = [("python", "3", "3.6")];

/// The placeholders that `resin/` names were written with, and those of `balenalib/`.
pub const RENAMED_PLACEHOLDERS: [(&str, &str); 2] =
    [("%%RESIN_MACHINE_NAME%%", "%%BALENA_MACHINE_NAME%%"), ("%%RESIN_ARCH%%", "%%BALENA_ARCH%%")];

/// Scripts of the old images that switched an emulator on and off.
pub const EMULATOR_SCRIPTS: [&str; 2] = ["cross-build-start", "cross-build-end"];
/// The entry point of the old images, which started udev or an init system and then the command.
pub const ENTRY_SCRIPT: &str = "/usr/bin/entry.sh";
/// Scripts of the old images that wait forever.
pub const IDLE_SCRIPTS: [&str; 2] = ["balena-idle", "resin-idle"];

/// The instructions that an `onbuild` image of a stack ran by itself.
pub fn onbuild_steps(stack: Option<&str>) -> &'static str {
    match stack {
        Some("python") => "COPY requirements.txt ./, RUN pip install -r requirements.txt, COPY . .",
        Some("node") => "COPY package.json ./, RUN npm install, COPY . ., CMD [\"npm\", \"start\"]",
        Some("golang") => "COPY . /go/src/app, RUN go get -v ./... and go install -v ./...",
        _ => "COPY and the installation of what the project needs",
    }
}

/// A program of the old images, with the packages that have it in maintained distributions; an empty
/// name where it is installed anyway.
pub struct OldProgram {
    pub name: &'static str,
    /// The package of Debian and Ubuntu, of Alpine, and of Fedora.
    pub apt: &'static str,
    pub apk: &'static str,
    pub dnf: &'static str,
    /// Whether only the `build` variants had it.
    pub of_build: bool,
    /// Whether the full official images of a language have it.
    pub in_full: bool,
    /// Whether the official Alpine images have it.
    pub in_alpine: bool,
}

const fn program(
    name: &'static str,
    [apt, apk, dnf]: [&'static str; 3],
    [of_build, in_full, in_alpine]: [bool; 3],
) -> OldProgram {
    OldProgram { name, apt, apk, dnf, of_build, in_full, in_alpine }
}

/// The programs of the old images that Dockerfiles use.
pub static PROGRAMS: [OldProgram; 22] = [
    program("bash", ["", "bash", ""], [false, true, false]),
    program("curl", ["curl", "curl", ""], [false, true, false]),
    program("sudo", ["sudo", "sudo", "sudo"], [false, false, false]),
    program("gpg", ["gnupg", "gnupg", "gnupg2"], [false, true, false]),
    program("ps", ["procps", "", "procps-ng"], [false, true, true]),
    program("ping", ["iputils-ping", "", "iputils"], [false, false, true]),
    program("ip", ["iproute2", "", "iproute"], [false, false, true]),
    program("udevadm", ["udev", "eudev", "systemd-udev"], [false, false, false]),
    program("modprobe", ["kmod", "", "kmod"], [false, false, true]),
    program("wget", ["wget", "", "wget2-wget"], [true, true, true]),
    program("git", ["git", "git", "git"], [true, true, false]),
    program("make", ["build-essential", "build-base", "make"], [true, true, false]),
    program("gcc", ["build-essential", "build-base", "gcc"], [true, true, false]),
    program("g++", ["build-essential", "build-base", "gcc-c++"], [true, true, false]),
    program("cmake", ["cmake", "cmake", "cmake"], [false, false, false]),
    program("unzip", ["unzip", "", "unzip"], [true, true, true]),
    program("patch", ["patch", "", "patch"], [true, true, true]),
    program("xz", ["xz-utils", "xz", "xz"], [true, true, false]),
    program("file", ["file", "file", "file"], [true, true, false]),
    program("ssh", ["openssh-client", "openssh-client", "openssh-clients"], [true, true, false]),
    program("svn", ["subversion", "subversion", "subversion"], [true, true, false]),
    program("hg", ["mercurial", "mercurial", "mercurial"], [true, true, false]),
];

/// Prefixes of packages that are not in the distribution's archive, with the vendor of the board: the old
/// images had the vendor's archive set up.
pub const VENDOR_PACKAGES: [(&str, &str); 13] = [
    ("nvidia-", "NVIDIA"),
    ("cuda-", "NVIDIA"),
    ("libcudnn", "NVIDIA"),
    ("libnvinfer", "NVIDIA"),
    ("libnvidia-", "NVIDIA"),
    ("libraspberrypi", "Raspberry Pi"),
    ("raspberrypi-", "Raspberry Pi"),
    ("libcamera-apps", "Raspberry Pi"),
    ("rpicam-apps", "Raspberry Pi"),
    ("raspi-", "Raspberry Pi"),
    ("python3-picamera", "Raspberry Pi"),
    ("omxplayer", "Raspberry Pi"),
    ("wiringpi", "Raspberry Pi"),
];
