//! Templates of the Tera language, held within limits: the engine by itself has none for loops, for what
//! is built up in variables, and takes a name that is not there for false.
//!
//! 1. `scan` takes a template apart, `names` reads what a tag names.
//! 2. `file` puts it together again with calls between: behind every `for` a count, before every tag a
//!    look at what it names and how much that is, behind every `set` at what it made. Only the tags that
//!    are needed are let through. Where it is asked for, a mark before every piece of text tells whose it
//!    is; a mark has NULs in it, which no text, value or name can hold.
//! 3. `budget` counts while it runs, `filters` has the filters that can make much out of little.
//! 4. `told` makes of what the engine says something about the template that was given.
//!
//! No file, clock, environment or chance can be reached from a template. There is no clock in the limits
//! either: the same template ends in the same way everywhere.

mod budget;
mod engine_errors;
mod filters;
mod instrument;
mod lexer;
mod references;
mod trace_markers;

use std::collections::BTreeSet;
use std::sync::Arc;

use tera::{Context, ErrorKind, Tera};

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Rule};
use crate::source::Trace;
use crate::source::{Source, Span};
use crate::threads;

use instrument::{CallSite, InstrumentedFile, instrument};

pub use budget::RunBudget;
pub use instrument::Include;

/// Counts a round of a loop.
const COUNT_ROUND: &str = "dtpl_round";
/// Counts what is done once for each time that a file is run.
const COUNT_WORK: &str = "dtpl_work";
/// Looks at what a tag names.
const CHECK_NAMES: &str = "dtpl_look";
/// Looks at the size of a value.
const CHECK_SIZE: &str = "dtpl_size";

/// Looks at the size of a value on its way into a filter.
const CHECK_FILTER_INPUT: &str = "dtpl_pass";

/// Bytes of stack for the engine, which calls itself as deep as tags and brackets lie in each other.
const STACK: usize = 4 << 20;

/// What a template is used for, and what it may take.
#[derive(Debug)]
pub struct Profile {
    /// What messages call it.
    pub noun: &'static str,
    /// What messages call its text.
    pub text_noun: &'static str,
    /// What messages call what comes out.
    pub result_noun: &'static str,
    /// The tags that are let through.
    pub tags: &'static [&'static str],
    /// What to say beside a tag that is not.
    pub tags_help: &'static str,
    /// What there is to name.
    pub names_help: &'static str,
    /// Whether what is asked for has to be there each time that it is asked for.
    pub looks_after_names: bool,
    /// Whether the result leads back to the template.
    pub traced: bool,
    /// Bytes of a file.
    pub text_bytes: usize,
    /// Bytes of a value that is built up.
    pub value_bytes: usize,
    /// Bytes of the result.
    pub output_bytes: usize,
    /// Rounds of all loops together.
    pub rounds: usize,
    /// Steps of all tags together.
    pub work: u64,
}

/// A path in a project, `/` between its parts, as an `include` may have it.
///
/// # Errors
/// Why it is none.
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

/// A number of bytes as a person says it.
fn bytes(count: usize) -> String {
    match count {
        count if count > 0 && count.is_multiple_of(1 << 20) => format!("{} MiB", count >> 20),
        count if count > 0 && count.is_multiple_of(1 << 10) => format!("{} KiB", count >> 10),
        count => format!("{count} bytes"),
    }
}

/// A template with all that it includes, ready to run.
pub struct Program {
    kind: &'static Profile,
    files: Vec<InstrumentedFile>,
    /// What the engine calls the files.
    names: Vec<String>,
    sites: Arc<Vec<CallSite>>,
    texts: Arc<Vec<String>>,
    /// Without the functions of a run.
    tera: Tera,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("files", &self.files).finish_non_exhaustive()
    }
}

/// What a template came to.
#[derive(Debug)]
pub struct Output {
    /// The text.
    pub bytes: Vec<u8>,
    /// Where it came from, if that was asked for.
    pub trace: Trace,
}

/// A variable as a template uses it.
#[derive(Debug)]
pub struct UsedVariable<'p> {
    /// The file that it is used in.
    pub source: &'p Arc<Source>,
    /// Its name, and those of its fields.
    pub names: Vec<&'p str>,
    /// Where they stand.
    pub spans: Vec<Span>,
    /// Whether the template asks whether it is there, or makes it itself.
    pub may_be_absent: bool,
}

/// Reads one file of a template.
///
/// # Errors
/// A file that is too long or not UTF-8, and tags that are not let through.
pub fn includes(source: &Arc<Source>, kind: &Profile) -> Result<Vec<Include>, Diagnostics> {
    read(source, 0, 0, kind).map(|file| file.includes)
}

fn read(
    source: &Arc<Source>,
    number: usize,
    first_site: usize,
    kind: &Profile,
) -> Result<InstrumentedFile, Diagnostics> {
    let fault = |span, message: String| {
        Diagnostic::error(Place::Text(Arc::clone(source), span), message).of_rule(Rule::Syntax)
    };
    if source.bytes().len() > kind.text_bytes {
        let message = format!("the {} is longer than {}", kind.text_noun, bytes(kind.text_bytes));
        return Err(fault(0..0, message).into());
    }
    let text = std::str::from_utf8(source.bytes()).map_err(|error| {
        let at = error.valid_up_to();
        let help = format!("save the {} as UTF-8", kind.text_noun);
        fault(at..at + 1, "a byte that is not UTF-8".to_owned()).help(help)
    })?;
    if let Some(at) = memchr::memchr(0, source.bytes()) {
        return Err(fault(at..at + 1, "a NUL byte".to_owned()).help("a template is text").into());
    }
    let file = instrument(source, text, number, first_site, kind);
    let mut diagnostics = Diagnostics::new();
    for (span, message, help) in &file.refused {
        diagnostics.push(|| fault(span.clone(), message.clone()).help(help.clone()));
    }
    if diagnostics.is_empty() { Ok(file) } else { Err(diagnostics) }
}

