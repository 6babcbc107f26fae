//! Servers that do not do what a registry does: each ends in a fault that says so, within the limits of time and
//! size, and without a login in the wrong hands.

use std::time::{Duration, Instant};

use dtpl::image::LookupFaultKind::{self, Denied, Invalid, Unavailable};
use dtpl::oci::{Client, MANIFEST_BYTES, Settings};

use super::images::sha256;
use super::server::{Asked, Reply, Server, answer};
use super::{PASSWORD, USER, config, fault, look_up, reference, settings};

const INDEX: &str = "content-type: application/vnd.oci.image.index.v1+json\r\n";

fn index() -> String {
    let digest = format!("sha256:{}", "a".repeat(64));
    format!(
        "{{\"schemaVersion\": 2, \"manifests\": [{{\"digest\": \"{digest}\", \
         \"platform\": {{\"os\": \"linux\", \"architecture\": \"amd64\"}}}}]}}"
    )
}

fn good() -> Reply {
    answer(200, INDEX, index())
}

/// The fault that such a server causes.
fn fails(
    kind: LookupFaultKind,
    expected: &str,
    reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static,
) -> Vec<Asked> {
    let server = Server::start(reply);
    let settings = Settings { request_time: Duration::from_secs(2), ..settings() };
    let started = Instant::now();
    let said = fault(&settings, &format!("{}/app:1", server.host), kind);
    assert!(said.contains(expected), "{said}");
    assert!(started.elapsed() < Duration::from_secs(15), "{said}: {:?}", started.elapsed());
    server.asked()
}

#[test]
fn a_server_as_it_should_be() {
    let server = Server::start(|_, _| good());
    let published = look_up(&settings(), &format!("{}/app:1", server.host)).unwrap();
    assert_eq!(published.digest, sha256(index().as_bytes()));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line(), "GET /v2/app/manifests/1");
    assert!(asked[0].header("accept").unwrap().contains("manifest.list.v2+json"));
    assert_eq!(asked[0].header("user-agent"), Some(concat!("dtpl/", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn one_that_hangs() {
    let asked = fails(Unavailable, "does not answer in time", |_, _| Reply::Hang(Vec::new()));
    assert_eq!(asked.len(), 1, "a request that took its time is not sent again");
    fails(Unavailable, "does not answer in time", |_, _| {
        Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec())
    });
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_vec();
    fails(Unavailable, "does not answer in time", move |_, _| Reply::Hang(half.clone()));
}

/// A server without TLS that waits for the end of what is no request to it.
#[test]
fn one_that_waits_for_more_instead_of_tls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut first = [0];
            std::io::Read::read_exact(&mut stream, &mut first).unwrap();
            if first[0] != 0x16 {
                let head = format!("HTTP/1.1 200 OK\r\n{INDEX}content-length: {}\r\n\r\n", index().len());
                std::io::Write::write_all(&mut stream, (head + &index()).as_bytes()).unwrap();
            }
            kept.push(stream);
        }
    });
    let settings = Settings { request_time: Duration::from_secs(2), ..settings() };
    assert!(look_up(&settings, &format!("{host}/app:1")).is_ok());
}

#[test]
fn the_time_limit_is_for_all_images_together() {
    let server = Server::start(|_, _| Reply::Hang(Vec::new()));
    let settings = Settings { total_time: Duration::from_secs(3), at_once: 4, ..settings() };
    let references: Vec<_> = (0..40).map(|tag| reference(&format!("{}/app:{tag}", server.host))).collect();
    let started = Instant::now();
    let results = Client::new(&settings).unwrap().look_up_all(&references);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert_eq!(results.len(), 40);
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|fault| fault.kind == Unavailable)));
}

#[test]
fn a_host_that_is_not_reached_is_not_tried_for_each_image() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let references: Vec<_> = (0..200).map(|tag| reference(&format!("{closed}/app:{tag}"))).collect();
    let started = Instant::now();
    let results = Client::new(&settings()).unwrap().look_up_all(&references);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|fault| fault.kind == Unavailable)));
}

