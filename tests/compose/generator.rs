//! Projects made by chance from a number: most try one field, one text or one way of putting files together.

use crate::fields::{BUILD, BUILDS, CONFIG, Field, MODEL, NETWORK, SECRET, SERVICE, TOP, VOLUME};
use crate::node::{Node, map, text};
use crate::project::{File, Project};
use crate::random::Random;
use crate::support;
use crate::texts::{DOT_ENVS, PLACES, VARIABLES, YAML};

/// How many numbers in a row make up one round of all kinds of projects.
const ROUND: usize = 20;

/// The project of a number.
pub fn project(number: usize) -> Project {
    let mut random = Random::new(u64::try_from(number).unwrap());
    let mut project = of_a_kind(&mut random, number);
    if random.one_in(25) {
        written_otherwise(&mut random, &mut project);
    }
    project
}

fn of_a_kind(random: &mut Random, number: usize) -> Project {
    let round = number / ROUND;
    match number % ROUND {
        slot @ 0..=4 => one_field(random, Level::Service, round * 5 + slot),
        slot @ 5..=6 => one_field(random, Level::Build, round * 2 + slot - 5),
        7 => top_level(random, round),
        8 => resource(random, round),
        slot @ 9..=10 => merged(random, round * 2 + slot - 9),
        slot @ 11..=12 => extended(random, round * 2 + slot - 11),
        slot @ 13..=14 => included(random, round * 2 + slot - 13),
        15 => variable(random, round),
        slot @ 16..=17 => yaml(random, round * 2 + slot - 16),
        slot => large(random, slot == 19),
    }
}

/// The same text as another editor or program leaves it.
fn written_otherwise(random: &mut Random, project: &mut Project) {
    let way = random.below(5);
    for (path, file) in &mut project.files {
        let text = file.text();
        let text = match way {
            0 => text.replace('\n', "\r\n"),
            1 => format!("\u{feff}{text}"),
            2 if path.ends_with("ml") => format!("# first\n---\n{text}...\n"),
            3 => text.trim_end().to_owned(),
            _ => format!("# \u{e9}\n\n{text}\n\n  # last"),
        };
        *file = File::Plain(text);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Service,
    Build,
}

/// The element of a list at an index that runs past its end: neighbours come one after the other late, so that a
/// few numbers try a bit of everything.
fn stride<T: Copy>(list: &[T], index: usize) -> T {
    list[index * 7919 % list.len()]
}

/// Every value of some fields, the usual ones twice.
fn pairs(fields: &[Field]) -> Vec<(&'static str, &'static str)> {
    let of =
        |&(name, usual, odd): &Field| usual.iter().chain(usual).chain(odd).map(move |&value| (name, value));
    fields.iter().flat_map(of).collect()
}

fn usual(random: &mut Random, fields: &[Field]) -> (&'static str, Node) {
    loop {
        let (name, usual, _) = random.of(fields);
        if !usual.is_empty() {
            return (name, text(random.of(usual)));
        }
    }
}

fn odd(random: &mut Random, fields: &[Field]) -> (&'static str, Node) {
    loop {
        let (name, _, odd) = random.of(fields);
        if !odd.is_empty() {
            return (name, text(random.of(odd)));
        }
    }
}

/// A service of little but one field.
fn service_with(random: &mut Random, level: Level, name: &str, value: Node) -> Node {
    let mut service = match (level, name) {
        (Level::Service, "provider") => map([]),
        (Level::Service, "build") if random.one_in(2) => map([]),
        _ if random.one_in(3) => map([("build", map([("context", text("./app"))]))]),
        _ => map([("image", text("nginx:1"))]),
    };
    match level {
        Level::Service => service.set(name, value),
        Level::Build => {
            let mut build = if random.one_in(2) { map([]) } else { map([("context", text("."))]) };
            build.set(name, value);
            service.set("build", build);
        }
    }
    service
}

fn services(web: Node) -> Node {
    map([("services", map([("web", web)]))])
}

/// Where most compose files are found without being named.
fn usual_name(random: &mut Random) -> &'static str {
    let names = ["compose.yaml", "compose.yaml", "docker-compose.yml", "docker-compose.yaml", "compose.yml"];
    random.of(&names)
}

