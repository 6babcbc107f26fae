//! Files of several stages: the images that an engine asks the registry for are those that the evaluation
//! names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use dtpl::Source;
use dtpl::dockerfile::expansion::Env;
use dtpl::dockerfile::{BuildOptions, Builder, Dockerfile, ImageUse};

use super::engine::Engine;
use super::registry;

/// A simple generator of numbers, the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end as u64)).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

pub const PLATFORMS: [&str; 4] = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6"];

/// A generated file, and what it is built with.
pub struct Generated {
    pub text: String,
    pub images: BTreeSet<String>,
    pub args: Vec<(String, String)>,
    pub target: Option<String>,
}

/// Makes a file. Its images are `NUMBER-NAME:1`; `is_classic` leaves out what the classic builder refuses.
pub fn generate(number: usize, is_classic: bool) -> Generated {
    let mut random = Random::new(number as u64 + 1);
    let mut images = BTreeSet::new();
    let mut image = |name: &str| {
        let image = format!("dtpl{}{number}-{name}:1", if is_classic { "c" } else { "b" });
        images.insert(image.clone());
        image
    };
    let mut text = String::new();
    let mut args = Vec::new();
    let argument = image("argument");
    writeln!(text, "ARG BASE={argument}").unwrap();
    if random.one_in(2) {
        writeln!(text, "ARG CHAIN=${{BASE}}\nARG KIND={}", random.pick(&["debug", "release"])).unwrap();
    } else {
        writeln!(text, "ARG CHAIN={}\nARG KIND", image("chain")).unwrap();
        args.push(("KIND".to_owned(), random.pick(&["debug", "release"]).to_owned()));
    }
    if random.one_in(3) {
        args.push(("BASE".to_owned(), image("given")));
    }
    let is_of_arch = !is_classic && random.one_in(2);
    if is_of_arch {
        for arch in ["amd64", "arm64", "arm"] {
            let image = image(arch);
            writeln!(text, "FROM {image} AS base-{arch}").unwrap();
            if random.one_in(3) {
                writeln!(text, "COPY --from={} /f /{arch}", self::image_of(&image, "extra")).unwrap();
            }
        }
    }
    let is_of_kind = random.one_in(2);
    if is_of_kind {
        for kind in ["debug", "release"] {
            writeln!(text, "FROM {} AS app-{kind}", image(kind)).unwrap();
        }
    }
    let mut names: Vec<String> = Vec::new();
    let mut number_of_stages = text.matches("FROM ").count();
    for at in 0..2 + random.below(5) {
        let flag = match random.below(if is_classic { 40 } else { 8 }) {
            0 => "--platform=$BUILDPLATFORM ",
            1 => "--platform=$TARGETPLATFORM ",
            2 => "--platform=linux/amd64 ",
            _ => "",
        };
        let flag = if is_classic { "" } else { flag };
        let base = match random.below(8) {
            0 => "$BASE".to_owned(),
            1 => "${CHAIN:-none}".to_owned(),
            2 if is_of_arch => "base-$TARGETARCH".to_owned(),
            3 if is_of_kind => "app-${KIND}".to_owned(),
            4 | 5 if !names.is_empty() => names[random.below(names.len())].clone(),
            _ => image(&format!("stage{at}")),
        };
        let name = format!("s{at}");
        if random.one_in(5) {
            writeln!(text, "FROM {flag}{base}").unwrap();
        } else {
            writeln!(
                text,
                "{} {flag}{base} AS {}",
                random.pick(&["FROM", "from"]),
                if random.one_in(3) { name.to_uppercase() } else { name.clone() }
            )
            .unwrap();
            names.push(name);
        }
        number_of_stages += 1;
        for step in 0..random.below(4) {
            let earlier: Vec<&String> = names.iter().filter(|name| **name != format!("s{at}")).collect();
            match random.below(6) {
                0 | 1 if !earlier.is_empty() => {
                    writeln!(text, "COPY --from={} /f /c{step}", earlier[random.below(earlier.len())])
                        .unwrap();
                }
                2 if number_of_stages > 1 => {
                    writeln!(text, "COPY --from={} /f /c{step}", random.below(number_of_stages - 1)).unwrap();
                }
                3 => writeln!(text, "COPY --from={} /f /c{step}", image(&format!("copy{at}{step}"))).unwrap(),
                4 if !is_classic => {
                    let from = match earlier.first().filter(|_| random.one_in(2)) {
                        Some(stage) => (*stage).clone(),
                        None => image(&format!("mount{at}{step}")),
                    };
                    writeln!(text, "RUN --mount=type=bind,from={from},target=/m{step} [\"/f\"]").unwrap();
                }
                5 if !is_classic => {
                    writeln!(
                        text,
                        "ONBUILD COPY --from={} /f /o{step}",
                        image(&format!("trigger{at}{step}"))
                    )
                    .unwrap();
                }
                _ => writeln!(text, "ENV E{step}=1").unwrap(),
            }
        }
    }
    let target = (random.one_in(3) && !names.is_empty()).then(|| names[random.below(names.len())].clone());
    images.extend(
        text.split(['=', ' ', '\n'])
            .filter(|word| word.starts_with("dtpl") && word.ends_with(":1"))
            .map(str::to_owned),
    );
    Generated { text, images, args, target }
}

