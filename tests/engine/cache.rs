//! What docs/rules/copy-before-install.md claims of the layer cache, seen: its two Dockerfiles, built
//! before and after a change of the source.

use std::fs;
use std::path::Path;

use crate::docker::{Engine, run};
use crate::projects::root;
use crate::ways::{dtpl, provide_base_images};

const RULE: &str = "copy-before-install";

/// The Dockerfile below a heading of the rule's page.
fn dockerfile(heading: &str) -> String {
    let page = fs::read_to_string(root().join("docs/rules").join(RULE).with_extension("md")).unwrap();
    let below = page.split_once(&format!("## {heading}\n")).expect("the heading").1;
    let block = below.split_once("```Dockerfile\n").expect("a Dockerfile").1;
    block.split_once("```").expect("its end").0.to_owned()
}

/// Whether the step that installs comes from the cache, as BuildKit says: `#7 [3/4] RUN pip ...` and
/// then `#7 CACHED`.
fn install_is_cached(engine: &Engine, folder: &Path) -> bool {
    let log = run(&mut engine.docker(&["build", "--tag", "cache", folder.to_str().unwrap()]), b"").stderr;
    let step = |line: &str| Some(line.split_once(' ')?.0.to_owned());
    let install = log.lines().find(|line| line.contains("RUN pip install")).and_then(step);
    let install = install.unwrap_or_else(|| panic!("no step installs:\n{log}"));
    log.lines().any(|line| line == format!("{install} CACHED"))
}

/// What became of the step that installs, for each order: first built, built again, and built after a
/// change of the source.
pub fn table(engine: &Engine) -> String {
    let mut table = String::from(
        "| order | `dtpl check` | first build | again | after a change of the source |\n|---|---|---|---|---|\n",
    );
    for heading in ["Good", "Bad"] {
        let dockerfile = dockerfile(heading);
        provide_base_images(engine, &crate::projects::DEVICES[0], dockerfile.as_bytes());
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("Dockerfile", &dockerfile);
        write("app.py", "print(1)\n");
        let requirements = fs::read(root().join("templates/python/requirements.txt")).unwrap();
        write("requirements.txt", &String::from_utf8(requirements).unwrap());

        let check = ["check", "-q", "-d", "intel-nuc", "--fail-on", "never", "--format", "json"];
        let findings = String::from_utf8(dtpl(&check, folder.path(), b"")).unwrap();
        let found = if findings.contains(RULE) { RULE } else { "nothing of it" };
        let first = install_is_cached(engine, folder.path());
        let again = install_is_cached(engine, folder.path());
        write("app.py", "print(2)\n");
        let changed = install_is_cached(engine, folder.path());

        assert_eq!((first, again, changed), (false, true, heading == "Good"), "{heading}");
        assert_eq!(found == RULE, heading == "Bad", "{findings}");
        let name = |cached: bool| if cached { "from the cache" } else { "runs" };
        let (first, again, changed) = (name(first), name(again), name(changed));
        table += &format!("| {} | {found} | {first} | {again} | {changed} |\n", heading.to_lowercase());
    }
    table
}
