//! the two series of balena, which change no more.

use crate::{Made, Places};

pub fn make(_places: &Places) -> anyhow::Result<Vec<Made>> {
    Ok(Vec::new())
}
