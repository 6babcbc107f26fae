//! Where a Dockerfile names images that balena published: in `FROM`, through an `ARG` into `FROM`, in
//! `COPY --from` and `RUN --mount`; and what the image is for each build that uses the file.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::cache::Cache;
use crate::dockerfile::{
    Base, BuildOptions, COMMON_BUILDER, CopyFrom, Dockerfile, EvaluatedStage, Instruction, Keyword,
    StagePlatform,
};
use crate::image::{CatalogueCache, Family, Knowledge, KnownImage, Maintenance, Platform};
use crate::render::{Layers, Limits, Template};
use crate::source::{Source, Span};
use crate::workspace::{ServiceFiles, Target};

/// A service that is built for a device type.
#[derive(Clone, Copy)]
pub struct ServiceBuild<'w> {
    pub target: &'w Target<'w>,
    pub service: &'w ServiceFiles,
}

impl ServiceBuild<'_> {
    /// The values of these variables, to find out whether two builds get the same.
    pub fn values(&self, names: &[String]) -> Vec<Option<Vec<u8>>> {
        let layers = self.target.layers(self.service);
        let layers = Layers(&layers);
        names.iter().map(|name| layers.get(name).map(|variable| variable.value().to_vec())).collect()
    }

    fn render(&self, template: &Template) -> Option<String> {
        let (subject, layers) = (self.target.subject(), self.target.layers(self.service));
        let limits = Limits { output_bytes: u64::MAX, ..Limits::default() };
        let rendering = template.render(&subject, Layers(&layers), &limits).ok()?;
        String::from_utf8(rendering.to_bytes()).ok()
    }
}

/// Where a reference can be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    InPlace(Span),
    /// In the default of an `ARG` that holds nothing else.
    ArgDefault(Span),
    /// Not in this file: a build argument of the compose file gives it.
    BuildArgument(String),
}

/// A place that names an image.
#[derive(Debug)]
pub struct OldImage {
    /// The stage that begins with it, or that takes files from it.
    pub stage: usize,
    pub is_base: bool,
    pub span: Span,
    pub location: Location,
    /// As it is written, with the defaults of variables put in.
    pub written: String,
    /// What it is for each build of the file.
    pub known: Rc<Vec<Option<KnownImage>>>,
    /// The platform that it is used for, for each build.
    pub platforms: Rc<Vec<Option<Platform>>>,
}

impl OldImage {
    /// What the image was for some builds: the one of which most is known.
    pub fn known_to(&self, selected: &[usize]) -> Option<&KnownImage> {
        let all = selected.iter().filter_map(|&at| self.known.get(at)?.as_ref());
        let mut all = all.filter(|known| known.1.family.is_of_balena()).peekable();
        let first = all.peek().copied();
        all.find(|known| known.1.status != Maintenance::Never).or(first)
    }

    /// What is known of it for any build.
    pub fn knowledge(&self) -> impl Iterator<Item = &Knowledge> {
        self.known.iter().flatten().map(|known| &known.1)
    }
}

/// The stages of a file with variables resolved: all builds of one service and one arch share theirs.
struct ResolvedStages {
    resolved: Vec<Vec<EvaluatedStage>>,
    /// For each build the index into `resolved`.
    of: Vec<usize>,
}

/// A text of a stage, for each element of [`ResolvedStages::resolved`].
type Texts = Vec<Option<String>>;

impl ResolvedStages {
    /// Resolves the `FROM` of every stage. Placeholders stay as they are.
    fn new(file: &Dockerfile, builds: &[ServiceBuild]) -> ResolvedStages {
        let mut numbers: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let (mut resolved, mut of) = (Vec::new(), Vec::with_capacity(builds.len()));
        for build in builds {
            let key = (build.service.name.as_str(), &*build.target.arch.slug);
            let number = *numbers.entry(key).or_insert_with(|| {
                let options = BuildOptions {
                    args: &build.service.build_args(),
                    build_platform: Some(COMMON_BUILDER),
                    ..BuildOptions::of_platform(&build.target.arch.platform)
                };
                resolved.push(file.evaluate(&options).stages);
                resolved.len() - 1
            });
            of.push(number);
        }
        ResolvedStages { resolved, of }
    }

    fn texts<'t>(&'t self, stage: usize, text: impl Fn(&'t EvaluatedStage) -> Option<&'t str>) -> Texts {
        let text = |stages: &'t Vec<EvaluatedStage>| text(stages.get(stage)?);
        self.resolved.iter().map(|stages| text(stages).map(str::to_owned)).collect()
    }

    /// A text that is the same for all builds.
    fn same(&self, text: Option<&str>) -> Texts {
        vec![text.map(str::to_owned); self.resolved.len()]
    }

    /// For each stage the one that starts from an image, and that it is built on.
    fn roots(&self, file: &Dockerfile) -> Vec<usize> {
        let mut roots: Vec<usize> = Vec::with_capacity(file.stages.len());
        for at in 0..file.stages.len() {
            let resolved = self.resolved.first().and_then(|stages| stages.get(at));
            roots.push(match resolved.map(|resolved| &resolved.base) {
                Some(Base::Stage(from)) => roots.get(*from).copied().unwrap_or(at),
                _ => at,
            });
        }
        roots
    }
}

