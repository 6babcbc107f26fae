//! What a run of a template may take, counted while it runs: rounds of loops, the size of values, and
//! work. Work is counted in tags and in bytes of what they work on, not in seconds, so that the same
//! template comes to the same end on every machine.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use super::instrument::CallSite;
use super::profile::{CHECK_NAMES, CHECK_SIZE, COUNT_ROUND, COUNT_WORK, Profile, byte_count};
use crate::escape::shortened;
use crate::source::Span;

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
    /// The file and the place in it; nothing where the engine knows better.
    pub place: Option<(usize, Span)>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
}

/// The counters of one run.
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
        self.stop_at(None, message.into(), help)
    }

    fn stop_at(&self, place: Option<(usize, Span)>, message: String, help: Vec<String>) -> Error {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        stop.get_or_insert(Stop { place, message, help });
        Error::message("stopped")
    }

    /// What stopped the run.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a text stands in quotes somewhere in the template, or as the name of an argument: then it
    /// is no secret.
    pub fn is_written(&self, text: &str) -> bool {
        let ways = [format!("\"{text}\""), format!("'{text}'"), format!("`{text}`"), format!("{text}=")];
        self.texts.iter().any(|all| ways.iter().any(|way| all.contains(way)))
    }

    fn site(&self, arguments: &Kwargs) -> TeraResult<&CallSite> {
        let number = arguments.must_get::<usize>("i")?;
        self.call_sites.get(number).ok_or_else(|| Error::message("no such place"))
    }

    fn here(site: &CallSite) -> Option<(usize, Span)> {
        Some((site.file, site.place.clone()))
    }

    /// Counts bytes that a filter or a function made, which are as many more to work on.
    ///
    /// # Errors
    /// When they are too many.
    pub(super) fn made(&self, bytes: usize) -> TeraResult<()> {
        self.fits(bytes)?;
        self.take(bytes as u64 / 16, None)
    }

    /// Whether a value may have so many bytes.
    ///
    /// # Errors
    /// When they are too many.
    pub(super) fn fits(&self, bytes: usize) -> TeraResult<()> {
        if bytes > self.profile.value_bytes { Err(self.too_long(None)) } else { Ok(()) }
    }

    /// Counts work.
    ///
    /// # Errors
    /// When it is too much.
    pub fn take(&self, units: u64, place: Option<(usize, Span)>) -> TeraResult<()> {
        let before = self.work.fetch_add(units, Ordering::Relaxed);
        if before.saturating_add(units) <= self.profile.work {
            return Ok(());
        }
        let message = format!(
            "this {} takes more work than the limit of {} steps",
            self.profile.noun, self.profile.work
        );
        let help = "a step is a name or a sign that is worked on, or 16 bytes of a value";
        Err(self.stop_at(place, message, vec![help.to_owned()]))
    }

    fn round(&self, site: &CallSite) -> TeraResult<String> {
        if self.rounds.fetch_add(1, Ordering::Relaxed) >= self.profile.rounds {
            let message = format!(
                "the loops of this {} take more than {} rounds",
                self.profile.noun, self.profile.rounds
            );
            return Err(self.stop_at(Self::here(site), message, Vec::new()));
        }
        self.take(site.cost, Self::here(site))?;
        Ok(String::new())
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

    fn too_deep(&self, site: &CallSite) -> Error {
        let message = format!("a value here is deeper than {DEEPEST} lists");
        self.stop_at(Self::here(site), message, Vec::new())
    }

    fn too_long(&self, place: Option<(usize, Span)>) -> Error {
        let message = format!("a value here is longer than {}", byte_count(self.profile.value_bytes));
        self.stop_at(place, message, Vec::new())
    }

    fn size(&self, site: &CallSite, value: &Value) -> TeraResult<String> {
        let size = Self::measure(value, DEEPEST).ok_or_else(|| self.too_deep(site))?;
        self.take(1 + size / 16, Self::here(site))?;
        if size > self.profile.value_bytes as u64 {
            Err(self.too_long(Self::here(site)))
        } else {
            Ok(String::new())
        }
    }

    /// Looks at a value that goes into a filter. Of a list each value counts, of a text 16 bytes.
    ///
    /// # Errors
    /// When it is too long, or too much work.
    pub(super) fn pass(&self, value: &Value) -> TeraResult<()> {
        let Some(size) = Self::measure(value, DEEPEST) else {
            return Err(self.stop(format!("a value here is deeper than {DEEPEST} lists"), Vec::new()));
        };
        let most = self.profile.value_bytes.saturating_mul(PASSING);
        if size > most as u64 {
            let message = format!("a value between two filters is longer than {}", byte_count(most));
            return Err(self.stop(message, Vec::new()));
        }
        self.take(1 + if value.as_str().is_some() { size / 16 } else { size / 4 }, None)
    }

    /// Looks at what a tag names before it takes it.
    fn look(&self, site: &CallSite, values: &[Value]) -> TeraResult<String> {
        let text = self.texts.get(site.file).map(String::as_str).unwrap_or_default();
        for (path, value) in site.paths.iter().zip(values) {
            let is_absent = value.is_undefined() && !path.may_be_absent;
            let is_empty = value.is_none() && site.prints;
            if self.profile.checks_names && (is_absent || is_empty) {
                let name = shortened(text.get(path.span.clone()).unwrap_or_default(), 80);
                let message = if is_absent {
                    format!("`{name}` is not defined here")
                } else {
                    format!("`{name}` has no value here")
                };
                let help = match is_absent {
                    true => format!("ask before: {{% if {name} is defined %}}"),
                    false => format!("ask before: {{% if {name} %}}"),
                };
                return Err(self.stop_at(Some((site.file, path.span.clone())), message, vec![help]));
            }
        }
        let mut size = 0u64;
        for value in values {
            size += match site.does_work {
                true => Self::measure(value, DEEPEST).ok_or_else(|| self.too_deep(site))?,
                false => value.len().unwrap_or(0) as u64 / 4,
            };
        }
        if site.does_work && size.saturating_mul(site.cost) > MOST_AT_ONCE.saturating_mul(16) {
            let message = "this works on too much at once".to_owned();
            return Err(self.stop_at(Self::here(site), message, Vec::new()));
        }
        let units = if site.does_work { site.cost.saturating_mul(size / 16) } else { size / 16 };
        self.take(units, Self::here(site))?;
        Ok(String::new())
    }
}

