//! Base images: what a `FROM` names, and what is known about it without a network.
//!
//! [`Reference`] reads a name as Docker does, [`NameParts`] takes apart those that balena published,
//! [`Platform`] knows what an engine takes for a device. [`Catalogue`] answers: what an image is
//! ([`Catalogue::about`]), what a device gets of it ([`Catalogue::availability`]), what there is
//! ([`Catalogue::list`]), and what to go on with ([`Catalogue::successor`]).
//!
//! ```
//! use dtpl::image::{Catalogue, Reference};
//! use dtpl::Registry;
//!
//! let registry = Registry::embedded();
//! let reference = Reference::parse("balenalib/raspberrypi3-python:3.9").unwrap();
//! let known = Catalogue::new(&registry).about(&reference);
//! assert_eq!(known.status, dtpl::image::Maintenance::Unmaintained);
//! ```

pub(crate) mod balena;
mod best;
mod catalogue;
mod catalogue_cache;
mod date;
pub(crate) mod debian;
mod distribution;
mod ends;
mod existence;
mod images_file;
mod knowledge;
mod layers;
mod library_file;
mod list;
mod name;
mod node;
mod official;
mod official_table;
mod omitted;
mod platform;
mod published;
mod reference;
mod start_variable;
mod successor;
mod table;
mod version;
mod version_end;

pub use best::Best;
pub use catalogue::{Answer, Catalogue, Refused};
pub(crate) use catalogue_cache::{CatalogueCache, KnownImage};
pub use date::Date;
pub(crate) use distribution::distribution;
pub use ends::{End, Ending, Release};
pub use images_file::{FoundBy, FoundEntry, ImageEntry, ImagesFile, LOCK_FILE, Mirrors, PlatformEntry};
pub use knowledge::{Knowledge, Maintenance, NoImage, Replacement};
pub(crate) use name::find_reference;
pub use name::{Family, NameParts};
pub use node::node_images;
pub use omitted::{Omitted, OmittedPart};
pub use platform::{Availability, Platform};
pub use published::{LookupFault, LookupFaultKind, Published};
pub use reference::{Reference, ReferenceFault};
pub use start_variable::StartVariable;
pub use successor::{Successor, Wanted};
pub use table::BYTES as TABLE_BYTES;
