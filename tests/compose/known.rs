//! Where dtpl and docker compose differ for a reason: docs/compatibility.md, "Compose files".

use crate::docker::{Answer, NO_ANSWER};

/// A piece of the message of the one that refuses, and a file that it refuses.
pub struct Known {
    pub message: &'static str,
    pub yaml: &'static str,
}

/// What dtpl alone refuses.
pub const STRICTER: [Known; 4] = [
    Known {
        message: "comments must be separated from other tokens",
        yaml: "services: {web: {image: x}}#comment\n",
    },
    Known {
        message: "plain scalar cannot start with '-'",
        yaml: "services: {web: {image: x, hostname: -}}\n",
    },
    Known { message: "the tag `!!binary` is not known", yaml: "services: {web: {image: !!binary eA==}}\n" },
    Known {
        message: "a control character is not allowed",
        yaml: "services: {web: {image: x, user: \"\\x07\"}}\n",
    },
];

/// What docker compose alone refuses.
pub const MILDER: [Known; 3] = [
    Known { message: "found unknown escape character", yaml: "services: {web: {image: \"a\\/b\"}}\n" },
    Known { message: "panic: ", yaml: "services: {web: {image: x, pid: null}}\n" },
    // It takes seconds to see that it does not end: no file.
    Known { message: NO_ANSWER, yaml: "" },
];

/// Whether two answers differ for such a reason.
pub fn is_known(theirs: &Answer, ours: &Answer) -> bool {
    let (message, known) = match (theirs, ours) {
        (Ok(_), Err(message)) => (message, &STRICTER[..]),
        (Err(message), Ok(_)) => (message, &MILDER[..]),
        _ => return false,
    };
    known.iter().any(|known| message.contains(known.message))
}
