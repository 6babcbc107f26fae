//! A bar for whoever watches, when something takes longer than a second.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Session;

/// How long to wait before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a command is.
pub struct Progress {
    started: Instant,
    total: Cell<u64>,
    /// What is counted.
    unit: &'static str,
    is_watched: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl Progress {
    /// Nothing is done yet, of `total` of something; 0 is for what has no known end. If nobody watches, nothing is
    /// shown.
    pub fn new(total: u64, unit: &'static str, session: &Session) -> Self {
        let is_watched = session.streams.stderr_is_terminal && !session.quiet;
        Progress {
            started: Instant::now(),
            total: Cell::new(total),
            unit,
            is_watched,
            bar: RefCell::new(None),
        }
    }

    /// It was found out how much there is to do.
    pub fn expect(&self, total: u64) {
        self.total.set(total);
    }

    /// So many are done.
    pub fn tell(&self, done: u64) {
        let unit = self.unit;
        self.show(done, || match self.total.get() {
            0 => format!("{} {unit}", HumanCount(done)),
            total => format!("{} of {} {unit}", HumanCount(done), HumanCount(total)),
        });
    }

    /// The same for what is known by its share of the whole: `count` were counted on the way, of which is said what
    /// happened to them.
    pub fn tell_share(&self, done: u64, count: u64, what: &str) {
        self.show(done, || format!("{} {} {what}", HumanCount(count), self.unit));
    }

    fn show(&self, done: u64, message: impl FnOnce() -> String) {
        if !self.is_watched || self.started.elapsed() < PATIENCE {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template(match self.total.get() {
                0 => "{spinner} {msg}",
                _ => "{bar:40} {msg}, {eta} left",
            });
            let total = Some(self.total.get()).filter(|total| *total > 0);
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr())
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                // What was done before it was shown counts as well.
                .with_elapsed(self.started.elapsed())
        });
        bar.set_message(message());
        bar.set_position(done);
    }

    /// Takes the bar away, and says how long it took until now, in seconds.
    pub fn finish(&self) -> f64 {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
        self.started.elapsed().as_secs_f64()
    }
}
