//! A certificate authority for the tests, and a certificate of a server that it vouches for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::common::tool;

/// Files in PEM.
pub struct Certificates {
    folder: tempfile::TempDir,
    openssl: PathBuf,
}

impl Certificates {
    /// Makes them. None where there is no openssl.
    pub fn new() -> Option<Certificates> {
        let made = Certificates { folder: tempfile::tempdir().unwrap(), openssl: tool("openssl")? };
        let names = "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:registry.test";
        fs::write(made.path("names"), names).unwrap();
        made.run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-CA");
        made.run("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=registry");
        made.run("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile names");
        Some(made)
    }

    /// A key to sign tokens with, and its certificate.
    pub fn add_token_key(&self) {
        self.run(
            "req -x509 -newkey rsa:2048 -nodes -keyout token.key -out token.pem -days 2 -subj /CN=tokens",
        );
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn run(&self, args: &str) {
        let output = Command::new(&self.openssl)
            .args(args.split(' '))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Signs bytes with an RSA key and SHA-256.
pub fn sign(openssl: &Path, key: &Path, bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    fs::write(&input, bytes).unwrap();
    let output =
        Command::new(openssl).args(["dgst", "-sha256", "-sign"]).arg(key).arg(&input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
