//! The smallest loop over the Runtime API that answers with the event: what a process costs at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const ROOT: &str = "/2018-06-01/runtime/invocation/";

/// Reads one response and returns the request id, if it has one, and the body.
fn receive(stream: &mut BufReader<TcpStream>) -> (String, Vec<u8>) {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            std::process::exit(0);
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "lambda-runtime-aws-request-id" => id = value.trim().to_string(),
                "content-length" => length = value.trim().parse().unwrap(),
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (id, body)
}

fn main() {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut out = TcpStream::connect(&api).unwrap();
    out.set_nodelay(true).unwrap();
    let mut input = BufReader::new(out.try_clone().unwrap());
    loop {
        let next = format!("GET {ROOT}next HTTP/1.1\r\nHost: {api}\r\n\r\n");
        out.write_all(next.as_bytes()).unwrap();
        let (id, event) = receive(&mut input);
        let head = format!("POST {ROOT}{id}/response HTTP/1.1\r\nHost: {api}\r\nContent-Length: {}\r\n\r\n", event.len());
        out.write_all(&[head.as_bytes(), &event].concat()).unwrap();
        receive(&mut input);
    }
}