/// One value of one field: in the only file, or in one that the only file leads to.
fn one_field(random: &mut Random, level: Level, index: usize) -> Project {
    let (name, value) = match level {
        Level::Build if index.is_multiple_of(12) => ("build", stride(BUILDS, index / 12)),
        Level::Build => stride(&pairs(BUILD), index),
        Level::Service => stride(&pairs(SERVICE), index),
    };
    let is_whole = name == "build";
    let service = service_with(random, if is_whole { Level::Service } else { level }, name, text(value));
    let mut project = Project { about: format!("{name}: {value}"), ..Project::default() };
    match random.below(10) {
        0 => {
            project.yaml("compose.yaml", services(map([("image", text("first"))])));
            project.yaml("more.yaml", services(service));
            project.named = vec!["compose.yaml".into(), "more.yaml".into()];
        }
        1 => {
            project.yaml(
                "compose.yaml",
                services(map([("extends", map([("file", text("common/c.yml")), ("service", text("web"))]))])),
            );
            project.yaml("common/c.yml", services(service));
        }
        2 => {
            project.yaml("compose.yaml", map([("include", Node::List(vec![text("common/c.yml")]))]));
            project.yaml("common/c.yml", services(service));
        }
        _ => project.yaml(usual_name(random), services(service)),
    }
    support::complete(&mut project);
    project
}

/// A field at the top of a file.
fn top_level(random: &mut Random, index: usize) -> Project {
    let (name, value) = stride(&pairs(TOP), index);
    let mut project = Project { about: format!("{name}: {value}"), ..Project::default() };
    let mut file = services(map([("image", text("nginx"))]));
    file.set(name, text(value));
    project.yaml("compose.yaml", file);
    if random.one_in(6) {
        let other = services(map([("image", text("first"))]));
        project.yaml("first.yaml", other);
        project.named = vec!["first.yaml".into(), "compose.yaml".into()];
    }
    support::complete(&mut project);
    project
}

/// A field of a network, a volume, a secret, a config, a model.
fn resource(random: &mut Random, index: usize) -> Project {
    let kinds = [
        ("networks", NETWORK),
        ("volumes", VOLUME),
        ("secrets", SECRET),
        ("configs", CONFIG),
        ("models", MODEL),
    ];
    let all: Vec<_> = kinds
        .iter()
        .flat_map(|(kind, fields)| pairs(fields).into_iter().map(move |pair| (*kind, pair)))
        .collect();
    let (kind, (name, value)) = stride(&all, index);
    let mut resource = match (kind, random.below(3)) {
        ("secrets" | "configs", 0) => map([("file", text("./f"))]),
        ("models", 0..2) => map([("model", text("ai/y"))]),
        _ => map([]),
    };
    resource.set(name, text(value));
    let web = match (kind, random.one_in(2)) {
        ("volumes", true) => map([("image", text("x")), ("volumes", text("['it:/v']"))]),
        (_, true) => map([("image", text("x")), (kind, text("[it]"))]),
        _ => map([("image", text("x"))]),
    };
    let mut project = Project { about: format!("{kind}.{name}: {value}"), ..Project::default() };
    let mut file = services(web);
    file.set(kind, map([("it", resource)]));
    if random.one_in(3) {
        let mut first = map([]);
        first.set(
            kind,
            map([(
                "it",
                map([usual(
                    random,
                    match kind {
                        "networks" => NETWORK,
                        "volumes" => VOLUME,
                        "secrets" => SECRET,
                        "configs" => CONFIG,
                        _ => MODEL,
                    },
                )]),
            )]),
        );
        project.yaml("first.yaml", first);
        project.named = vec!["first.yaml".into(), "compose.yaml".into()];
    }
    project.yaml("compose.yaml", file);
    project
}

