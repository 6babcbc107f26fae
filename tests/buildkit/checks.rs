//! What `dtpl check` says about a Dockerfile, beside what BuildKit's own check says about it: BuildKit refuses a
//! file if and only if dtpl reports an error that concerns the engine, at the same instruction.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use dtpl::check;
use dtpl::workspace::{self, Definitions, Targets, Workspace, select};
use dtpl::{Place, Registry as DeviceTypes, Severity};

use super::collected;
use super::differences::{DIFFERENCES, Refuses};
use super::engine::Engine;
use super::generator::{self, Random};
use super::verdict::Verdict;

/// The rules whose errors say that BuildKit refuses the file.
const OF_THE_ENGINE: [&str; 6] = [
    "first-instruction",
    "impossible-platform",
    "invalid-image-reference",
    "malformed-placeholder",
    "needs-newer-engine",
    "syntax",
];

/// The errors of dtpl that concern the engine, each with its line.
fn errors(dockerfile: &[u8]) -> Vec<(u64, String)> {
    let registry = DeviceTypes::embedded();
    let request = workspace::Request::new(Path::new("-"));
    let mut text = dockerfile;
    let workspace = match Workspace::open(&request, &mut text) {
        Ok(workspace) => workspace,
        Err(error) => return vec![(1, error.to_string())],
    };
    let (services, mut notes) = match workspace.into_services(&[], 1) {
        Ok(services) => services,
        Err(error) => return vec![(1, error.to_string())],
    };
    let devices = select(&registry, "intel-nuc", &Place::CommandLine).unwrap();
    let definitions = Definitions::default();
    let targets = Targets::new(&registry, &definitions, false).of_devices(&devices, &mut notes);
    let findings = check::run(&check::Request::new(&services, &targets, &registry)).unwrap();
    let ours = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && OF_THE_ENGINE.contains(&&*finding.rule));
    ours.map(|finding| {
        let line = finding.source.position(finding.span.start).line;
        (line as u64, format!("line {line}: {} ({})", finding.message, finding.rule))
    })
    .collect()
}

/// The Dockerfiles to look at: those of the repository, or a part of them, and generated ones.
fn dockerfiles(count: usize, seed: u64) -> Vec<(String, Vec<u8>)> {
    let collected = collected::dockerfiles();
    let step = (collected.len() * 2).div_ceil(count).max(1);
    let mut files: Vec<_> = collected.into_iter().skip(seed as usize % step).step_by(step).collect();
    let mut random = Random::new(seed);
    while files.len() < count {
        files.push((format!("generated {}", files.len()), generator::dockerfile(&mut random).into_bytes()));
    }
    files
}

/// Compares as many Dockerfiles; gives the differences that are not known.
pub fn compare(engine: &Engine, count: usize) -> Vec<String> {
    let seed = std::env::var("DTPL_BUILDKIT_SEED").map_or(1, |seed| seed.parse().unwrap());
    let files = dockerfiles(count, seed);
    let context = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let (left_out, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let seen: Vec<AtomicUsize> = DIFFERENCES.iter().map(|_| AtomicUsize::new(0)).collect();
    let unknown = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, text)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = Verdict::of(engine, context.path(), text);
                    let said = verdict.error.clone().unwrap_or_default();
                    // No frontend image can be had here, and no registry but that of Docker Hub.
                    if dtpl::dockerfile::detect_syntax(text).is_some()
                        || said.contains("failed to resolve source metadata")
                    {
                        left_out.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    let ours = errors(text);
                    let all = || ours.iter().map(|(_, text)| &**text).collect::<Vec<_>>().join("\n  ");
                    let (refuses, says) = match (said.is_empty(), ours.is_empty()) {
                        (true, true) => continue,
                        (false, false) if ours.iter().any(|(line, _)| verdict.is_about(*line)) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                        (false, false) => (Refuses::Elsewhere, format!("{said}\n  {}", all())),
                        (false, true) => (Refuses::Engine, said),
                        (true, false) => (Refuses::Dtpl, all()),
                    };
                    let known = DIFFERENCES.iter().position(|difference| {
                        // That of the engine's own checks which tells the reason.
                        let is_checked = difference.check.is_none_or(|check| {
                            let mut warnings = verdict.warnings.iter();
                            warnings.any(|(name, line)| name == check && verdict.is_about(*line))
                        });
                        difference.refuses == refuses && says.contains(difference.says) && is_checked
                    });
                    match known {
                        Some(known) => {
                            seen[known].fetch_add(1, Ordering::Relaxed);
                        }
                        None => {
                            let text = String::from_utf8_lossy(text);
                            let text = format!("-- {name}: {refuses:?}\n  {says}\n{text}");
                            unknown.lock().unwrap().push(text);
                        }
                    }
                }
            });
        }
    });
    let unknown = unknown.into_inner().unwrap();
    eprintln!(
        "{} Dockerfiles, {} left out, {} refused by both, {} differences, in {:.0?}",
        files.len(),
        left_out.into_inner(),
        refused.into_inner(),
        unknown.len(),
        start.elapsed()
    );
    for (difference, seen) in DIFFERENCES.iter().zip(seen) {
        eprintln!(
            "known, {} times: {:?}: {} ({})",
            seen.into_inner(),
            difference.refuses,
            difference.says,
            difference.why
        );
    }
    unknown
}
