//! How a line of `debian-packages.txt` is written. `build/debian_packages.rs` reads them.

/// What opens the file.
pub fn head(day: &str, tracked: &[&str]) -> String {
    format!(
        "# The names of Debian's packages, one a line. `refresh` makes this file: docs/refresh.md says what it holds.\n\
         snapshot {day}\ntracked {}\n",
        tracked.join(" ")
    )
}

/// How an installation brings a package along.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    Always,
    /// Not with `--no-install-recommends`.
    AsRecommended,
    Never,
}

impl Brought {
    pub fn of(without_recommends: bool, with_recommends: bool) -> Brought {
        match (without_recommends, with_recommends) {
            (true, _) => Brought::Always,
            (false, true) => Brought::AsRecommended,
            (false, false) => Brought::Never,
        }
    }

    fn sign(self) -> char {
        match self {
            Brought::Always => 'd',
            Brought::AsRecommended => 'r',
            Brought::Never => '-',
        }
    }
}

/// `+curl` where it always comes, `+curl:dr` where it depends on the release; nothing where it never does.
pub fn brought(name: &str, bookworm: Brought, trixie: Brought) -> Option<String> {
    match (bookworm, trixie) {
        (Brought::Never, Brought::Never) => None,
        (Brought::Always, Brought::Always) => Some(format!("+{name}")),
        _ => Some(format!("+{name}:{}{}", bookworm.sign(), trixie.sign())),
    }
}

/// `NAME STATUS +BROUGHT`; the status is left out where the name is a package everywhere.
pub fn entry(name: &str, status: &[char], brought: &[String]) -> String {
    let mut line = name.to_owned();
    if status.iter().any(|status| *status != 'r') {
        let (bookworm, trixie) = status.split_at(status.len() / 2);
        let text = |status: &[char]| status.iter().collect::<String>();
        line.extend([" ", &text(bookworm), "/", &text(trixie)]);
    }
    for item in brought {
        line.extend([" ", item]);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_only_what_is_not_usual() {
        let always = brought("openssl", Brought::Always, Brought::Always).unwrap();
        let varies = brought("perl", Brought::Never, Brought::AsRecommended).unwrap();
        assert_eq!(brought("perl", Brought::Never, Brought::Never), None);
        assert_eq!(entry("curl", &['r'; 6], &[]), "curl");
        let status = ['r', 'r', '-', 'v', 'm', '?'];
        assert_eq!(entry("a", &status, &[always, varies]), "a rr-/vm? +openssl +perl:-r");
    }
}
