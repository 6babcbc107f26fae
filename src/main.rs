//! Arguments and real streams in, exit code out.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dtpl::cli::{self, Rereadable, Streams};

/// In place of the slow one of musl.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let (mut input, mut output) = (stdin_file(), stdout_file());
    let mut stdout = io::stdout();
    let signal = Arc::new(AtomicUsize::new(0));
    let status = cli::run(
        std::env::args_os().collect(),
        &mut Streams {
            stdin: &mut Stdin,
            stdin_file: input.as_mut().map(|file| file as &mut dyn Rereadable),
            stdin_is_terminal: stdin_is_terminal(),
            stdout: output.as_mut().map_or(&mut stdout as &mut dyn Write, |file| file),
            stdout_is_terminal: io::stdout().is_terminal(),
            stdout_width: stdout_width().unwrap_or(80),
            widen_pipes: &widen_pipes,
            stderr: &mut io::stderr(),
            stderr_has_color: cli::has_color(&io::stderr()),
            stderr_is_terminal: io::stderr().is_terminal(),
            hold_signals: &|| hold_signals(&signal),
            is_interrupted: &|| signal.load(Ordering::Relaxed) != 0,
            variable: &|name| std::env::var_os(name),
        },
    );
    end_by(signal.load(Ordering::Relaxed));
    status
}

/// Standard input. Its buffer is made when it is first read.
struct Stdin;

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::stdin().read(buffer)
    }
}

/// Notes the signals that end a program instead of ending at once. One that is ignored stays so: `nohup`
/// ignores SIGHUP for the program that it starts.
#[cfg(unix)]
fn hold_signals(signal: &Arc<AtomicUsize>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored_signals();
    for number in [SIGINT, SIGTERM, SIGHUP] {
        let stays = match ignored {
            Some(ignored) => ignored >> (number - 1) & 1 == 1,
            // Only Linux tells. Elsewhere SIGHUP is left as it is: it ends the program at once, or not at all
            // under `nohup`. What a run that ended so leaves, the next one removes.
            None => number == SIGHUP,
        };
        if stays {
            continue;
        }
        // Where one cannot be held it ends the program at once, as without this.
        let _ = signal_hook::flag::register_usize(number, Arc::clone(signal), number as usize);
    }
}

#[cfg(not(unix))]
fn hold_signals(_: &Arc<AtomicUsize>) {}

/// The signals that are ignored, a bit each; nothing where the system does not tell.
#[cfg(unix)]
fn ignored_signals() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Ends the program by a signal that was held, so that whoever sent it sees that it worked.
#[cfg(unix)]
fn end_by(signal: usize) {
    if let Some(number) = i32::try_from(signal).ok().filter(|number| *number != 0) {
        let _ = signal_hook::low_level::emulate_default_handler(number);
    }
}

#[cfg(not(unix))]
fn end_by(_: usize) {}

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

/// Characters of a line of the terminal, if standard output is one.
#[cfg(unix)]
fn stdout_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

/// Characters of a line of the terminal, if standard output is one.
#[cfg(windows)]
fn stdout_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0)).filter(|width| *width > 0)
}

/// Standard output without the buffer that ends at every line: results are written in large pieces.
#[cfg(unix)]
fn stdout_file() -> Option<File> {
    use std::os::fd::AsFd;
    let file = File::from(io::stdout().as_fd().try_clone_to_owned().ok()?);
    // Nothing else can grow too long.
    if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        // Where it cannot be had, such a write ends the program, as without this.
        let _ = cli::survive_size_limits();
    }
    Some(file)
}

/// Whether a person would have to type standard input.
#[cfg(unix)]
fn stdin_is_terminal() -> bool {
    rustix::stdio::stdin().is_terminal()
}

/// Whether a person would have to type standard input.
#[cfg(windows)]
fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Standard input as a file that can be read twice, if it is one.
#[cfg(unix)]
fn stdin_file() -> Option<File> {
    let file = File::from(rustix::stdio::stdin().try_clone_to_owned().ok()?);
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

/// Standard output as a file, which takes results in large pieces and as they are. A terminal takes text
/// only, which the standard library translates.
#[cfg(windows)]
fn stdout_file() -> Option<File> {
    use std::os::windows::io::AsHandle;
    let stdout = io::stdout();
    if stdout.is_terminal() {
        return None;
    }
    Some(File::from(stdout.as_handle().try_clone_to_owned().ok()?))
}

/// Standard input is kept in memory when it has to be read twice.
#[cfg(windows)]
fn stdin_file() -> Option<File> {
    None
}