/// A value that stands over another of the same field.
fn over(random: &mut Random, level: Level, index: usize) -> (&'static str, Node, Node) {
    let fields = if level == Level::Service { SERVICE } else { BUILD };
    let with_values: Vec<Field> = fields.iter().copied().filter(|field| !field.1.is_empty()).collect();
    let (name, usual, odd) = stride(&with_values, index);
    let first = random.of(usual);
    let second = if random.one_in(7) && !odd.is_empty() { random.of(odd) } else { random.of(usual) };
    let tag = match random.below(14) {
        // A tag of a merge key is one of the whole map to docker compose.
        _ if name == "<<" => "",
        0 => "!reset ",
        1 | 2 => "!override ",
        _ => "",
    };
    (name, text(first), text(&format!("{tag}{second}")))
}

/// One field in two files, or in two documents of one.
fn merged(random: &mut Random, index: usize) -> Project {
    let level = if index.is_multiple_of(3) { Level::Build } else { Level::Service };
    let (name, first, second) = over(random, level, index / 3 + index);
    let mut project = Project { about: format!("{name} twice"), ..Project::default() };
    let below = service_with(random, level, name, first);
    let mut above = service_with(random, level, name, second);
    if random.one_in(2) && level == Level::Service {
        // Only what is new.
        let Node::Map(entries) = &mut above else { unreachable!() };
        entries.retain(|(key, _)| key == name);
    }
    let (below, above) = (services(below), services(above));
    if random.one_in(5) {
        project.plain("compose.yaml", &format!("{}---\n{}", below.block(), above.block()));
        support::complete_beside(&mut project);
        return project;
    }
    let folder = if random.one_in(3) { "conf/" } else { "" };
    project.named = vec!["a.yml".to_owned(), format!("{folder}b.yml")];
    project.yaml("a.yml", below);
    project.yaml(&format!("{folder}b.yml"), above);
    if random.one_in(4) {
        let (name, value) = usual(random, SERVICE);
        project.yaml("c.yml", services(map([(name, value)])));
        project.named.push("c.yml".into());
    }
    if random.one_in(8) {
        project.named.swap(0, 1);
    }
    support::complete(&mut project);
    project
}

/// One field of a service and of the one that it extends.
fn extended(random: &mut Random, index: usize) -> Project {
    let level = if index.is_multiple_of(3) { Level::Build } else { Level::Service };
    let (name, first, second) = over(random, level, index / 3 + index);
    let mut project = Project { about: format!("{name} extended"), ..Project::default() };
    let mut web = service_with(random, level, name, second);
    let mut base = service_with(random, level, name, first);
    let mut parent = map([]);
    let (field, value) = usual(random, SERVICE);
    parent.set(field, value);
    let file = |path: &str, service: &str| map([("file", text(path)), ("service", text(service))]);
    match random.below(5) {
        0 => {
            // In the same file.
            let extends = if random.one_in(2) { text("parent") } else { map([("service", text("parent"))]) };
            web.set("extends", extends);
            project.yaml("compose.yaml", map([("services", map([("web", web), ("parent", base)]))]));
        }
        1 => {
            web.set("extends", file("other.yml", "parent"));
            project.yaml("compose.yaml", services(web));
            project.yaml("other.yml", map([("services", map([("parent", base)]))]));
        }
        2 => {
            web.set("extends", file("./lib/other.yml", "parent"));
            project.yaml("compose.yaml", services(web));
            project.yaml("lib/other.yml", map([("services", map([("parent", base)]))]));
        }
        3 => {
            // A chain through three folders.
            web.set("extends", file("lib/other.yml", "parent"));
            base.set("extends", file("../third/x.yml", "root"));
            project.yaml("compose.yaml", services(web));
            project.yaml("lib/other.yml", map([("services", map([("parent", base)]))]));
            project.yaml("third/x.yml", map([("services", map([("root", parent)]))]));
        }
        _ => {
            // A chain within another file, and a second file over the result.
            web.set("extends", file("lib/other.yml", "parent"));
            base.set("extends", text("root"));
            project.yaml("compose.yaml", services(web));
            project.yaml("lib/other.yml", map([("services", map([("parent", base), ("root", parent)]))]));
            project.yaml("over.yml", services(map([usual(random, SERVICE)])));
            project.named = vec!["compose.yaml".into(), "over.yml".into()];
        }
    }
    support::complete(&mut project);
    project
}

