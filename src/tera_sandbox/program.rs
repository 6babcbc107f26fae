//! A template with the files that it includes: read and instrumented once, run for each target.

use std::collections::BTreeSet;
use std::sync::Arc;

use tera::{Context, ErrorKind, Tera};

use super::budget::{self, RunBudget};
use super::engine_errors::{fault, while_parsing, while_running};
use super::filters;
use super::instrument::{CallSite, Include, InstrumentedFile, instrument};
use super::profile::{Profile, byte_count};
use super::references::VariablePath;
use super::trace_markers::TraceWriter;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, RuleName};
use crate::source::{Source, Span, Trace};
use crate::threads;

/// Bytes of stack for the engine, which recurses into nested tags and brackets.
const STACK: usize = 4 << 20;

/// A template with all that it includes, ready to run.
#[derive(Debug)]
pub struct Program {
    profile: &'static Profile,
    files: Vec<InstrumentedFile>,
    call_sites: Arc<Vec<CallSite>>,
    /// The original texts of the files.
    texts: Arc<Vec<String>>,
    /// Without the functions of a run.
    tera: Tera,
}

#[derive(Debug)]
pub struct Output {
    pub bytes: Vec<u8>,
    /// The way back to the template; empty unless the [`Profile`] asks for it.
    pub trace: Trace,
}

#[derive(Debug)]
pub struct UsedVariable<'p> {
    /// The file that names it.
    pub source: &'p Arc<Source>,
    /// Its name, and those of its fields.
    pub names: Vec<&'p str>,
    /// The place of each name.
    pub spans: Vec<Span>,
    /// Whether the template tests if it is defined, or sets it.
    pub may_be_absent: bool,
}

/// The includes of one file of a template.
pub fn includes(source: &Arc<Source>, profile: &Profile) -> Result<Vec<Include>, Diagnostics> {
    read(source, "", 0, 0, profile).map(|file| file.includes)
}

fn read(
    source: &Arc<Source>,
    name: &str,
    number: usize,
    first_call_site: usize,
    profile: &Profile,
) -> Result<InstrumentedFile, Diagnostics> {
    let fault = |span, message: String| {
        Diagnostic::error(Place::Text(Arc::clone(source), span), message).of_rule(RuleName::Syntax)
    };
    if source.bytes().len() > profile.text_bytes {
        let message = format!("the {} is longer than {}", profile.text_noun, byte_count(profile.text_bytes));
        return Err(fault(0..0, message).into());
    }
    let text = std::str::from_utf8(source.bytes()).map_err(|error| {
        let at = error.valid_up_to();
        let help = format!("save the {} as UTF-8", profile.text_noun);
        fault(at..at + 1, "a byte that is not UTF-8".to_owned()).help(help)
    })?;
    if let Some(at) = memchr::memchr(0, source.bytes()) {
        return Err(fault(at..at + 1, "a NUL byte".to_owned()).help("a template is text").into());
    }
    let mut file = instrument(source, text, number, first_call_site, profile);
    name.clone_into(&mut file.name);
    let mut diagnostics = Diagnostics::new();
    for (span, message, help) in &file.refused {
        diagnostics.push(|| fault(span.clone(), message.clone()).help(help.clone()));
    }
    if diagnostics.is_empty() { Ok(file) } else { Err(diagnostics) }
}

