//! Names of files that look like the Dockerfile of some devices, and under which it is never looked for.

use std::borrow::Cow;

use crate::arch::Arch;
use crate::device_types::{DeviceType, Registry, Status};

const LETTERS: &str = "upper and lower case letters differ in names";

/// Whether a Dockerfile with this extension may be taken.
pub(super) fn is_extension(text: &str, registry: &Registry) -> bool {
    let is_slug = registry.device_type(text).is_some_and(|device| device.slug == *text);
    is_slug || registry.arch(text).is_some() || matches!(text, "template" | "tera")
}

/// The names that a file can have to be taken, if it looks as if it were meant so, and why it is not. `base` is
/// the name of the Dockerfile without an extension.
pub(super) fn right_names(name: &str, base: &str, registry: &Registry) -> Option<(Vec<String>, String)> {
    let (name, is_text) = match name.len().checked_sub(4).and_then(|end| name.split_at_checked(end)) {
        Some((rest, end)) if end.eq_ignore_ascii_case(".txt") => (rest, true),
        _ => (name, false),
    };
    let of_text = || is_text.then(|| "it ends in `.txt`".to_owned());
    let whole = |right: Vec<Cow<str>>| right.iter().map(|right| format!("{base}.{right}")).collect();
    let Some((head, rest)) =
        name.split_at_checked(base.len()).filter(|(head, _)| head.eq_ignore_ascii_case(base))
    else {
        // `raspberrypi3.Dockerfile`
        let start = name.len().checked_sub(base.len())?;
        let (extension, end) = name.split_at_checked(start)?;
        let extension = extension.strip_suffix(['.', '-', '_']).filter(|_| end.eq_ignore_ascii_case(base))?;
        let (right, _) = meant(extension, registry)?;
        return Some((whole(right), format!("the name has to begin with `{base}`")));
    };
    let other_head = || (head != base).then(|| LETTERS.to_owned());
    if rest.is_empty() {
        return Some((vec![base.to_owned()], of_text().or_else(other_head)?));
    }
    let extension = rest.strip_prefix(['.', '-', '_'])?;
    let other_separator = || (!rest.starts_with('.')).then(|| format!("`{base}.` has to come first"));
    let (right, why) = meant(extension, registry)?;
    Some((whole(right), of_text().or(why).or_else(other_separator).or_else(other_head)?))
}

/// The extensions that a text stands for, and why it is none itself, if that is so.
fn meant<'r>(text: &'r str, registry: &'r Registry) -> Option<(Vec<Cow<'r, str>>, Option<String>)> {
    if is_extension(text, registry) {
        return Some((vec![Cow::Borrowed(text)], None));
    }
    let lower = text.to_ascii_lowercase();
    if is_extension(&lower, registry) {
        return Some((vec![Cow::Owned(lower)], Some(LETTERS.to_owned())));
    }
    if matches!(&*lower, "tmpl" | "tpl" | "templ") {
        let why = "the extension of a template is `template`".to_owned();
        return Some((vec![Cow::Borrowed("template")], Some(why)));
    }
    if let arches @ [first, others @ ..] = &*arches(&lower, registry) {
        let verb = if others.is_empty() { "name is" } else { "names are" };
        let more: String = others.iter().map(|other| format!(" and `{other}`")).collect();
        let why = format!("balena's {verb} `{first}`{more}");
        return Some((arches.iter().map(|&arch| Cow::Borrowed(arch)).collect(), Some(why)));
    }
    let device = registry.device_type(&lower).or_else(|| similar(&lower, registry))?;
    let why = format!("the device type is called `{}`", device.slug);
    Some((vec![Cow::Borrowed(&*device.slug)], Some(why)))
}

/// The arches of which a text is another name: an alias, a platform, the name on Docker Hub.
fn arches<'r>(lower: &str, registry: &'r Registry) -> Vec<&'r str> {
    let platform = lower.replace(['-', '_', '.'], "/");
    let platform = Some(&*platform).filter(|platform| platform.starts_with("linux/"));
    let is_called = |arch: &&Arch| {
        let is_platform = platform.is_some_and(|platform| {
            let rest = arch.platform.strip_prefix(platform);
            // `linux/arm64` is short for `linux/arm64/v8`; `linux/arm` may be one of several.
            rest.is_some_and(|rest| rest.is_empty() || rest == "/v8")
        });
        let is_alias = arch.aliases.iter().any(|alias| *alias == *lower);
        is_alias || is_platform || arch.field("docker_hub") == Some(lower)
    };
    registry.arches().iter().filter(is_called).map(|arch| &*arch.slug).collect()
}

