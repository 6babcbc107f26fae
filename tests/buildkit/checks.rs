//! What `dtpl check` says about a Dockerfile, beside what BuildKit's own check says about it: BuildKit refuses a
//! file if and only if dtpl reports an error that concerns the engine, at the same instruction; and of a file that
//! is not refused, each check that BuildKit reports by its name is one of dtpl's findings at the same line, and the
//! other way round.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dtpl::Source;
use dtpl::dockerfile::{self, Base, Budget, BuildOptions, Dockerfile, EvaluatedStage, Evaluation, Keyword};

use super::collected;
use super::differences::{
    self, CHECK_DIFFERENCES, CheckDifference, DIFFERENCES, Difference, Refuses, Reports,
};
use super::engine::Engine;
use super::generator::{self, Random};
use super::ours::Ours;
use super::verdict::Verdict;

/// How many Dockerfiles the engine looks at in one call.
const AT_ONCE: usize = 40;

/// The instruction of a line.
fn instruction(file: &Dockerfile, build: &Evaluation, line: u64) -> differences::Instruction {
    let holds = |instruction: &dockerfile::Instruction| instruction.lines.contains(&(line as usize));
    let number = file.instructions.iter().position(holds);
    let stage = number.and_then(|number| file.stage_of(number));
    let mut root = stage;
    while let Some(Base::Stage(before)) = root.map(|stage| &build.stages[stage].base) {
        root = Some(*before);
    }
    let found = number.and_then(|number| file.instructions.get(number));
    let mut has_unknown = false;
    if let (Some(found), Some(stage)) = (found, stage) {
        build.walk(file, stage, |other, environment| {
            // What an `ONBUILD` triggers is reported at the `FROM`.
            if found.keyword == Keyword::From || other.span == found.span {
                let texts = other.args.iter().map(|arg| &arg.text);
                has_unknown |= texts
                    .into_iter()
                    .any(|text| environment.expand(text, file.escape, &mut Budget::default()).is_none());
            }
        });
    }
    let lacks_triggers = stage.is_some_and(|stage| {
        let EvaluatedStage { base, is_built, .. } = &build.stages[stage];
        let triggers =
            |before: usize| file.body(before).iter().any(|instruction| instruction.onbuild.is_some());
        !is_built && matches!(base, &Base::Stage(before) if triggers(before))
    });
    differences::Instruction {
        lacks_triggers,
        text: found
            .map_or_else(String::new, |found| String::from_utf8_lossy(file.bytes(&found.span)).into_owned()),
        is_on_image: root.is_some_and(|stage| build.stages[stage].base != Base::Scratch),
        has_unknown,
    }
}

/// The checks that only one of the two reports, if that is no known difference.
fn unknown_checks(text: &[u8], verdict: &Verdict, ours: &Ours, seen: &mut [usize]) -> Vec<String> {
    let theirs: BTreeSet<_> = verdict.warnings.iter().cloned().collect();
    if theirs == ours.checks {
        return Vec::new();
    }
    let source = Arc::new(Source::new("Dockerfile", text.to_vec()));
    let (file, _) = Dockerfile::read(&source);
    let build = file.evaluate(&BuildOptions::of_platform("linux/amd64"));
    let engine = theirs.difference(&ours.checks).map(|check| (Reports::Engine, check));
    let dtpl = ours.checks.difference(&theirs).map(|check| (Reports::Dtpl, check));
    let mut unknown = Vec::new();
    for (reports, (name, line)) in engine.chain(dtpl) {
        let at = instruction(&file, &build, *line);
        let known = CHECK_DIFFERENCES
            .iter()
            .position(|known| known.reports == reports && known.checks.contains(&&**name) && (known.at)(&at));
        match known {
            Some(known) => seen[known] += 1,
            None => unknown.push(format!("only {reports:?} reports {name} at line {line}: {}", at.text)),
        }
    }
    unknown
}

/// The Dockerfiles to look at: those of the repository, or a part of them, and generated ones.
fn dockerfiles(count: usize, seed: u64) -> Vec<(String, Vec<u8>)> {
    let collected = collected::dockerfiles();
    let step = (collected.len() * 2).div_ceil(count).max(1);
    let mut files: Vec<_> = collected.into_iter().skip(seed as usize % step).step_by(step).collect();
    // No frontend image can be had here.
    files.retain(|(_, text)| dockerfile::detect_syntax(text).is_none());
    let mut random = Random::new(seed);
    while files.len() < count {
        let text = match files.len() % 2 {
            0 => generator::dockerfile(&mut random),
            _ => generator::questionable(&mut random),
        };
        files.push((format!("generated {}", files.len()), text.into_bytes()));
    }
    files
}

