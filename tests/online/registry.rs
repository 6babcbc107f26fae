//! Debian's `docker-registry` on a free port of 127.0.0.1: with TLS or without, for everybody, for a user with a
//! password, or for tokens. Several can show the same images.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::certificates::Certificates;
use super::common::tool;

/// `correct horse battery` as htpasswd has it (bcrypt, 4 rounds).
const HASH: &str = "$2b$04$2qgpHUa1aT7LDS8/Vk/GOugUqof9qWxSx1PYacjHnxsL9Dle93HkW";

/// Who may read.
pub enum Access<'a> {
    Everybody,
    Password,
    Tokens { realm: &'a str },
}

/// A registry that runs until this is dropped.
pub struct Registry {
    child: Child,
    /// `127.0.0.1:40123`.
    pub host: String,
    folder: tempfile::TempDir,
}

impl Registry {
    /// Starts one that shows what is in `images`. None where the program is missing.
    pub fn start(images: &Path, access: &Access, tls: Option<&Certificates>) -> Option<Registry> {
        Registry::start_with(images, access, tls, tls)
    }

    /// As [`Registry::start`]; the key for tokens is in `keys`.
    pub fn start_with(
        images: &Path,
        access: &Access,
        tls: Option<&Certificates>,
        keys: Option<&Certificates>,
    ) -> Option<Registry> {
        let program = tool("docker-registry")?;
        let folder = tempfile::tempdir().unwrap();
        let mut config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\n\
             http:\n  addr: 127.0.0.1:0\n",
            images.display()
        );
        if let Some(tls) = tls {
            let (certificate, key) = (tls.path("server.pem"), tls.path("server.key"));
            config +=
                &format!("  tls: {{certificate: '{}', key: '{}'}}\n", certificate.display(), key.display());
        }
        match access {
            Access::Everybody => {}
            Access::Password => {
                let path = folder.path().join("htpasswd");
                fs::write(&path, format!("{}:{HASH}\n", super::USER)).unwrap();
                config += &format!("auth: {{htpasswd: {{realm: private, path: '{}'}}}}\n", path.display());
            }
            Access::Tokens { realm } => {
                let bundle = keys.unwrap().path("token.pem");
                config += &format!(
                    "auth: {{token: {{realm: '{realm}', service: test-registry, issuer: test-issuer, \
                     rootcertbundle: '{}'}}}}\n",
                    bundle.display()
                );
            }
        }
        let path = folder.path().join("config.yml");
        fs::write(&path, config).unwrap();
        let mut child = Command::new(program)
            .arg("serve")
            .arg(&path)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let host = loop {
            let Some(Ok(line)) = log.next() else { panic!("docker-registry does not start:\n{said}") };
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest
                    .split(|c: char| c != '.' && c != ':' && !c.is_ascii_digit())
                    .next()
                    .unwrap()
                    .to_owned();
            }
            said += &format!("{line}\n");
        };
        // It would stop if nobody read its log.
        thread::spawn(move || log.for_each(drop));
        Some(Registry { child, host, folder })
    }

    /// The port alone.
    pub fn port(&self) -> &str {
        self.host.rsplit_once(':').unwrap().1
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert!(self.folder.path().exists());
    }
}
