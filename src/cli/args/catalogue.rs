//! Flags of commands that judge base images.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::online::OnlineArgs;
use crate::image::Date;

/// As of which day images are judged, and what is proposed in their place.
#[derive(Debug, Args)]
pub struct CatalogueArgs {
    /// Read facts about images from this file, or from a checkout of official-images; repeatable, the last counts first
    #[arg(long, value_name = "FILE", env = "DTPL_IMAGES", hide_env = true, value_hint = ValueHint::AnyPath)]
    pub images: Vec<PathBuf>,

    /// Judge which images are over as of this day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", env = "DTPL_AS_OF", hide_env = true, value_parser = day)]
    pub as_of: Option<Date>,

    /// Propose images that are looked after for at least this long, such as 6m or 2y
    #[arg(long, value_name = "TIME", default_value = "1y", env = "DTPL_HORIZON", hide_env = true)]
    #[arg(value_parser = months)]
    pub horizon: u16,

    #[command(flatten)]
    pub online: OnlineArgs,
}

fn day(text: &str) -> Result<Date, String> {
    let day = Date::parse(text).filter(|day| day.to_string() == text);
    day.ok_or_else(|| "give a day as 2026-11-28, from 2001-01-01 to 2127-12-31".to_owned())
}

/// A time in months: `18m`, `2y`.
fn months(text: &str) -> Result<u16, String> {
    let number = |text: &str| text.parse::<u16>().ok();
    let months = match (text.strip_suffix('y'), text.strip_suffix('m')) {
        (Some(years), _) => number(years).and_then(|years| years.checked_mul(12)),
        (None, Some(months)) => number(months),
        (None, None) => None,
    };
    // More than a century is a mistake.
    months
        .filter(|months| *months <= 1200)
        .ok_or_else(|| "give a time in months or years, such as 6m or 2y".to_owned())
}
