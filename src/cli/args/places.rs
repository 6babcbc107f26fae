//! Which flags got their values from the environment, so that messages name what has to be corrected.

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::diagnostic::Place;

pub struct Places {
    /// The flags that the environment set, as clap's identifiers: the long name with underscores.
    from_environment: Vec<String>,
}

impl Places {
    pub fn new(matches: &ArgMatches) -> Self {
        let is_set = |id: &str| matches.value_source(id) == Some(ValueSource::EnvVariable);
        let ids = matches.ids().map(clap::Id::as_str);
        Places { from_environment: ids.filter(|id| is_set(id)).map(str::to_owned).collect() }
    }

    /// The flag, such as `--device` or `-D`, or the `DTPL_` variable that set it.
    pub fn of(&self, flag: &'static str) -> Place {
        let name = if flag == "-D" { "define" } else { flag.trim_start_matches('-') };
        let id = name.replace('-', "_");
        match self.from_environment.contains(&id) {
            true => Place::Environment(format!("DTPL_{}", id.to_ascii_uppercase())),
            false => Place::Flag(flag),
        }
    }

    /// Whether the environment set a flag: the command line takes precedence over it.
    pub fn is_from_environment(&self, flag: &'static str) -> bool {
        matches!(self.of(flag), Place::Environment(_))
    }
}
