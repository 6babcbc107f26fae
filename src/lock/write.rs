//! The text of a lock file: one image a block, sorted, so that two branches seldom change the same lines.

use std::fmt::Write as _;
use std::sync::Arc;

use super::locked::LockedImages;
use crate::diagnostic::Diagnostics;
use crate::image::LOCK_FILE;
use crate::pin::LockFile;
use crate::source::Source;

/// What the file says about itself.
const HEAD: &str = "\
# The images that this project is built from, each with the digest that `--locked` puts into its Dockerfiles.
# `dtpl lock` writes this file. `dtpl lock --update` asks the registries for the images of today.
";

/// The text of a lock file with these images.
///
/// # Errors
/// When the text would be no lock file: there are more images than an images file can have.
pub fn write(images: &LockedImages) -> Result<String, Diagnostics> {
    let mut text = String::from(HEAD);
    text.push_str(if images.is_empty() { "images: {}\n" } else { "images:\n" });
    for (number, (name, image)) in images.iter().enumerate() {
        let blank = if number > 0 { "\n" } else { "" };
        // Only an address in brackets could be read as something else than text.
        let quote = if name.starts_with(|c: char| c.is_ascii_alphanumeric()) { "" } else { "'" };
        let _ = writeln!(text, "{blank}  {quote}{name}{quote}:\n    digest: {}", image.digest);
        if let Some(date) = image.date {
            let _ = writeln!(text, "    date: {date}");
        }
        if image.platforms.is_empty() {
            continue;
        }
        let has_digests = image.platforms.values().all(Option::is_some);
        let _ = writeln!(text, "    platforms:");
        for (platform, digest) in &image.platforms {
            let _ = match digest.as_deref().filter(|_| has_digests) {
                Some(digest) => writeln!(text, "      {platform}: {digest}"),
                None => writeln!(text, "      - {platform}"),
            };
        }
    }
    // What is written can be read again, or is not written.
    LockFile::parse(&Arc::new(Source::new(LOCK_FILE, text.as_str())))?;
    Ok(text)
}
