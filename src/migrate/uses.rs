//! Where a Dockerfile names images that balena published: in `FROM`, through an `ARG` into `FROM`, in
//! `COPY --from` and `RUN --mount`. For each place it is asked what the image is for everybody whom the
//! file is for.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::choice::Choices;
use crate::dockerfile::expansion::Env;
use crate::dockerfile::{Base, COMMON_BUILDER, CopyFrom, Dockerfile, Keyword, Resolved, predefined_args};
use crate::image::{Catalogue, Family, Knowledge, Platform, Reference};
use crate::render::{Layers, Limits, Template};
use crate::source::{Source, Span};
use crate::workspace::ServiceFiles;
use crate::workspace::Target;

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
    pub known: Rc<Vec<Option<Known>>>,
    /// The platform that it is asked for, for each of them.
    pub platforms: Rc<Vec<Option<Platform>>>,
}

/// Whether balena published it.
pub fn is_of_balena(known: &Knowledge) -> bool {
    matches!(known.family, Family::Resin | Family::Balenalib)
}

/// What was asked of the catalogue already.
pub struct Memory<'r> {
    /// Who is asked.
    pub catalogue: Catalogue<'r>,
    /// What followed what.
    pub choices: Choices,
    known: BTreeMap<String, Option<Known>>,
}

impl<'r> Memory<'r> {
    /// Nothing asked yet.
    pub fn new(catalogue: Catalogue<'r>) -> Self {
        Memory { catalogue, choices: Choices::default(), known: BTreeMap::new() }
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
                resolved.push(
                    file.resolve(&predefined_args(&whom.target.arch.platform, Some(COMMON_BUILDER)), &given)
                        .0,
                );
                resolved.len() - 1
            });
            of.push(number);
        }
        Stages { resolved, of }
    }

    /// Which of the resolved ones counts for somebody.
    fn number(&self, whom: usize) -> Option<usize> {
        self.of.get(whom).copied()
    }

    /// A text of a stage, for each time that it was resolved.
    fn texts<'t>(
        &'t self,
        stage: usize,
        text: impl Fn(&'t Resolved) -> Option<&'t str>,
    ) -> Vec<Option<&'t str>> {
        self.resolved.iter().map(|stages| text(stages.get(stage)?)).collect()
    }

    /// A text that is the same whoever it is for.
    fn same<'t>(&self, text: Option<&'t str>) -> Vec<Option<&'t str>> {
        vec![text; self.resolved.len()]
    }

    /// For each stage the one that it is built on in the end.
    pub fn roots(&self, file: &Dockerfile) -> Vec<usize> {
        let mut roots: Vec<usize> = Vec::with_capacity(file.stages.len());
        for at in 0..file.stages.len() {
            let root = match self
                .resolved
                .first()
                .and_then(|stages| stages.get(at))
                .map(|resolved| &resolved.base)
            {
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
        let layers = whom.target.layers(whom.service);
        let limits = Limits { output_bytes: u64::MAX, ..Limits::default() };
        let rendered = template.render(&whom.target.subject(), Layers(&layers), &limits).ok()?.to_bytes();
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
    let mut asked = Asked { is_verbatim, whoms, memory, known: BTreeMap::new(), platforms: BTreeMap::new() };
    for (at, stage) in file.stages.iter().enumerate() {
        let texts = stages.texts(at, |resolved| match &resolved.base {
            Base::Image(text) => std::str::from_utf8(text).ok(),
            _ => None,
        });
        let Some(written) = texts.iter().flatten().next().map(|text| (*text).to_owned()) else { continue };
        let known = asked.known(stages, &texts);
        let is_named = ["resin/", "balenalib/"].iter().any(|family| written.starts_with(family));
        // A name that comes to nothing, as with an unknown placeholder, is for a person.
        let is_lost = is_named && known.iter().all(Option::is_none);
        if !is_lost && !is_any_of_balena(&known) {
            continue;
        }
        let platforms = stages.texts(at, |resolved| std::str::from_utf8(resolved.platform.as_ref()?).ok());
        let platforms = asked.platforms(stages, &platforms);
        let spot = spot(file, stage.base.span.clone(), &stage.base.text, whoms);
        let span = stage.base.span.clone();
        uses.push(Use { stage: at, is_base: true, span, spot, written, known, platforms });
    }
    for (at, instruction) in file.instructions.iter().enumerate() {
        let Some(stage) = file.stage_of(at) else { continue };
        for (span, text) in sources(file, instruction) {
            let known = asked.known(stages, &stages.same(Some(&text)));
            if !is_any_of_balena(&known) {
                continue;
            }
            let platforms = asked.platforms(stages, &stages.same(None));
            let spot = Spot::Here(span.clone());
            uses.push(Use { stage, is_base: false, span, spot, written: text, known, platforms });
        }
    }
    uses
}

/// What was asked already for the texts of one place: the same few come again and again.
struct Asked<'a, 'r> {
    is_verbatim: bool,
    whoms: &'a [Whom<'a>],
    memory: &'a mut Memory<'r>,
    known: BTreeMap<Vec<Option<String>>, Rc<Vec<Option<Known>>>>,
    platforms: BTreeMap<Vec<Option<String>>, Rc<Vec<Option<Platform>>>>,
}

impl Asked<'_, '_> {
    fn known(&mut self, stages: &Stages, texts: &[Option<&str>]) -> Rc<Vec<Option<Known>>> {
        let key: Vec<Option<String>> = texts.iter().map(|text| text.map(str::to_owned)).collect();
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let filled: Vec<_> =
            texts.iter().map(|text| text.map(|text| Filled::new(text, self.is_verbatim))).collect();
        let known = (self.whoms.iter().enumerate()).map(|(number, whom)| {
            let filled = filled.get(stages.number(number)?)?.as_ref()?;
            self.memory.about(&filled.of(whom)?)
        });
        let known = Rc::new(known.collect());
        self.known.insert(key, Rc::clone(&known));
        known
    }

    fn platforms(&mut self, stages: &Stages, texts: &[Option<&str>]) -> Rc<Vec<Option<Platform>>> {
        // Balena's name of an arch is no platform: it goes, and the device's own one is meant.
        let texts = texts.iter().map(|text| text.filter(|text| !names_arch(text)));
        let key: Vec<Option<String>> = texts.clone().map(|text| text.map(str::to_owned)).collect();
        if let Some(platforms) = self.platforms.get(&key) {
            return Rc::clone(platforms);
        }
        let filled: Vec<_> = texts.map(|text| text.map(|text| Filled::new(text, self.is_verbatim))).collect();
        let platforms = self.whoms.iter().enumerate().map(|(number, whom)| {
            let asked = filled.get(stages.number(number)?)?.as_ref().and_then(|filled| filled.of(whom));
            let asked = asked.and_then(|text| Platform::parse(&text));
            asked.or_else(|| Platform::parse(&whom.target.arch.platform))
        });
        let platforms = Rc::new(platforms.collect());
        self.platforms.insert(key, Rc::clone(&platforms));
        platforms
    }
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
    let mut defaults = args.filter_map(|arg| {
        let value = arg.text.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        let start = arg.span.start + name.len() + 1;
        // Quotes around it stay.
        let is_quoted = value.len() >= 2 && matches!(value[0], b'"' | b'\'') && value.last() == value.first();
        let quote = usize::from(is_quoted);
        (arg.text.len() == arg.span.len()).then_some(start + quote..arg.span.end - quote)
    });
    defaults.next_back().map_or(Spot::Here(span), Spot::Default)
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
