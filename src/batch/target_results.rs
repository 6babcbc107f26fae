//! The results of builds by the target that they are of, and which of them each row of a target gets.

use std::collections::{BTreeMap, BTreeSet};

use super::builds::DistinctBuild;
use super::first_names::first_names;
use super::metadata::BuildResult;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::escape::shortened;
use crate::image::Platform;

/// The results of one target.
#[derive(Default)]
pub struct OfTarget<'r> {
    /// Those of a row, by its name and then by their digests.
    rows: BTreeMap<&'r str, BTreeMap<&'r str, &'r BuildResult>>,
    /// Those of the target as a whole.
    whole: BTreeMap<&'r str, &'r BuildResult>,
    /// Those without a digest: of a row, or of the target as a whole.
    without: BTreeMap<Option<&'r str>, &'r BuildResult>,
}

/// What a row of an image is joined of.
#[derive(Clone, Copy)]
pub enum Source<'r> {
    /// The digest of the row itself.
    Own(&'r BuildResult),
    /// A digest that has all platforms of the target.
    Whole(&'r BuildResult),
}

impl<'r> Source<'r> {
    /// The result of the build.
    pub fn result(self) -> &'r BuildResult {
        let (Source::Own(result) | Source::Whole(result)) = self;
        result
    }

    /// The digest of the image.
    pub fn digest(self) -> Option<&'r str> {
        self.result().image.as_ref().map(|image| image.digest.as_str())
    }
}

/// The results by the target that they are of. Those of other builds are left out.
pub fn by_target<'r>(
    rows: &'r [DistinctBuild],
    results: &'r [BuildResult],
) -> BTreeMap<&'r str, OfTarget<'r>> {
    let target_of: BTreeMap<&str, &str> =
        rows.iter().map(|row| (row.name.as_str(), row.target.as_str())).collect();
    let known: BTreeSet<&str> = target_of.values().copied().collect();
    let mut targets: BTreeMap<&str, OfTarget> = BTreeMap::new();
    for result in results {
        let name = result.target.as_ref().unwrap_or(&result.file).as_str();
        // A file that is named after a row of the target has the result of this row.
        let file = target_of.get_key_value(result.file.as_str()).filter(|(_, target)| **target == name);
        let (target, row) = match (file, known.get(name), target_of.get_key_value(name)) {
            (Some((row, target)), ..) => (*target, Some(*row)),
            (None, Some(target), _) => (*target, None),
            (None, None, Some((row, target))) => (*target, Some(*row)),
            (None, None, None) => continue,
        };
        let of_target = targets.entry(target).or_default();
        let Some(image) = &result.image else {
            of_target.without.entry(row).or_insert(result);
            continue;
        };
        let digests = match row {
            Some(row) => of_target.rows.entry(row).or_default(),
            None => &mut of_target.whole,
        };
        digests.entry(&image.digest).or_insert(result);
    }
    targets
}

impl<'r> OfTarget<'r> {
    /// A result of a row, or of the target as a whole, that has no digest.
    pub fn without_digest(&self, row: &str) -> Option<&'r BuildResult> {
        self.without.get(&Some(row)).or_else(|| self.without.get(&None)).copied()
    }

    /// What each row of the target is joined of, in the order of `rows`, which are all of its rows; nothing for a row
    /// without a digest.
    ///
    /// # Errors
    /// More digests than rows, or a digest of another number of platforms, or of other platforms.
    pub fn sources(&self, rows: &[&DistinctBuild]) -> Result<Vec<Option<Source<'r>>>, Diagnostics> {
        let mut faults = Diagnostics::new();
        for (name, own) in &self.rows {
            let mut found = own.values();
            if let (Some(one), Some(other)) = (found.next(), found.next()) {
                faults.push(|| two_digests(name, one, other));
            }
        }
        let own = |row: &DistinctBuild| self.rows.get(row.name.as_str())?.values().next().copied();
        let open: Vec<&DistinctBuild> = rows.iter().copied().filter(|row| own(row).is_none()).collect();
        let mut wholes = self.whole.values().copied();
        let whole = wholes.next();
        match (whole, wholes.last()) {
            (Some(first), Some(last)) => faults.push(|| several_digests(rows, self.whole.len(), first, last)),
            (Some(only), None) if faults.is_empty() => {
                let fault = self.fault_of_whole(only, rows, &open);
                fault.into_iter().for_each(|fault| faults.push(|| fault));
            }
            _ => {}
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let source = |row: &&DistinctBuild| own(row).map(Source::Own).or(whole.map(Source::Whole));
        let sources: Vec<Option<Source>> = rows.iter().map(source).collect();
        for (row, source) in rows.iter().zip(&sources) {
            let Some(source) = source else { continue };
            let is_same =
                |other: &&Option<Source>| other.is_some_and(|other| other.digest() == source.digest());
            let rows_of_image = sources.iter().filter(is_same).count();
            let fault =
                other_platform(row, source.result()).or_else(|| more_platforms(row, *source, rows_of_image));
            fault.into_iter().for_each(|fault| faults.push(|| fault));
        }
        if faults.is_empty() { Ok(sources) } else { Err(faults) }
    }

    /// Why a digest of the target as a whole cannot be that of the rows which are `open`: those without a digest of their
    /// own.
    fn fault_of_whole(
        &self,
        whole: &BuildResult,
        rows: &[&DistinctBuild],
        open: &[&DistinctBuild],
    ) -> Option<Diagnostic> {
        let target = &rows.first()?.target;
        let image = whole.image.as_ref()?;
        let own: Vec<(&str, &BuildResult)> =
            self.rows.iter().filter_map(|(name, own)| Some((*name, *own.values().next()?))).collect();
        let is_other =
            |result: &BuildResult| result.image.as_ref().is_some_and(|own| own.digest != image.digest);
        let number = image.number_of_platforms();
        let (name, other) = match own.iter().find(|(_, own)| is_other(own)) {
            // The files of rows say the same.
            None if open.is_empty() || number.unwrap_or(rows.len()) == rows.len() => return None,
            Some((name, other)) if open.is_empty() && rows.len() == 1 => {
                return Some(two_digests(name, other, whole));
            }
            // With an attestation, also the image of one platform is an index.
            _ if !open.is_empty() && number.unwrap_or(rows.len()) == open.len() => return None,
            Some((name, other)) if open.is_empty() || number.is_none_or(|number| number == rows.len()) => {
                (name, other)
            }
            _ => {
                let number = number.unwrap_or(rows.len());
                let platforms = if number == 1 { "platform" } else { "platforms" };
                let rest = match open.len() {
                    all if all == rows.len() => format!("{target} is built for {all}"),
                    1 => format!("1 of the {} platforms of {target} has no digest of its own", rows.len()),
                    some => format!(
                        "{some} of the {} platforms of {target} have no digest of their own",
                        rows.len()
                    ),
                };
                let message =
                    format!("this image has {number} {platforms}, and {rest}: {}", platforms_of(open));
                let help = format!(
                    "give the metadata of each of these builds in a file with the name of its row: {}",
                    files_of(open)
                );
                return Some(Diagnostic::error(whole.place.clone(), message).help(help));
            }
        };
        let message = format!(
            "two digests of the build {name}: this one, of all platforms of {target}, and its own at {}",
            other.place
        );
        let mut fault =
            Diagnostic::error(whole.place.clone(), message).help("leave out the file of the older build");
        if !open.is_empty() {
            let help = format!(
                "or give a file for each row, with its name, and leave this one out: {}",
                files_of(open)
            );
            fault = fault.help(help);
        }
        Some(fault)
    }
}

