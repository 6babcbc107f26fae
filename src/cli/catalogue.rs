//! The catalogue of base images as the flags want it: as of a day, with a horizon.

use std::time::{SystemTime, UNIX_EPOCH};

use super::args::CatalogueArgs;
use crate::device_types::Registry;
use crate::image::{Catalogue, Date};

/// Today, in UTC. Nothing where the clock is not set.
fn today() -> Option<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Date::at_unix_time(since.as_secs())
}

impl CatalogueArgs {
    /// The catalogue, with the names of the device types of a registry. With a clock that is not set, it is as of
    /// the day of its tables; a clock that goes slow does not undo what they know.
    pub fn catalogue<'r>(&self, registry: &'r Registry) -> Catalogue<'r> {
        let day = self.as_of.or_else(|| today().map(|today| today.max(Catalogue::snapshot())));
        Catalogue::new(registry).as_of(day.unwrap_or_else(Catalogue::snapshot)).horizon(self.horizon)
    }
}
