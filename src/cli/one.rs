//! One Dockerfile of a project for one device: found, and rendered. What `dtpl render` prints and
//! `dtpl explain` explains is the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Bounds, Target};
use super::target::{self, Device};
use super::{Context, fleets, origins, usage};
use crate::device_types::Registry;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::dockerfile::word::Env;
use crate::error::Error;
use crate::fs::{self, Limit};
use crate::project::Choice;
use crate::project::directory::{self, For};
use crate::project::dockerfile_choice::{self, Form};
use crate::project::interpolation::Values;
use crate::project::service::ONLY_SERVICE;
use crate::render::placeholder::LONGEST_TEXT;
use crate::render::tera::{TeraTemplate, Whom};
use crate::render::{Layers, Rendered, Template, Variable, Variables};
use crate::source::Source;

/// The flags that say which Dockerfile, and for whom.
pub struct Asked<'a> {
    /// A directory, a template, or `-`.
    pub path: &'a Path,
    /// For which device.
    pub target: &'a Target,
    /// The Dockerfile of the project that is wanted.
    pub file: Option<&'a str>,
    /// How strict, and how much.
    pub bounds: &'a Bounds,
    /// The file that the result goes to.
    pub output: Option<&'a Path>,
}

/// What is needed for the render.
pub struct Found<'r> {
    /// The text.
    pub input: Input,
    /// For whom.
    pub device: Device<'r>,
    /// With what.
    pub variables: Variables,
    /// What there is to say so far.
    pub notes: Diagnostics,
}

/// Finds the text, the device and the variables.
///
/// # Errors
/// When one of them cannot be had.
pub fn find<'r>(asked: &Asked, registry: &'r Registry, context: &mut Context) -> anyhow::Result<Found<'r>> {
    let fleet = fleets::named(asked.target, asked.path, context)?;
    let device = match &fleet {
        Some(fleet) if asked.target.device.is_none() && asked.target.arch.is_none() => {
            target::device_of_fleet(fleet, registry)?
        }
        _ => target::device(asked.target, registry, context)?,
    };
    let definitions = &asked.target.definitions;
    for file in definitions.registry.files.iter().chain(&definitions.env_file) {
        context.say(format_args!("reading {}", file.display()));
    }
    let given = target::given(definitions, context)?;
    let mut notes = Diagnostics::new();
    let input = input(asked, &device, &given.values(), &mut notes, context)?;
    let given = match &fleet {
        Some(fleet) => given.over(fleet),
        None => given,
    };
    let variables = target::variables(asked.target, &device, context, &input.service, given, &mut notes);
    Ok(Found { input, device, variables, notes })
}

/// The text as a template; a plain Dockerfile is one in which nothing is replaced, and so is what a Tera
/// template became. With it come the variables of the user's own that are in it already.
///
/// # Errors
/// When it is none.
pub fn template(
    input: &mut Input,
    variables: &Variables,
    bounds: &Bounds,
    notes: &mut Diagnostics,
    context: &mut Context,
    device: &Device,
) -> anyhow::Result<(Template, Vec<Variable>)> {
    let source = Arc::new(std::mem::replace(&mut input.source, Source::new("", Vec::new())));
    context.say(format_args!(
        "rendering {} for {}",
        source.name(),
        device.slug.as_deref().or(device.arch.map(|arch| &*arch.slug)).unwrap_or_default(),
    ));
    let (template, given) = made(input, source, variables, bounds, notes, device)?;
    if context.verbose {
        origins::say(&template, &given, variables, device, context);
    }
    Ok((template, given))
}

fn made(
    input: &Input,
    source: Arc<Source>,
    variables: &Variables,
    bounds: &Bounds,
    notes: &mut Diagnostics,
    device: &Device,
) -> anyhow::Result<(Template, Vec<Variable>)> {
    let choice = &input.choice;
    if choice.form == Form::Tera {
        let limit = template_limit(bounds);
        let open = |path: &str, place: &Place| directory::open_included(&input.folder, path, place, limit);
        let tera = TeraTemplate::load(source, &choice.path, &open)?;
        let whom = Whom { device: device.known, slug: device.slug.as_deref(), arch: device.arch };
        return match tera.render(&whom, Layers(&[variables]), bounds.max_output_bytes) {
            Ok(made) => {
                notes.append(made.notes);
                Ok((made.template, made.given))
            }
            Err(faults) => {
                notes.append(faults);
                Err(Error::Input(std::mem::take(notes)).into())
            }
        };
    }
    if choice.substituted {
        Ok((Template::parse(source).map_err(Error::Input)?, Vec::new()))
    } else {
        Ok((Template::verbatim(source), Vec::new()))
    }
}

fn template_limit(bounds: &Bounds) -> Limit {
    Limit { bytes: bounds.max_template_bytes.min(LONGEST_TEXT as u64), flag: "--max-template-bytes" }
}

