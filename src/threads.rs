//! Several workers on one range of rows. The result does not depend on how many there are: each takes
//! a run of neighbours, and what they made is put together in order.

use std::ops::Range;
use std::thread;

/// Lets each worker do its part of `rows`, and returns what they made in the order of the rows.
/// Where the system gives no more threads, this one does the rest. Fewer than `least` rows are not
/// worth a worker.
pub fn share<W: Send, R: Send>(
    workers: &mut [W],
    rows: Range<usize>,
    least: usize,
    work: impl Fn(&mut W, Range<usize>) -> R + Sync,
) -> Vec<R> {
    let count = workers.len().min(rows.len().div_ceil(least.max(1))).max(1);
    let part = rows.len().div_ceil(count).max(1);
    let mut parts = workers.iter_mut().take(count).enumerate().map(|(at, worker)| {
        let start = (rows.start + at * part).min(rows.end);
        (worker, start..(start + part).min(rows.end))
    });
    let Some((own, own_part)) = parts.next() else { return Vec::new() };
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = parts
            .filter(|(_, part)| !part.is_empty())
            .map(|(worker, part)| {
                // The worker goes into the thread, or stays here when there is none.
                let slot = std::sync::Arc::new(std::sync::Mutex::new(Some(worker)));
                let taken = std::sync::Arc::clone(&slot);
                let range = part.clone();
                let spawned = thread::Builder::new().spawn_scoped(scope, move || {
                    taken.lock().ok().and_then(|mut slot| slot.take()).map(|worker| work(worker, range))
                });
                (spawned.ok(), slot, part)
            })
            .collect();
        let mut done = vec![work(own, own_part)];
        for (thread, slot, part) in others {
            let made = match thread {
                Some(thread) => thread.join().ok().flatten(),
                None => slot.lock().ok().and_then(|mut slot| slot.take()).map(|worker| work(worker, part)),
            };
            done.extend(made);
        }
        done
    })
}

/// Does something that calls itself as deep as its input says, within a limit, on a stack of so many
/// bytes: whoever started the program may have left it less. Where the system gives no more threads, it
/// is done here.
pub fn with_stack<R: Send>(bytes: usize, work: impl Fn() -> R + Sync) -> R {
    thread::scope(|scope| match thread::Builder::new().stack_size(bytes).spawn_scoped(scope, &work) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => work(),
    })
}
