//! The folders of a system's programs, and whether a program is one of the system: named by itself, or by its path in one
//! of these folders.

/// Where programs are looked for, in the order of `PATH`: that of official images and of balena's.
pub const PROGRAM_FOLDERS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The name of the program that a file of an image is, if it is in a folder of programs.
pub fn program_at(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    (PROGRAM_FOLDERS.contains(&folder) && !name.is_empty()).then_some(name)
}

/// The name of the program of the system that a word of a command names: `make`, `/usr/bin/make`. None for files
/// elsewhere, which are those of a project: `./configure`, `/app/start`.
pub fn system_program(written: &str) -> Option<&str> {
    if written.contains('/') { program_at(written) } else { Some(written) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_system_is_named_by_itself_or_in_its_folder() {
        for written in ["make", "/usr/bin/make", "/usr/local/sbin/make"] {
            assert_eq!(system_program(written), Some("make"), "{written}");
        }
        for written in ["./make", "/app/make", "/usr/bin/", "/usr/bin/sub/make", "bin/make"] {
            assert_eq!(system_program(written), None, "{written}");
        }
        assert_eq!(program_at("make"), None);
    }
}