#[test]
fn too_many_requests() {
    // Later it answers: as late as it says.
    let server = Server::start(|number, _| match number {
        0 => answer(429, "retry-after: 2\r\n", "{}"),
        _ => good(),
    });
    let started = Instant::now();
    look_up(&settings(), &format!("{}/app:1", server.host)).unwrap();
    assert!((2..5).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    assert_eq!(server.asked().len(), 2);
    // A date, by the clock of the server.
    let dates = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
    let server = Server::start(move |number, _| if number == 0 { answer(429, dates, "") } else { good() });
    let started = Instant::now();
    look_up(&settings(), &format!("{}/app:1", server.host)).unwrap();
    assert!((1..4).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    // Longer than there is time: nobody waits.
    let started = Instant::now();
    let asked = fails(Unavailable, "asks to wait 3600 s, longer than there is time", |_, _| {
        answer(429, "retry-after: 3600\r\n", PASSWORD)
    });
    assert!(asked.len() == 1 && started.elapsed() < Duration::from_secs(2));
    // Never: as often as the settings say, and once more.
    let asked =
        fails(Unavailable, "no more requests for now (429)", |_, _| answer(429, "retry-after: 0\r\n", ""));
    assert_eq!(asked.len(), 3);
}

#[test]
fn faults_of_the_server() {
    for status in [500, 502, 503, 504] {
        let server = Server::start(move |number, _| match number {
            0 => answer(status, "retry-after: 0\r\n", ""),
            _ => good(),
        });
        assert!(look_up(&settings(), &format!("{}/app:1", server.host)).is_ok(), "{status}");
    }
    let asked = fails(Unavailable, "a fault of its own (500)", |_, _| answer(500, "", "internal"));
    assert_eq!(asked.len(), 3);
    fails(Invalid, "answers 418, and not as a registry", |_, _| answer(418, "", ""));
}

#[test]
fn half_a_body() {
    let half = |_: usize, _: &Asked| {
        let head = format!("HTTP/1.1 200 OK\r\n{INDEX}content-length: {}\r\n\r\n", index().len());
        Reply::Bytes(format!("{head}{}", &index()[..50]).into_bytes())
    };
    assert_eq!(fails(Unavailable, "breaks off", half).len(), 3);
    // Without a length, only the text shows it.
    fails(Invalid, "is no manifest", |_, _| {
        Reply::Bytes(format!("HTTP/1.1 200 OK\r\n{INDEX}\r\n{}", &index()[..50]).into_bytes())
    });
    // Once is no reason to give up.
    let server = Server::start(move |number, asked| if number == 0 { half(0, asked) } else { good() });
    assert!(look_up(&settings(), &format!("{}/app:1", server.host)).is_ok());
    let server = Server::start(|number, _| if number < 2 { Reply::Bytes(Vec::new()) } else { good() });
    assert!(look_up(&settings(), &format!("{}/app:1", server.host)).is_ok());
}

#[test]
fn a_login_does_not_follow_a_redirect_to_another_host() {
    let other = Server::start(|_, _| good());
    for (host, expected) in [(other.host.clone(), true), (other.host.replace("127.0.0.1", "localhost"), true)]
    {
        let server = Server::start(move |_, asked| match asked.header("authorization") {
            None => answer(401, "www-authenticate: Basic realm=\"x\"\r\n", ""),
            Some(_) => answer(307, &format!("location: http://{host}/elsewhere?signature=s3cret\r\n"), ""),
        });
        let settings = Settings { docker_config: Some(config(&server.host, USER, PASSWORD)), ..settings() };
        assert_eq!(look_up(&settings, &format!("{}/app:1", server.host)).is_ok(), expected);
        assert!(server.asked()[1].header("authorization").is_some());
    }
    let asked = other.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert_eq!(asked.line(), "GET /elsewhere?signature=s3cret");
        assert!(!asked.head.to_ascii_lowercase().contains("authorization"), "{}", asked.head);
    }
}

#[test]
fn another_host_that_wants_the_login_gets_none() {
    let other = Server::start(|_, asked| {
        assert!(asked.header("authorization").is_none());
        answer(401, "www-authenticate: Basic realm=\"x\"\r\n", "")
    });
    let host = other.host.clone();
    let server = Server::start(move |_, _| answer(302, &format!("location: http://{host}/x\r\n"), ""));
    let settings = Settings { docker_config: Some(config(&server.host, USER, PASSWORD)), ..settings() };
    fault(&settings, &format!("{}/app:1", server.host), Denied);
    assert_eq!(other.asked().len(), 1);
}

#[test]
fn a_login_does_not_come_back_by_way_of_another_host() {
    // A host between could choose what is asked with the login.
    let back = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let to = std::sync::Arc::clone(&back);
    let other = Server::start(move |_, _| {
        answer(307, &format!("location: http://{}/v2/private/manifests/1\r\n", to.lock().unwrap()), "")
    });
    let host = other.host.clone();
    let server = Server::start(move |_, asked| {
        match (asked.line().contains("private"), asked.header("authorization")) {
            (true, _) => answer(401, "www-authenticate: Basic realm=\"x\"\r\n", ""),
            (false, None) => answer(401, "www-authenticate: Basic realm=\"x\"\r\n", ""),
            (false, Some(_)) => answer(307, &format!("location: http://{host}/\r\n"), ""),
        }
    });
    back.lock().unwrap().clone_from(&server.host);
    let settings = Settings { docker_config: Some(config(&server.host, USER, PASSWORD)), ..settings() };
    fault(&settings, &format!("{}/app:1", server.host), Denied);
    let asked = server.asked();
    let private: Vec<_> = asked.iter().filter(|asked| asked.line().contains("private")).collect();
    assert_eq!((asked.len(), private.len()), (3, 1));
    assert!(private[0].header("authorization").is_none());
}

#[test]
fn redirects_that_lead_nowhere() {
    let asked = fails(Invalid, "without an end", |_, asked| {
        answer(307, &format!("location: {}x\r\n", asked.line().strip_prefix("GET ").unwrap()), "")
    });
    assert_eq!(asked.len(), 6);
    fails(Invalid, "without TLS", |_, _| answer(307, "location: http://plain.example.com/\r\n", ""));
    for location in
        ["location: ftp://127.0.0.1/\r\n", "location: http://u:s3cret@127.0.0.1/\r\n", "location: x\r\n", ""]
    {
        fails(Invalid, "no address that can be used", move |_, _| answer(307, location, ""));
    }
}

#[test]
fn answers_that_are_too_long() {
    let long = |bytes: usize| format!("{}{}", index(), " ".repeat(bytes - index().len()));
    let most = usize::try_from(MANIFEST_BYTES).unwrap();
    let server = Server::start(move |_, _| answer(200, INDEX, long(most)));
    assert!(look_up(&settings(), &format!("{}/app:1", server.host)).is_ok());
    fails(Invalid, "longer than 4194304 bytes", move |_, _| answer(200, INDEX, long(most + 1)));
    fails(Invalid, "longer than 4194304 bytes", move |_, _| answer(200, INDEX, long(5 << 20)));
    // Without a length: as long as it is read.
    fails(Invalid, "longer than 4194304 bytes", |_, _| {
        Reply::Endless(format!("HTTP/1.1 200 OK\r\n{INDEX}\r\n").into_bytes(), vec![b' '; 1 << 16])
    });
    // Headers without an end: one, and many.
    let start = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    let asked =
        fails(Invalid, "headers of the answer", move |_, _| Reply::Endless(start.clone(), vec![b'y'; 4096]));
    assert_eq!(asked.len(), 1);
    let asked = fails(Invalid, "does not answer as a web server", |_, _| {
        Reply::Endless(
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".to_vec(),
        )
    });
    assert_eq!(asked.len(), 1);
    fails(Invalid, "answers 404, and not as a registry", |_, _| {
        Reply::Endless(b"HTTP/1.1 404 X\r\n\r\n".to_vec(), vec![b' '; 1 << 16])
    });
}

#[test]
fn lies_about_a_digest() {
    let other = format!("docker-content-digest: sha256:{}\r\n", "b".repeat(64));
    let lie = other.clone();
    fails(Invalid, "another digest than the registry says", move |_, _| answer(200, &lie, index()));
    for claim in ["md5:0", "x", "sha256:"] {
        let header = format!("docker-content-digest: {claim}\r\n");
        fails(Invalid, "another digest than the registry says", move |_, _| answer(200, &header, index()));
    }
    // Asked by digest: what comes has to have it, whatever the header says.
    for header in [other, String::new()] {
        let server = Server::start(move |_, _| answer(200, &header, index()));
        let name = format!("{}/app@sha256:{}", server.host, "b".repeat(64));
        let said = fault(&settings(), &name, Invalid);
        assert!(said.contains("another digest than the one that was asked for"), "{said}");
    }
    let server = Server::start(|_, _| good());
    let name = format!("{}/app@{}", server.host, sha256(index().as_bytes()));
    assert!(look_up(&settings(), &name).is_ok());
    // The configuration of an image.
    let config = format!("sha256:{}", "c".repeat(64));
    let manifest = format!(
        "{{\"config\": {{\"digest\": \"{config}\", \"mediaType\": \"application/vnd.oci.image.config.v1+json\"}}}}"
    );
    let wrong = "{\"os\": \"linux\", \"architecture\": \"arm64\"}";
    fails(Invalid, "a configuration with another digest", move |_, asked| {
        match asked.line().contains("/blobs/") {
            true => answer(200, "", wrong),
            false => answer(200, "", &manifest),
        }
    });
}

#[test]
fn garbage() {
    for text in ["{", "<html></html>", "", "null", "[[[[", "\u{0}\u{1b}[31m", "{\"manifests\": 7}"] {
        fails(Invalid, "no manifest", move |_, _| answer(200, "", text));
    }
    let deep = "[".repeat(1 << 20);
    fails(Invalid, "no manifest", move |_, _| answer(200, "", &deep));
    fails(Invalid, "does not answer as a web server", |_, _| {
        Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())
    });
    fails(Unavailable, "closes the connection", |_, _| Reply::Bytes(Vec::new()));
    // A page that is not there, of a server that is no registry, says nothing of an image.
    fails(Invalid, "answers 404, and not as a registry", |_, _| answer(404, "", "<html>no such page</html>"));
    fails(LookupFaultKind::NotFound, "has no image", |_, _| {
        answer(404, "", "{\"errors\": [{\"code\": \"MANIFEST_UNKNOWN\"}]}")
    });
}

