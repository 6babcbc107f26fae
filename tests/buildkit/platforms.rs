//! Images that exist for some platforms: which one the engine takes for a device is what the catalogue says.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dtpl::Registry;
use dtpl::dockerfile::platform_text;
use dtpl::image::{Availability, Catalogue, Platform};

use super::engine::Engine;
use super::registry;

/// Platforms of devices, from the oldest Raspberry Pi to servers.
const DEVICES: [&str; 9] = [
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm/v8",
    "linux/arm64",
    "linux/386",
    "linux/amd64",
    "linux/riscv64",
    "linux/ppc64le",
];

/// How many images with the same platforms are tried at most.
const OF_A_KIND: usize = 6;

/// Tries every device with at least `count` pairs of image and device, and reports those that differ.
pub fn compare(engine: &Engine, count: usize) -> (usize, Vec<String>) {
    let images = images(count.div_ceil(DEVICES.len()));
    let mut pushed: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for (image, platforms) in &images {
        let number = pushed.len();
        let of_kind = pushed.entry(platforms.clone()).or_insert_with(|| {
            let name = format!("dtpl-kind{number}:1");
            registry::push(engine, &name, platforms);
            name
        });
        registry::copy(engine, of_kind, image);
    }
    let pairs: Vec<(&(String, Vec<String>), &str)> =
        images.iter().flat_map(|image| DEVICES.into_iter().map(move |device| (image, device))).collect();
    let (next, differences) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(((image, offered), device)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let taken = taken(engine, image, device);
            let said = said(offered, device);
            if taken != said {
                differences
                    .lock()
                    .unwrap()
                    .push(format!("{image} ({offered:?}) for {device}: engine {taken}, dtpl {said}"));
            }
        }
    };
    std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(work))));
    (pairs.len(), differences.into_inner().unwrap())
}

/// Images of the catalogue with their platforms, a few of each kind.
fn images(count: usize) -> Vec<(String, Vec<String>)> {
    let devices = Registry::embedded();
    let catalogue = Catalogue::new(&devices);
    let mut of_kind: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut images = Vec::new();
    for reference in catalogue.list(None, None).unwrap() {
        let known = catalogue.about(&reference);
        let platforms = known.platforms.iter().map(|platform| platform_text(&platform.to_string()));
        let mut platforms: Vec<String> = platforms.collect();
        platforms.sort();
        let is_official = reference.path().strip_prefix("library/").is_some_and(|name| !name.contains('/'));
        if platforms.is_empty() || !is_official || reference.tag().is_none() {
            continue;
        }
        let seen = of_kind.entry(platforms.clone()).or_default();
        *seen += 1;
        if *seen <= OF_A_KIND {
            images.push((*seen, reference.text().to_owned(), platforms));
        }
    }
    assert!(images.len() >= count, "{} images of {} kinds", images.len(), of_kind.len());
    // The first of every kind, then the second.
    images.sort();
    images.into_iter().map(|(_, image, platforms)| (image, platforms)).take(count).collect()
}

/// What dtpl says that a device gets.
fn said(offered: &[String], device: &str) -> String {
    let offered: Vec<Platform> = offered.iter().filter_map(|platform| Platform::parse(platform)).collect();
    let own = Platform::parse(device).unwrap();
    match Availability::of(&own, &offered) {
        Availability::Exact => own.to_string(),
        Availability::Fallback(taken) => taken.to_string(),
        _ => "none".to_owned(),
    }
}

/// The platform of the image that the engine takes.
fn taken(engine: &Engine, image: &str, device: &str) -> String {
    let out = tempfile::tempdir().unwrap();
    let output = format!("--output=type=local,dest={}", out.path().display());
    let args = ["buildx", "build", "--platform", device, &output, "-"];
    let (is_done, text) = engine.run(&args, format!("FROM {image}\n").as_bytes());
    if !is_done {
        assert!(text.contains("no match for platform"), "{text}");
        return "none".to_owned();
    }
    let taken = std::fs::read_to_string(out.path().join("f")).unwrap();
    Platform::parse(&taken).unwrap().to_string()
}