/// The device type whose slug or alias equals `lower` if `-`, `_`, `.` and spaces are ignored, and if `rpi3`, `raspi3`
/// and `pi3` mean `raspberrypi3`. Returns `None` if there is no such device type, or more than one.
fn similar<'r>(lower: &str, registry: &'r Registry) -> Option<&'r DeviceType> {
    let fold = |text: &str| text.replace(['-', '_', '.', ' '], "");
    let wanted = fold(lower);
    let number = ["rpi", "raspi", "pi"].iter().find_map(|short| wanted.strip_prefix(short));
    let number = number.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let wanted = number.map_or(wanted.clone(), |number| format!("raspberrypi{number}"));
    // The slug of the Raspberry Pi 4 is `raspberrypi4-64`.
    let is_pi = wanted.starts_with("raspberrypi") && wanted.ends_with(|c: char| c.is_ascii_digit());
    let longer = is_pi.then(|| format!("{wanted}64"));
    [Some(wanted), longer].into_iter().flatten().find_map(|wanted| {
        let names = |device: &&DeviceType| {
            // Images alone are no reason for a Dockerfile.
            device.status != Status::ImageOnly
                && (fold(&device.slug) == wanted || device.aliases.iter().any(|alias| fold(alias) == wanted))
        };
        let mut found = registry.device_types().iter().filter(names);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_never_taken() {
        let registry = Registry::embedded();
        let right = |name| right_names(name, "Dockerfile", &registry).map(|(right, _)| right.join(" "));
        for (name, meant) in [
            ("Dockerfile.arm64", "Dockerfile.aarch64"),
            ("Dockerfile.armv7", "Dockerfile.armv7hf"),
            ("Dockerfile.x86_64", "Dockerfile.amd64"),
            ("Dockerfile.RaspberryPi3", "Dockerfile.raspberrypi3"),
            ("Dockerfile.nuc", "Dockerfile.intel-nuc"),
            ("Dockerfile.armhf", "Dockerfile.armv7hf Dockerfile.rpi"),
            ("dockerfile.template", "Dockerfile.template"),
            ("Dockerfile.Template", "Dockerfile.template"),
            ("DOCKERFILE", "Dockerfile"),
            ("Dockerfile.template.txt", "Dockerfile.template"),
            ("Dockerfile.txt", "Dockerfile"),
            ("Dockerfile.arm64.TXT", "Dockerfile.aarch64"),
            ("dockerfile", "Dockerfile"),
            ("DockerFile", "Dockerfile"),
            ("DockerFile.arm64", "Dockerfile.aarch64"),
            ("Dockerfile.rpi3", "Dockerfile.raspberrypi3"),
            ("Dockerfile.rpi2", "Dockerfile.raspberry-pi2"),
            ("Dockerfile.pi4", "Dockerfile.raspberrypi4-64"),
            ("Dockerfile.raspberrypi4", "Dockerfile.raspberrypi4-64"),
            ("Dockerfile.RPi5", "Dockerfile.raspberrypi5"),
            ("Dockerfile.jetson_nano", "Dockerfile.jetson-nano"),
            ("Dockerfile.intel_nuc", "Dockerfile.intel-nuc"),
            ("Dockerfile-template", "Dockerfile.template"),
            ("Dockerfile_template", "Dockerfile.template"),
            ("Dockerfile.tmpl", "Dockerfile.template"),
            ("Dockerfile.tpl", "Dockerfile.template"),
            ("Dockerfile-raspberrypi3", "Dockerfile.raspberrypi3"),
            ("Dockerfile-arm64", "Dockerfile.aarch64"),
            ("raspberrypi3.Dockerfile", "Dockerfile.raspberrypi3"),
            ("arm64.dockerfile", "Dockerfile.aarch64"),
            ("Dockerfile.linux-arm64", "Dockerfile.aarch64"),
            ("Dockerfile.linux_arm_v7", "Dockerfile.armv7hf"),
            ("Dockerfile.linux-amd64", "Dockerfile.amd64"),
            ("Dockerfile.arm32v7", "Dockerfile.armv7hf"),
        ] {
            assert_eq!(right(name).as_deref(), Some(meant), "{name}");
        }
        for name in [
            "Dockerfile",
            "Dockerfile.aarch64",
            "Dockerfile.template",
            "Dockerfile.tera",
            "Dockerfile.raspberrypi3",
            "Dockerfile.dev",
            "Dockerfile.prod",
            "Dockerfile.test",
            "Dockerfile-dev",
            "web.Dockerfile",
            "Dockerfile.j2",
            "Dockerfile.pi",
            "Dockerfile.rpi",
            "Dockerfile.rpi9",
            "Dockerfile.linux",
            "Dockerfile.linux-arm",
            "Dockerfile.web-template",
            "raspberrypi3Dockerfile",
            ".Dockerfile",
            "Dockerfile-",
            "Dockerfile.",
            "Dockerfile.dockerignore",
            "Dockerfile.template.bak",
            "Dockerfiles",
            "Dockerfil\u{e9}",
            ".txt",
            "\u{1F980}txt",
            "",
        ] {
            assert_eq!(right(name), None, "{name}");
        }
    }
}
