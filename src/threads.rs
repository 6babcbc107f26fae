//! Several workers on one range of rows. The result does not depend on how many there are: each takes
//! a run of neighbours, and what they made is put together in order.

#[cfg(any(feature = "cli", test))]
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope, ScopedJoinHandle};

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
                let range = part.clone();
                (spawn(scope, worker, move |worker| work(worker, range)), part)
            })
            .collect();
        let mut done = vec![work(own, own_part)];
        for (spawned, part) in others {
            done.extend(match spawned {
                Ok(thread) => thread.join().ok().flatten(),
                Err(worker) => worker.map(|worker| work(worker, part)),
            });
        }
        done
    })
}

/// Lets a worker work in a thread of its own, or gives it back when there is none.
fn spawn<'s, W: Send + 's, R: Send + 's>(
    scope: &'s Scope<'s, '_>,
    worker: W,
    work: impl FnOnce(W) -> R + Send + 's,
) -> Result<ScopedJoinHandle<'s, Option<R>>, Option<W>> {
    let slot = Arc::new(Mutex::new(Some(worker)));
    let take = |slot: &Mutex<Option<W>>| slot.lock().ok().and_then(|mut slot| slot.take());
    let taken = Arc::clone(&slot);
    let spawned = thread::Builder::new().spawn_scoped(scope, move || take(&taken).map(work));
    spawned.map_err(|_| take(&slot))
}

/// Does something that calls itself as deep as its input says, within a limit, on a stack of so many
/// bytes: the caller may have less left. Where the system gives no more threads, it is done here.
pub fn with_stack<R: Send>(bytes: usize, work: impl Fn() -> R + Sync) -> R {
    thread::scope(|scope| match thread::Builder::new().stack_size(bytes).spawn_scoped(scope, &work) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => work(),
    })
}

/// Hands over a part of a piece before the piece is done. A part that was taken before comes back, to be
/// filled again; nothing comes back when no more are taken.
pub type Emit<'e, R> = dyn FnMut(R) -> Option<R> + 'e;

/// Parts of a piece that wait to be taken, at most.
const WAITING: usize = 2;