/// All places that name an image of balena's for any build, and for each stage the one that starts from
/// an image and that it is built on.
pub fn find(
    file: &Dockerfile,
    is_verbatim: bool,
    builds: &[ServiceBuild],
    cache: &CatalogueCache,
) -> (Vec<OldImage>, Vec<usize>) {
    let stages = ResolvedStages::new(file, builds);
    let mut images = Vec::new();
    let (known, platforms) = (Cache::default(), Cache::default());
    let lookup = Lookup { is_verbatim, builds, stages: &stages, cache, known, platforms };
    for (at, stage) in file.stages.iter().enumerate() {
        let texts = stages.texts(at, |resolved| match &resolved.base {
            Base::Image(text) => Some(text),
            _ => None,
        });
        let Some(written) = texts.iter().flatten().next().cloned() else { continue };
        let known = lookup.known(&texts);
        let is_named = Family::BALENA
            .iter()
            .any(|family| written.strip_prefix(family.name()).is_some_and(|rest| rest.starts_with('/')));
        // A name that cannot be resolved, as with an unknown placeholder, has to be reviewed.
        let is_unknown = is_named && known.iter().all(Option::is_none);
        if !is_unknown && !is_any_of_balena(&known) {
            continue;
        }
        // Balena's name of an arch is no platform: it is removed, and the device's own one is meant.
        let mut platforms = stages.texts(at, |resolved| match &resolved.platform {
            StagePlatform::Named(platform) => Some(platform),
            _ => None,
        });
        platforms.iter_mut().for_each(|text| *text = text.take().filter(|text| !names_arch(text)));
        let platforms = lookup.platforms(&platforms);
        let location = location(file, stage.base.span.clone(), &stage.base.text, builds);
        let span = stage.base.span.clone();
        images.push(OldImage { stage: at, is_base: true, span, location, written, known, platforms });
    }
    for (at, instruction) in file.instructions.iter().enumerate() {
        let Some(stage) = file.stage_of(at) else { continue };
        for (span, written) in sources(file, instruction) {
            let known = lookup.known(&stages.same(Some(&written)));
            if !is_any_of_balena(&known) {
                continue;
            }
            let platforms = lookup.platforms(&stages.same(None));
            let location = Location::InPlace(span.clone());
            images.push(OldImage { stage, is_base: false, span, location, written, known, platforms });
        }
    }
    (images, stages.roots(file))
}

/// For each build what a text means for it.
type PerBuild<T> = Rc<Vec<Option<T>>>;

/// Fills in the placeholders of texts for each build. The same few texts occur again and again.
struct Lookup<'a> {
    is_verbatim: bool,
    builds: &'a [ServiceBuild<'a>],
    stages: &'a ResolvedStages,
    cache: &'a CatalogueCache<'a>,
    known: Cache<PerBuild<KnownImage>>,
    platforms: Cache<PerBuild<Platform>>,
}

impl Lookup<'_> {
    fn known(&self, texts: &Texts) -> PerBuild<KnownImage> {
        let key = format!("{texts:?}");
        self.known.get(&key, || self.per_build(texts, |text, _| self.cache.about(&text?).ok()))
    }

    fn platforms(&self, texts: &Texts) -> PerBuild<Platform> {
        let read = |text: Option<String>, build: &ServiceBuild| {
            text.and_then(|text| Platform::parse(&text))
                .or_else(|| Platform::parse(&build.target.arch.platform))
        };
        self.platforms.get(&format!("{texts:?}"), || self.per_build(texts, read))
    }

    fn per_build<T>(
        &self,
        texts: &Texts,
        read: impl Fn(Option<String>, &ServiceBuild) -> Option<T>,
    ) -> PerBuild<T> {
        let has_placeholders = |text: &str| !self.is_verbatim && text.contains("%%");
        let parse = |text: &str| Template::parse(Arc::new(Source::new("", text))).ok();
        let template = |text: &String| has_placeholders(text).then(|| parse(text)).flatten();
        let templates: Vec<_> =
            texts.iter().map(|text| text.as_ref().map(|text| (text, template(text)))).collect();
        let of_build = |(build, &stages): (&ServiceBuild, &usize)| {
            let text = templates.get(stages).and_then(Option::as_ref);
            let text = text.and_then(|(text, template)| match template {
                Some(template) => build.render(template),
                None => Some((*text).clone()),
            });
            read(text, build)
        };
        Rc::new(self.builds.iter().zip(&self.stages.of).map(of_build).collect())
    }
}

fn is_any_of_balena(known: &[Option<KnownImage>]) -> bool {
    known.iter().flatten().any(|known| known.1.family.is_of_balena())
}

/// Whether a platform is made from balena's name of an arch: `linux/%%BALENA_ARCH%%`.
pub fn names_arch(platform: &str) -> bool {
    platform.contains("%%BALENA_ARCH%%") || platform.contains("%%RESIN_ARCH%%")
}

/// The images that an instruction takes files from, with their places.
fn sources(file: &Dockerfile, instruction: &Instruction) -> Vec<(Span, String)> {
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
fn location(file: &Dockerfile, span: Span, text: &[u8], builds: &[ServiceBuild]) -> Location {
    let Some(name) = std::str::from_utf8(text).ok().and_then(only_variable) else {
        return Location::InPlace(span);
    };
    let is_given = |build: &ServiceBuild| matches!(build.service.build.args.get(name), Some(Some(_)));
    if builds.iter().any(is_given) {
        return Location::BuildArgument(name.to_owned());
    }
    let mut defaults = file.meta_arg_instructions().flat_map(|arg| &arg.args).filter_map(|arg| {
        let value = arg.text.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        let start = arg.span.start + name.len() + 1;
        // Quotes around it stay.
        let is_quoted = value.len() >= 2 && matches!(value[0], b'"' | b'\'') && value.last() == value.first();
        let quote = usize::from(is_quoted);
        (arg.text.len() == arg.span.len()).then_some(start + quote..arg.span.end - quote)
    });
    defaults.next_back().map_or(Location::InPlace(span), Location::ArgDefault)
}

/// The variable that a text consists of: `$NAME` or `${NAME}`.
fn only_variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let name = rest.strip_prefix('{').map_or(Some(rest), |rest| rest.strip_suffix('}'))?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
}
