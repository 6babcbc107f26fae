//! Environment markers of requirements: what stands after `;`, such as `python_version < "3"`.

use super::python_version::PythonVersion;

/// Whether a requirement with this marker holds for a Python of Linux; None where that is not known.
///
/// Comparisons of `python_version`, `sys_platform`, `platform_system`, `os_name` and
/// `platform_python_implementation` are known, joined by `and` or `or`.
pub fn holds(marker: &str, python: (u32, u32)) -> Option<bool> {
    if marker.contains(['(', ')']) {
        return None;
    }
    // `and` binds tighter than `or`.
    let mut any = Some(false);
    for alternative in marker.split(" or ") {
        let mut all = Some(true);
        for comparison in alternative.split(" and ") {
            all = match (all, compare(comparison.trim(), python)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        any = match (any, all) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
    }
    any
}

/// The operators, those first that begin as others do.
const OPERATORS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

fn compare(text: &str, python: (u32, u32)) -> Option<bool> {
    let at = text.find(['=', '!', '<', '>'])?;
    let (name, rest) = text.split_at(at);
    let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator))?;
    let value = rest[operator.len()..].trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value.strip_prefix(quote)?.strip_suffix(quote)?;
    let own = match name.trim() {
        "python_version" => {
            let own = PythonVersion::parse(&format!("{}.{}", python.0, python.1))?;
            let order = own.cmp(&PythonVersion::parse(value)?);
            return Some(match operator {
                "==" => order.is_eq(),
                "!=" => order.is_ne(),
                "<=" => order.is_le(),
                ">=" => order.is_ge(),
                "<" => order.is_lt(),
                _ => order.is_gt(),
            });
        }
        "sys_platform" => "linux",
        "platform_system" => "Linux",
        "os_name" => "posix",
        "platform_python_implementation" | "implementation_name" if value.eq_ignore_ascii_case("cpython") => {
            value
        }
        _ => return None,
    };
    match operator {
        "==" => Some(own == value),
        "!=" => Some(own != value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn simple_markers_are_evaluated() {
        let holds = |marker| holds(marker, (3, 12));
        assert_eq!(holds("python_version < \"3\""), Some(false));
        assert_eq!(holds("python_version >= '3.8'"), Some(true));
        assert_eq!(holds("python_version == '3.12'"), Some(true));
        assert_eq!(holds("python_version<'3.4'"), Some(false));
        assert_eq!(holds("sys_platform == 'win32'"), Some(false));
        assert_eq!(holds("sys_platform != 'win32' and python_version > '3.5'"), Some(true));
        assert_eq!(holds("python_version < '3' or sys_platform == 'linux'"), Some(true));
        // One side alone decides.
        assert_eq!(holds("platform_machine == 'armv7l' and python_version < '3'"), Some(false));
        assert_eq!(holds("platform_machine == 'armv7l' or python_version > '3'"), Some(true));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for marker in
            ["", "platform_machine == 'armv7l'", "extra == 'a'", "(python_version < '3')", "python_version"]
        {
            assert_eq!(holds(marker, (3, 12)), None, "{marker}");
        }
    }
}
