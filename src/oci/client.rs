//! What asks registries, and remembers their tokens while it does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::logins::Logins;
use super::lookup::Lookup;
use super::retry::Deadline;
use super::secret::Secret;
use super::sender::Sender;
use super::settings::{Settings, SettingsFault};
use crate::image::{LookupFault, LookupFaultKind, Published, Reference};

/// A host and a repository.
type Session = (String, String);

/// Asks registries about images.
pub struct Client {
    pub(super) sender: Sender,
    pub(super) logins: Logins,
    sessions: Mutex<BTreeMap<Session, Secret>>,
    total_time: Duration,
    at_once: usize,
}

impl Client {
    /// Makes a client. Nothing is asked yet.
    ///
    /// # Errors
    /// A setting that cannot be used.
    pub fn new(settings: &Settings) -> Result<Client, SettingsFault> {
        Ok(Client {
            sender: Sender::new(settings)?,
            logins: Logins::new(settings)?,
            sessions: Mutex::default(),
            total_time: settings.total_time,
            at_once: settings.at_once.max(1),
        })
    }

    /// Asks the registry of an image about it. A digest goes before a tag; without both, it is `latest`.
    ///
    /// # Errors
    /// Why nothing is known.
    pub fn look_up(&self, reference: &Reference) -> Result<Published, LookupFault> {
        Lookup::new(self, reference, Deadline::new(self.total_time)).run()
    }

    /// Asks about several images at once, about equal ones once. The results are in the order of the references,
    /// and the time limit is for all of them together.
    pub fn look_up_all(&self, references: &[Reference]) -> Vec<Result<Published, LookupFault>> {
        let deadline = Deadline::new(self.total_time);
        let mut distinct: Vec<&Reference> = references.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let Some(reference) = distinct.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((*reference, Lookup::new(self, reference, deadline).run()));
            }
            done
        };
        let found: BTreeMap<&Reference, Result<Published, LookupFault>> = thread::scope(|scope| {
            // This thread works too, so that all is done where the system gives no other.
            let others: Vec<_> = (1..self.at_once.min(distinct.len()))
                .map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let mut done = work();
            done.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
            done.into_iter().collect()
        });
        let lost = || Err(LookupFault::new(LookupFaultKind::Unavailable, "the look-up ended early"));
        references.iter().map(|reference| found.get(reference).cloned().unwrap_or_else(lost)).collect()
    }

    /// What a registry accepted for a repository before.
    pub(super) fn session(&self, session: &Session) -> Option<Secret> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned()
    }

    pub(super) fn keep_session(&self, session: Session, authorization: Secret) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(session, authorization);
    }
}
