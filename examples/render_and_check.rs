//! Renders a project for a device type and checks it: `cargo run --example render_and_check`.

use std::path::Path;

use dtpl::workspace::{Definitions, Request, Targets, Workspace};
use dtpl::{Layers, Limits, Registry, check};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::embedded();
    let device = registry.device_type("raspberrypi3").ok_or("no such device type")?;

    // A project has one service, or those of its compose file.
    let project = Path::new("templates/python-legacy");
    let workspace = Workspace::open(&Request::new(project), &mut std::io::empty())?;
    let (services, mut warnings) = workspace.into_services(&[], 1)?;

    let definitions = Definitions::default();
    let targets = Targets::new(&registry, &definitions, false).of_devices(&[device], &mut warnings);
    for service in services.list() {
        for target in &targets {
            let chosen = service.template(&target.subject())?;
            let layers = target.layers(service);
            let rendering = chosen.template.render(&target.subject(), Layers(&layers), &Limits::default())?;
            print!("{}", String::from_utf8_lossy(&rendering.to_bytes()));
        }
    }
    eprint!("{warnings}");

    let mut request = check::Request::new(&services, &targets, &registry);
    request.folder = Some(project);
    for finding in check::run(&request)?.iter() {
        let at = finding.source.position(finding.span.start);
        eprintln!("{}:{}:{}: {}", finding.source.name(), at.line, at.column, finding.message);
    }
    Ok(())
}
