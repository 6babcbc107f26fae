//! The page: an explanation put into a template, ours or one of the user's own.
//!
//! The template language is that of tera. A page template sees the page's [`PageScope`] and nothing else:
//! no file, no clock, no environment. What it may take is limited: see [`from_template`] and
//! [`crate::tera_sandbox`].

use std::sync::Arc;

use serde::Serialize;
use tera::Context;

use super::Explained;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::source::Source;
use crate::tera_sandbox::{Profile, Program};

/// A page is one file, and what it may take is far more than one that is meant needs.
static PAGE: Profile = Profile {
    noun: "page",
    text_noun: "page template",
    result_noun: "page",
    tags: &["if", "elif", "else", "endif", "for", "endfor", "break", "continue", "set", "raw", "endraw"],
    tags_help: "a page is one file with `if`, `for` and `set`, so that what it takes can be limited",
    functions: &["range", "throw"],
    names_help: SCOPE,
    checks_names: false,
    traced: false,
    text_bytes: 1 << 16,
    value_bytes: 1 << 20,
    output_bytes: 16 << 20,
    rounds: 100_000,
    work: 50_000_000,
};

/// What a page template sees.
#[derive(Debug, Serialize)]
pub struct PageScope<'s> {
    /// The device type's slug.
    pub device: Option<&'s str>,
    /// Its name for people.
    pub device_name: Option<&'s str>,
    /// balena's name of its architecture.
    pub arch: Option<&'s str>,
    /// The OCI platform.
    pub platform: Option<&'s str>,
    /// The fleet's name, if one is given.
    pub fleet: Option<&'s str>,
    /// The service's name.
    pub service: &'s str,
    /// The file that was rendered.
    pub source: &'s str,
    /// The same, made safe for Markdown.
    pub source_quoted: String,
    /// The name of the device or arch, made safe for Markdown.
    pub title: String,
    /// The instructions with their explanations.
    pub instructions: Vec<PageEntry<'s>>,
}

/// One instruction in a page.
#[derive(Debug, Serialize)]
pub struct PageEntry<'e> {
    /// All that is explained about it.
    #[serde(flatten)]
    pub explained: &'e Explained,
    /// Its flags, as the parser has them.
    pub flags: Vec<String>,
    /// Its arguments, as the parser has them.
    pub args: Vec<String>,
    /// The explanation in one piece.
    pub text: String,
    /// As many backticks as a fence around `code` needs.
    pub fence: String,
}

/// A page from a template of the user's own. A name that ends in `.html`, `.htm` or `.xml` turns on the
/// escaping of HTML.
///
/// The template has at most 64 KiB and the page 16 MiB; the rounds of all its loops together are
/// 100,000, its tags do at most 50,000,000 steps of work, a value that it builds up has 1 MiB. It is one
/// file: `include`, `extends`, components and filters over a piece of the page are refused.
///
/// # Errors
/// Every fault of the template, with its position in it.
pub fn from_template(template: &Arc<Source>, scope: &PageScope) -> Result<Vec<u8>, Diagnostics> {
    let files = [(template.name().to_owned(), Arc::clone(template))];
    let program = Program::new(&files, &PAGE, |_| ())?;
    let fault = |span, message: String| Diagnostic::error(Place::Text(Arc::clone(template), span), message);
    let context = Context::from_serialize(scope).map_err(|error| fault(0..0, error.to_string()))?;
    // The engine takes a name that is not there for false, or for nothing.
    let mut diagnostics = Diagnostics::new();
    let mut unknown: Vec<&str> = Vec::new();
    for used in program.used() {
        let name = used.names.first().copied().unwrap_or_default();
        if !context.contains_key(name) && !unknown.contains(&name) {
            unknown.push(name);
            let span = used.spans.first().cloned().unwrap_or_default();
            diagnostics.push(|| fault(span, format!("variable `{name}` is not defined")).help(SCOPE));
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    program.run(&context, PAGE.output_bytes, |_, _| ()).map(|output| output.bytes)
}

/// What there is to name in a page.
const SCOPE: &str = "there are device, device_name, arch, platform, fleet, service, source and instructions; \
                     each of those has keyword, file, start_line, end_line, stage, flags, args, code, what, why, \
                     device, layer, pitfalls and text";
