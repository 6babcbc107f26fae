//! Answers requests on port 8088 with the type of the device it runs on.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The longest request that is read, in bytes.
const LONGEST_REQUEST: u64 = 16 * 1024;

fn main() -> io::Result<()> {
    let variable = |name| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let device = format!(
        "{{\"device_type\":\"{}\",\"arch\":\"{}\",\"machine\":\"{}\"}}\n",
        variable("DEVICE_TYPE"),
        variable("DEVICE_ARCH"),
        env::consts::ARCH,
    );
    for connection in TcpListener::bind(("0.0.0.0", 8088))?.incoming() {
        let device = device.clone();
        thread::spawn(move || {
            if let Err(error) = connection.and_then(|connection| answer(connection, &device)) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

/// Reads a request up to the empty line after its headers, and answers it.
fn answer(mut connection: TcpStream, body: &str) -> io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = BufReader::new((&connection).take(LONGEST_REQUEST));
    let mut line = String::new();
    while request.read_line(&mut line)? > 0 && !line.trim_end().is_empty() {
        line.clear();
    }
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len(),
    )
}
