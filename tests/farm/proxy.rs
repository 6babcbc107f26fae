//! A way to the BuildKit inside dockerd for buildx' driver `remote`, which wants a TCP address: a connection to a port
//! becomes one to the engine's socket, which `POST /grpc` turns into one to BuildKit. A BuildKit daemon of its own
//! needs none of this.

use std::io::{Error, Read, Result, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

const UPGRADE: &[u8] = b"POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

/// Serves the BuildKit behind the socket until the test ends, also when the engine went and came again.
pub fn serve(socket: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let socket = socket.clone();
            // A connection that fails is closed, which buildx tells the test.
            thread::spawn(move || connect(client?, &socket));
        }
    });
    address
}

fn connect(mut client: TcpStream, socket: &Path) -> Result<()> {
    let mut engine = UnixStream::connect(socket)?;
    engine.write_all(UPGRADE)?;
    // What follows the header is BuildKit's, so that no byte may be read too many.
    let mut header = Vec::new();
    while !header.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        engine.read_exact(&mut byte)?;
        header.push(byte[0]);
    }
    if !header.starts_with(b"HTTP/1.1 101 ") {
        return Err(Error::other(String::from_utf8_lossy(&header)));
    }
    let (mut from_client, mut to_engine) = (client.try_clone()?, engine.try_clone()?);
    thread::spawn(move || {
        copy(&mut from_client, &mut to_engine).ok();
        to_engine.shutdown(Shutdown::Both)
    });
    copy(&mut engine, &mut client).ok();
    client.shutdown(Shutdown::Both)
}
