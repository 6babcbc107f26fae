//! `Dockerfile.tera`: a Dockerfile with conditions, loops and includes, for what placeholders cannot say.
//!
//! 1. `includes` reads the template and what it includes.
//! 2. `scope` holds what a template can name, `base_image` has the function that chooses an image.
//! 3. The template runs in [`crate::tera_sandbox`], which holds it within limits.
//! 4. `values` refuses values that would change the structure of the Dockerfile.
//!
//! What comes out is a [`Template`] in which nothing is left to replace, and whose text knows where each
//! byte of it came from: who reports something about it points into the `.tera` file.

mod base_image;
mod includes;
mod profile;
mod scope;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tera::{Context, Kwargs, State, Tera, TeraResult};

use crate::arch::Arch;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Result;
use crate::render::placeholder::is_name;
use crate::render::rendering::Produced;
use crate::render::{Layers, Rendering, Template, Variable, warn_about_value};
use crate::source::Source;
use crate::subject::Subject;
use crate::tera_sandbox::{Program, UsedVariable};

pub use includes::Open;
pub use profile::TEMPLATE;

/// A template with all that it includes.
#[derive(Debug)]
pub struct TeraTemplate {
    source: Arc<Source>,
    program: Program,
}

impl TeraTemplate {
    /// Reads a template at `path` in the project, and what it includes.
    ///
    /// # Errors
    /// What is wrong with one of the files, and an include that is not there, leads out of the project,
    /// or into itself.
    pub fn load(source: Arc<Source>, path: &str, open: &Open) -> Result<Self> {
        let files = includes::all(&source, path, open)?;
        // The names of the functions are known before there is anything that they could answer.
        let program = Program::new(&files, &TEMPLATE, |tera| {
            tera.register_function("platform", |_: Kwargs, _: &State| -> TeraResult<String> {
                Ok(String::new())
            });
            tera.register_function("base_image", |_: Kwargs, _: &State| -> TeraResult<String> {
                Ok(String::new())
            });
        });
        Ok(TeraTemplate { source, program: program.map_err(crate::error::Error::Input)? })
    }

    /// The template's own text.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The Dockerfile for one device. It has at most `most_bytes`, and never more than 4 MiB.
    ///
    /// # Errors
    /// `--compat balena`; every name that is not defined; what stopped the template; every value that would
    /// change the structure of the Dockerfile.
    pub(crate) fn render<'t>(
        &'t self,
        subject: &Subject,
        variables: Layers,
        most_bytes: u64,
    ) -> std::result::Result<Rendering<'t>, Diagnostics> {
        if variables.only_balena() {
            let message = "the balena builder knows no Tera templates, and the project is for balena alone";
            let fault = Diagnostic::error_at(&self.source, 0..0, message);
            return Err(fault.help("write a Dockerfile.template, or leave --compat out").into());
        }
        let context = scope::context(subject, variables);
        scope::check(&self.program, &context, variables)?;
        let most = usize::try_from(most_bytes).unwrap_or(usize::MAX).min(TEMPLATE.output_bytes);
        let output =
            self.run(&context, subject.arch, most).map_err(|faults| with_flag(faults, most_bytes))?;
        let values: Vec<_> = output.trace.values(output.bytes.len()).collect();
        let made = Source::new(self.source.name(), output.bytes).hiding_lines().made_from(output.trace);
        let made = Arc::new(made);
        values::check(&made, &values)?;
        let named = self.names(|_| true).into_iter().filter_map(|name| variables.get(name));
        let given: Vec<Variable> = named.filter(|variable| variable.origin().is_some()).cloned().collect();
        let mut warnings = Diagnostics::new();
        given.iter().for_each(|variable| warn_about_value(variable, &mut warnings));
        Ok(Rendering::produced(Produced { text: Template::verbatim(made), given, warnings }))
    }

    fn run(
        &self,
        context: &Context,
        arch: Option<&Arch>,
        most: usize,
    ) -> std::result::Result<crate::tera_sandbox::Output, Diagnostics> {
        let platform = arch.map(|arch| arch.platform.to_string());
        self.program.run(context, most, |tera: &mut Tera, run| {
            let known = platform.clone();
            let budget = Arc::clone(run);
            tera.register_function("platform", move |_: Kwargs, _: &State| -> TeraResult<String> {
                known
                    .clone()
                    .ok_or_else(|| budget.stop("no platform is known here", vec![NO_ARCH.to_owned()]))
            });
            let (platform, budget) = (platform.clone(), Arc::clone(run));
            let answers: Mutex<BTreeMap<base_image::Arguments, String>> = Mutex::default();
            tera.register_function("base_image", move |arguments: Kwargs, _: &State| -> TeraResult<String> {
                let Some(platform) = &platform else {
                    return Err(budget.stop("no platform is known here", vec![NO_ARCH.to_owned()]));
                };
                let written = |text: &str| budget.is_written(text);
                let stop = |(message, help): (String, Vec<String>)| budget.stop(message, help);
                let asked = base_image::Arguments::read(&arguments, &written).map_err(stop)?;
                let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(image) = answers.get(&asked) {
                    return Ok(image.clone());
                }
                budget.take(base_image::STEPS, None)?;
                let image = asked.image(platform, &written).map_err(stop)?;
                answers.insert(asked, image.clone());
                Ok(image)
            });
        })
    }

    /// The variables that the template needs and that there are not, as far as a user could give them.
    pub fn unknown(&self, variables: Layers) -> Vec<&str> {
        let mut names = self.names(|used| !used.may_be_absent);
        names.retain(|name| is_name(name) && variables.get(name).is_none());
        names.into_iter().collect()
    }

    /// The names of the variables that the template uses in this way.
    fn names(&self, counts: impl Fn(&UsedVariable) -> bool) -> BTreeSet<&str> {
        let used = self.program.used().into_iter().filter(counts);
        used.filter_map(|used| used.names.first().copied()).collect()
    }
}

const NO_ARCH: &str = "it is known when a device type or an arch is given: --device SLUG, --arch ARCH";

/// Says of a result that is too long how to let it be longer, where that helps.
fn with_flag(faults: Diagnostics, most_bytes: u64) -> Diagnostics {
    if most_bytes >= TEMPLATE.output_bytes as u64 {
        return faults;
    }
    faults.map(|fault| match fault.message.starts_with("the result is longer than") {
        true => fault.help("raise it with --max-output-bytes BYTES"),
        false => fault,
    })
}
