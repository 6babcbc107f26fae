//! Exports of generated projects beside what others make of the same project: GNU tar packs and unpacks it,
//! `dtpl resolve` adds the Dockerfiles, and balena's own reader of ignore files says what stays behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::node;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dtpl");
const PROJECTS: usize = 360;

/// Extensions of Dockerfiles that stay behind.
const EXTENSIONS: [&str; 6] = ["template", "tera", "aarch64", "armv7hf", "raspberrypi3", "intel-nuc"];
const FOLDERS: [&str; 8] = ["", "a", "b", "lib", "lib/a", "node_modules", "docs/b", ".git"];
const NAMES: [&str; 9] = [
    "main.c",
    "x.log",
    "README.md",
    ".env",
    "a b",
    "Dockerfile.aarch64",
    "Dockerfile.tera",
    "Dockerfile.prod",
    "c\u{e9}.log",
];
const PATTERNS: [&str; 29] = [
    "*",
    "**",
    "a",
    "a/",
    "/b",
    "./lib",
    "*.log",
    "**/*.log",
    "lib/*",
    "!lib/main.c",
    "!**/README.md",
    "a/**/x.log",
    "?",
    "[ab]",
    "# a",
    "",
    "  docs  ",
    "node_modules",
    "**/node_modules",
    "!b",
    "docs/b",
    "*.c",
    "!main.c",
    "lib/**",
    "!lib",
    "Dockerfile*",
    "!a/main.c",
    "**/.env",
    "a b",
];
/// What balena's CLI adds before and after the lines of an ignore file.
const BEFORE: [&str; 1] = ["**/.git"];
const AFTER: [&str; 5] =
    ["!**/.balena", "!**/.resin", "!**/Dockerfile", "!**/Dockerfile.*", "!**/docker-compose.yml"];

/// Always the same numbers: a difference must not come and go.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn is(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

/// A service: its build context, what the compose file says of its Dockerfile, where the result goes.
struct Service {
    context: &'static str,
    named: Option<&'static str>,
    output: &'static str,
}

struct Project {
    folder: tempfile::TempDir,
    services: Vec<Service>,
    has_compose: bool,
    is_for_balena: bool,
}

/// A file of a tree: its kind, its mode, its text or where it leads.
type Tree = BTreeMap<String, (char, u32, String)>;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

impl Project {
    fn generate(number: usize) -> Project {
        let mut random = Random(number as u64);
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("p");
        let has_compose = !random.is(3);
        let service = |context, named, output| Service { context, named, output };
        let services = match has_compose {
            false => vec![service("", None, "Dockerfile")],
            true => vec![
                service("web", None, "Dockerfile"),
                service("api", Some("docker/Dockerfile.template"), "docker/Dockerfile"),
                service("", Some("job"), "job"),
            ],
        };
        if has_compose {
            let compose = "services:\n  web: {build: ./web}\n  api: {build: {context: api, dockerfile: docker/Dockerfile.template}}\n  \
                           job: {build: {context: ., dockerfile: job}}\n  db: {image: postgres:17}\n";
            write(&root, "docker-compose.yml", compose);
        }
        for Service { context, named, output } in &services {
            for _ in 0..random.below(14) {
                let name = join(random.pick(&FOLDERS), random.pick(&NAMES));
                write(&root, &join(context, &name), "text\n");
            }
            let template = match named {
                Some(named) if named.ends_with(".template") => (*named).to_owned(),
                _ => format!("{output}.{}", random.pick(&["template", "raspberrypi3", "armv7hf"])),
            };
            let template = join(context, &template);
            // Two templates of one rank are refused.
            let _ = fs::remove_file(root.join(join(context, "Dockerfile.tera")));
            write(&root, &template, "FROM %%BALENA_ARCH%%-%%BALENA_SERVICE_NAME%%\n");
            if random.is(3) {
                fs::set_permissions(root.join(&template), fs::Permissions::from_mode(0o600)).unwrap();
            }
            if random.is(2) {
                write(&root, &join(context, output), "FROM plain\n");
            }
            for name in [".dockerignore".to_owned(), format!("{output}.dockerignore")] {
                if random.is(if name == ".dockerignore" { 2 } else { 4 }) {
                    let lines: Vec<&str> = (0..1 + random.below(5)).map(|_| random.pick(&PATTERNS)).collect();
                    write(&root, &join(context, &name), &lines.join("\n"));
                }
            }
            if random.is(3) {
                let _ = std::os::unix::fs::symlink("main.c", root.join(join(context, "link")));
                fs::create_dir_all(root.join(join(context, "empty/inner"))).unwrap();
            }
        }
        Project { folder, services, has_compose, is_for_balena: random.is(3) }
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("p")
    }

