//! `HEALTHCHECK`: its two types, and the times and numbers in its flags.

use super::instruction::Instruction;
use super::report::Report;
use super::text::shown;

/// The help for one that has neither form.
pub(super) const FORMS: &str = "write HEALTHCHECK CMD and a command, or HEALTHCHECK NONE";

pub(super) fn check(instruction: &Instruction, report: &mut Report) {
    let Some((kind, command)) = instruction.args.split_first() else { return };
    if kind.text.eq_ignore_ascii_case(b"none") {
        if let Some(argument) = command.first() {
            let message = "HEALTHCHECK NONE takes no arguments";
            report.error(argument.span.clone(), message, "remove everything after NONE");
        }
        return;
    }
    if !kind.text.eq_ignore_ascii_case(b"cmd") {
        let message = format!("unknown type `{}` in HEALTHCHECK (try CMD)", shown(&kind.text));
        report.error(kind.span.clone(), message, FORMS);
    } else if command.is_empty() {
        let message = "missing command after HEALTHCHECK CMD";
        report.error(kind.span.clone(), message, "add the command that checks the container's health");
    }
    for flag in &instruction.flags {
        let Some(value) = flag.value().filter(|value| !value.is_empty()) else { continue };
        let name = shown(flag.name());
        match flag.name() {
            b"interval" | b"timeout" | b"start-period" | b"start-interval" => match nanoseconds(value) {
                None => {
                    let message = format!("invalid duration `{}` for --{name}", shown(value));
                    report.error(flag.span.clone(), message, "write a time with its unit: 30s, 1m30s, 500ms");
                }
                Some(time) if time != 0.0 && time < 1e6 => {
                    let message = format!("--{name} cannot be less than 1ms");
                    report.error(flag.span.clone(), message, "write a longer time, or 0 for the default");
                }
                Some(_) => {}
            },
            b"retries" => {
                let count = std::str::from_utf8(value).ok().and_then(|value| value.parse::<i32>().ok());
                if count.is_none_or(|count| count < 0) {
                    let message = format!("invalid number `{}` for --retries", shown(value));
                    report.error(flag.span.clone(), message, "write a whole number, 0 for the default");
                }
            }
            _ => {}
        }
    }
}

/// A duration as Go writes it: numbers with units, `1h15m30.918s`.
fn nanoseconds(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let (digits, after) = rest.split_at(rest.find(|c| !is_number(c)).unwrap_or(rest.len()));
        let (unit, after) = after.split_at(after.find(is_number).unwrap_or(after.len()));
        let scale = match unit {
            "ns" => 1.0,
            "us" | "\u{B5}s" | "\u{3BC}s" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        // Go takes `.5s` and `5.s`, but a number has to have a digit.
        if !digits.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        total += digits.parse::<f64>().ok()? * scale;
        rest = after;
    }
    // Go counts nanoseconds in 64 bits.
    (total < 9.3e18).then_some(sign * total)
}
