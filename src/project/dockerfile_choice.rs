//! Which of the Dockerfiles lying side by side is taken, as the balena builder decides it.

use crate::render::TemplateKind;

/// What the extension of a Dockerfile says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    /// `Dockerfile.raspberrypi3`
    DeviceType,
    /// `Dockerfile.armv7hf`
    Arch,
    /// `Dockerfile.template`
    Template,
    /// `Dockerfile.tera`
    Tera,
    /// `Dockerfile`
    Plain,
}

/// The forms, the preferred first. `Dockerfile.template` and `Dockerfile.tera` have one rank: see [`rival`].
pub const PRECEDENCE: [FileForm; 5] =
    [FileForm::DeviceType, FileForm::Arch, FileForm::Template, FileForm::Tera, FileForm::Plain];

/// A file that would be taken if it existed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its path in the project, `/` between the parts.
    pub path: String,
    /// The name under which the result goes into the build.
    pub name: String,
    /// Which form it is.
    pub form: FileForm,
}

impl Candidate {
    /// What is replaced in it.
    pub fn kind(&self) -> TemplateKind {
        match self.form {
            FileForm::DeviceType | FileForm::Arch | FileForm::Template => TemplateKind::Placeholders,
            FileForm::Tera => TemplateKind::Tera,
            FileForm::Plain => TemplateKind::Verbatim,
        }
    }
}

impl Candidate {
    /// The path in the project of the ignore file that BuildKit reads for this Dockerfile in place of
    /// `.dockerignore`: beside it, called after the result.
    pub fn ignore_file(&self) -> String {
        let folder = self.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let name = self.name.rsplit('/').next().unwrap_or_default();
        format!("{folder}{name}.dockerignore")
    }
}

/// The candidate that exists.
pub type Choice = Candidate;

/// All candidates, the preferred first. `named` is what `--file` (or a compose file's
/// `dockerfile:`) asks for: then that very path counts, and the path with an extension.
pub fn candidates(named: Option<&str>, device: Option<&str>, arch: Option<&str>) -> Vec<Candidate> {
    let base = named.map_or_else(|| "Dockerfile".to_owned(), normal);
    let mut all: Vec<Candidate> = Vec::new();
    for form in PRECEDENCE {
        let extension = match form {
            FileForm::DeviceType => device,
            FileForm::Arch => arch,
            FileForm::Template => Some("template"),
            FileForm::Tera => Some("tera"),
            FileForm::Plain => None,
        };
        let candidate = |path: String, name: &str| Candidate { path, name: name.to_owned(), form };
        if let Some(extension) = extension {
            let without = without_extension(&base);
            if base[without.len()..].strip_prefix('.') == Some(extension) {
                all.push(candidate(base.clone(), without));
            }
            // The reference takes the extension off the name in `--file`, so that `Dockerfile.prod`
            // with `Dockerfile.prod.template` beside it becomes `Dockerfile`.
            all.push(candidate(format!("{base}.{extension}"), without));
        } else if form == FileForm::Plain && all.iter().all(|candidate| candidate.path != base) {
            all.push(candidate(base.clone(), &base));
        }
    }
    all
}

/// Whether `named` is the very name of a choice.
pub fn is_named(choice: &Choice, named: Option<&str>) -> bool {
    named.is_some_and(|named| normal(named) == choice.path)
}

/// The other file of the same rank as a choice, if there are both: then it is not clear which is meant,
/// unless `named` is the very name of one.
pub fn rival(choice: &Choice, named: Option<&str>, exists: impl Fn(&str) -> bool) -> Option<String> {
    if choice.form != FileForm::Template || is_named(choice, named) {
        return None;
    }
    let of_rank =
        candidates(named, None, None).into_iter().filter(|candidate| candidate.form == FileForm::Tera);
    of_rank.map(|candidate| candidate.path).find(|path| exists(path))
}

/// What is wrong where there is a [`rival`], and what to do.
pub fn rival_fault(choice: &Choice, rival: &str) -> (String, &'static str) {
    (
        format!("{} and {rival} are both here, and neither comes first", choice.path),
        "keep the one that is meant",
    )
}

/// The form of a template that is named on the command line by itself, and the name that its result
/// has. Only a file called `Dockerfile` is plain.
pub fn of_file(file_name: &str) -> Candidate {
    let name = without_extension(file_name);
    let form = match file_name.strip_prefix(name) {
        _ if file_name == "Dockerfile" => FileForm::Plain,
        Some(".tera") => FileForm::Tera,
        _ => FileForm::Template,
    };
    let (path, name) = (file_name.to_owned(), name.to_owned());
    Candidate { path, name, form }
}

/// `path` without the extension of its last part. A dot in front is no extension.
fn without_extension(path: &str) -> &str {
    let file = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[file..].rfind('.') {
        Some(dot) if dot > 0 => &path[..file + dot],
        _ => path,
    }
}

/// `./a//b` as `a/b`.
fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

#[test]
fn what_is_looked_for_in_which_order() {
    let paths = |named| -> Vec<String> {
        let all = candidates(named, Some("raspberrypi3"), Some("armv7hf"));
        all.into_iter().map(|candidate| candidate.path).collect()
    };
    let unnamed = [
        "Dockerfile.raspberrypi3",
        "Dockerfile.armv7hf",
        "Dockerfile.template",
        "Dockerfile.tera",
        "Dockerfile",
    ];
    assert_eq!(paths(None), unnamed);
    let named = [
        "docker/app.template.raspberrypi3",
        "docker/app.template.armv7hf",
        "docker/app.template",
        "docker/app.template.template",
        "docker/app.template.tera",
    ];
    assert_eq!(paths(Some("docker/app.template")), named);
}
