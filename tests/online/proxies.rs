//! A proxy between dtpl and a registry whose name only the proxy knows.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{io, thread};

use dtpl::image::LookupFaultKind::Unavailable;
use dtpl::oci::{Client, Proxies, Settings};

use super::certificates::Certificates;
use super::registry::{Access, Registry};
use super::{base64, fault, images, look_up, reference, settings};

/// A proxy that connects everybody who is called `me` with `to`, and remembers what it was asked.
fn proxy(to: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let list = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (list, to) = (Arc::clone(&list), to.clone());
            thread::spawn(move || connect(stream, &to, &list));
        }
    });
    (host, asked)
}

fn connect(mut stream: TcpStream, to: &str, list: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    list.lock().unwrap().push(head.clone());
    let login = format!("basic {}", base64(b"me:s3cret"));
    if !head.to_ascii_lowercase().contains(&format!("proxy-authorization: {}", login.to_ascii_lowercase())) {
        return stream.write_all(b"HTTP/1.1 407 X\r\ncontent-length: 0\r\n\r\n");
    }
    let mut server = TcpStream::connect(to)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut back, mut out) = (server.try_clone()?, stream.try_clone()?);
    thread::spawn(move || io::copy(&mut back, &mut out));
    io::copy(&mut reader, &mut server).map(drop)
}

/// A host that is not reached in time is not tried for each image.
#[test]
fn a_proxy_that_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxies = Proxies { https: Some(listener.local_addr().unwrap().to_string()), ..Proxies::default() };
    thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    let settings = Settings { proxies, request_time: Duration::from_secs(2), ..settings() };
    let references: Vec<_> = (0..80).map(|tag| reference(&format!("registry.test/app:{tag}"))).collect();
    let started = Instant::now();
    let results = Client::new(&settings).unwrap().look_up_all(&references);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    for result in results {
        assert_eq!(result.unwrap_err().to_string(), "registry.test cannot be reached in time");
    }
}

#[test]
fn a_proxy_reaches_what_only_it_knows() {
    let Some(certificates) = Certificates::new() else { return };
    let Some(folder) = images::stored() else { return };
    let registry = Registry::start(folder.path(), &Access::Everybody, Some(&certificates)).unwrap();
    let (host, asked) = proxy(registry.host.clone());
    let through = |login: &str, none: &str| Settings {
        ca_file: Some(certificates.read("ca.pem")),
        proxies: Proxies { https: Some(format!("http://{login}{host}")), none: none.to_owned(), http: None },
        ..settings()
    };
    let published = look_up(&through("me:s3cret@", "other.test"), "registry.test/app:index").unwrap();
    assert_eq!(published.platforms.len(), 4);
    let heads = asked.lock().unwrap().clone();
    assert!(heads[0].starts_with("CONNECT registry.test:443 HTTP/1.1\r\n"), "{heads:?}");
    // Hosts of this machine, and those that are named, are asked without it.
    let count = heads.len();
    assert!(look_up(&through("me:s3cret@", ""), &format!("{}/app:index", registry.host)).is_ok());
    fault(&through("me:s3cret@", "x.test,.test"), "registry.test/app:index", Unavailable);
    assert_eq!(asked.lock().unwrap().len(), count);
    // It does not connect somebody else.
    let said = fault(&through("you:s3cret-too@", ""), "registry.test/app:index", Unavailable);
    assert!(
        said.contains("the proxy does not connect to registry.test") && said.contains("NO_PROXY"),
        "{said}"
    );
}
