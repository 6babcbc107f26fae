//! A build context of an archive: the directory that it is, the Dockerfiles in it, and the services that are
//! built from it with the same choice of Dockerfiles.

use super::Request;
use super::dockerfiles::{DockerfileEntry, Dockerfiles};
use super::member::Member;
use super::package::Package;
use super::service::ServiceDirectory;
use crate::diagnostic::Diagnostics;
use crate::error::Result;

/// A build context, and what is known of it after the entries so far.
pub struct ContextFiles {
    /// Nothing for the root of the archive.
    pub directory: Option<ServiceDirectory>,
    dockerfiles: Dockerfiles,
    package: Option<Package>,
    /// The plain Dockerfile's path in the archive. It comes last.
    pub left_out: Vec<u8>,
    /// The services of the request that are built here.
    pub services: Vec<usize>,
}

/// What an entry is to a build context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryRole {
    /// A file like any other.
    Other,
    /// A Dockerfile that takes precedence over those so far.
    Dockerfile,
    /// A `package.json`, from which a Dockerfile may be made.
    Package,
}

/// The Dockerfile that a build context has.
pub struct ChosenDockerfile {
    pub entry: DockerfileEntry,
    /// The path of the result in the archive that comes in.
    pub path: Vec<u8>,
    /// The path of the file that was taken, in that archive.
    pub source: Vec<u8>,
    pub services: Vec<usize>,
}

impl ContextFiles {
    pub fn new(request: &Request, context: Option<&str>, file: Option<&str>) -> Self {
        let (device, arch) = (request.subject.slug, request.subject.arch_slug());
        let dockerfiles = Dockerfiles::new(file, device, arch, request.limits.template().bytes);
        let mut files = ContextFiles {
            directory: ServiceDirectory::new(context),
            left_out: Vec::new(),
            dockerfiles,
            // A Dockerfile that was given by name is not generated.
            package: file.is_none().then(Package::default),
            services: Vec::new(),
        };
        files.left_out = files.outer_path(&files.dockerfiles.left_out);
        files
    }

    /// A path of the build context as one of the archive.
    pub fn outer_path(&self, path: &str) -> Vec<u8> {
        match &self.directory {
            Some(directory) => directory.outer_path(path),
            None => path.as_bytes().to_vec(),
        }
    }

    /// Looks at an entry before its data. Nothing for one that is outside the build context.
    pub fn judge(
        &mut self,
        member: &Member,
        raw: &[u8],
        notes: &mut Diagnostics,
    ) -> Result<Option<EntryRole>> {
        let path = match &mut self.directory {
            Some(directory) => directory.path(member)?,
            None => Some(member.path.as_slice()),
        };
        let Some(path) = path else { return Ok(None) };
        let is_wanted = self.dockerfiles.judge(member, path, raw, notes)?;
        let is_package = self.package.as_mut().is_some_and(|package| package.judge(member, path, raw));
        Ok(Some(match (is_package, is_wanted) {
            (true, _) => EntryRole::Package,
            (false, true) => EntryRole::Dockerfile,
            (false, false) => EntryRole::Other,
        }))
    }

    /// Keeps a part of the entry that was looked at last.
    pub fn add_content(&mut self, role: EntryRole, bytes: &[u8]) {
        match (role, &mut self.package) {
            (EntryRole::Package, Some(package)) => package.add_content(bytes),
            (EntryRole::Dockerfile, _) => self.dockerfiles.add_content(bytes),
            _ => {}
        }
    }

    /// The Dockerfile of this build context, after the last entry.
    pub fn choose(
        self,
        platform: Option<&str>,
        input_name: &str,
        notes: &mut Diagnostics,
    ) -> Result<ChosenDockerfile> {
        let ContextFiles { directory, dockerfiles, package, services, .. } = self;
        if let Some(directory) = &directory {
            directory.check_found(input_name)?;
        }
        let made = match package {
            Some(package) if dockerfiles.best.is_none() => package.dockerfile(platform)?,
            _ => None,
        };
        let entry = dockerfiles.choose(made, input_name, directory.as_ref(), notes)?;
        let outer = |path: &str| match &directory {
            Some(directory) => directory.outer_path(path),
            None => path.as_bytes().to_vec(),
        };
        let (path, source) = (outer(&entry.candidate.name), outer(&entry.candidate.path));
        Ok(ChosenDockerfile { entry, path, source, services })
    }
}
