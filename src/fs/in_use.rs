//! What Windows refuses as long as a file is open: to replace it, to use its name again, and to open one that is not
//! shared.
//!
//! Virus scanners, indexers and other runs of dtpl have files open for milliseconds, so what is refused is tried
//! again for a moment. What is open where nobody else can open it is a lock.

use std::io;

/// Does it, again and again for about a second as long as it is refused in the way in which a file that is in use is.
/// A file that may not be written is refused in the same way: then the last error is returned.
///
/// # Errors
/// What `attempt` fails with.
#[cfg(windows)]
pub fn retry_while_in_use<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const ATTEMPTS: u32 = 200;
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(error) if is_denied(&error) || is_shared(&error) => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
    attempt()
}

/// Does it once: other systems let files be replaced and removed while they are open.
#[cfg(not(windows))]
pub fn retry_while_in_use<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    attempt()
}

/// Opens a file that nobody else can open, as soon as nobody else has it open. The system removes it when it is
/// closed, however the program ends.
///
/// # Errors
/// When it cannot be opened, or `is_interrupted` says so while it waits.
#[cfg(windows)]
pub fn open_alone(path: &std::path::Path, is_interrupted: &dyn Fn() -> bool) -> io::Result<std::fs::File> {
    use std::os::windows::fs::OpenOptionsExt as _;
    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).share_mode(0);
    options.custom_flags(DELETE_ON_CLOSE | OPEN_REPARSE_POINT);
    loop {
        match retry_while_in_use(|| options.open(path)) {
            Err(error) if is_shared(&error) && !is_interrupted() => {}
            opened => return opened,
        }
    }
}

#[cfg(windows)]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// Whether access is denied: also to a file that was removed and is still open somewhere.
#[cfg(windows)]
fn is_denied(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    error.raw_os_error() == Some(ACCESS_DENIED)
}

/// Whether another program has the file open and does not share it.
#[cfg(windows)]
fn is_shared(error: &io::Error) -> bool {
    const SHARING_VIOLATION: i32 = 32;
    error.raw_os_error() == Some(SHARING_VIOLATION)
}
