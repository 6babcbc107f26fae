//! Base images: what a `FROM` names, and what there is to know about it.

mod date;
mod table;

pub use date::Date;
pub use table::BYTES as TABLE_BYTES;