#[test]
fn logins_of_a_kind_that_nobody_knows() {
    fails(Denied, "a login of a kind", |_, _| answer(401, "", ""));
    fails(Denied, "a login of a kind", |_, _| answer(401, "www-authenticate: Negotiate\r\n", ""));
    fails(Denied, "without a login", |_, _| answer(403, "", "{\"errors\": [{\"message\": \"s3cret\"}]}"));
    fails(Invalid, "no server for tokens", |_, _| {
        answer(401, "www-authenticate: Bearer realm=\"http://u:s3cret@127.0.0.1/\"\r\n", "")
    });
    // A server for tokens that gives what cannot be a token.
    let tokens = Server::start(|_, _| answer(200, "", "{\"token\": \"a\\r\\nx: y\"}"));
    let challenge = format!("www-authenticate: Bearer realm=\"http://{}/\"\r\n", tokens.host);
    fails(Invalid, "answers without a token", move |_, _| answer(401, &challenge, ""));
    for (status, kind, expected) in [
        (401, Denied, "without a login"),
        (404, Invalid, "which gives the tokens of"),
        (500, Unavailable, "a fault of its own (500)"),
    ] {
        let tokens = Server::start(move |_, _| answer(status, "", "s3cret"));
        let challenge = format!("www-authenticate: Bearer realm=\"http://{}/\"\r\n", tokens.host);
        fails(kind, expected, move |_, _| answer(401, &challenge, ""));
    }
    // A token that the registry does not accept is not asked for again and again.
    let tokens = Server::start(|_, _| answer(200, "", "{\"access_token\": \"s3cret\"}"));
    let challenge = format!("www-authenticate: Bearer realm=\"http://{}/\"\r\n", tokens.host);
    let asked = fails(Denied, "without a login", move |_, _| answer(401, &challenge, ""));
    assert_eq!((asked.len(), tokens.asked().len()), (2, 1));
    assert_eq!(asked[1].header("authorization"), Some("Bearer s3cret"));
    assert_eq!(tokens.asked()[0].line(), "GET /?scope=repository%3Aapp%3Apull");
}

