//! What the old images did by themselves when a container started: each thing that a file counts on is
//! told, with what to write instead.

use super::choice::{Choice, Packages, old_packages};
use super::notes::Notes;
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::image::{Family, Parts, StartVariable};
use crate::shell::commands;
use crate::source::Span;

/// The old image that a stage began with.
pub struct Was<'w> {
    /// Who published it.
    pub family: Family,
    /// The parts of its name.
    pub parts: &'w Parts,
    /// Where it stands.
    pub span: &'w Span,
}

/// Looks at the instructions of a stage that goes on with `choice`.
pub fn tell(file: &Dockerfile, body: &[&Instruction], was: &Was, choice: &Choice, notes: &mut Notes) {
    for instruction in body {
        environment(instruction, was, &[StartVariable::InitSystem, StartVariable::Udev], notes);
        scripts(file, instruction, notes);
    }
    if old_packages(was.parts) == Packages::Apt && choice.packages == Packages::Apt {
        apt_settings(file, body, notes);
    }
    if was.parts.variant == Some("onbuild") {
        onbuild(was, notes);
    }
    if was.parts.hardware == "rpi-raspbian" {
        let new = if choice.packages == Packages::Apk { "Alpine" } else { "Debian" };
        notes.warn(
            "raspbian",
            was.span,
            format!("the old image was Raspbian, the new one is {new}"),
            format!(
                "Raspbian's own packages (libraspberrypi-bin, raspi-config, wiringpi) are not in {new}'s archive"
            ),
        );
    }
}

/// `INITSYSTEM` and `UDEV`: those of them that are asked about.
pub fn environment(instruction: &Instruction, was: &Was, names: &[StartVariable], notes: &mut Notes) {
    if instruction.keyword != Keyword::Env {
        return;
    }
    for (name, value) in instruction.pairs() {
        let variable = StartVariable::named(&name.text).filter(|variable| names.contains(variable));
        let Some(variable) = variable.filter(|_| StartVariable::is_on(&value.text)) else { continue };
        let span = name.span.start..value.span.end;
        match variable {
            StartVariable::InitSystem if variable.is_read_by(was.family) => notes.warn(
                "initsystem",
                &span,
                "INITSYSTEM made the old image start systemd, and the command as a service of it",
                "now the command is process 1: take the line out if it needs no services; if it does, install \
                 systemd, write CMD [\"/lib/systemd/systemd\"] and make the command a unit, or better give \
                 each service a container",
            ),
            StartVariable::InitSystem => notes.tell(
                "initsystem",
                &span,
                "INITSYSTEM had no effect with the old image either",
                "take the line out",
            ),
            StartVariable::Udev => notes.warn(
                "udev",
                &span,
                "UDEV made the old image mount /dev and start udevd, so that devices plugged in later show",
                START_UDEV,
            ),
        }
    }
}

/// The images of the first series that are on Debian started udevd unless they were told not to; those of
/// the second only if they were told to.
pub fn default_udev(body: &[&Instruction], was: &Was, help: &str, notes: &mut Notes) {
    if was.family != Family::Resin || old_packages(was.parts) != Packages::Apt {
        return;
    }
    let envs = body.iter().filter(|found| found.keyword == Keyword::Env);
    let mut names = envs.flat_map(|env| env.pairs()).map(|(name, _)| StartVariable::named(&name.text));
    if names.any(|name| name == Some(StartVariable::Udev)) {
        return;
    }
    notes.tell(
        "udev",
        was.span,
        "the old image mounted /dev and started udevd by itself: UDEV was on in it",
        format!("only a device that is plugged in later needs it: {help}"),
    );
}

/// What to write for udev where no image starts it.
pub const START_UDEV: &str = "install udev (on Alpine eudev) and begin the start script with: mount -t devtmpfs none /dev; \
     /lib/systemd/systemd-udevd --daemon (on Alpine udevd --daemon); udevadm trigger; the container has to be \
     privileged";

/// The old images answered apt's questions with yes; nobody does now, and it ends.
fn apt_settings(file: &Dockerfile, body: &[&Instruction], notes: &mut Notes) {
    const ASKING: [&str; 3] = ["install", "upgrade", "dist-upgrade"];
    let runs = || body.iter().filter(|found| found.keyword == Keyword::Run);
    let is_set =
        |found: &&Instruction| memchr::memmem::find(file.bytes(&found.span), b"Assume-Yes").is_some();
    if runs().any(is_set) {
        return;
    }
    for command in runs().flat_map(|found| commands(file, found)) {
        let asks = |name: &&&str| command.apt(name).is_some();
        if let Some(name) = ASKING.iter().find(asks)
            && !command.answers_apt()
        {
            notes.warn(
                "apt-settings",
                &command.span(),
                format!("`{name}` without -y: the old image answered yes to all that apt asks"),
                format!(
                    "write apt-get {name} -y --no-install-recommends: recommended packages were not installed either"
                ),
            );
        }
    }
}

/// Scripts that only the old images had.
fn scripts(file: &Dockerfile, instruction: &Instruction, notes: &mut Notes) {
    if !matches!(instruction.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) {
        return;
    }
    let text = file.bytes(&instruction.span);
    let place = |needle: &str| {
        let at = memchr::memmem::find(text, needle.as_bytes())?;
        Some(instruction.span.start + at..instruction.span.start + at + needle.len())
    };
    if let Some(span) = place("/usr/bin/entry.sh") {
        notes.warn(
            "entry-script",
            &span,
            "`/usr/bin/entry.sh` was the entry point of the old image, and is not there any more",
            "start the command itself: the script did nothing else but start udev or an init system first",
        );
    }
    for idle in ["balena-idle", "resin-idle"] {
        if let Some(span) = place(idle) {
            notes.warn(
                "idle",
                &span,
                format!("`{idle}` was a script of the old image that waits for ever"),
                "write CMD [\"sleep\", \"infinity\"]",
            );
        }
    }
}

/// What an `-onbuild` image did for the file.
pub fn onbuild(was: &Was, notes: &mut Notes) {
    let steps = match was.parts.stack {
        Some("python") => "COPY requirements.txt ./, RUN pip install -r requirements.txt, COPY . .",
        Some("node") => "COPY package.json ./, RUN npm install, COPY . ., CMD [\"npm\", \"start\"]",
        Some("golang") => "COPY . /go/src/app, RUN go get -v ./... and go install -v ./...",
        _ => "COPY and the installation of what the project needs",
    };
    notes.warn(
        "onbuild",
        was.span,
        "the old image copied and installed the project by itself (onbuild)",
        format!("write it out behind WORKDIR /usr/src/app: {steps}"),
    );
}

/// Without a command the old images ran one of their own: to wait, or to say that there is none. What an
/// `-onbuild` image ran is told with its other steps.
pub fn no_command(was: &Was, reference: &str, notes: &mut Notes) {
    if was.parts.variant == Some("onbuild") {
        return;
    }
    notes.warn(
        "no-command",
        was.span,
        "the image has no CMD: the old image's own default command ran",
        format!(
            "that of `{reference}` is another one, mostly a shell or an interpreter that ends: write CMD [...]; to \
             wait, CMD [\"sleep\", \"infinity\"]"
        ),
    );
}
