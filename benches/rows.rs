//! What one template and one row cost: parsing, the guard of values, rendering, and the JSON line of a fleet with
//! values of its own. The figures are times per item: `cargo bench --bench rows`.

use std::fmt::Write as _;
use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use dtpl::batch::{Batch, write_json_lines};
use dtpl::workspace::{Definitions, FleetFormat, Request, Targets, Workspace, parse_fleets};
use dtpl::{Dockerfile, Layers, Limits, Place, Registry, Source, Subject, Template, Variables};

const TEMPLATE: &str = "\
FROM balenalib/%%BALENA_MACHINE_NAME%%-python:3.8-buster-run
LABEL fleet=\"%%BALENA_APP_NAME%%\"
# Packages of the system
RUN install_packages \\
      ca-certificates \\
      curl
COPY requirements.txt ./
RUN pip install -r requirements.txt
ENV LOCALE=%%LOCALE%% \\
    API_KEY=%%API_KEY%% \\
    TITLE=\"%%TITLE%%\"
RUN ./configure --arch %%BALENA_ARCH%% --locale %%LOCALE%% \\
    && make install
CMD [\"python\", \"-u\", \"src/main.py\"]
";

/// Fleets of a batch.
const FLEETS: usize = 1_000;

fn main() {
    divan::main();
}

fn template() -> Template {
    Template::parse(Arc::new(Source::new("Dockerfile.template", TEMPLATE))).unwrap()
}

/// Renders with these values of the fleet.
fn render(bencher: Bencher, title: &str) {
    let registry = Registry::embedded();
    let subject = Subject::of_device_type(registry.device_type("raspberrypi3").unwrap(), &registry);
    let device = Variables::of_device(subject.slug, subject.arch, false);
    let mut own = Variables::new();
    for (name, value) in
        [("BALENA_APP_NAME", "kiosk-1"), ("LOCALE", "de_DE.UTF-8"), ("API_KEY", "k4f1"), ("TITLE", title)]
    {
        own.define(name, value.to_owned(), Place::CommandLine).unwrap();
    }
    let (layers, limits, template) = ([&own, &device], Limits::default(), template());
    bencher.counter(ItemsCount::new(1_u32)).bench(|| {
        let rendering = template.render(&subject, Layers(black_box(&layers)), &limits);
        rendering.unwrap().to_bytes()
    });
}

#[divan::bench]
fn parse_template(bencher: Bencher) {
    let source = Arc::new(Source::new("Dockerfile.template", TEMPLATE));
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| Template::parse(Arc::clone(black_box(&source))).unwrap());
}

/// What is found out once for each template: whether a value could have a meaning where it stands.
#[divan::bench]
fn guard_template(bencher: Bencher) {
    bencher
        .counter(ItemsCount::new(1_u32))
        .with_inputs(template)
        .bench_refs(|template| black_box(&*template).takes_every_ordinary_value());
}

#[divan::bench]
fn render_ordinary_values(bencher: Bencher) {
    render(bencher, "Shop no. 7");
}

/// A value with bytes that have a meaning in some places is looked at in each of its places.
#[divan::bench]
fn render_values_to_look_at(bencher: Bencher) {
    render(bencher, "Shop <7> at 100 %");
}

#[divan::bench]
fn parse_rendered_dockerfile(bencher: Bencher) {
    let text = TEMPLATE.replace("%%", "");
    let source = Arc::new(Source::new("Dockerfile", text));
    bencher.counter(ItemsCount::new(1_u32)).bench(|| Dockerfile::parse(black_box(&source)).is_ok());
}

/// Fleets as JSON lines, each with values of its own, to JSON lines with digests.
#[divan::bench]
fn row_of_distinct_fleet(bencher: Bencher) {
    let mut lines = String::new();
    for number in 0..FLEETS {
        writeln!(
            lines,
            r#"{{"name":"fleet-{number}","device":"raspberrypi3","variables":{{"LOCALE":"de_DE.UTF-8","API_KEY":"k{number}","TITLE":"Shop no. {number}"}}}}"#
        )
        .unwrap();
    }
    let registry = Registry::embedded();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile.template"), TEMPLATE).unwrap();
    let workspace = Workspace::open(&Request::new(folder.path()), &mut std::io::empty()).unwrap();
    let (services, mut notes) = workspace.into_services(&[], 1).unwrap();
    let source = Arc::new(Source::new("fleets.ndjson", lines));
    let fleets = parse_fleets(&source, FleetFormat::Lines).unwrap().fleets.unwrap();
    let definitions = Definitions::default();
    let mut makes_targets = Targets::new(&registry, &definitions, false);
    let targets =
        fleets.iter().enumerate().flat_map(|(at, fleet)| makes_targets.of_fleet(at, fleet, &mut notes));
    let targets: Vec<_> = targets.collect();
    assert_eq!(targets.len(), FLEETS);
    let batch = Batch::new(&targets, &services);
    bencher.counter(ItemsCount::new(FLEETS)).bench(|| {
        let mut out = Vec::new();
        write_json_lines(&batch, 1, &mut out).unwrap();
        out
    });
}
