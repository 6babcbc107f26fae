//! Where a Dockerfile names images that balena published: in `FROM`, through an `ARG` into `FROM`, in
//! `COPY --from` and `RUN --mount`. For each place it is asked what the image is for everybody whom the
//! file is for.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::batch::services::ServiceFiles;
use crate::batch::target::Target;
use crate::check::predefined;
use crate::dockerfile::word::Env;
use crate::dockerfile::{Base, CopyFrom, Dockerfile, Keyword, Resolved};
use crate::image::{Catalogue, Family, Knowledge, Platform, Reference};
use crate::source::{Source, Span};
use crate::template::{Layers, Template};

/// One device type of one service that a file is for.
#[derive(Clone, Copy)]
pub struct Whom<'w> {
    /// The device type, with its variables.
    pub target: &'w Target<'w>,
    /// The service.
    pub service: &'w ServiceFiles,
}

/// An image, and what is known of it.
pub type Known = Rc<(Reference, Knowledge)>;

/// Where a reference can be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Where it is used.
    Here(Span),
    /// In the default of an `ARG` that holds nothing else.
    Default(Span),
    /// Not in this file: a build argument of the compose file gives it.
    Given(String),
}

/// A place that names an image.
#[derive(Debug)]
pub struct Use {
    /// The stage that begins with it, or that takes files from it.
    pub stage: usize,
    /// Whether the stage begins with it.
    pub is_base: bool,
    /// Where it is used.
    pub span: Span,
    /// Where it is written.
    pub spot: Spot,
    /// As it is written, with the defaults of variables put in.
    pub written: String,
    /// What it is for each of those whom the file is for.
    pub known: Vec<Option<Known>>,
    /// The platform that it is asked for, for each of them.
    pub platforms: Vec<Option<Platform>>,
}

/// Whether balena published it.
pub fn is_of_balena(known: &Knowledge) -> bool {
    matches!(known.family, Family::Resin | Family::Balenalib)
}

/// What was asked of the catalogue already.
pub struct Memory<'r> {
    /// Who is asked.
    pub catalogue: Catalogue<'r>,
    known: BTreeMap<String, Option<Known>>,
}

impl<'r> Memory<'r> {
    /// Nothing asked yet.
    pub fn new(catalogue: Catalogue<'r>) -> Self {
        Memory { catalogue, known: BTreeMap::new() }
    }

    fn about(&mut self, text: &str) -> Option<Known> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let known = Reference::parse(text).ok().map(|reference| {
            let knowledge = self.catalogue.about(&reference);
            Rc::new((reference, knowledge))
        });
        self.known.insert(text.to_owned(), known.clone());
        known
    }
}

/// The stages of a file as they come out for everybody: all of one service and one arch share theirs.
pub struct Stages {
    resolved: Vec<Vec<Resolved>>,
    /// Which of them counts, for each of those whom the file is for.
    of: Vec<usize>,
}

impl Stages {
    /// Resolves the `FROM` of every stage. Placeholders stay as they are.
    pub fn of(file: &Dockerfile, whoms: &[Whom]) -> Stages {
        let mut numbers: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let (mut resolved, mut of) = (Vec::new(), Vec::with_capacity(whoms.len()));
        for whom in whoms {
            let key = (whom.service.name.as_str(), &*whom.target.arch.slug);
            let number = *numbers.entry(key).or_insert_with(|| {
                let given = whom.service.build.args.iter();
                let given: Env = given
                    .filter_map(|(name, value)| Some((name.clone(), value.as_ref()?.clone().into_bytes())))
                    .collect();
                resolved.push(file.resolve(&predefined(&whom.target.arch.platform), &given).0);
                resolved.len() - 1
            });
            of.push(number);
        }
        Stages { resolved, of }
    }

    /// A stage as one of them gets it.
    pub fn get(&self, whom: usize, stage: usize) -> Option<&Resolved> {
        self.resolved.get(*self.of.get(whom)?)?.get(stage)
    }

    /// For each stage the one that it is built on in the end.
    pub fn roots(&self, file: &Dockerfile) -> Vec<usize> {
        let mut roots: Vec<usize> = Vec::with_capacity(file.stages.len());
        for at in 0..file.stages.len() {
            let root = match self.get(0, at).map(|resolved| &resolved.base) {
                Some(Base::Stage(from)) => roots.get(*from).copied().unwrap_or(at),
                _ => at,
            };
            roots.push(root);
        }
        roots
    }
}

/// A text with placeholders, as each of many gets it.
struct Filled {
    template: Option<Template>,
    text: String,
}

impl Filled {
    fn new(text: &str, is_verbatim: bool) -> Filled {
        let template = match is_verbatim || !text.contains("%%") {
            true => None,
            false => Template::parse(Arc::new(Source::new("", text))).ok(),
        };
        Filled { template, text: text.to_owned() }
    }

    fn of(&self, whom: &Whom) -> Option<String> {
        let Some(template) = &self.template else { return Some(self.text.clone()) };
        let layers = [&*whom.target.own, &whom.service.variables, &*whom.target.base];
        let rendered = template.render_layers(Layers(&layers)).ok()?.to_bytes();
        String::from_utf8(rendered).ok()
    }
}