    /// What GNU tar and `dtpl resolve` make of the project.
    fn resolved(&self) -> Tree {
        let packed =
            Command::new("tar").args(["-c", "--sort=name", "-C"]).arg(self.root()).arg(".").output().unwrap();
        let pass = |mut command: Command, stdin: &[u8]| {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut pipe = child.stdin.take().unwrap();
            std::thread::scope(|scope| {
                scope.spawn(move || pipe.write_all(stdin).unwrap());
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success());
                output.stdout
            })
        };
        let mut resolve = Command::new(PROGRAM);
        resolve.args(["resolve", "-q", "-d", "raspberrypi3"]);
        let resolved = pass(resolve, &packed.stdout);
        let out = self.folder.path().join("unpacked");
        fs::create_dir(&out).unwrap();
        let mut unpack = Command::new("tar");
        unpack.args(["-x", "-p", "-C"]).arg(&out);
        pass(unpack, &resolved);
        tree(&out)
    }

    fn exported(&self) -> Tree {
        let out = self.folder.path().join("out");
        let mut export = Command::new(PROGRAM);
        export.args(["export", "-q", "-d", "raspberrypi3", "-o"]).arg(&out).arg(self.root());
        if self.is_for_balena {
            export.args(["--compat", "balena"]);
        }
        let output = export.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        tree(&out)
    }

    /// The build contexts with their ignore files.
    fn contexts(&self) -> Vec<(&str, String)> {
        let text = |name: &str| fs::read_to_string(self.root().join(name)).ok();
        if self.is_for_balena {
            return vec![("", text(".dockerignore").unwrap_or_default())];
        }
        let of_service = |service: &Service| {
            let own = text(&format!("{}.dockerignore", join(service.context, service.output)));
            let file = own.or_else(|| text(&join(service.context, ".dockerignore")));
            (service.context, file.unwrap_or_default())
        };
        self.services.iter().map(of_service).collect()
    }

    /// Files that are there whatever an ignore file says.
    fn needed(&self) -> BTreeSet<String> {
        let mut needed: BTreeSet<String> = [".dockerignore".to_owned()].into();
        if self.has_compose {
            needed.extend(["docker-compose.yml", ".env"].map(str::to_owned));
        }
        for Service { context, output, .. } in &self.services {
            let output = join(context, output);
            needed.extend([format!("{output}.dockerignore"), join(context, ".dockerignore"), output]);
        }
        needed
    }

    /// Whether a file is a template or a variant of a Dockerfile.
    fn stays_behind(&self, path: &str) -> bool {
        self.services.iter().any(|Service { context, named, output }| {
            let bases = [join(context, output), join(context, named.unwrap_or("Dockerfile"))];
            bases.iter().any(|base| {
                let extension = path.strip_prefix(base.as_str()).and_then(|rest| rest.strip_prefix('.'));
                extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
                    || (path == base && base.ends_with(".template"))
            })
        })
    }
}