/// The error for a row without a digest. `result` is a result of this row, or of its target, that has none either.
pub fn without(row: &DistinctBuild, result: Option<&BuildResult>) -> Diagnostic {
    let message = format!("no digest of the build {} ({})", row.name, row.description());
    match result {
        None => {
            let help = "add the file that --metadata-file wrote for it, or build it again";
            Diagnostic::error(Place::Flag("--metadata"), message).help(help)
        }
        Some(result) => {
            let help = "this build was not pushed: push it by its digest, as with dtpl batch --format bake --by-digest and docker buildx bake --push";
            Diagnostic::error(result.place.clone(), message).help(help)
        }
    }
}

/// The error for an image that says it is for other platforms than that of a row.
fn other_platform(row: &DistinctBuild, result: &BuildResult) -> Option<Diagnostic> {
    let named = &result.image.as_ref()?.named_platforms;
    let wanted = row.platforms.first()?;
    let platform = Platform::parse(wanted)?;
    if named.is_empty() || named.iter().any(|name| platform.is_meant_by(name)) {
        return None;
    }
    let named = first_names(named.iter().map(|name| shortened(name, 40)));
    let message = format!("the build {} is for {wanted}, and this image is for {named}", row.name);
    let help =
        format!("give the file that --metadata-file wrote for {}, or build it again", row.description());
    Some(Diagnostic::error(result.place.clone(), message).help(help))
}

/// The error for an image of more platforms than there are rows with this digest: all of them would get its tags.
fn more_platforms(row: &DistinctBuild, source: Source, rows: usize) -> Option<Diagnostic> {
    let result = source.result();
    let number = result.image.as_ref()?.number_of_platforms().filter(|number| *number > rows)?;
    let rest =
        if rows == 1 { "is for one".to_owned() } else { format!("and others of this digest are for {rows}") };
    let message = format!("this image has {number} platforms, and the build {} {rest}", row.name);
    let help =
        format!("give the file that --metadata-file wrote for {}, or build it again", row.description());
    Some(Diagnostic::error(result.place.clone(), message).help(help))
}

fn two_digests(row: &str, one: &BuildResult, other: &BuildResult) -> Diagnostic {
    let message = format!("two digests of the build {row}; the other is at {}", one.place);
    Diagnostic::error(other.place.clone(), message).help("leave out the file of the older build")
}

fn several_digests(
    rows: &[&DistinctBuild],
    count: usize,
    first: &BuildResult,
    last: &BuildResult,
) -> Diagnostic {
    let target = rows.first().map_or("", |row| row.target.as_str());
    let others = if count == 2 { "the other is" } else { "another is" };
    let message = format!("{count} digests of {target}; {others} at {}", first.place);
    let fault = Diagnostic::error(last.place.clone(), message).help("leave out the files of older builds");
    match rows.len() {
        1 => fault,
        _ => fault.help(format!(
            "if each platform was built by itself, name each file after its row: {}",
            files_of(rows)
        )),
    }
}

fn platforms_of(rows: &[&DistinctBuild]) -> String {
    first_names(rows.iter().flat_map(|row| &row.platforms))
}

fn files_of(rows: &[&DistinctBuild]) -> String {
    first_names(rows.iter().map(|row| format!("{}.json", row.name)))
}