/// A project in a folder of another.
fn included(random: &mut Random, index: usize) -> Project {
    let mut project = Project { about: "include".into(), ..Project::default() };
    let (level, fields) =
        if index.is_multiple_of(3) { (Level::Build, BUILD) } else { (Level::Service, SERVICE) };
    let (name, value) = if random.one_in(8) { odd(random, fields) } else { usual(random, fields) };
    let mut inner = map([("services", map([("inner", service_with(random, level, name, value))]))]);
    if random.one_in(4) {
        let own = ["{own: null}", "{own: {driver: bridge}}", "{front: {driver: bridge}, own: null}"];
        inner.set("networks", text(random.of(&own)));
    }
    if random.one_in(6) {
        inner.set("name", text("inner"));
    }
    let mut entry = map([("path", text("sub/c.yml"))]);
    let mut main = map([]);
    if random.one_in(3) {
        // What is put over the included file.
        let (name, value) = usual(random, SERVICE);
        project.yaml("sub/over.yml", map([("services", map([("inner", map([(name, value)]))]))]));
        entry.set("path", Node::List(vec![text("sub/c.yml"), text("sub/over.yml")]));
    }
    match random.below(6) {
        0 => {
            entry.set("project_directory", text(random.of(&[".", "sub", "other", "./sub/..", "other/x"])));
            // Docker compose takes the folder above for one that is not there.
            project.plain("other/x/file", "");
        }
        1 => entry.set(
            "env_file",
            text(random.of(&["web.env", "[web.env, other.env]", "sub/web.env", "./web.env"])),
        ),
        _ => {}
    }
    let is_short = entry.pieces() == 1;
    main.set(
        "include",
        Node::List(vec![if is_short && random.one_in(2) { text("sub/c.yml") } else { entry }]),
    );
    if random.one_in(3) {
        // One more level.
        inner.set("include", text("[deeper/d.yml]"));
        let (name, value) = usual(random, SERVICE);
        project.yaml(
            "sub/deeper/d.yml",
            map([("services", map([("deepest", service_with(random, Level::Service, name, value))]))]),
        );
    }
    let web = match random.below(30) {
        0 => map([("extends", text("inner"))]),
        1..=5 => map([("image", text("x")), ("depends_on", text("[inner]"))]),
        _ => map([("build", text("./web"))]),
    };
    main.set("services", map([("web", web)]));
    match random.below(14) {
        0 => main.get_mut("services").unwrap().set("inner", text("{image: clash}")),
        1 => main.set("networks", text("{front: {driver: overlay}}")),
        2 => main.set("networks", text("{front: {driver: bridge}}")),
        _ => {}
    }
    if random.one_in(4) {
        project.plain("sub/.env", "A=sub\nSUB=1\n");
        inner.get_mut("services").unwrap().set("other", text("{image: 'x:${A}-${SUB:-none}'}"));
    }
    project.yaml("sub/c.yml", inner);
    project.yaml("compose.yaml", main);
    if random.one_in(5) {
        project.yaml("over.yml", map([("services", map([("inner", map([usual(random, SERVICE)]))]))]));
        project.named = vec!["compose.yaml".into(), "over.yml".into()];
    }
    support::complete(&mut project);
    project
}