fn tree(folder: &Path) -> Tree {
    let mut found = Tree::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
            let what = if metadata.is_symlink() {
                ('l', 0, fs::read_link(&path).unwrap().to_str().unwrap().to_owned())
            } else if metadata.is_dir() {
                open.push(path);
                ('d', mode, String::new())
            } else {
                ('f', mode, fs::read_to_string(&path).unwrap())
            };
            found.insert(name, what);
        }
    }
    found
}

#[test]
fn exports_have_what_tar_and_ignore_files_leave() {
    let projects: Vec<Project> = (0..PROJECTS).map(Project::generate).collect();
    let resolved: Vec<Tree> = projects.iter().map(Project::resolved).collect();
    // Which paths of each build context its ignore file excludes.
    let mut questions = Vec::new();
    for (project, tree) in projects.iter().zip(&resolved) {
        for (context, text) in project.contexts() {
            let inner = |path: &String| match context {
                "" => Some(path.clone()),
                _ => Some(path.strip_prefix(context)?.strip_prefix('/')?.to_owned()),
            };
            let paths: Vec<String> = tree.keys().filter_map(inner).collect();
            let (before, after) =
                if project.is_for_balena { (&BEFORE[..], &AFTER[..]) } else { (&[][..], &[][..]) };
            questions.push(json!({ "before": before, "text": text, "after": after, "paths": paths }));
        }
    }
    let answers = node::answers("ignore.mjs", questions.clone());
    let mut answers = questions.iter().zip(&answers);
    let (mut excluded_files, mut kept_files) = (0, 0);
    for (number, (project, tree)) in projects.iter().zip(&resolved).enumerate() {
        // For each path whether the build contexts that it is in keep it.
        let mut kept: BTreeMap<String, Vec<bool>> = BTreeMap::new();
        for (context, _) in project.contexts() {
            let (question, answer) = answers.next().unwrap();
            let paths =
                question["paths"].as_array().unwrap().iter().zip(answer["excluded"].as_array().unwrap());
            for (path, excluded) in paths {
                let path = join(context, path.as_str().unwrap());
                kept.entry(path).or_default().push(!excluded.as_bool().unwrap());
            }
        }
        let needed = project.needed();
        let stays = |path: &str| {
            let of_contexts = kept.get(path);
            needed.contains(path) || of_contexts.is_none_or(|kept| kept.contains(&true))
        };
        let mut expected: Tree = tree.clone();
        expected.retain(|path, (kind, ..)| *kind == 'd' || (!project.stays_behind(path) && stays(path)));
        let files: Vec<String> =
            expected.iter().filter(|(_, what)| what.0 != 'd').map(|(path, _)| path.clone()).collect();
        kept_files += files.len();
        excluded_files += tree.values().filter(|what| what.0 != 'd').count() - files.len();
        expected.retain(|path, (kind, ..)| {
            let below = format!("{path}/");
            *kind != 'd' || stays(path) || files.iter().any(|file| file.starts_with(&below))
        });
        // A folder that stays has those around it.
        let folders: Vec<String> = expected.keys().cloned().collect();
        for path in folders {
            for (at, _) in path.match_indices('/') {
                expected.insert(path[..at].to_owned(), tree[&path[..at]].clone());
            }
        }
        if let Some(compose) = expected.get_mut("docker-compose.yml") {
            compose.2 = compose.2.replace("docker/Dockerfile.template", "docker/Dockerfile");
        }
        let exported = project.exported();
        let differs = |path: &&String| expected.get(*path) != exported.get(*path);
        let all: BTreeSet<&String> = expected.keys().chain(exported.keys()).collect();
        let different: Vec<_> = all
            .into_iter()
            .filter(differs)
            .map(|path| (path, expected.get(path), exported.get(path)))
            .collect();
        assert!(
            different.is_empty(),
            "project {number}, balena: {}, {:?}: {different:#?}",
            project.is_for_balena,
            project.contexts()
        );
    }
    println!("peer: {PROJECTS} exports with {kept_files} files, {excluded_files} left behind");
    assert!(excluded_files > 500 && kept_files > 2_000);
}
