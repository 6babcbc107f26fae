//! `STOPSIGNAL`: the signals of Linux by number and by name, as moby/sys/signal has them.

use crate::nearest::nearest;

const NAMES: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
    "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

/// Whether it is a signal: any number but 0, or a name with or without `SIG`, in upper or lower case.
pub(super) fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let name = bare(text);
    let real_time = |prefix: &str, last: u8| {
        let number = name.strip_prefix(prefix).filter(|number| !number.starts_with(['0', '+']));
        number.and_then(|number| number.parse::<u8>().ok()).is_some_and(|number| number <= last)
    };
    NAMES.contains(&&*name) || real_time("RTMIN+", 15) || real_time("RTMAX-", 14)
}

/// What to write instead.
pub(super) fn help(text: &str) -> String {
    match nearest(&bare(text), NAMES).first() {
        Some(near) => format!("did you mean `SIG{near}`?"),
        None => "write the name of a signal, such as SIGTERM, or its number".to_owned(),
    }
}

fn bare(text: &str) -> String {
    let name = text.to_ascii_uppercase();
    name.strip_prefix("SIG").map_or_else(|| name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_those_that_buildkit_takes() {
        for signal in
            ["9", "-1", "+9", "099", "1000", "KILL", "sigwinch", "SIGRTMIN+15", "rtmin+1", "RTMAX-14", "IOT"]
        {
            assert!(is_signal(signal), "{signal}");
        }
        for wrong in [
            "",
            "0",
            "-0",
            "00",
            "0x9",
            "9 9",
            "SIG",
            "SIGSIGKILL",
            "SIGFOO",
            "RTMIN+0",
            "RTMIN+16",
            "RTMAX-15",
            "EMT",
            "UNUSED",
            "99999999999999999999",
            "RTMIN++1",
            "RTMIN+01",
        ] {
            assert!(!is_signal(wrong), "{wrong}");
        }
        assert_eq!(help("SIGTREM"), "did you mean `SIGTERM`?");
    }
}
