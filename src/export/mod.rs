//! `dtpl export`: a project with plain Dockerfiles for one device, as a folder that builders take as it is.
//!
//! [`outputs`] decides where each Dockerfile goes and which files it stands for, [`compose_file`] changes the
//! compose file where it has to name another Dockerfile, [`images`] has the digests of its images, [`contents`] says which files of the project stay, and
//! [`mod@copy`] makes the folder.

pub mod compose_file;
pub mod contents;
pub mod copy;
mod flow;
pub mod images;
pub mod outputs;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::project::{Build, Choice};

/// A service with its Dockerfile for a device.
#[derive(Debug)]
pub struct RenderedService {
    /// Its name.
    pub name: String,
    /// How it is built; its context is relative to the project.
    pub build: Build,
    /// The file that its Dockerfile was made from; its path is relative to the project.
    pub choice: Choice,
    /// The Dockerfile, which many services may have.
    pub bytes: Arc<[u8]>,
}

/// The bytes, in the place of equal ones that are there already: most services may have one Dockerfile.
pub fn shared(different: &mut BTreeSet<Arc<[u8]>>, bytes: Vec<u8>) -> Arc<[u8]> {
    if let Some(known) = different.get(&*bytes) {
        return Arc::clone(known);
    }
    let new: Arc<[u8]> = bytes.into();
    different.insert(Arc::clone(&new));
    new
}

#[test]
fn equal_dockerfiles_are_kept_once() {
    let mut different = BTreeSet::new();
    let [one, same, other] = ["FROM a", "FROM a", "FROM b"].map(|text| shared(&mut different, text.into()));
    assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other));
    assert_eq!((&*other, different.len()), (&b"FROM b"[..], 2));
}
