//! A program that talks TLS in an image without the certificates of the authorities.

use super::fault::Remedy;
use super::run::Run;
use crate::shell::Word;

/// The package that has the certificates, in all distributions.
pub const CERTIFICATES: &str = "ca-certificates";
/// Programs that check a server's certificate with those of the system.
const PROGRAMS: [&str; 4] = ["curl", "wget", "git", "svn"];
/// Their options that switch this off, or name other certificates.
const OPTIONS: [&str; 7] = [
    "-k",
    "--insecure",
    "--no-check-certificate",
    "--cacert",
    "--capath",
    "--ca-certificate",
    "--ca-directory",
];

pub fn look(run: &mut Run) {
    // Alpine and Fedora have them.
    if run.is_optional()
        || !run.state.is_apt()
        || run.state.contents.has_certificates() != Some(false)
        || !run.command().is_program(&PROGRAMS)
    {
        return;
    }
    let has = |text: &str| run.command().words.iter().any(|word| word.text == text);
    let letters =
        |word: &Word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('k');
    let is_insecure = OPTIONS.iter().any(|option| has(option))
        || (run.command().is_program(&["curl"]) && run.command().words.iter().any(letters))
        || run.command().words.iter().any(|word| word.text.contains("sslVerify=false"));
    let Some(word) =
        run.command().words.iter().find(|word| word.text.contains("https://")).filter(|_| !is_insecure)
    else {
        return;
    };
    let manager = run.state.contents.manager();
    let message = format!("{} has no CA certificates: a connection over TLS fails", run.image);
    let help = format!("install them before this: {} {CERTIFICATES}", manager.install_line());
    let span = word.span.clone();
    run.add(
        "missing-certificates",
        run.severity(),
        span,
        message,
        help,
        Remedy::Package(manager, CERTIFICATES.to_owned()),
    );
}