/// What the comparison has found.
struct Tally {
    left_out: usize,
    refused: usize,
    /// What the engine's checks report.
    checks: usize,
    /// How often each known difference was seen.
    known: Vec<usize>,
    known_checks: Vec<usize>,
    /// The differences that are not known.
    unknown: Vec<String>,
}

impl Tally {
    fn new() -> Tally {
        let (known, known_checks) = (vec![0; DIFFERENCES.len()], vec![0; CHECK_DIFFERENCES.len()]);
        Tally { left_out: 0, refused: 0, checks: 0, known, known_checks, unknown: Vec::new() }
    }

    fn add(&mut self, name: &str, text: &[u8], verdict: &Verdict, ours: &Ours) {
        let said = verdict.error.clone().unwrap_or_default();
        // There is no registry but that of Docker Hub.
        if said.contains("failed to resolve source metadata") {
            self.left_out += 1;
            return;
        }
        let all = || ours.errors.iter().map(|(_, text)| &**text).collect::<Vec<_>>().join("\n  ");
        // What is refused is looked at up to there, unless the checks are why.
        let is_refused_by_checks = said.contains("lint violation found");
        if said.is_empty() && ours.errors.is_empty() || is_refused_by_checks {
            self.checks += verdict.warnings.len();
            let known: usize = self.known_checks.iter().sum();
            let differ = unknown_checks(text, verdict, ours, &mut self.known_checks);
            if !differ.is_empty() {
                self.unknown(name, text, &differ.join("\n  "));
            }
            if is_refused_by_checks && self.known_checks.iter().sum::<usize>() > known {
                return;
            }
        }
        let (refuses, says) = match (said.is_empty(), ours.errors.is_empty()) {
            (true, true) => return,
            (false, false) if ours.errors.iter().any(|(line, _)| verdict.is_about(*line)) => {
                self.refused += 1;
                return;
            }
            (false, false) => (Refuses::Elsewhere, format!("{said}\n  {}", all())),
            (false, true) => (Refuses::Engine, said.clone()),
            (true, false) => (Refuses::Dtpl, all()),
        };
        let known = DIFFERENCES.iter().position(|difference| {
            // That of the engine's own checks which tells the reason.
            let is_checked = difference.check.is_none_or(|check| {
                let mut warnings = verdict.warnings.iter();
                warnings.any(|(name, line)| name == check && verdict.is_about(*line))
            });
            // What only the engine refuses may come before an instruction that both refuse.
            let is_it = match difference.refuses {
                Refuses::Engine => refuses != Refuses::Dtpl && said.contains(difference.says),
                _ => refuses == difference.refuses && says.contains(difference.says),
            };
            is_it && is_checked
        });
        match known {
            Some(known) => self.known[known] += 1,
            None => self.unknown(name, text, &format!("{refuses:?}\n  {says}")),
        }
    }

    fn unknown(&mut self, name: &str, text: &[u8], what: &str) {
        self.unknown.push(format!("-- {name}: {what}\n{}", String::from_utf8_lossy(text)));
    }

    fn print(&self) {
        eprintln!(
            "{} left out, {} refused by both, {} reports of checks, {} differences",
            self.left_out,
            self.refused,
            self.checks,
            self.unknown.len()
        );
        for (Difference { refuses, says, why, .. }, seen) in DIFFERENCES.iter().zip(&self.known) {
            eprintln!("known, {seen} times: {refuses:?}: {says} ({why})");
        }
        for (CheckDifference { reports, checks, why, .. }, seen) in
            CHECK_DIFFERENCES.iter().zip(&self.known_checks)
        {
            eprintln!("known, {seen} times: only {reports:?} reports {} ({why})", checks.join(", "));
        }
    }
}

/// Compares as many Dockerfiles; gives the differences that are not known.
pub fn compare(engine: &Engine, count: usize) -> Vec<String> {
    let seed = std::env::var("DTPL_BUILDKIT_SEED").map_or(1, |seed| seed.parse().unwrap());
    let files = dockerfiles(count, seed);
    let start = Instant::now();
    let batches = Mutex::new(files.chunks(AT_ONCE));
    let next = || batches.lock().unwrap().next();
    let tally = Mutex::new(Tally::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(batch) = next() {
                    let texts: Vec<&[u8]> = batch.iter().map(|(_, text)| &**text).collect();
                    for ((name, text), verdict) in batch.iter().zip(Verdict::of_all(engine, &texts)) {
                        let ours = Ours::about(text);
                        tally.lock().unwrap().add(name, text, &verdict, &ours);
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    eprintln!("{} Dockerfiles in {:.0?}", files.len(), start.elapsed());
    tally.print();
    tally.unknown
}