fn image_of(image: &str, name: &str) -> String {
    image.replace(":1", &format!("-{name}:1"))
}

/// The images that the evaluation names for a build.
fn named(file: &Generated, platform: &str, builder: Builder) -> BTreeSet<String> {
    let source = Arc::new(Source::new("Dockerfile", file.text.as_str()));
    let parsed = Dockerfile::parse(&source).unwrap_or_else(|faults| panic!("{faults}\n{}", file.text));
    let args: Env =
        file.args.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let options = BuildOptions {
        build_platform: Some("linux/amd64"),
        args: &args,
        target: file.target.as_deref(),
        builder,
        ..BuildOptions::of_platform(platform)
    };
    let found = parsed.evaluate(&options);
    assert!(found.faults.is_empty(), "{:?}\n{}", found.faults, file.text);
    let images = found.images.iter().filter(|image| image.is_built && image.by != ImageUse::Syntax);
    images.map(|image| image.name.clone()).collect()
}

/// Builds files for each platform, and gives a report of each whose images differ.
pub fn compare(engine: &Engine, count: usize) -> Vec<String> {
    registry::push(engine, "dtpl-all:1", &PLATFORMS.map(str::to_owned));
    let (mut differences, mut seen) = (Vec::new(), 0);
    for number in 0..count {
        let file = generate(number, false);
        for image in &file.images {
            registry::copy(engine, "dtpl-all:1", image);
        }
        // Four builds side by side: each has images of its own, by the tag.
        let jobs: Vec<(usize, &str)> = PLATFORMS.into_iter().enumerate().collect();
        for (at, _) in &jobs {
            for image in &file.images {
                registry::copy(engine, "dtpl-all:1", &image.replace(":1", &format!(":p{at}")));
            }
        }
        let start = registry::log_end(engine);
        std::thread::scope(|scope| {
            for (at, platform) in &jobs {
                let text = file.text.replace(":1", &format!(":p{at}"));
                let mut args = vec![
                    "buildx".to_owned(),
                    "build".to_owned(),
                    "--platform".to_owned(),
                    (*platform).to_owned(),
                    "--output=type=cacheonly".to_owned(),
                ];
                for (name, value) in &file.args {
                    args.push(format!("--build-arg={name}={}", value.replace(":1", &format!(":p{at}"))));
                }
                args.extend(file.target.iter().map(|target| format!("--target={target}")));
                args.push("-".to_owned());
                scope.spawn(move || {
                    let args: Vec<&str> = args.iter().map(String::as_str).collect();
                    engine.run(&args, text.as_bytes())
                });
            }
        });
        let asked = registry::asked(engine, start);
        let mut by_platform: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for tag in asked {
            let Some((name, at)) = tag.split_once(":p") else { continue };
            by_platform.entry(at.parse().unwrap()).or_default().insert(format!("{name}:1"));
        }
        for (at, platform) in jobs {
            let asked = by_platform.remove(&at).unwrap_or_default();
            seen += asked.len();
            let named = named(&file, platform, Builder::BuildKit);
            if asked != named {
                differences.push(format!(
                    "{platform}, target {:?}, args {:?}\n{}\nengine: {asked:?}\ndtpl:   {named:?}\n",
                    file.target, file.args, file.text
                ));
            }
        }
    }
    println!("the engine asked for {seen} images");
    assert!(seen > count * PLATFORMS.len());
    differences
}

/// The same for the classic builder, on the platform of this machine.
pub fn compare_classic(engine: &Engine, classic: &Engine, count: usize) -> Vec<String> {
    registry::push(engine, "dtpl-all:1", &PLATFORMS.map(str::to_owned));
    let (mut differences, mut seen) = (Vec::new(), 0);
    for number in 0..count {
        let file = generate(number, true);
        for image in &file.images {
            registry::copy(engine, "dtpl-all:1", image);
        }
        let start = registry::log_end(engine);
        let mut args = vec!["build".to_owned(), "-q".to_owned()];
        args.extend(file.args.iter().map(|(name, value)| format!("--build-arg={name}={value}")));
        args.extend(file.target.iter().map(|target| format!("--target={target}")));
        args.push("-".to_owned());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (is_done, output) = classic.run_classic(&args, file.text.as_bytes());
        let mut asked = registry::asked(engine, start);
        // Another test may use the registry.
        asked.retain(|name| name.starts_with("dtplc"));
        seen += asked.len();
        let named = named(&file, "linux/amd64", Builder::Classic);
        if asked != named {
            differences.push(format!("target {:?}, args {:?}, built: {is_done}\n{}\nengine: {asked:?}\ndtpl:   {named:?}\n{output}", file.target, file.args, file.text));
        }
    }
    println!("the engine asked for {seen} images");
    assert!(seen > count);
    differences
}
