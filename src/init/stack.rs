//! The stacks that a project can start with: the folders of `templates/`, compiled in.

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It puts an application into an image, whosever the application is.
    Packaging,
    /// It tells an application of this stack: where it is, the application is somebody's own.
    Manifest,
    /// The rest of the application.
    Application,
}

/// A file of a template.
#[derive(Debug)]
pub struct TemplateFile {
    /// Its path in the project, `/` between the parts.
    pub path: &'static str,
    /// What it is for.
    pub part: Part,
    /// What it holds.
    pub text: &'static str,
}

/// What a project can be made with.
#[derive(Debug)]
pub struct Stack {
    /// What `--stack` calls it.
    pub name: &'static str,
    /// The file by which a project of this stack is known, if there is one.
    pub manifest: Option<&'static str>,
    /// The file of exact versions that the build needs, with the command that makes it.
    pub lock: Option<(&'static str, &'static str)>,
    /// What the Dockerfile starts, where that may be another thing in somebody's own application.
    pub start: Option<Start>,
    /// Arches that have no base image.
    pub leaves_out: &'static [&'static str],
    /// Its files, by path.
    pub files: &'static [TemplateFile],
}

/// How the application starts.
#[derive(Debug)]
pub struct Start {
    /// The file that is started, if the Dockerfile names one: with it nothing is left to do.
    pub file: Option<&'static str>,
    /// What to do in somebody's own project.
    pub left: &'static str,
}

/// A file of `templates/`. What cargo would take for a package of its own has another name there.
macro_rules! file {
    ($part:ident $stack:literal $path:literal) => {
        file!($part $stack $path from $path)
    };
    ($part:ident $stack:literal $path:literal from $name:literal) => {
        TemplateFile {
            path: $path,
            part: Part::$part,
            text: include_str!(concat!("../../templates/", $stack, "/", $name)),
        }
    };
}

/// All of them, in the order of their names.
pub static STACKS: &[Stack] = &[
    Stack {
        name: "go",
        manifest: Some("go.mod"),
        lock: None,
        start: Some(Start {
            file: Some("main.go"),
            left: "Dockerfile.template builds the package beside go.mod: name another one in `go build`",
        }),
        leaves_out: &[],
        files: &[
            file!(Packaging "go" ".dockerignore"),
            file!(Packaging "go" "Dockerfile.template"),
            file!(Packaging "go" "fleets.yaml"),
            file!(Manifest "go" "go.mod"),
            file!(Application "go" "main.go"),
        ],
    },
    Stack {
        name: "node",
        manifest: Some("package.json"),
        lock: Some(("package-lock.json", "npm install --package-lock-only")),
        start: Some(Start {
            file: None,
            left: "`node .` in Dockerfile.template starts the `main` of package.json: see that it has one",
        }),
        // Docker Official Images: node is published for neither of the two.
        leaves_out: &["i386", "i386-nlp"],
        files: &[
            file!(Packaging "node" ".dockerignore"),
            file!(Packaging "node" "Dockerfile.template"),
            file!(Packaging "node" "fleets.yaml"),
            file!(Application "node" "package-lock.json"),
            file!(Manifest "node" "package.json"),
            file!(Application "node" "src/main.js"),
        ],
    },
    Stack {
        name: "python",
        manifest: Some("requirements.txt"),
        lock: None,
        start: Some(Start {
            file: Some("src/main.py"),
            left: "`CMD` in Dockerfile.template starts src/main.py: name your own program there",
        }),
        leaves_out: &[],
        files: &[
            file!(Packaging "python" ".dockerignore"),
            file!(Packaging "python" "Dockerfile.template"),
            file!(Packaging "python" "fleets.yaml"),
            file!(Manifest "python" "requirements.txt"),
            file!(Application "python" "src/main.py"),
        ],
    },
    Stack {
        name: "rust",
        manifest: Some("Cargo.toml"),
        lock: Some(("Cargo.lock", "cargo generate-lockfile")),
        start: Some(Start {
            file: None,
            left: "`PROGRAM` in Dockerfile.template is `app`: write the name of the package in Cargo.toml",
        }),
        leaves_out: &[],
        files: &[
            file!(Packaging "rust" ".dockerignore"),
            file!(Application "rust" "Cargo.lock"),
            file!(Manifest "rust" "Cargo.toml" from "Cargo.toml.in"),
            file!(Packaging "rust" "Dockerfile.template"),
            file!(Packaging "rust" "fleets.yaml"),
            file!(Application "rust" "src/main.rs"),
        ],
    },
    Stack {
        name: "static",
        manifest: None,
        lock: None,
        start: None,
        leaves_out: &[],
        files: &[
            file!(Packaging "static" ".dockerignore"),
            file!(Packaging "static" "Dockerfile.template"),
            file!(Packaging "static" "fleets.yaml"),
            file!(Manifest "static" "public/index.html"),
        ],
    },
];

impl Stack {
    /// The stack of a name.
    ///
    /// ```
    /// use dtpl::init::stack::Stack;
    ///
    /// assert_eq!(Stack::called("node").unwrap().manifest, Some("package.json"));
    /// assert!(Stack::called("cobol").is_none());
    /// ```
    pub fn called(name: &str) -> Option<&'static Stack> {
        STACKS.iter().find(|stack| stack.name == name)
    }

    /// Whether every device type of an arch can have it.
    pub fn claims(&self, arch: &str) -> bool {
        !self.leaves_out.contains(&arch)
    }
}
