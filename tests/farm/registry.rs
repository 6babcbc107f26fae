//! What is in the registry: tags, the manifests that they lead to, and whether all that belongs to one is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::farm::Farm;

/// The media types of a manifest or an index.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

/// An image or an index of the registry.
pub struct Entry {
    pub digest: String,
    pub manifest: Value,
}

struct Answer {
    status: u16,
    digest: String,
    body: Vec<u8>,
}

fn ask(farm: &Farm, method: &str, path: &str) -> Answer {
    let registry = farm.registry();
    let mut stream = TcpStream::connect(registry).unwrap();
    // Of version 1.0, so that the body ends with the connection.
    write!(stream, "{method} /v2/{path} HTTP/1.0\r\nHost: {registry}\r\nAccept: {ACCEPT}\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut digest = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("docker-content-digest") => {
                value.clone_into(&mut digest)
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body).unwrap();
    Answer { status, digest, body }
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&answer.body)))
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// What is at a tag or a digest, if anything.
pub fn find(farm: &Farm, repository: &str, reference: &str) -> Option<Entry> {
    let answer = ask(farm, "GET", &format!("{repository}/manifests/{reference}"));
    assert!([200, 404].contains(&answer.status), "{}", String::from_utf8_lossy(&answer.body));
    (answer.status == 200).then(|| Entry { digest: answer.digest.clone(), manifest: json(&answer) })
}

#[track_caller]
pub fn get(farm: &Farm, repository: &str, reference: &str) -> Entry {
    find(farm, repository, reference)
        .unwrap_or_else(|| panic!("{repository}:{reference} is not in the registry"))
}

/// Every tag with its digest, as `REPOSITORY:TAG`.
pub fn tags(farm: &Farm) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for repository in strings(&json(&ask(farm, "GET", "_catalog?n=1000"))["repositories"]) {
        for tag in strings(&json(&ask(farm, "GET", &format!("{repository}/tags/list")))["tags"]) {
            let digest = get(farm, &repository, &tag).digest;
            found.insert(format!("{repository}:{tag}"), digest);
        }
    }
    found
}

/// The images that an entry leads to: itself, or those of the index.
pub fn images(farm: &Farm, repository: &str, entry: Entry) -> Vec<Entry> {
    let Some(listed) = entry.manifest["manifests"].as_array() else {
        return vec![entry];
    };
    listed.iter().map(|listed| get(farm, repository, listed["digest"].as_str().unwrap())).collect()
}

/// The configuration of an image: its platform, its labels, when it was made.
pub fn configuration(farm: &Farm, repository: &str, image: &Entry) -> Value {
    let digest = image.manifest["config"]["digest"].as_str().unwrap();
    let answer = ask(farm, "GET", &format!("{repository}/blobs/{digest}"));
    assert_eq!(answer.status, 200, "{repository}: {digest}");
    json(&answer)
}

/// The platforms of what a tag leads to with the digest of the image for each, by the configurations of the images.
pub fn platforms(farm: &Farm, repository: &str, tag: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for image in images(farm, repository, get(farm, repository, tag)) {
        let configuration = configuration(farm, repository, &image);
        let parts =
            ["os", "architecture", "variant"].map(|key| configuration[key].as_str().unwrap_or_default());
        let platform = parts.join("/").trim_end_matches('/').to_owned();
        assert!(
            found.insert(platform.clone(), image.digest).is_none(),
            "{repository}:{tag} has {platform} twice"
        );
    }
    found
}

/// Everything that every tag needs is in the registry: each image of each index, its configuration and its layers.
/// Says how many tags, images and blobs that are.
#[track_caller]
pub fn is_whole(farm: &Farm) -> (usize, usize, usize) {
    let tags = tags(farm);
    let (mut images_seen, mut blobs_seen) = (0, 0);
    for (name, digest) in &tags {
        let (repository, _) = name.rsplit_once(':').unwrap();
        for image in images(farm, repository, get(farm, repository, digest)) {
            images_seen += 1;
            let blobs = image.manifest["layers"].as_array().into_iter().flatten();
            for blob in blobs.chain([&image.manifest["config"]]) {
                let digest = blob["digest"].as_str().unwrap();
                let answer = ask(farm, "HEAD", &format!("{repository}/blobs/{digest}"));
                assert_eq!(answer.status, 200, "{name} needs {digest}");
                blobs_seen += 1;
            }
        }
    }
    (tags.len(), images_seen, blobs_seen)
}

/// The requests that sent manifests, as the registry has logged them.
pub fn manifests_sent(farm: &Farm) -> String {
    let log = std::fs::read_to_string(farm.folder().join("registry.log")).unwrap();
    let sent = log.lines().filter(|line| line.contains("\"PUT /v2/") && line.contains("/manifests/"));
    sent.fold(String::new(), |all, line| all + line + "\n")
}
