//! Texts with a form of their own: sizes, durations, truth values, commands. Each is checked as the reader of
//! Docker Compose checks it.

/// A number of bytes: `64m`, `1.5 GiB`.
///
/// # Errors
/// What is wrong with it.
pub fn bytes(text: &str) -> Result<i64, String> {
    let fault = || "not a size such as `512m` or `2g`".to_owned();
    let at = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(fault)?;
    let (number, unit) = match text.as_bytes()[at] {
        b' ' => (&text[..at], &text[at + 1..]),
        _ => (&text[..=at], &text[at + 1..]),
    };
    let number = number_of(number).filter(|number| *number >= 0.0).ok_or_else(fault)?;
    let unit = unit.to_ascii_lowercase();
    let power = match unit.as_bytes() {
        [] | b"b" => 0,
        [letter] | [letter, b'b'] | [letter, b'i', b'b'] => {
            let power = b"kmgtp".iter().position(|known| known == letter).ok_or_else(fault)?;
            i32::try_from(power).unwrap_or(0) + 1
        }
        _ => return Err(fault()),
    };
    #[expect(clippy::cast_possible_truncation, reason = "a size above the largest is the largest")]
    Ok((number * 1024_f64.powi(power)) as i64)
}

/// A number as Go's `ParseFloat` takes it.
pub fn number_of(text: &str) -> Option<f64> {
    if text.is_empty() || text.contains('_') || text.contains(' ') { None } else { text.parse().ok() }
}

/// A duration: `1m30s`, `500ms`, `2d`.
///
/// # Errors
/// What is wrong with it.
pub fn duration(text: &str) -> Result<(), String> {
    let fault = || "not a duration such as `30s` or `1m30s`".to_owned();
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(fault());
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fault)?;
        let number = &rest[..digits];
        if !number.bytes().any(|b| b.is_ascii_digit()) || number.matches('.').count() > 1 {
            return Err(fault());
        }
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit_seconds = match &rest[..unit] {
            "ns" => 1e-9,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            "w" => 604_800.0,
            _ => return Err(fault()),
        };
        seconds += number_of(number).unwrap_or_default() * unit_seconds;
        rest = &rest[unit..];
    }
    // Docker Compose counts nanoseconds in 63 bits.
    if seconds > 9_223_372_036.0 { Err("longer than 292 years".to_owned()) } else { Ok(()) }
}

/// `true` or `false`, in the words of YAML 1.1 too.
pub fn truth(text: &str) -> Option<bool> {
    match &*text.to_ascii_lowercase() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Whether the quotes of a command in one text are closed, as Docker Compose splits it into words.
pub fn is_command(text: &str) -> bool {
    let (mut escaped, mut single, mut double, mut back, mut dollar) = (false, false, false, false, false);
    let mut before = ' ';
    for c in text.chars() {
        if escaped {
            escaped = false;
        } else {
            let quoted = single || double;
            match c {
                '\\' if !single => escaped = true,
                '`' if !quoted && !dollar => back = !back,
                '(' if !quoted && !back => {
                    if dollar || before != '$' {
                        return false;
                    }
                    dollar = true;
                }
                ')' if !quoted && !back => dollar = !dollar,
                '"' if !single && !dollar => double = !double,
                '\'' if !double && !dollar => single = !single,
                // What follows is not part of the command.
                ';' | '&' | '|' | '<' | '>' if !quoted && !back && !dollar => return true,
                _ => {}
            }
        }
        before = c;
    }
    !(escaped || single || double || back || dollar)
}

/// The words of a command in one text, as Docker Compose splits it: there are quotes and backslashes, and what
/// follows the end of the command in a shell is not part of it.
pub fn command_words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let (mut is_escaped, mut quote) = (false, None);
    for c in text.chars() {
        match c {
            _ if is_escaped => {
                is_escaped = false;
                word.get_or_insert_default().push(c);
            }
            '\\' if quote != Some('\'') => is_escaped = true,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            _ if quote == Some(c) => quote = None,
            ' ' | '\t' | '\r' | '\n' if quote.is_none() => words.extend(word.take()),
            ';' | '&' | '|' | '<' | '>' if quote.is_none() => break,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A number as Go prints it: the shortest text that is that number, with an exponent from 21 digits on.
pub fn number_shown(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-4..21).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{number}")
}

#[test]
fn sizes_durations_and_commands() {
    assert_eq!(bytes("64m"), Ok(64 << 20));
    assert_eq!(bytes("1.5 GiB"), Ok(3 << 29));
    assert_eq!(bytes("12"), Ok(12));
    assert!(["", "m", "1x", "1mm", "-1", "1 2"].iter().all(|text| bytes(text).is_err()));
    assert!(["1m30s", "0", "1.5h", "2d", "-1s"].iter().all(|text| duration(text).is_ok()));
    assert!(["", "1", "s", "1x", "1.2.3s", "1 s"].iter().all(|text| duration(text).is_err()));
    let shown = [1.2, 1e21, 1e-7, 8.0].map(number_shown);
    assert_eq!(shown, ["1.2", "1e+21", "1e-07", "8"]);
    assert!(is_command("sh -c 'a b'") && !is_command("sh -c 'a b") && !is_command("a (b)"));
}
