//! The stacks that a project can start with: the folders of `templates/`, compiled in.

/// The files that make an image of an application, whoever wrote the application.
const PACKAGING: [&str; 3] = [".dockerignore", "Dockerfile.template", "fleets.yaml"];

/// A file of a template.
#[derive(Debug)]
#[non_exhaustive]
pub struct TemplateFile {
    /// Its path in the project, with `/` between the parts.
    pub path: &'static str,
    /// Its content.
    pub text: &'static str,
}

/// What a project can be made with.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stack {
    /// Its name, and that of its folder in `templates/`.
    pub name: &'static str,
    /// The file by which a project of this stack is detected, if there is one.
    pub manifest: Option<&'static str>,
    /// The file of exact versions that the build needs, with the command that makes it.
    pub lock: Option<(&'static str, &'static str)>,
    /// How the Dockerfile starts the application, if an existing one may have to change that.
    pub start: Option<Start>,
    /// Arches that have no base image.
    pub leaves_out: &'static [&'static str],
    /// Its files, by path.
    pub files: &'static [TemplateFile],
}

/// How the application starts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Start {
    /// The file that is started, if the Dockerfile names one: if it exists, nothing is left to do.
    pub file: Option<&'static str>,
    /// What to do in an existing application.
    pub left: &'static str,
}

/// All files of a folder of `templates/`, by path: the build script lists them.
macro_rules! files {
    ($stack:literal) => {
        include!(concat!(env!("OUT_DIR"), "/templates/", $stack, ".rs"))
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
        files: files!("go"),
    },
    Stack {
        name: "node",
        manifest: Some("package.json"),
        lock: Some(("package-lock.json", "npm install --package-lock-only")),
        start: Some(Start {
            file: None,
            left: "`node .` in Dockerfile.template starts the `main` of package.json: make sure that it has one",
        }),
        // Docker Official Images: node is published for neither of the two.
        leaves_out: &["i386", "i386-nlp"],
        files: files!("node"),
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
        files: files!("python"),
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
        files: files!("rust"),
    },
    Stack {
        name: "static",
        manifest: None,
        lock: None,
        start: None,
        leaves_out: &[],
        files: files!("static"),
    },
];

impl Stack {
    /// The stack of a name.
    ///
    /// ```
    /// use dtpl::init::Stack;
    /// assert_eq!(Stack::called("node").unwrap().manifest, Some("package.json"));
    /// assert!(Stack::called("cobol").is_none());
    /// ```
    pub fn called(name: &str) -> Option<&'static Stack> {
        STACKS.iter().find(|stack| stack.name == name)
    }

    /// Whether a file puts the application into an image, and is no part of the application.
    pub fn is_packaging(path: &str) -> bool {
        PACKAGING.contains(&path)
    }

    /// Whether a folder with this file has an application of this stack: it is the manifest, or for a
    /// stack without one any file of the application.
    pub fn shows_application(&self, path: &str) -> bool {
        self.manifest.map_or(!Stack::is_packaging(path), |manifest| path == manifest)
    }

    /// Whether every device type of an arch has a base image for it.
    pub fn claims(&self, arch: &str) -> bool {
        !self.leaves_out.contains(&arch)
    }
}