/// Registers the functions that count, which the instrumented template calls.
pub(super) fn register(tera: &mut Tera, run: &Arc<RunBudget>) {
    let budget = Arc::clone(run);
    tera.register_function(COUNT_ROUND, move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        budget.round(budget.site(&arguments)?)
    });
    let budget = Arc::clone(run);
    tera.register_function(COUNT_WORK, move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        let site = budget.site(&arguments)?;
        budget.take(site.cost, Some((site.file, 0..0)))?;
        Ok(String::new())
    });
    let budget = Arc::clone(run);
    tera.register_function(CHECK_SIZE, move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        match arguments.get::<&Value>("v")? {
            Some(value) => budget.size(budget.site(&arguments)?, value),
            None => Ok(String::new()),
        }
    });
    let budget = Arc::clone(run);
    tera.register_function(CHECK_NAMES, move |arguments: Kwargs, _: &State| -> TeraResult<String> {
        let site = budget.site(&arguments)?;
        let values = arguments.must_get::<&Value>("v")?;
        budget.look(site, values.as_array().unwrap_or_default())
    });
    let budget = Arc::clone(run);
    tera.register_function("throw", move |_: Kwargs, _: &State| -> TeraResult<String> {
        Err(budget.stop(format!("the {} stops itself here", budget.profile.noun), Vec::new()))
    });
}
