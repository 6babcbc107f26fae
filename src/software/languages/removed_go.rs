//! What the `go` command refuses outside a module.
//!
//! Tried with Go 1.19 and 1.26: the command ends before it asks for anything. With GO111MODULE=off `go get` works in
//! 1.19, and fails in 1.26: "modules disabled by GO111MODULE=off".

use super::removal::{Removed, Unless};
use crate::shell::{ShellCommand, Word, is_assignment};

pub fn removed(command: &ShellCommand, version: (u32, u32)) -> Option<Removed> {
    let (program, words) = command.program()?;
    if version < (1, 19) || program != "go" {
        return None;
    }
    let own = words.iter().position(|word| !word.text.starts_with('-'))?;
    let is_off = assigned(command, "GO111MODULE=off");
    let off = Unless::Variable("GO111MODULE", "off");
    let rest = words.get(own + 1..).unwrap_or_default();
    let named = rest.iter().filter(|word| !word.text.starts_with('-')).collect::<Vec<_>>();
    match &*words[own].text {
        "get" => {
            // Which version between them was the first to refuse it was not tried.
            let may_be_off = version < (1, 26);
            if may_be_off && (is_off || assigned(command, "GO111MODULE=auto")) {
                return None;
            }
            let mut unless = vec![Unless::File("go.mod")];
            unless.extend(may_be_off.then_some(off));
            let programs: Vec<&Word> = named.iter().copied().filter(|word| is_remote(&word.text)).collect();
            let help = match &programs[..] {
                [] => "Write `go mod init NAME` first, or copy go.mod into the image.".to_owned(),
                [first, ..] => format!(
                    "To install a program, write `go install {}`; for a library, write `go mod init NAME` first.",
                    with_version(&first.text)
                ),
            };
            Some(Removed {
                message: "`go get` works only inside a module since Go 1.18, and there is no go.mod"
                    .to_owned(),
                help,
                span: words[own].span.start..rest.last().map_or(words[own].span.end, |word| word.span.end),
                unless,
            })
        }
        "install" if !is_off => {
            let package = named.iter().find(|word| is_remote(&word.text) && !word.text.contains('@'))?;
            Some(Removed {
                message: format!("`go install {}` needs a version outside a module", package.text),
                help: format!("Write `go install {}`.", with_version(&package.text)),
                span: package.span.clone(),
                unless: vec![Unless::File("go.mod"), off],
            })
        }
        _ => None,
    }
}

/// Whether a variable is set for this command alone.
fn assigned(command: &ShellCommand, assignment: &str) -> bool {
    let before = command.words.iter().take_while(|word| is_assignment(&word.text) || word.text == "env");
    before.into_iter().any(|word| word.text == assignment)
}

/// Whether it is the path of a package that is fetched: its first part is the name of a host.
fn is_remote(path: &str) -> bool {
    let host = path.split('/').next().unwrap_or_default();
    !path.starts_with(['.', '/', '$']) && host.contains('.') && host.len() < path.len()
}

fn with_version(path: &str) -> String {
    let path = path.strip_suffix("/...").unwrap_or(path);
    if path.contains('@') { path.to_owned() } else { format!("{path}@latest") }
}
