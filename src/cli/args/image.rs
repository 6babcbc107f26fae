//! Flags for what images are called and what is written into them.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{Args, ValueHint};

use super::unshown::Unshown;
use crate::batch::{Format, ImageOptions};
use crate::image::Date;
use crate::project::bake_text::cache_fault;

/// The images of a bake file or matrix.
#[derive(Clone, Debug, Args)]
pub struct ImageArgs {
    /// Tag for images, such as 'registry/{fleet}/{service}:{version}', with {fleet}, {org}, {service}, {device}, {arch}, {platform} or {version}; repeatable
    #[arg(short, long, value_name = "TAG", env = "DTPL_TAG", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub tag: Vec<String>,

    /// Version of the images: the value of {version}, and a label
    #[arg(long, value_name = "VERSION", env = "DTPL_IMAGE_VERSION", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub image_version: Option<String>,

    /// Commit that the images are built from: a label
    #[arg(long, value_name = "COMMIT", env = "DTPL_IMAGE_REVISION", hide_env = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub image_revision: Option<String>,

    /// Time at which the images are built, such as 2026-11-30T12:00:00Z: a label
    #[arg(long, value_name = "TIME", env = "DTPL_IMAGE_CREATED", hide_env = true, value_parser = time)]
    pub image_created: Option<String>,

    /// Cache that each build reads, such as 'type=registry,ref=r/cache:{build}'; repeatable
    #[arg(long, value_name = "CACHE", env = "DTPL_CACHE_FROM", hide_env = true)]
    #[arg(hide_env_values = true, value_parser = Unshown(cache))]
    pub cache_from: Vec<String>,

    /// Cache that each build writes, such as 'type=gha,scope={build}'; repeatable
    #[arg(long, value_name = "CACHE", env = "DTPL_CACHE_TO", hide_env = true)]
    #[arg(hide_env_values = true, value_parser = Unshown(cache))]
    pub cache_to: Vec<String>,

    /// Target of another bake file that each target inherits, such as docker-metadata-action; repeatable
    #[arg(long, value_name = "TARGET", env = "DTPL_INHERIT", hide_env = true, value_parser = target)]
    pub inherit: Vec<String>,

    /// Push each image by its digest alone; --format merge gives it its tags
    #[arg(long, env = "DTPL_BY_DIGEST", hide_env = true, value_parser = BoolishValueParser::new())]
    pub by_digest: bool,

    /// Write the Dockerfiles into this directory, and not into the bake file or matrix
    #[arg(long, value_name = "DIR", env = "DTPL_FILES", hide_env = true, value_hint = ValueHint::DirPath)]
    pub files: Option<PathBuf>,

    /// Directory that the paths of a bake file or matrix are relative to [default: the current directory]
    #[arg(long, value_name = "DIR", env = "DTPL_RELATIVE_TO", hide_env = true, value_hint = ValueHint::DirPath)]
    pub relative_to: Option<PathBuf>,
}

impl ImageArgs {
    /// The flags that a format has. An environment variable may have set others, which are meant for other formats.
    pub fn of_format(&self, format: &Format) -> ImageArgs {
        let mut own = self.clone();
        let lacks = |flag: &str| !format.flags.contains(&flag);
        for (flag, list) in [
            ("--tag", &mut own.tag),
            ("--cache-from", &mut own.cache_from),
            ("--cache-to", &mut own.cache_to),
            ("--inherit", &mut own.inherit),
        ] {
            if lacks(flag) {
                list.clear();
            }
        }
        for (flag, text) in [
            ("--image-version", &mut own.image_version),
            ("--image-revision", &mut own.image_revision),
            ("--image-created", &mut own.image_created),
        ] {
            text.take_if(|_| lacks(flag));
        }
        own.files.take_if(|_| lacks("--files"));
        own.relative_to.take_if(|_| lacks("--relative-to"));
        own.by_digest &= !lacks("--by-digest");
        own
    }

    /// What the writers of formats take of it.
    pub fn options(&self) -> ImageOptions<'_> {
        ImageOptions {
            tags: &self.tag,
            version: self.image_version.as_deref(),
            revision: self.image_revision.as_deref(),
            created: self.image_created.as_deref(),
            cache_from: &self.cache_from,
            cache_to: &self.cache_to,
            inherit: &self.inherit,
            by_digest: self.by_digest,
        }
    }

    /// The flags that only some formats have, each with whether it is given.
    pub fn given(&self) -> [(&'static str, bool); 10] {
        [
            ("--tag", !self.tag.is_empty()),
            ("--image-version", self.image_version.is_some()),
            ("--image-revision", self.image_revision.is_some()),
            ("--image-created", self.image_created.is_some()),
            ("--cache-from", !self.cache_from.is_empty()),
            ("--cache-to", !self.cache_to.is_empty()),
            ("--inherit", !self.inherit.is_empty()),
            ("--by-digest", self.by_digest),
            ("--files", self.files.is_some()),
            ("--relative-to", self.relative_to.is_some()),
        ]
    }
}

/// A cache that bake can read; it may have a password in it.
fn cache(text: &str) -> Result<String, String> {
    match cache_fault(text).or_else(|| text.is_empty().then_some("write it as NAME=VALUE,NAME=VALUE")) {
        Some(why) => Err(format!("bake cannot read this cache: {why}")),
        None => Ok(text.to_owned()),
    }
}

/// A date and a time of RFC 3339 in UTC.
fn time(text: &str) -> Result<String, String> {
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let between = |at: usize, mark: char| text.get(at..at + 1).is_some_and(|c| c.starts_with(mark));
    let is_in = |from: usize, least: u32, most: u32| {
        number(from, from + 2).is_some_and(|n| (least..=most).contains(&n))
    };
    let day = number(0, 4).zip(number(5, 7)).zip(number(8, 10));
    let is_day = day.is_some_and(|((year, month), day)| Date::is_day(year, month, day));
    let is_date = is_day && between(4, '-') && between(7, '-');
    let is_time =
        is_in(11, 0, 23) && between(13, ':') && is_in(14, 0, 59) && between(16, ':') && is_in(17, 0, 60);
    let zone = text.get(19..).unwrap_or_default();
    let zone = match zone.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => zone,
    };
    match is_date && between(10, 'T') && is_time && zone == "Z" {
        true => Ok(text.to_owned()),
        false => Err("expected a time in UTC, such as 2026-11-30T12:00:00Z".to_owned()),
    }
}

/// The name of a target, as bake takes it.
fn target(text: &str) -> Result<String, String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match !text.is_empty() && text.chars().all(is_good) {
        true => Ok(text.to_owned()),
        false => Err("a target has letters, digits, `-` and `_`".to_owned()),
    }
}
