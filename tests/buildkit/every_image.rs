//! A registry in place of Docker Hub which has every image that it is asked for: one of no files, for all
//! platforms.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PLATFORMS: [(&str, &str); 10] = [
    ("386", ""),
    ("amd64", ""),
    ("arm", "v5"),
    ("arm", "v6"),
    ("arm", "v7"),
    ("arm64", "v8"),
    ("mips64le", ""),
    ("ppc64le", ""),
    ("riscv64", ""),
    ("s390x", ""),
];

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Something that is asked for by its digest.
struct Blob {
    media_type: &'static str,
    digest: String,
    bytes: Vec<u8>,
}

impl Blob {
    fn new(media_type: &'static str, value: &Value) -> Blob {
        let bytes = value.to_string().into_bytes();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Blob { media_type, digest: format!("sha256:{digest}"), bytes }
    }

    fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len()})
    }
}

/// Starts the registry, on a port of its own. It is there as long as the test.
pub fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let blobs = Arc::new(blobs());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let blobs = Arc::clone(&blobs);
            // A client that goes away is no fault.
            std::thread::spawn(move || answer(stream, &blobs).ok());
        }
    });
    address
}

/// The index first.
fn blobs() -> Vec<Blob> {
    let mut blobs = Vec::new();
    let mut manifests = Vec::new();
    for (architecture, variant) in PLATFORMS {
        let mut platform = json!({"os": "linux", "architecture": architecture});
        if !variant.is_empty() {
            platform["variant"] = json!(variant);
        }
        let mut config = platform.clone();
        config["config"] = json!({});
        config["rootfs"] = json!({"type": "layers", "diff_ids": []});
        let config = Blob::new(CONFIG, &config);
        let manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor(), "layers": []});
        let manifest = Blob::new(MANIFEST, &manifest);
        let mut descriptor = manifest.descriptor();
        descriptor["platform"] = platform;
        manifests.push(descriptor);
        blobs.extend([config, manifest]);
    }
    let index = Blob::new(INDEX, &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}));
    blobs.insert(0, index);
    blobs
}

fn answer(stream: TcpStream, blobs: &[Blob]) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    let Some(request) = lines.next().transpose()? else { return Ok(()) };
    // The headers say nothing that matters.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let parts = ["/manifests/", "/blobs/"].iter().find_map(|kind| path.split_once(kind));
    let found = parts.and_then(|(_, reference)| match reference.contains(':') {
        true => blobs.iter().find(|blob| blob.digest == reference),
        // A tag.
        false => blobs.first(),
    });
    let head = |status: &str, media_type: &str, length: usize| {
        format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n"
        )
    };
    match found {
        Some(blob) => {
            let head = head("200 OK", blob.media_type, blob.bytes.len());
            write!(out, "{head}Docker-Content-Digest: {}\r\n\r\n", blob.digest)?;
            if method == "GET" {
                out.write_all(&blob.bytes)?;
            }
        }
        None if path == "/v2/" => write!(out, "{}\r\n{{}}", head("200 OK", "application/json", 2))?,
        None => write!(out, "{}\r\n", head("404 Not Found", "application/json", 0))?,
    }
    out.flush()
}
