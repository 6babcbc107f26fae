//! A program that talks TLS in an image without the certificates of the authorities.

use super::fault::Remedy;
use super::image_text::ImageText;
use super::run::Run;
use crate::shell::Word;

/// The package that has the certificates, in all distributions.
pub const CERTIFICATES: &str = "ca-certificates";
/// Programs that check a server's certificate with those of the system, and the commands with which they connect; any
/// where none is named.
const PROGRAMS: [(&str, &[&str]); 4] = [
    ("curl", &[]),
    ("wget", &[]),
    ("git", &["clone", "fetch", "pull", "ls-remote", "submodule"]),
    ("svn", &["checkout", "co", "export", "update"]),
];
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
/// Options of curl with a value that is no address to connect to.
const WITH_VALUE: [&str; 8] =
    ["-d", "--data", "--data-raw", "--data-binary", "-H", "--header", "-e", "--referer"];

pub fn look(run: &mut Run) {
    // Alpine and Fedora have them.
    if run.is_optional()
        || !run.state.is_apt()
        || run.state.has_own_certificates
        || run.state.contents.has_certificates() != Some(false)
    {
        return;
    }
    let command = run.command();
    let Some((name, words)) = command.program() else { return };
    let Some((_, commands)) = PROGRAMS.iter().find(|(program, _)| *program == name) else { return };
    let first = command.operands().first().map_or("", |word| &*word.text);
    if !commands.is_empty() && !commands.contains(&first) {
        return;
    }
    let letters =
        |word: &Word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('k');
    let is_insecure = words.iter().any(|word| {
        let option = word.text.split('=').next().unwrap_or_default();
        OPTIONS.contains(&option) || word.text.contains("sslVerify") || (name == "curl" && letters(word))
    });
    let is_value = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        before.is_some_and(|option| WITH_VALUE.contains(&&*option.text))
    };
    let address =
        words.iter().enumerate().find(|(at, word)| word.text.starts_with("https://") && !is_value(*at));
    let Some((_, word)) = address.filter(|_| !is_insecure) else { return };
    let manager = run.state.contents.manager();
    let message = ImageText::around("", run.image, " has no CA certificates: a connection over TLS fails");
    let help = format!("install them before this: {} {CERTIFICATES}", manager.install_line());
    let remedy = Remedy::Package(manager, CERTIFICATES.to_owned());
    run.add("missing-certificates", run.severity(), word.span.clone(), message, help, remedy);
}
