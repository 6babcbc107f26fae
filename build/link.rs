//! How the program is linked so that it starts quickly: one render takes less time than the start of many
//! a program.
//!
//! A fifth of that time would go into the start: opening the system's shared libraries, binding
//! a hundred names in them, moving 8,000 addresses of tables to where the program happens to be loaded. So
//! it stays where the linker put it, and the libraries are linked in, where the C compiler has them as
//! archives. Stack and heap stay where chance puts them.
//!
//! The compiler's own `crt-static` does the same, but only for a build with `--target`: without it the
//! procedural macros are built with the same flags, and cannot be.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The system's libraries that the standard library asks the linker for, and the archives of each. Those
/// of `libc` need each other.
const ARCHIVES: [(&str, &[&str]); 7] = [
    ("c", &["libc.a", "libgcc_eh.a", "libgcc.a"]),
    ("dl", &["libdl.a"]),
    ("gcc_s", &["libgcc_eh.a"]),
    ("m", &["libm.a"]),
    ("pthread", &["libpthread.a"]),
    ("rt", &["librt.a"]),
    ("util", &["libutil.a"]),
];

/// One of these stands in the flags of whoever has an own say in how it is linked.
const LINKING: [&str; 4] = ["link", "-L", "-l", "prefer-dynamic"];

pub fn for_a_quick_start() -> anyhow::Result<()> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let target = |what: &str| variable(&format!("CARGO_CFG_TARGET_{what}"));
    // A build that is static anyway has its own way, which this would break.
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") != "linux" || target("ENV") != "gnu" || is_static {
        return Ok(());
    }
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // For another processor, or a linker of the user's own, the compiler asked here would be the wrong one.
    if variable("HOST") != variable("TARGET") || !variable("RUSTC_LINKER").is_empty() {
        return Ok(());
    }
    // Nor does this go together with a shared library that is asked for, or a folder to look in first.
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    if flags.split('\x1f').any(|flag| LINKING.iter().any(|word| flag.contains(word))) {
        return Ok(());
    }
    // The linker is told to look for shared libraries first; in this folder it finds the archives alone.
    let folder = Path::new(&variable("OUT_DIR")).join("archives");
    fs::create_dir_all(&folder)?;
    for (library, archives) in ARCHIVES {
        let Some(paths) = archives.iter().map(|name| path_of(name)).collect::<Option<Vec<_>>>() else {
            return Ok(());
        };
        fs::write(folder.join(format!("lib{library}.a")), format!("GROUP({})\n", paths.join(" ")))?;
    }
    println!("cargo::rustc-link-arg-bins=-static");
    // For a linker to which only the last such word counts: the compiler asks for shared ones before.
    println!("cargo::rustc-link-arg-bins=-Wl,-Bstatic");
    println!("cargo::rustc-link-arg-bins=-L{}", folder.display());
    Ok(())
}

/// Where the C compiler, which links what Rust's makes, has a library's archive; in quotes.
fn path_of(archive: &str) -> Option<String> {
    let answer = Command::new("cc").arg(format!("-print-file-name={archive}")).output().ok()?;
    let path = String::from_utf8(answer.stdout).ok()?;
    let path = path.trim_end();
    // Asked for what it does not have, it repeats the name.
    if !path.starts_with('/') {
        return None;
    }
    println!("cargo::rerun-if-changed={path}");
    Some(format!("\"{path}\""))
}
