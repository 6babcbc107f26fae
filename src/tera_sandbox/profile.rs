//! What templates of one kind may contain, and what they may use up.

/// Tags, names and limits of one kind of template.
#[derive(Debug)]
pub struct Profile {
    /// What messages call a template of this kind, its text and its result.
    pub noun: &'static str,
    pub text_noun: &'static str,
    pub result_noun: &'static str,
    pub tags: &'static [&'static str],
    /// The help for any other tag.
    pub tags_help: &'static str,
    pub functions: &'static [&'static str],
    /// The help for an undefined name.
    pub names_help: &'static str,
    /// Whether an undefined name stops the template; Tera itself takes it for false.
    pub checks_names: bool,
    /// Whether every byte of the result is traced back to the template.
    pub traced: bool,
    /// Maximum bytes of a file.
    pub text_bytes: usize,
    /// Maximum bytes of a value that is kept in a variable.
    pub value_bytes: usize,
    pub output_bytes: usize,
    /// Maximum rounds of all loops together.
    pub rounds: usize,
    /// Maximum steps of all tags together.
    pub work: u64,
}

/// Counts a round of a loop.
pub(super) const COUNT_ROUND: &str = "dtpl_round";
/// Counts the tags of a file or a loop, each time that it runs.
pub(super) const COUNT_WORK: &str = "dtpl_work";
/// Checks the variables that a tag names, before it runs.
pub(super) const CHECK_NAMES: &str = "dtpl_look";
/// Checks the size of a value that was assigned.
pub(super) const CHECK_SIZE: &str = "dtpl_size";
/// Checks the size of a value that goes into a filter.
pub(super) const CHECK_FILTER_INPUT: &str = "dtpl_pass";

/// Whether a name belongs to the sandbox or to the engine: `__tera_context` holds all variables.
pub(super) fn is_reserved(name: &str) -> bool {
    let own = [COUNT_ROUND, COUNT_WORK, CHECK_NAMES, CHECK_SIZE, CHECK_FILTER_INPUT];
    own.contains(&name) || name.starts_with("__tera")
}

/// Normalizes the path of an `include`: relative to the project's folder, with `/` between its parts.
pub fn path_inside(path: &str) -> Result<String, String> {
    let is_odd = |c: char| c.is_control() || matches!(c, '\\' | '"' | '\'' | '`');
    if path.contains(is_odd) || path.starts_with(['/', '~']) {
        return Err("an included file is named by a relative path with `/` between its parts".to_owned());
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("an include must not lead out of the project with `..`".to_owned());
    }
    if parts.is_empty() { Err("an include has to name a file".to_owned()) } else { Ok(parts.join("/")) }
}

/// A number of bytes with its unit.
pub(super) fn byte_count(count: usize) -> String {
    match count {
        count if count > 0 && count.is_multiple_of(1 << 20) => format!("{} MiB", count >> 20),
        count if count > 0 && count.is_multiple_of(1 << 10) => format!("{} KiB", count >> 10),
        count => format!("{count} bytes"),
    }
}
