//! A project of three services, exported for a device and built by `docker compose`: each service answers.

use std::fs;
use std::path::Path;

use crate::docker::{Engine, run};
use crate::projects::Device;
use crate::ways::{dtpl, provide_base_images};

/// The port that containers are published on.
const PUBLISHED: u16 = 8098;

const COMPOSE: &str = "\
services:
  web:
    build: ./web
    image: exported-web
  api:
    build:
      context: ./api
      dockerfile: docker/Dockerfile.template
    image: exported-api
  job: {build: {context: ./api, dockerfile: job.Dockerfile}, image: exported-job}
";

const SERVER: &str = "\
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ' '.join([*sys.argv[1:], os.uname().machine, os.environ['TOKEN']]).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(('', 80), Handler).serve_forever()
";

const TEMPLATE: &str = "\
FROM exported-base-%%BALENA_ARCH%%
ARG TOKEN
ENV TOKEN=$TOKEN
COPY server.py /
CMD [\"python3\", \"/server.py\", \"%%BALENA_SERVICE_NAME%%\", \"%%BALENA_MACHINE_NAME%%\"]
";

/// A file that would end the build if it were there.
const TRAP: &str = "FROM nothing-is-called-so\n";

fn write(project: &Path) {
    let ignore = "*\n!server.py\n";
    let files = [
        ("docker-compose.yml", COMPOSE),
        (".balena/balena.yml", "build-variables: {global: ['TOKEN=a$$b']}\n"),
        ("web/server.py", SERVER),
        ("web/Dockerfile.template", TEMPLATE),
        ("web/Dockerfile.odroid-c1", TRAP),
        ("web/.dockerignore", "big\n"),
        ("web/big", "x"),
        ("api/server.py", SERVER),
        ("api/docker/Dockerfile.template", TEMPLATE),
        ("api/docker/Dockerfile.dockerignore", ignore),
        ("api/job.Dockerfile.template", TEMPLATE),
        ("api/job.Dockerfile", TRAP),
        ("api/job.Dockerfile.dockerignore", ignore),
        ("api/.dockerignore", "*\n"),
    ];
    for (name, text) in files {
        let path = project.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Exports the project for a device, builds it with `docker compose`, and asks each service.
pub fn builds_and_answers(engine: &Engine, device: &Device) {
    let folder = tempfile::tempdir().unwrap();
    let (project, out) = (folder.path().join("p"), folder.path().join("out"));
    write(&project);
    let base = format!("FROM exported-base-{}\n", device.arch);
    provide_base_images(engine, device, base.as_bytes());
    let out_text = out.to_str().unwrap();
    dtpl(&["export", "-q", "-d", device.slug, "--compose", "-o", out_text], &project, b"");
    assert!(!out.join("web/big").exists());
    run(&mut engine.docker(&["compose", "--project-directory", out_text, "build"]), b"");
    for service in ["web", "api", "job"] {
        let container = engine.start_container(&format!("exported-{service}"), PUBLISHED, 80);
        let answer = format!("{service} {} {} a$$b", device.slug, device.machine);
        assert_eq!(container.get(), (200, answer.clone()));
        println!("dtpl export, docker compose build: 200 {answer}");
    }
}
