//! What a run of a template may take, counted while it runs: rounds of loops, the size of values, and
//! work. Work is counted in tags and in bytes of what they work on, not in seconds, so that the same
//! template comes to the same end on every machine.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use super::instrument::{CallSite, FilePlace};
use super::profile::{CHECK_NAMES, CHECK_SIZE, COUNT_ROUND, COUNT_WORK, Profile, byte_count};
use crate::escape::shortened;

/// How deep a value may be: a list in a list in a list.
const DEEPEST: usize = 16;
/// Bytes that one tag may work on, each time that it names them counted.
const MOST_AT_ONCE: u64 = 32 << 20;

/// How much longer a value between two filters of a tag may be than one that is kept: a list of all the
/// numbers of a `range`.
const PASSING: usize = 16;

/// What stopped a run, where the engine itself does not know.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Nothing where the engine knows better.
    pub place: Option<FilePlace>,
    pub message: String,
    pub help: Vec<String>,
}

#[derive(Debug)]
pub struct RunBudget {
    profile: &'static Profile,
    call_sites: Arc<Vec<CallSite>>,
    /// The texts of the files, to name what is not there.
    texts: Arc<Vec<String>>,
    work: AtomicU64,
    rounds: AtomicUsize,
    stop: Mutex<Option<Stop>>,
}

impl RunBudget {
    pub(super) fn new(
        profile: &'static Profile,
        call_sites: Arc<Vec<CallSite>>,
        texts: Arc<Vec<String>>,
    ) -> Self {
        let (work, rounds) = (AtomicU64::new(0), AtomicUsize::new(0));
        RunBudget { profile, call_sites, texts, work, rounds, stop: Mutex::default() }
    }

    /// Stops the run where a function is called: the error to give back to the engine.
    pub fn stop(&self, message: impl Into<String>, help: Vec<String>) -> Error {
        self.stop_at(None, message, help)
    }

    fn stop_at(&self, place: Option<FilePlace>, message: impl Into<String>, help: Vec<String>) -> Error {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        stop.get_or_insert(Stop { place, message: message.into(), help });
        Error::message("stopped")
    }

    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a text is in quotes somewhere in the template, or the name of an argument: then it is no
    /// secret.
    pub fn is_written(&self, text: &str) -> bool {
        let ways = [format!("\"{text}\""), format!("'{text}'"), format!("`{text}`"), format!("{text}=")];
        self.texts.iter().any(|all| ways.iter().any(|way| all.contains(way)))
    }

    fn site(&self, arguments: &Kwargs) -> TeraResult<&CallSite> {
        let number = arguments.must_get::<usize>("i")?;
        self.call_sites.get(number).ok_or_else(|| Error::message("no such place"))
    }

    /// Counts bytes that a filter or a function made, which are as many more to work on.
    pub(super) fn made(&self, bytes: usize) -> TeraResult<()> {
        self.fits(bytes as u64, None)?;
        self.take(bytes as u64 / 16, None)
    }

    /// Stops the run unless a value may have so many bytes.
    pub(super) fn fits(&self, bytes: u64, place: Option<FilePlace>) -> TeraResult<()> {
        if bytes <= self.profile.value_bytes as u64 {
            return Ok(());
        }
        let message = format!("a value here is longer than {}", byte_count(self.profile.value_bytes));
        Err(self.stop_at(place, message, Vec::new()))
    }

    /// Counts work, and stops the run when it is too much.
    pub fn take(&self, units: u64, place: Option<FilePlace>) -> TeraResult<()> {
        let Profile { noun, work, .. } = self.profile;
        let before = self.work.fetch_add(units, Ordering::Relaxed);
        if before.saturating_add(units) <= *work {
            return Ok(());
        }
        let message = format!("this {noun} takes more work than the limit of {work} steps");
        let help = "a step is a name or a sign that is worked on, or 16 bytes of a value";
        Err(self.stop_at(place, message, vec![help.to_owned()]))
    }

    fn round(&self, site: &CallSite) -> TeraResult<()> {
        let Profile { noun, rounds, .. } = self.profile;
        if self.rounds.fetch_add(1, Ordering::Relaxed) >= *rounds {
            let message = format!("the loops of this {noun} take more than {rounds} rounds");
            return Err(self.stop_at(site.here(), message, Vec::new()));
        }
        self.take(site.cost, site.here())
    }