impl Program {
    /// Reads a template (the first of the files) and what it includes, each under the path that the
    /// `include` tags have. `register` tells the engine the names of functions that only a run has.
    pub fn new(
        sources: &[(String, Arc<Source>)],
        profile: &'static Profile,
        register: impl Fn(&mut Tera) + Sync,
    ) -> Result<Self, Diagnostics> {
        threads::with_stack(STACK, || {
            let mut files: Vec<InstrumentedFile> = Vec::new();
            let mut faults = Diagnostics::new();
            let mut call_sites = Vec::new();
            for (number, (name, source)) in sources.iter().enumerate() {
                match read(source, name, number, call_sites.len(), profile) {
                    Ok(mut file) => {
                        call_sites.append(&mut file.call_sites);
                        files.push(file);
                    }
                    Err(more) => faults.append(more),
                }
            }
            if !faults.is_empty() {
                return Err(faults);
            }
            let texts = files.iter().map(|file| String::from_utf8_lossy(file.source.bytes()).into_owned());
            let (call_sites, texts) = (Arc::new(call_sites), Arc::new(texts.collect()));
            let mut program = Program { profile, files, call_sites, texts, tera: Tera::default() };
            let mut tera = Tera::default();
            if profile.traced {
                tera.autoescape_on(Vec::<&str>::new());
            }
            program.limit(&mut tera);
            register(&mut tera);
            let templates = program.files.iter().map(|file| (&file.name, &file.text));
            tera.add_raw_templates(templates).map_err(|error| while_parsing(&error, &program.files))?;
            program.tera = tera;
            Ok(program)
        })
    }

    /// Registers what counts, and the filters and functions that cannot make much out of little.
    fn limit(&self, tera: &mut Tera) -> Arc<RunBudget> {
        let (call_sites, texts) = (Arc::clone(&self.call_sites), Arc::clone(&self.texts));
        let run = Arc::new(RunBudget::new(self.profile, call_sites, texts));
        budget::register(tera, &run);
        filters::register(tera, &run);
        run
    }

    /// The variables that the template names and does not set itself, in the order of the files.
    pub fn used(&self) -> Vec<UsedVariable<'_>> {
        let set: BTreeSet<&str> = self.files.iter().flat_map(|file| &file.made).map(String::as_str).collect();
        let mut used = Vec::new();
        for (file, text) in self.files.iter().zip(&*self.texts) {
            for path in &file.variables {
                let VariablePath { names: spans, may_be_absent, .. } = path.clone();
                let names = spans.iter().map(|span| text.get(span.clone()).unwrap_or_default()).collect();
                used.push(UsedVariable { source: &file.source, names, spans, may_be_absent });
            }
        }
        // A variable that is tested once may be absent wherever the template names it.
        let is_bare = |variable: &UsedVariable| variable.names.len() == 1;
        let tested: BTreeSet<&str> = used
            .iter()
            .filter(|variable| variable.may_be_absent && is_bare(variable))
            .filter_map(|variable| variable.names.first().copied())
            .collect();
        used.retain(|variable| variable.names.first().is_some_and(|root| !set.contains(root)));
        for variable in used.iter_mut().filter(|variable| is_bare(variable)) {
            variable.may_be_absent |= variable.names.first().is_some_and(|root| tested.contains(root));
        }
        used
    }

    /// Runs the template. `register` gives the engine the functions of this run, which may stop it.
    pub fn run(
        &self,
        context: &Context,
        most_bytes: usize,
        register: impl Fn(&mut Tera, &Arc<RunBudget>) + Sync,
    ) -> Result<Output, Diagnostics> {
        threads::with_stack(STACK, || {
            let mut tera = self.tera.clone();
            let budget = self.limit(&mut tera);
            register(&mut tera, &budget);
            let mut out = TraceWriter::new(most_bytes, self.profile.traced);
            let name = self.files.first().map_or("", |file| &file.name);
            match tera.render_to(name, context, &mut out) {
                Ok(()) => {
                    let sources = self.files.iter().map(|file| Arc::clone(&file.source)).collect();
                    Ok(Output { bytes: out.text, trace: Trace::new(sources, out.pieces) })
                }
                Err(error) if matches!(error.kind(), ErrorKind::Io(_)) => {
                    let (noun, most) = (self.profile.result_noun, byte_count(most_bytes));
                    Err(fault(&self.files, 0, 0..0, format!("the {noun} is longer than {most}")).into())
                }
                Err(error) => {
                    let help = self.profile.names_help;
                    Err(while_running(&error, budget.stopped(), &self.files, help).into())
                }
            }
        })
    }
}
