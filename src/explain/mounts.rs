//! The folders of a `RUN --mount`: what is in one of them is no part of the layer.

use crate::dockerfile::{Instruction, Mount, MountKind};

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
        for mount in Mount::of(instruction) {
            match mount.kind {
                Some(MountKind::Secret | MountKind::Ssh) => continue,
                Some(MountKind::Bind) => mounts.has_bind = true,
                _ => {}
            }
            // One that is below the WORKDIR, or has a variable in it, may be anywhere.
            let target = mount.place(None).map(|target| String::from_utf8_lossy(&target).into_owned());
            let target = target.filter(|target| !target.contains(['$', '\\']) && !target.contains("/."));
            mounts.targets.push(target.map(|target| target.trim_end_matches('/').to_owned()));
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