#[test]
fn indexes_without_an_end() {
    // Each index lists another one, without a platform.
    let nested = |_: usize, asked: &Asked| {
        let number = asked.line().len();
        let inner = format!("{{\"manifests\": [], \"n\": {number}}}");
        let digest = sha256(inner.as_bytes());
        match asked.line().contains("sha256") {
            true => answer(200, "", inner),
            false => answer(200, "", format!("{{\"manifests\": [{{\"digest\": \"{digest}\"}}]}}")),
        }
    };
    let server = Server::start(nested);
    let said = fault(&settings(), &format!("{}/app:1", server.host), Invalid);
    assert!(said.contains("another digest"), "{said}");
    let bare = format!("{{\"digest\": \"{}\"}}", sha256(b"{\"manifests\": []}"));
    let many = format!("{{\"manifests\": [{}]}}", vec![bare; 100].join(", "));
    let asked =
        fails(Invalid, "more than 16 images", move |_, asked| match asked.line().contains("sha256") {
            true => answer(200, "", "{\"manifests\": []}"),
            false => answer(200, "", &many),
        });
    assert_eq!(asked.len(), 17);
    let mut chain = vec!["{\"manifests\": []}".to_owned()];
    for _ in 0..6 {
        let digest = sha256(chain.last().unwrap().as_bytes());
        chain.push(format!("{{\"manifests\": [{{\"digest\": \"{digest}\"}}]}}"));
    }
    fails(Invalid, "indexes within indexes", move |_, asked| {
        let found = chain.iter().find(|text| asked.line().ends_with(&sha256(text.as_bytes())));
        answer(200, "", found.unwrap_or(chain.last().unwrap()))
    });
}