/// A variable in some place.
fn variable(random: &mut Random, index: usize) -> Project {
    let variable = stride(VARIABLES, index);
    let place = random.of(PLACES).replace('@', &variable.replace('\'', "''"));
    let mut project = Project { about: format!("{variable} in {place}"), ..Project::default() };
    project.yaml("compose.yaml", services(text(&place)));
    if !random.one_in(5) {
        project.plain(".env", random.of(DOT_ENVS));
    }
    project.yaml("other.yml", map([("services", map([("other", text("{image: other}"))]))]));
    support::complete(&mut project);
    project
}

/// A whole file as it is written.
fn yaml(random: &mut Random, index: usize) -> Project {
    let yaml = stride(YAML, index);
    let mut project = Project { about: "a text".into(), ..Project::default() };
    project.plain("compose.yaml", yaml);
    if random.one_in(8) {
        project.yaml("over.yml", services(map([("image", text("over"))])));
        project.named = vec!["compose.yaml".into(), "over.yml".into()];
    }
    project
}

/// Several services with several fields each, and one fault if it is asked for.
fn large(random: &mut Random, with_fault: bool) -> Project {
    let mut project = Project { about: "many fields".into(), ..Project::default() };
    let names = ["web", "api", "worker", "proxy-1", "a.b_c"];
    let mut all = map([]);
    for name in &names[..1 + random.below(4)] {
        let mut service = map([("image", text("nginx:1"))]);
        if !random.one_in(4) {
            let mut build = map([("context", text("./app"))]);
            for _ in 0..random.below(5) {
                let (name, value) = usual(random, BUILD);
                if name != "dockerfile_inline" {
                    build.set(name, value);
                }
            }
            service.set("build", build);
            if random.one_in(2) {
                service.change(0, None);
            }
        }
        for _ in 0..random.below(6) {
            let (name, value) = usual(random, SERVICE);
            if !["network_mode", "provider", "scale", "container_name"].contains(&name) {
                service.set(name, value);
            }
        }
        if random.one_in(4) {
            service.set("profiles", text(random.of(&["[debug]", "[prod]", "[debug, prod]"])));
        }
        all.set(name, service);
    }
    let mut main = map([("services", all)]);
    if random.one_in(3) {
        let (name, value) = usual(random, TOP);
        main.set(name, value);
    }
    if random.one_in(3) {
        main.set("networks", map([("front", map([usual(random, NETWORK)]))]));
    }
    if random.one_in(3) {
        main.set("volumes", map([("data", map([usual(random, VOLUME)]))]));
    }
    if random.one_in(4) {
        project.profiles = vec![random.of(&["debug", "prod", "hidden", "*", "nope"]).to_owned()];
    }
    if random.one_in(5) {
        project.yaml("over.yml", map([("services", map([("web", map([usual(random, SERVICE)]))]))]));
        project.named = vec!["compose.yaml".into(), "over.yml".into()];
    }
    if with_fault {
        project.about = "many fields, one of them odd".into();
        let number = random.below(main.pieces());
        match random.below(5) {
            0 => main.change(number, None),
            1 => main
                .change(number, Some(&text(random.of(&["5", "[x]", "null", "x", "{a: b}", "''", "true"])))),
            2 => {
                let (name, value) = odd(random, BUILD);
                let mut build = map([("context", text("."))]);
                build.set(name, value);
                if let Some(web) = main.at_mut(&["services", "web"]) {
                    web.set("build", build);
                }
            }
            _ => {
                let (name, value) = odd(random, SERVICE);
                if let Some(web) = main.at_mut(&["services", "web"]) {
                    web.set(name, value);
                }
            }
        }
    }
    project.files.insert("compose.yaml".to_owned(), File::Yaml(main, random.one_in(4)));
    support::complete(&mut project);
    project
}
