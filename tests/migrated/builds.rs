//! Builds of migrated projects, and starts of what was built.

use std::time::{Duration, Instant};

use crate::docker::{Engine, output, run};
use crate::migrated::Migrated;
use crate::project::{Device, Start};

/// How long a container may take to print what is expected: programs for other processors run slowly.
const PATIENCE: Duration = Duration::from_secs(90);

/// What came of a build.
pub enum Seen {
    Works,
    /// The lines of the rendered Dockerfile that failed, and what the engine printed last.
    BuildFails {
        lines: std::ops::RangeInclusive<u64>,
        printed: String,
    },
    StartFails {
        printed: String,
    },
}

impl Seen {
    /// In words, where nothing is expected.
    pub fn said(&self) -> String {
        match self {
            Seen::Works => "works".to_owned(),
            Seen::BuildFails { lines, printed } => format!("build fails: {lines:?}\n{printed}"),
            Seen::StartFails { printed } => format!("start fails\n{printed}"),
        }
    }
}

/// Builds a migrated project for a device, and starts what was built.
pub fn build(engine: &Engine, migrated: &Migrated, device: &Device) -> Seen {
    for image in migrated.images(device) {
        run(&mut engine.docker(&["tag", &format!("stand-in/{image}-{}", device.arch), &image]), b"");
    }
    let tag = format!("migrated-{}", migrated.project.name);
    let folder = migrated.folder.to_str().unwrap();
    let args = ["build", "--platform", device.platform, "--tag", &tag, "--file", "-", folder];
    let built = output(&mut engine.docker(&args), &migrated.render(device));
    if !built.status.success() {
        let printed = String::from_utf8_lossy(&built.stderr);
        return Seen::BuildFails { lines: failed_lines(&printed), printed: last_lines(&printed) };
    }
    let seen = match &migrated.project.start {
        None => Seen::Works,
        Some(start) => started(engine, &tag, device, start),
    };
    output(&mut engine.docker(&["rmi", "--force", &tag]), b"");
    seen
}

/// The engine shows the instruction that failed between its neighbours: `   3 | >>> RUN false`.
fn failed_lines(printed: &str) -> std::ops::RangeInclusive<u64> {
    let number =
        |line: &str| line.split_once('|').filter(|(_, text)| text.starts_with(" >>>"))?.0.trim().parse().ok();
    let lines: Vec<u64> = printed.lines().filter_map(number).collect();
    match (lines.first(), lines.last()) {
        (Some(first), Some(last)) => *first..=*last,
        _ => 0..=0,
    }
}

fn last_lines(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

fn started(engine: &Engine, image: &str, device: &Device, start: &Start) -> Seen {
    let args = ["run", "--detach", "--platform", device.platform, image];
    let container = output(&mut engine.docker(&args), b"");
    if !container.status.success() {
        return Seen::StartFails { printed: String::from_utf8_lossy(&container.stderr).into_owned() };
    }
    let id = String::from_utf8(container.stdout).unwrap().trim().to_owned();
    let seen = watch(engine, &id, start);
    output(&mut engine.docker(&["rm", "--force", &id]), b"");
    seen
}

fn watch(engine: &Engine, id: &str, start: &Start) -> Seen {
    let begun = Instant::now();
    loop {
        // Asked for first: what it printed before it ended is in the log by then.
        let inspect = ["inspect", "--format", "{{.State.Running}}", id];
        let running = run(&mut engine.docker(&inspect), b"").stdout == b"true\n";
        let logs = output(&mut engine.docker(&["logs", id]), b"");
        let printed =
            String::from_utf8_lossy(&logs.stdout).into_owned() + &String::from_utf8_lossy(&logs.stderr);
        match start {
            Start::Prints(text) if printed.contains(text.as_str()) => return Seen::Works,
            Start::Waits if running && begun.elapsed() > Duration::from_secs(3) => return Seen::Works,
            _ if !running || begun.elapsed() > PATIENCE => {
                return Seen::StartFails { printed: last_lines(&printed) };
            }
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}
