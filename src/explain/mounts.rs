//! The folders of a `RUN --mount`: what is in one of them is no part of the layer.

use crate::dockerfile::Instruction;

/// Where something is mounted while a `RUN` runs.
pub(super) struct Mounts {
    /// The paths, without a slash at their ends; none for one that is not known.
    targets: Vec<Option<String>>,
    /// Whether files of the build context, a stage or an image are mounted.
    pub has_bind: bool,
}

impl Mounts {
    pub fn of(instruction: &Instruction) -> Self {
        let mut mounts = Mounts { targets: Vec::new(), has_bind: false };
        let flags = instruction.flags.iter().filter(|flag| flag.name() == b"mount");
        for value in flags.filter_map(|flag| flag.value()) {
            let value = String::from_utf8_lossy(value).into_owned();
            let (mut kind, mut target) = ("bind".to_owned(), None);
            for field in value.split(',') {
                let (key, text) = field.split_once('=').unwrap_or((field, ""));
                match &*key.trim_matches('"').to_ascii_lowercase() {
                    "type" => kind = text.to_ascii_lowercase(),
                    "target" | "dst" | "destination" => target = Some(text.trim_matches('"').to_owned()),
                    _ => {}
                }
            }
            match &*kind {
                "secret" | "ssh" => continue,
                "bind" => mounts.has_bind = true,
                _ => {}
            }
            // One that is below the WORKDIR, or has a variable in it, may be anywhere.
            let is_known = |target: &String| target.starts_with('/') && !target.contains(['$', '.', '\\']);
            mounts
                .targets
                .push(target.filter(is_known).map(|target| target.trim_end_matches('/').to_owned()));
        }
        mounts
    }

    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether a folder is, or may be, in a mount, or one of these names is in the path of a mount.
    pub fn may_hold(&self, folder: &str, names: &[&str]) -> bool {
        self.targets.iter().any(|target| match target {
            None => true,
            Some(target) => {
                let is_around = folder.strip_prefix(&**target);
                is_around.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    || names.iter().any(|name| target.contains(name))
            }
        })
    }
}
