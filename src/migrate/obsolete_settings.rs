//! What the old images did by themselves when a container started: each thing that a file needs is
//! reported, with what to write instead.

use super::choice::{ImageChoice, Packages, old_packages};
use super::file_images::OldStage;
use super::notes::Notes;
use crate::dockerfile::{Instruction, Keyword};
use crate::image::balena::onbuild_steps;
use crate::image::{Family, StartVariable};

/// Looks at the instructions of a stage that goes on with `choice`.
pub fn report(stage: &OldStage, choice: &ImageChoice, notes: &mut Notes) {
    environment(stage, &[StartVariable::InitSystem, StartVariable::Udev], notes);
    onbuild(stage, notes);
    if stage.parts.is_raspbian() {
        let new = if choice.packages == Packages::Apk { "Alpine" } else { "Debian" };
        notes.warn(
            "raspbian",
            &stage.image.span,
            format!("the old image was Raspbian, the new one is {new}"),
            format!(
                "Raspbian's own packages (libraspberrypi-bin, raspi-config, wiringpi) are not in {new}'s archive"
            ),
        );
    }
}

/// `INITSYSTEM` and `UDEV`: those of them in `names`.
pub fn environment(stage: &OldStage, names: &[StartVariable], notes: &mut Notes) {
    let envs = stage.body.iter().filter(|found| found.keyword == Keyword::Env);
    for (name, value) in envs.flat_map(|env| env.pairs()) {
        let variable = StartVariable::named(&name.text).filter(|variable| names.contains(variable));
        let Some(variable) = variable.filter(|_| StartVariable::is_on(&value.text)) else { continue };
        let span = name.span.start..value.span.end;
        match variable {
            StartVariable::InitSystem if variable.is_read_by(stage.known.family) => notes.warn(
                "initsystem",
                &span,
                "INITSYSTEM made the old image start systemd, and the command as a service of it",
                "now the command is process 1: take the line out if it needs no services; if it does, install \
                 systemd, write CMD [\"/lib/systemd/systemd\"] and make the command a unit, or better give \
                 each service a container",
            ),
            StartVariable::InitSystem => {
                let message = "INITSYSTEM had no effect with the old image either";
                notes.info("initsystem", &span, message, "take the line out");
            }
            StartVariable::Udev => notes.warn(
                "udev",
                &span,
                "UDEV made the old image mount /dev and start udevd, so that devices plugged in later show",
                START_UDEV,
            ),
        }
    }
}

/// The images of the first series that are on Debian started udevd unless `UDEV` was off; those of the
/// second only if it was on.
pub fn default_udev(stage: &OldStage, help: &str, notes: &mut Notes) {
    if stage.known.family != Family::Resin || old_packages(stage.parts) != Packages::Apt {
        return;
    }
    let envs = stage.body.iter().filter(|found| found.keyword == Keyword::Env);
    let mut names = envs.flat_map(|env| env.pairs()).map(|(name, _)| StartVariable::named(&name.text));
    if names.any(|name| name == Some(StartVariable::Udev)) {
        return;
    }
    let message = "the old image mounted /dev and started udevd by itself: UDEV was on in it";
    let help = format!("only a device that is plugged in later needs it: {help}");
    notes.info("udev", &stage.image.span, message, help);
}

/// What to write for udev where no image starts it.
pub const START_UDEV: &str = "install udev (on Alpine eudev) and begin the start script with: mount -t devtmpfs none /dev; \
     /lib/systemd/systemd-udevd --daemon (on Alpine udevd --daemon); udevadm trigger; the container has to be \
     privileged";

/// What an `-onbuild` image did for the file.
pub fn onbuild(stage: &OldStage, notes: &mut Notes) {
    if stage.parts.is_onbuild() {
        let message = "the old image copied and installed the project by itself (onbuild)";
        let steps = onbuild_steps(stage.parts.stack);
        let help = format!("write these steps after WORKDIR /usr/src/app: {steps}");
        notes.warn("onbuild", &stage.image.span, message, help);
    }
}

/// Without a command the old images ran one of their own: to wait, or to say that there is none. What an
/// `-onbuild` image ran is reported with its other steps.
pub fn no_command(stage: &OldStage, reference: &str, notes: &mut Notes) {
    let starts = |found: &&Instruction| matches!(found.keyword, Keyword::Cmd | Keyword::Entrypoint);
    if stage.parts.is_onbuild() || stage.body.iter().any(starts) {
        return;
    }
    notes.warn(
        "no-command",
        &stage.image.span,
        "the image has no CMD: the old image's own default command ran",
        format!(
            "that of `{reference}` is another one, mostly a shell or an interpreter that exits: write CMD [...]; \
             to keep the container running, CMD [\"sleep\", \"infinity\"]"
        ),
    );
}
