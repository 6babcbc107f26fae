//! `RUN --mount`: what a command finds in a folder that is not part of its layer. `mount_fields` reads it.

use super::fault::Fault;
use super::go;
use super::instruction::Flag;
use crate::source::Span;

/// What is mounted.
///
/// ```
/// use dtpl::dockerfile::MountKind;
/// assert_eq!(MountKind::of(b"Cache"), Some(MountKind::Cache));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the build context, a stage or an image; changes are lost.
    Bind,
    /// A folder that is kept for the next build.
    Cache,
    /// An empty folder in memory.
    Tmpfs,
    /// A secret, as a file or a variable.
    Secret,
    /// The socket of an SSH agent.
    Ssh,
}

/// Who may use a cache at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Several builds.
    Shared,
    /// One; others get another cache.
    Private,
    /// One; others wait.
    Locked,
}

pub(super) const KINDS: [(&str, MountKind); 5] = [
    ("bind", MountKind::Bind),
    ("cache", MountKind::Cache),
    ("tmpfs", MountKind::Tmpfs),
    ("secret", MountKind::Secret),
    ("ssh", MountKind::Ssh),
];

pub(super) const SHARINGS: [(&str, Sharing); 3] =
    [("shared", Sharing::Shared), ("private", Sharing::Private), ("locked", Sharing::Locked)];

impl MountKind {
    /// The kind of this name, in upper or lower case.
    pub fn of(name: &[u8]) -> Option<Self> {
        in_table(&KINDS, name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|row| row.1 == self).map_or("", |row| row.0)
    }

    /// Whether it is a folder at a place that the command sees, which `target` has to name.
    fn has_folder(self) -> bool {
        matches!(self, MountKind::Bind | MountKind::Cache | MountKind::Tmpfs)
    }
}

/// The row of this name, in upper or lower case.
pub(super) fn in_table<T: Copy>(table: &[(&str, T)], name: &[u8]) -> Option<T> {
    table.iter().find(|row| row.0.as_bytes().eq_ignore_ascii_case(name)).map(|row| row.1)
}

/// The text of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MountText {
    /// With its variables expanded; `None` if that is not known.
    pub text: Option<Vec<u8>>,
    /// Its place in the file: that of the flag, if there are quotes or escapes in it.
    pub span: Span,
}

/// A mount. A field that is not there or empty is `None`.
///
/// ```
/// use std::sync::Arc;
/// use dtpl::{Source, dockerfile::{Dockerfile, Mount, MountKind}};
///
/// let text = "FROM a\nRUN --mount=type=cache,target=lists,ro --mount=from=b,target=/c x\n";
/// let source = Arc::new(Source::new("Dockerfile", text));
/// let file = Dockerfile::parse(&source).unwrap();
/// let mounts: Vec<Mount> = Mount::of(&file.instructions[1]).collect();
/// assert_eq!((mounts[0].kind, mounts[0].is_read_only), (Some(MountKind::Cache), true));
/// assert_eq!(mounts[0].place(Some(b"/var")).unwrap(), b"/var/lists");
/// let from = mounts[1].from.as_ref().unwrap();
/// assert_eq!((from.text.as_deref(), &text[from.span.clone()]), (Some(&b"b"[..]), "b"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mount {
    /// What is mounted: `bind` where nothing is said; `None` if it is not known.
    pub kind: Option<MountKind>,
    /// A stage, a build context or an image that files are taken from; else from the main build context.
    pub from: Option<MountText>,
    /// The file or folder in it.
    pub source: Option<MountText>,
    /// Where the command sees it.
    pub target: Option<MountText>,
    /// The name of the cache, the secret or the agent.
    pub id: Option<MountText>,
    /// The variable that gets the secret.
    pub env: Option<MountText>,
    /// Who may use a cache at the same time.
    pub sharing: Option<Sharing>,
    /// Whether the build ends if there is no such secret or agent.
    pub required: bool,
    /// The permissions.
    pub mode: Option<u32>,
    /// The user.
    pub uid: Option<u32>,
    /// The group.
    pub gid: Option<u32>,
    /// The most bytes that it takes.
    pub size: Option<i64>,
    /// Whether the command cannot write there.
    pub is_read_only: bool,
}

impl Mount {
    /// Where the command sees it, in a stage with this working directory; `None` if that is not known, or if
    /// it is no file: a variable.
    pub fn place(&self, workdir: Option<&[u8]>) -> Option<Vec<u8>> {
        let target = match &self.target {
            Some(target) => target.text.clone()?,
            None if self.kind? == MountKind::Secret => {
                let id = self.source.as_ref().or(self.id.as_ref()).filter(|_| self.env.is_none())?;
                let id = id.text.as_deref()?;
                [b"/run/secrets/", id.rsplit(|&b| b == b'/').next()?].concat()
            }
            None if self.kind? == MountKind::Ssh => return None,
            None => Vec::new(),
        };
        // BuildKit does not clean an absolute path.
        match target.starts_with(b"/") {
            true => Some(target),
            false => Some(go::clean_path(&[b"/", workdir?, b"/", &target].concat())),
        }
    }

    /// What BuildKit refuses about its place.
    pub(super) fn misplaced(&self, flag: &Flag, workdir: Option<&[u8]>) -> Option<Fault> {
        let is_root = self.kind?.has_folder() && self.place(workdir)? == b"/";
        is_root.then(|| {
            let span = self.target.as_ref().map_or_else(|| flag.span.clone(), |target| target.span.clone());
            let help = "write target= with the folder in which the command sees it, other than /";
            Fault::new(span, "invalid mount target \"/\"", help)
        })
    }
}
