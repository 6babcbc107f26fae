//! A web server of a few lines, which answers whatever a test wants, and remembers what it was asked.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request: the head as it was sent, and the form after it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub head: String,
    pub form: String,
}

impl Asked {
    /// The method and the path.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What is sent in return.
pub enum Reply {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and then nothing, on an open connection.
    Hang(Vec<u8>),
    /// The first once, then the second without an end.
    Endless(Vec<u8>, Vec<u8>),
}

/// An answer with a status, headers (each with its line end) and a body.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    Reply::Bytes([head.as_bytes(), body].concat())
}

/// A server that runs until this is dropped.
pub struct Server {
    /// `127.0.0.1:40123`.
    pub host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_over: Arc<AtomicBool>,
}

impl Server {
    /// Starts one; `reply` gets each request with its number, from 0.
    pub fn start(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (asked, is_over) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default());
        let (list, over, reply) = (Arc::clone(&asked), Arc::clone(&is_over), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let (list, over, reply) = (Arc::clone(&list), Arc::clone(&over), Arc::clone(&reply));
                thread::spawn(move || serve(stream, &list, &over, &*reply));
            }
        });
        Server { host, asked, is_over }
    }

    /// What it was asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.host);
    }
}

fn serve(
    mut stream: TcpStream,
    list: &Mutex<Vec<Asked>>,
    is_over: &AtomicBool,
    reply: &(dyn Fn(usize, &Asked) -> Reply + Send + Sync),
) {
    let Some(asked) = read(&mut stream) else { return };
    let number = {
        let mut list = list.lock().unwrap();
        list.push(asked.clone());
        list.len() - 1
    };
    // The other end may have had enough before all is sent.
    match reply(number, &asked) {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes);
        }
        Reply::Hang(bytes) => {
            let _ = stream.write_all(&bytes);
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(20));
            }
        }
        Reply::Endless(first, rest) => {
            let mut is_open = stream.write_all(&first).is_ok();
            while is_open && !is_over.load(Ordering::Relaxed) {
                is_open = stream.write_all(&rest).is_ok();
            }
        }
    }
}

/// One request. None if it begins as TLS does, or ends early.
fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        if bytes[0] == 0x16 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, form)) = text.split_once("\r\n\r\n") else { continue };
        let asked = Asked { head: head.to_owned(), form: form.to_owned() };
        let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
        if form.len() >= length {
            return Some(asked);
        }
    }
}
