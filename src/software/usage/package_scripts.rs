//! The scripts in a `package.json`: `npm start` runs the text of `scripts.start` by a shell.

use memchr::memmem::Finder;

use super::writing::operands;
use crate::shell::{ShellCommand, commands_in};

/// The script that a command of npm, yarn or pnpm runs.
pub(super) fn package_script(command: &ShellCommand) -> Option<String> {
    let (program, words) = command.program()?;
    let operands = operands(words, "C");
    let name = match (program, &operands[..]) {
        ("npm" | "yarn" | "pnpm", ["start", ..]) => "start",
        ("npm" | "yarn" | "pnpm", ["test", ..]) => "test",
        ("npm" | "yarn" | "pnpm", ["run" | "run-script", name, ..]) => *name,
        _ => return None,
    };
    Some(name.to_owned())
}

/// The commands of a script, with their places in `text`, the `package.json`. None where it has no such script, or
/// one with escapes, whose places are not known.
pub(super) fn commands_of_package(text: &[u8], name: &str) -> Option<Vec<ShellCommand>> {
    let package: serde_json::Value = serde_json::from_slice(text).ok()?;
    let script = package.get("scripts")?.get(name)?.as_str()?;
    let quoted = [b"\"", script.as_bytes(), b"\""].concat();
    // The same text may be that of another script: it is the one after its name.
    let after = Finder::new(&[b"\"", name.as_bytes(), b"\""].concat()).find_iter(text).find_map(|at| {
        let after = at + name.len() + 2;
        let between =
            text.get(after..)?.iter().take_while(|b| b.is_ascii_whitespace() || **b == b':').count();
        let value = after + between;
        text.get(value..)?.starts_with(&quoted).then_some(value + 1)
    })?;
    let mut commands = commands_in(script.as_bytes())?;
    for command in &mut commands {
        let words = command.words.iter_mut().chain(&mut command.redirected).chain(&mut command.written);
        for word in words {
            word.span = word.span.start + after..word.span.end + after;
        }
    }
    Some(commands)
}