    /// Bytes of a value, or nothing when it is too deep to be looked at.
    fn measure(value: &Value, depth: usize) -> Option<u64> {
        let most = depth.checked_sub(1);
        if let Some(list) = value.as_array() {
            let most = most?;
            list.iter().try_fold(8, |sum: u64, one| Some(sum.saturating_add(Self::measure(one, most)?)))
        } else if let Some(map) = value.as_map() {
            let most = most?;
            map.iter().try_fold(8, |sum: u64, (key, one)| {
                let key = key.as_str().map_or(8, str::len) as u64;
                Some(sum.saturating_add(key + Self::measure(one, most)?))
            })
        } else {
            Some(8 + value.as_str().map_or(0, str::len) as u64)
        }
    }

    fn size(&self, value: &Value, place: Option<FilePlace>) -> TeraResult<u64> {
        Self::measure(value, DEEPEST).ok_or_else(|| {
            self.stop_at(place, format!("a value here is deeper than {DEEPEST} lists"), Vec::new())
        })
    }

    /// Looks at a value that was assigned.
    fn assigned(&self, site: &CallSite, value: &Value) -> TeraResult<()> {
        let size = self.size(value, site.here())?;
        self.take(1 + size / 16, site.here())?;
        self.fits(size, site.here())
    }

    /// Looks at a value that goes into a filter. Of a list each value counts, of a text 16 bytes.
    pub(super) fn pass(&self, value: &Value) -> TeraResult<()> {
        let size = self.size(value, None)?;
        let most = self.profile.value_bytes.saturating_mul(PASSING);
        if size > most as u64 {
            let message = format!("a value between two filters is longer than {}", byte_count(most));
            return Err(self.stop(message, Vec::new()));
        }
        self.take(1 + if value.as_str().is_some() { size / 16 } else { size / 4 }, None)
    }

    /// Looks at what a tag names before it takes it.
    fn look(&self, site: &CallSite, values: &[Value]) -> TeraResult<()> {
        let text = self.texts.get(site.file).map(String::as_str).unwrap_or_default();
        for (path, value) in site.paths.iter().zip(values) {
            let is_absent = value.is_undefined() && !path.may_be_absent;
            let is_empty = value.is_none() && site.prints;
            if self.profile.checks_names && (is_absent || is_empty) {
                let name = shortened(text.get(path.span.clone()).unwrap_or_default(), 80);
                let (what, test) =
                    if is_absent { ("is not defined", " is defined") } else { ("has no value", "") };
                let help = format!("ask before: {{% if {name}{test} %}}");
                let place = Some((site.file, path.span.clone()));
                return Err(self.stop_at(place, format!("`{name}` {what} here"), vec![help]));
            }
        }
        let mut size = 0u64;
        for value in values {
            size += match site.does_work {
                true => self.size(value, site.here())?,
                false => value.len().unwrap_or(0) as u64 / 4,
            };
        }
        if site.does_work && size.saturating_mul(site.cost) > MOST_AT_ONCE.saturating_mul(16) {
            return Err(self.stop_at(site.here(), "this works on too much at once", Vec::new()));
        }
        let units = if site.does_work { site.cost.saturating_mul(size / 16) } else { size / 16 };
        self.take(units, site.here())
    }
}

/// Registers the functions that count, which the instrumented template calls. Their result is no text.
pub(super) fn register(tera: &mut Tera, run: &Arc<RunBudget>) {
    let mut add = |name, check: fn(&RunBudget, &Kwargs) -> TeraResult<()>| {
        let budget = Arc::clone(run);
        tera.register_function(name, move |arguments: Kwargs, _: &State| {
            check(&budget, &arguments).map(|()| String::new())
        });
    };
    add(COUNT_ROUND, |budget, arguments| budget.round(budget.site(arguments)?));
    add(COUNT_WORK, |budget, arguments| {
        let site = budget.site(arguments)?;
        budget.take(site.cost, Some((site.file, 0..0)))
    });
    add(CHECK_SIZE, |budget, arguments| match arguments.get::<&Value>("v")? {
        Some(value) => budget.assigned(budget.site(arguments)?, value),
        None => Ok(()),
    });
    add(CHECK_NAMES, |budget, arguments| {
        let values = arguments.must_get::<&Value>("v")?.as_array();
        budget.look(budget.site(arguments)?, values.unwrap_or_default())
    });
    add("throw", |budget, _| {
        Err(budget.stop(format!("the {} stops itself here", budget.profile.noun), Vec::new()))
    });
}
