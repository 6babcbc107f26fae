//! Names of Python packages, which are written in several ways.

/// The one spelling of a package's name that all others are equal to: `rpi-gpio` for `RPi.GPIO` and `rpi_gpio`.
pub fn normalized(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}
