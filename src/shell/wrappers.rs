//! Programs that run another one, which is named after their own options: `sudo -E apt-get update`. What
//! `chroot` runs is not among them: it works on the files of another system.

use super::options::{Valued, after_option};
use super::word::{Word, is_assignment};

struct Wrapper {
    names: &'static [&'static str],
    options: Valued,
    /// How many arguments of its own come before the program: the time in `timeout 5 make`.
    own: usize,
    /// Whether `NAME=value` may come before the program.
    assigns: bool,
}

const fn plain(names: &'static [&'static str]) -> Wrapper {
    Wrapper { names, options: Valued { letters: "", long: &[] }, own: 0, assigns: false }
}

const WRAPPERS: [Wrapper; 15] = [
    plain(&[
        "nohup",
        "setsid",
        "fakeroot",
        "eatmydata",
        "linux32",
        "linux64",
        "chronic",
        "unbuffer",
        "busybox",
        "builtin",
        "command",
        "env-update",
    ]),
    Wrapper {
        options: Valued {
            letters: "ugpCrtTUDR",
            long: &["user", "group", "prompt", "chdir", "chroot", "role", "type", "host", "close-from"],
        },
        assigns: true,
        ..plain(&["sudo"])
    },
    Wrapper { options: Valued { letters: "uC", long: &[] }, assigns: true, ..plain(&["doas"]) },
    Wrapper {
        options: Valued { letters: "uC", long: &["unset", "chdir"] },
        assigns: true,
        ..plain(&["env"])
    },
    Wrapper { options: Valued { letters: "n", long: &["adjustment"] }, ..plain(&["nice"]) },
    Wrapper { options: Valued { letters: "cnp", long: &["class", "classdata"] }, ..plain(&["ionice"]) },
    Wrapper { options: Valued { letters: "fo", long: &["format", "output"] }, ..plain(&["time"]) },
    Wrapper { options: Valued { letters: "a", long: &[] }, ..plain(&["exec"]) },
    Wrapper { options: Valued { letters: "ioe", long: &["input", "output", "error"] }, ..plain(&["stdbuf"]) },
    Wrapper {
        options: Valued { letters: "sk", long: &["signal", "kill-after"] },
        own: 1,
        ..plain(&["timeout"])
    },
    Wrapper {
        options: Valued {
            letters: "InPLsdEa",
            long: &["max-args", "max-procs", "max-chars", "delimiter", "arg-file"],
        },
        ..plain(&["xargs"])
    },
    Wrapper {
        options: Valued { letters: "nsfep", long: &["server-num", "server-args", "auth-file", "error-file"] },
        ..plain(&["xvfb-run"])
    },
    // What reaps processes in a container.
    Wrapper {
        options: Valued { letters: "ep", long: &[] },
        ..plain(&["tini", "tini-static", "docker-init", "catatonit"])
    },
    Wrapper { options: Valued { letters: "r", long: &["rewrite"] }, ..plain(&["dumb-init"]) },
    Wrapper { own: 1, ..plain(&["gosu", "su-exec", "setarch"]) },
];

/// Those that are part of the shell: without a program they run nothing.
pub(super) const OF_THE_SHELL: [&str; 4] = ["exec", "command", "builtin", "time"];

/// Where the program is among the words after `name`: `None` if `name` is a program of its own,
/// `Some(None)` if nothing is run.
pub(super) fn wrapped(name: &str, words: &[Word]) -> Option<Option<usize>> {
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&name))?;
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
        if name == "command" && matches!(&*word.text, "-v" | "-V") {
            return Some(None);
        }
        at = after_option(&wrapper.options, words, at);
        if word.text == "--" {
            break;
        }
    }
    at += wrapper.own;
    while wrapper.assigns && words.get(at).is_some_and(|word| is_assignment(&word.text)) {
        at += 1;
    }
    match at < words.len() {
        true => Some(Some(at)),
        false if OF_THE_SHELL.contains(&name) => Some(None),
        false => None,
    }
}