/// All places that name an image of balena's, for anybody.
pub fn find(
    file: &Dockerfile,
    is_verbatim: bool,
    whoms: &[Whom],
    stages: &Stages,
    memory: &mut Memory,
) -> Vec<Use> {
    let mut uses = Vec::new();
    let mut filled: BTreeMap<String, Filled> = BTreeMap::new();
    let mut fill = |text: &str, whom: &Whom| {
        let filled = filled.entry(text.to_owned()).or_insert_with(|| Filled::new(text, is_verbatim));
        filled.of(whom)
    };
    for (at, stage) in file.stages.iter().enumerate() {
        let (mut known, mut platforms, mut written) = (Vec::new(), Vec::new(), None);
        for (number, whom) in whoms.iter().enumerate() {
            let resolved = stages.get(number, at);
            let text = resolved.and_then(|resolved| match &resolved.base {
                Base::Image(text) => std::str::from_utf8(text).ok(),
                _ => None,
            });
            known.push(text.and_then(|text| memory.about(&fill(text, whom)?)));
            written = written.or_else(|| text.map(str::to_owned));
            let asked = resolved.and_then(|resolved| std::str::from_utf8(resolved.platform.as_ref()?).ok());
            let own = || Platform::parse(&whom.target.arch.platform);
            // Balena's name of an arch is no platform: it goes, and the device's own one is meant.
            platforms.push(match asked.filter(|asked| !names_arch(asked)) {
                Some(asked) => fill(asked, whom).and_then(|text| Platform::parse(&text)).or_else(own),
                None => own(),
            });
        }
        let Some(written) = written.filter(|_| is_any_of_balena(&known)) else { continue };
        let spot = spot(file, stage.base.span.clone(), &stage.base.text, whoms);
        let span = stage.base.span.clone();
        uses.push(Use { stage: at, is_base: true, span, spot, written, known, platforms });
    }
    for (at, instruction) in file.instructions.iter().enumerate() {
        let Some(stage) = file.stage_of(at) else { continue };
        for (span, text) in sources(file, instruction) {
            let known: Vec<Option<Known>> =
                whoms.iter().map(|whom| memory.about(&fill(&text, whom)?)).collect();
            if !is_any_of_balena(&known) {
                continue;
            }
            let platforms = whoms.iter().map(|whom| Platform::parse(&whom.target.arch.platform)).collect();
            let spot = Spot::Here(span.clone());
            uses.push(Use { stage, is_base: false, span, spot, written: text, known, platforms });
        }
    }
    uses
}

fn is_any_of_balena(known: &[Option<Known>]) -> bool {
    known.iter().flatten().any(|known| is_of_balena(&known.1))
}

/// Whether a platform is made from balena's name of an arch: `linux/%%BALENA_ARCH%%`.
pub fn names_arch(platform: &str) -> bool {
    platform.contains("%%BALENA_ARCH%%") || platform.contains("%%RESIN_ARCH%%")
}

/// The images that an instruction takes files from, with their places.
fn sources(file: &Dockerfile, instruction: &crate::dockerfile::Instruction) -> Vec<(Span, String)> {
    let mut sources = Vec::new();
    let is_image = matches!(file.copy_from(instruction), Some(CopyFrom::Image(_)));
    for flag in &instruction.flags {
        // A flag with quotes or escapes has no place for each of its letters.
        let Some(text) = std::str::from_utf8(&flag.text).ok().filter(|text| text.len() == flag.span.len())
        else {
            continue;
        };
        let start = match (instruction.keyword, flag.name()) {
            (Keyword::Copy, b"from") if is_image => "--from=".len(),
            (Keyword::Run, b"mount") => match text.find(",from=").or_else(|| text.find("=from=")) {
                Some(at) => at + ",from=".len(),
                None => continue,
            },
            _ => continue,
        };
        let Some(rest) = text.get(start..) else { continue };
        let name = rest.split(',').next().unwrap_or_default();
        sources.push((flag.span.start + start..flag.span.start + start + name.len(), name.to_owned()));
    }
    sources
}

/// Where the image of a `FROM` is written.
fn spot(file: &Dockerfile, span: Span, text: &[u8], whoms: &[Whom]) -> Spot {
    let Some(name) = std::str::from_utf8(text).ok().and_then(only_variable) else { return Spot::Here(span) };
    let is_given = |whom: &Whom| matches!(whom.service.build.args.get(name), Some(Some(_)));
    if whoms.iter().any(is_given) {
        return Spot::Given(name.to_owned());
    }
    let args = file.meta_args.iter().filter_map(|&at| file.instructions.get(at)).flat_map(|arg| &arg.args);
    let defaults = args.filter_map(|arg| {
        let value = arg.text.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        let start = arg.span.start + name.len() + 1;
        // Quotes around it stay.
        let is_quoted = value.len() >= 2 && matches!(value[0], b'"' | b'\'') && value.last() == value.first();
        let quote = usize::from(is_quoted);
        (arg.text.len() == arg.span.len()).then_some(start + quote..arg.span.end - quote)
    });
    defaults.last().map_or(Spot::Here(span), Spot::Default)
}

/// The variable that a text consists of: `$NAME` or `${NAME}`.
fn only_variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let name = rest.strip_prefix('{').map_or(Some(rest), |rest| rest.strip_suffix('}'))?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
}

impl Whom<'_> {
    /// The values of these variables, for telling whether two of them get the same.
    pub fn values(&self, names: &[String]) -> Vec<Option<Vec<u8>>> {
        let layers = [&*self.target.own, &self.service.variables, &*self.target.base];
        let layers = Layers(&layers);
        names.iter().map(|name| layers.get(name).map(|variable| variable.value().to_vec())).collect()
    }
}