/// Lets the workers do one piece of `rows` after the other, and hands what they make to `take`, in the
/// order of the rows, while they go on. What waits is little: of a piece that grows long, `work` may
/// emit parts before it returns the last, or nothing when no more are taken. Where the system gives
/// no thread for a worker, this one does its pieces.
///
/// # Errors
/// Those of `take`: then the rest is not done.
pub fn in_order<W: Send, R: Send + Default, E>(
    workers: &mut [W],
    rows: Range<usize>,
    piece: usize,
    work: impl Fn(&mut W, Range<usize>, R, &mut Emit<R>) -> Option<R> + Sync,
    mut take: impl FnMut(&mut R) -> Result<(), E>,
) -> Result<(), E> {
    let piece = piece.max(1);
    let pieces = rows.len().div_ceil(piece);
    let range = |number: usize| {
        let start = rows.start + number * piece;
        start..(start + piece).min(rows.end)
    };
    let count = workers.len().min(pieces).max(1);
    thread::scope(|scope| {
        let (work, range) = (&work, &range);
        let mut places: Vec<WorkerPlace<W, R>> = Vec::new();
        for (first, worker) in workers.iter_mut().take(count).enumerate() {
            if count == 1 {
                places.push(WorkerPlace::Here(Some(worker)));
                continue;
            }
            let (sender, emitted) = sync_channel(WAITING);
            let (back, returned) = channel();
            let run = move |worker: &mut W| {
                for number in (first..pieces).step_by(count) {
                    let empty = || returned.try_recv().unwrap_or_default();
                    let mut emit = |full: R| sender.send((full, false)).ok().map(|()| empty());
                    let last = work(worker, range(number), empty(), &mut emit);
                    if last.is_none_or(|last| sender.send((last, true)).is_err()) {
                        return;
                    }
                }
            };
            places.push(match spawn(scope, worker, run) {
                Ok(_) => WorkerPlace::Thread { emitted, back },
                Err(worker) => WorkerPlace::Here(worker),
            });
        }
        let mut own = R::default();
        for number in 0..pieces {
            match places.get_mut(number % count) {
                Some(WorkerPlace::Thread { emitted, back }) => {
                    while let Ok((mut full, is_last)) = emitted.recv() {
                        take(&mut full)?;
                        // A worker that has ended needs nothing back.
                        let _ = back.send(full);
                        if is_last {
                            break;
                        }
                    }
                }
                Some(WorkerPlace::Here(Some(worker))) => {
                    let mut taken = Ok(());
                    let last = work(worker, range(number), std::mem::take(&mut own), &mut |mut full| {
                        taken = take(&mut full);
                        taken.is_ok().then_some(full)
                    });
                    taken?;
                    if let Some(mut last) = last {
                        take(&mut last)?;
                        own = last;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    })
}

/// Pieces for each thread that are read, worked on or done and not taken yet.
#[cfg(any(feature = "cli", test))]
const IN_FLIGHT: usize = 2;

/// Lets the workers do pieces of which nobody knows how many will come: `read` fills one after the other, until
/// it says that there is none, and `take` gets each when it is done, in the same order, while the workers go on.
/// The memory of a piece that was taken is used for a later one. The first worker runs on the
/// calling thread, when every other thread has two pieces. Where the system gives no more threads, there are fewer.
///
/// # Errors
/// Those of `take`: then the rest is not done. Those of `read`, after the pieces before it.
#[cfg(any(feature = "cli", test))]
pub fn pipeline<W: Send, P: Send + Default, E>(
    workers: &mut [W],
    mut read: impl FnMut(&mut P) -> Result<bool, E>,
    work: impl Fn(&mut W, &mut P) + Sync,
    mut take: impl FnMut(&mut P) -> Result<(), E>,
) -> Result<(), E> {
    let Some((here, others)) = workers.split_first_mut() else { return Ok(()) };
    thread::scope(|scope| {
        let work = &work;
        let start = |worker| PieceThread::start(scope, worker, work);
        let mut threads: Vec<PieceThread<P>> = others.iter_mut().filter_map(start).collect();
        let most = IN_FLIGHT * (threads.len() + 1);
        let (mut waiting, mut free, mut end) = (VecDeque::new(), Vec::new(), None);
        loop {
            let is_full = end.is_some() || waiting.len() >= most;
            // Who could run out of work gets some first.
            let idle = threads.iter().position(|thread| thread.in_flight < IN_FLIGHT).filter(|_| !is_full);
            if idle.is_none()
                && let Some(mut piece) = take_front(&mut waiting, &mut threads, is_full)
            {
                take(&mut piece)?;
                free.push(piece);
                continue;
            }
            if is_full {
                return end.unwrap_or(Ok(()));
            }
            let mut piece = free.pop().unwrap_or_default();
            match read(&mut piece) {
                Ok(true) => {}
                Ok(false) => end = Some(Ok(())),
                Err(error) => end = Some(Err(error)),
            }
            if end.is_some() {
                continue;
            }
            waiting.push_back(match idle.and_then(|number| Some((number, threads.get_mut(number)?))) {
                Some((number, thread)) => {
                    thread.send(piece);
                    WaitingPiece::Sent(number)
                }
                None => {
                    work(here, &mut piece);
                    WaitingPiece::Done(piece)
                }
            });
        }
    })
}

/// The first of the pieces, if it is done, or when it is.
#[cfg(any(feature = "cli", test))]
fn take_front<P: Send>(
    waiting: &mut VecDeque<WaitingPiece<P>>,
    threads: &mut [PieceThread<P>],
    waits: bool,
) -> Option<P> {
    let number = match waiting.pop_front()? {
        WaitingPiece::Done(piece) => return Some(piece),
        WaitingPiece::Sent(number) => number,
    };
    let done = threads.get_mut(number).and_then(|thread| thread.receive(waits));
    if done.is_none() {
        waiting.push_front(WaitingPiece::Sent(number));
    }
    done
}

/// A piece that was not taken yet.
#[cfg(any(feature = "cli", test))]
enum WaitingPiece<P> {
    Done(P),
    /// The thread of this number does it, or has done it.
    Sent(usize),
}

/// A thread that does pieces in the order in which it gets them.
#[cfg(any(feature = "cli", test))]
struct PieceThread<P> {
    pieces: Sender<P>,
    done: Receiver<P>,
    /// Pieces that were sent and not received back yet.
    in_flight: usize,
}

#[cfg(any(feature = "cli", test))]
impl<P: Send> PieceThread<P> {
    /// A thread in which this worker works; nothing where the system gives none.
    fn start<'s, W: Send>(
        scope: &'s Scope<'s, '_>,
        worker: &'s mut W,
        work: &'s (impl Fn(&mut W, &mut P) + Sync),
    ) -> Option<Self>
    where
        P: 's,
    {
        let (sender, pieces) = channel::<P>();
        let (send_done, done) = channel();
        let run = move |worker: &mut W| {
            for mut piece in pieces {
                work(worker, &mut piece);
                if send_done.send(piece).is_err() {
                    return;
                }
            }
        };
        spawn(scope, worker, run).ok().map(|_| PieceThread { pieces: sender, done, in_flight: 0 })
    }

    fn send(&mut self, piece: P) {
        // The thread ends after this one.
        let _ = self.pieces.send(piece);
        self.in_flight += 1;
    }

    /// The next piece that is done; nothing if there is none yet and nobody waits.
    fn receive(&mut self, waits: bool) -> Option<P> {
        let done = if waits { self.done.recv().ok() } else { self.done.try_recv().ok() };
        self.in_flight -= usize::from(done.is_some());
        done
    }
}

/// Where a worker works: in a thread of its own, which says of each part whether its piece ends with it,
/// or here.
enum WorkerPlace<'w, W, R> {
    Thread { emitted: Receiver<(R, bool)>, back: Sender<R> },
    Here(Option<&'w mut W>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_taken_in_order_and_an_error_ends_them() {
        for (workers, most) in [(0, 0), (1, 100), (2, 100), (3, 100), (5, 3)] {
            let (mut read, mut taken) = (0, Vec::new());
            let done = pipeline(
                &mut vec![0; workers],
                |piece: &mut (usize, usize)| {
                    piece.0 = read;
                    read += 1;
                    Ok(piece.0 < most)
                },
                |count, piece| {
                    *count += 1;
                    piece.1 = piece.0 * 2;
                },
                |piece| {
                    taken.push(piece.1);
                    Ok::<(), ()>(())
                },
            );
            assert_eq!((done, taken), (Ok(()), (0..most).map(|number| number * 2).collect()), "{workers}");
        }
        for workers in [1, 2, 3] {
            let (mut read, mut taken) = (0, 0);
            let fails_at = |number: usize, at| if number == at { Err(at) } else { Ok(true) };
            let done = pipeline(
                &mut vec![(); workers],
                |piece: &mut usize| {
                    *piece = read;
                    read += 1;
                    fails_at(*piece, 7)
                },
                |(), _| (),
                |_| {
                    taken += 1;
                    Ok(())
                },
            );
            assert_eq!((done, taken), (Err(7), 7), "all before a fault of reading are taken: {workers}");
            let done = pipeline(
                &mut vec![(); workers],
                |_: &mut usize| Ok(true),
                |(), _| (),
                |_| {
                    taken += 1;
                    fails_at(taken, 10).map(|_| ())
                },
            );
            assert_eq!((done, taken), (Err(10), 10), "{workers}");
        }
    }
}