/// The template with its placeholders replaced; `notes` gets what there is to say about it.
///
/// # Errors
/// When that cannot be done, or gets too long; with `--strict` when there is anything to say.
pub fn rendered<'t>(
    template: &'t Template,
    variables: &'t Variables,
    bounds: &Bounds,
    notes: &mut Diagnostics,
) -> anyhow::Result<Rendered<'t>> {
    let rendered = match template.render(variables) {
        Ok(rendered) => rendered,
        Err(faults) => {
            notes.append(faults);
            return Err(Error::Input(std::mem::take(notes)).into());
        }
    };
    if rendered.len() > bounds.max_output_bytes {
        let what = format!("the result for {}", template.source().name());
        return Err(output_limit(bounds).exceeded(&what).into());
    }
    notes.append(template.suspicions());
    notes.append(rendered.suspicions());
    if notes.has_errors() {
        return Err(Error::Input(std::mem::take(notes)).into());
    }
    if bounds.strict && notes.has_warnings() {
        return Err(Error::Input(std::mem::take(notes).into_errors()).into());
    }
    Ok(rendered)
}

/// How long a result may be.
pub fn output_limit(bounds: &Bounds) -> Limit {
    Limit { bytes: bounds.max_output_bytes, flag: "--max-output-bytes" }
}

/// What is rendered: its text, what the choice of it means, for which service.
pub struct Input {
    /// The text.
    pub source: Source,
    /// What was chosen, and what it means.
    pub choice: Choice,
    /// The name of the service.
    pub service: String,
    /// The build arguments that the project gives it.
    pub args: Env,
    /// The folder that a template includes files from.
    pub folder: PathBuf,
}

/// The text to render, and the notes that its search leaves.
fn input(
    asked: &Asked,
    device: &Device,
    values: &Values,
    notes: &mut Diagnostics,
    context: &mut Context,
) -> anyhow::Result<Input> {
    let limit = template_limit(asked.bounds);
    let path = asked.path;
    let named = asked.target.service.as_deref();
    if path != Path::new("-") && fs::is_dir(path) {
        let file = target::file(asked.file, context)?;
        let project = directory::read(path, values, target::limit(&asked.target.definitions.registry))?;
        let place = match named {
            Some(_) => context.place_of("--service"),
            None => Place::File(project.compose.clone().unwrap_or_default()),
        };
        if let Some(compose) = &project.compose {
            context.say(format_args!("reading {compose}"));
        }
        // A project without a compose file has one service, whatever it is called.
        let named_service = if project.compose.is_some() { named } else { None };
        let service = project.service(named_service, place)?;
        let build = service.build().cloned().unwrap_or_default();
        let wanted = For {
            device: device.slug.as_deref(),
            arch: device.arch.map(|arch| &*arch.slug),
            platform: device.arch.map(|arch| &*arch.platform),
        };
        let found = directory::find(path, &build, file, wanted, limit)?;
        let service = named.unwrap_or(&service.name).to_owned();
        notes.append(project.warnings);
        // That a template is used instead of the file which is made of it is as it should be.
        let made = path.join(&found.choice.path).with_file_name(file_name_of(&found.choice.name));
        if !asked.output.is_some_and(|output| fs::is_same_file(output, &made)) {
            notes.append(found.warnings);
        }
        let args =
            build.args.into_iter().filter_map(|(name, value)| Some((name, value?.into_bytes()))).collect();
        let folder = path.to_owned();
        return Ok(Input { source: found.source, choice: found.choice, service, args, folder });
    }
    let service = named.unwrap_or(ONLY_SERVICE).to_owned();
    if asked.file.is_some() {
        let place = Place::File(path.to_string_lossy().into_owned());
        return Err(usage(
            Diagnostic::error(place, "--file chooses in a project, and this is not a directory")
                .help("leave --file out, or name the directory"),
        ));
    }
    if path == Path::new("-") {
        let source = fs::read_stream(context.streams.stdin, "<stdin>", limit)?;
        let choice = Choice { path: "-".to_owned(), ..dockerfile_choice::of_file("Dockerfile.template") };
        let folder = PathBuf::from(".");
        return Ok(Input { source, choice, service, args: Env::new(), folder });
    }
    let source = fs::read(path, limit)?;
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let choice =
        Choice { path: path.to_string_lossy().into_owned(), ..dockerfile_choice::of_file(&file_name) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    Ok(Input { source, choice, service, args: Env::new(), folder })
}

fn file_name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What is read must not be replaced by the result.
///
/// # Errors
/// When the output is one of the files that the flags name, or a directory.
pub fn refuse_own_source(asked: &Asked, source: &str) -> anyhow::Result<()> {
    let Some(output) = asked.output else { return Ok(()) };
    let fault = |message: &str| {
        let place = Place::File(output.to_string_lossy().into_owned());
        Err(usage(Diagnostic::error(place, message).help("name another file with --output")))
    };
    if fs::is_dir(output) {
        return fault("the output is a directory");
    }
    // By its own path too: a name that is not UTF-8 is another one in messages.
    if fs::is_same_file(output, Path::new(source)) || fs::is_same_file(output, asked.path) {
        return fault("the output is the template itself");
    }
    let definitions = &asked.target.definitions;
    let files = definitions.env_file.iter().chain(&definitions.registry.files);
    if files.into_iter().any(|file| fs::is_same_file(output, file)) {
        return fault("the output is one of the inputs");
    }
    Ok(())
}

/// Nor must a file that a Tera template includes.
///
/// # Errors
/// When the output is one of them.
pub fn refuse_parts(asked: &Asked, template: &Template) -> anyhow::Result<()> {
    let mut parts = template.source().parts().iter();
    parts.try_for_each(|part| refuse_own_source(asked, part.name()))
}
