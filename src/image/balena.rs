//! What the images of balena's two series, `resin/` and `balenalib/`, were like beyond the tables of
//! `balena-images.yaml`: how their names are read, and what their scripts did.

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
/// The instructions that an `onbuild` image of a stack ran by itself.
pub fn onbuild_steps(stack: Option<&str>) -> &'static str {
    match stack {
        Some("python") => "COPY requirements.txt ./, RUN pip install -r requirements.txt, COPY . .",
        Some("node") => "COPY package.json ./, RUN npm install, COPY . ., CMD [\"npm\", \"start\"]",
        Some("golang") => "COPY . /go/src/app, RUN go get -v ./... and go install -v ./...",
        _ => "COPY and the installation of what the project needs",
    }
}
