//! A bar for whoever watches, when something takes longer than a second.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Session;

/// How long to wait before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a command is.
pub struct Progress {
    started: Instant,
    total: u64,
    is_watched: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl Progress {
    /// Nothing is done yet, of `total`; 0 is for what has no known end. If nobody watches, nothing is shown.
    pub fn new(total: usize, session: &Session) -> Self {
        let is_watched = session.streams.stderr_is_terminal && !session.quiet;
        Progress { started: Instant::now(), total: total as u64, is_watched, bar: RefCell::new(None) }
    }

    /// So many are done.
    pub fn tell(&self, done: usize) {
        if !self.is_watched || self.started.elapsed() < PATIENCE {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template(match self.total {
                0 => "{human_pos} {per_sec}",
                _ => "{bar:40} {human_pos}/{human_len} {eta}",
            });
            let total = Some(self.total).filter(|total| *total > 0);
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr())
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        })
        .set_position(done as u64);
    }

    /// Takes the bar away, and says how long it took, in seconds.
    pub fn finish(&self) -> f64 {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
        self.started.elapsed().as_secs_f64()
    }
}