impl Program {
    /// Reads a template, the first of the files, and what it includes, each by the path that includes
    /// have. `register` gives the engine names of functions that only a run has.
    ///
    /// # Errors
    /// What is wrong with the files, all that is known of it.
    pub fn new(
        files: &[(String, Arc<Source>)],
        kind: &'static Profile,
        register: impl Fn(&mut Tera) + Sync,
    ) -> Result<Self, Diagnostics> {
        threads::with_stack(STACK, || Program::read(files, kind, &register))
    }

    fn read(
        files: &[(String, Arc<Source>)],
        kind: &'static Profile,
        register: &dyn Fn(&mut Tera),
    ) -> Result<Self, Diagnostics> {
        let mut read_files: Vec<InstrumentedFile> = Vec::new();
        let mut faults = Diagnostics::new();
        let mut sites = 0;
        for (number, (_, source)) in files.iter().enumerate() {
            match read(source, number, sites, kind) {
                Ok(file) => {
                    sites += file.sites.len();
                    read_files.push(file);
                }
                Err(more) => faults.append(more),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let texts = files.iter().map(|(_, source)| String::from_utf8_lossy(source.bytes()).into_owned());
        let texts = Arc::new(texts.collect::<Vec<_>>());
        let sites: Vec<CallSite> =
            read_files.iter_mut().flat_map(|file| std::mem::take(&mut file.sites)).collect();
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        let (sites, tera) = (Arc::new(sites), Tera::default());
        let mut program = Program { kind, files: read_files, names, sites, texts, tera };
        let mut tera = Tera::default();
        if kind.traced {
            tera.autoescape_on(Vec::<&str>::new());
        }
        budget::register(&mut tera, &program.budget());
        register(&mut tera);
        let named = program.names.iter().zip(program.files.iter().map(|file| &file.text));
        if let Err(error) = tera.add_raw_templates(named) {
            return Err(program.told(&error, None));
        }
        program.tera = tera;
        Ok(program)
    }

    fn budget(&self) -> Arc<RunBudget> {
        Arc::new(RunBudget::new(self.kind, Arc::clone(&self.sites), Arc::clone(&self.texts)))
    }

    /// The variables that it uses and does not make, in the order of the files.
    pub fn used(&self) -> Vec<UsedVariable<'_>> {
        let made: BTreeSet<&str> =
            self.files.iter().flat_map(|file| &file.made).map(String::as_str).collect();
        let part = |file: usize, span: &Span| {
            self.texts.get(file).and_then(|text| text.get(span.clone())).unwrap_or_default()
        };
        let all = || {
            let numbered = self.files.iter().enumerate();
            numbered.flat_map(|(at, file)| file.uses.iter().map(move |path| (at, file, path)))
        };
        let tested: BTreeSet<&str> = all()
            .filter(|(_, _, path)| path.may_be_absent && path.fields.is_empty())
            .map(|(at, _, path)| part(at, &path.root))
            .collect();
        let mut used = Vec::new();
        for (at, file, path) in all() {
            let root = part(at, &path.root);
            if made.contains(root) {
                continue;
            }
            let spans: Vec<Span> = std::iter::once(&path.root).chain(&path.fields).cloned().collect();
            let names: Vec<&str> = spans.iter().map(|span| part(at, span)).collect();
            let may_be_absent = path.may_be_absent || (tested.contains(root) && names.len() == 1);
            used.push(UsedVariable { source: &file.source, names, spans, may_be_absent });
        }
        used
    }

    /// Runs it. `register` gives the engine the functions of this run, which may stop it.
    ///
    /// # Errors
    /// What stopped it.
    pub fn run(
        &self,
        context: &Context,
        most_bytes: usize,
        register: impl Fn(&mut Tera, &Arc<RunBudget>) + Sync,
    ) -> Result<Output, Diagnostics> {
        threads::with_stack(STACK, || self.run_here(context, most_bytes, &register))
    }

    fn run_here(
        &self,
        context: &Context,
        most_bytes: usize,
        register: &dyn Fn(&mut Tera, &Arc<RunBudget>),
    ) -> Result<Output, Diagnostics> {
        let mut tera = self.tera.clone();
        let budget = self.budget();
        budget::register(&mut tera, &budget);
        register(&mut tera, &budget);
        let mut out = trace_markers::TraceWriter::new(most_bytes, self.kind.traced);
        let name = self.names.first().map_or("", String::as_str);
        match tera.render_to(name, context, &mut out) {
            Ok(()) => {
                let (bytes, pieces) = out.end();
                let sources = self.files.iter().map(|file| Arc::clone(&file.source)).collect();
                Ok(Output { bytes, trace: Trace::new(sources, pieces) })
            }
            Err(error) if matches!(error.kind(), ErrorKind::Io(_)) => {
                let message = format!("the {} is longer than {}", self.kind.result_noun, bytes(most_bytes));
                Err(self.fault(0, 0..0, message).into())
            }
            Err(error) => Err(self.told(&error, Some(&budget))),
        }
    }
}
