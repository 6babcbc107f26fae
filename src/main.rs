//! Arguments and real streams in, exit code out.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use dtpl::cli::{self, Rereadable, Streams};

/// In place of the slow one of musl.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let (mut input, mut output) = (stdin_file(), stdout_file());
    let mut stdout = io::stdout();
    cli::run(
        std::env::args_os().collect(),
        &mut Streams {
            stdin: &mut io::stdin(),
            stdin_file: input.as_mut().map(|file| file as &mut dyn Rereadable),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout: output.as_mut().map_or(&mut stdout as &mut dyn Write, |file| file),
            stdout_is_terminal: io::stdout().is_terminal(),
            widen_pipes: &widen_pipes,
            stderr: &mut io::stderr(),
            stderr_has_color: cli::has_color(&io::stderr()),
        },
    )
}

/// Lets the pipes on both sides hold more, so that their other ends are woken less often. Where it is
/// not allowed, they work as they are.
#[cfg(target_os = "linux")]
fn widen_pipes() {
    const BYTES: usize = 1 << 20;
    let _ = rustix::pipe::fcntl_setpipe_size(io::stdin(), BYTES);
    let _ = rustix::pipe::fcntl_setpipe_size(io::stdout(), BYTES);
}

#[cfg(not(target_os = "linux"))]
fn widen_pipes() {}

/// Standard output without the buffer that ends at every line: results are written in large pieces.
#[cfg(unix)]
fn stdout_file() -> Option<File> {
    use std::os::fd::AsFd;
    io::stdout().as_fd().try_clone_to_owned().ok().map(File::from)
}

/// Standard input as a file that can be read twice, if it is one.
#[cfg(unix)]
fn stdin_file() -> Option<File> {
    use std::os::fd::AsFd;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

#[cfg(not(unix))]
fn stdout_file() -> Option<File> {
    None
}

#[cfg(not(unix))]
fn stdin_file() -> Option<File> {
    None
}
