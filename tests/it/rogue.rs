//! Connectors that misbehave. Other tests start them: each is a test of this binary that is left
//! out unless it is asked for by name.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

#[expect(
    clippy::disallowed_methods,
    reason = "a connector is told by its environment"
)]
fn variable(name: &str) -> String {
    std::env::var(format!("PREFLIGHT_{name}")).expect("preflight sets its variables")
}

/// Host and port of the platform.
fn platform() -> String {
    let url = variable("API_URL");
    url.strip_prefix("http://")
        .expect("these tests speak plain HTTP")
        .to_owned()
}

#[expect(clippy::print_stdout, reason = "a connector logs to its stdout")]
fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("stdout can be flushed");
}

/// Tells its process id, for the test to see that it is gone.
fn introduce() {
    say(&format!("\npid {}", std::process::id()));
}

/// Answers 202 at the notification port, whatever is asked, in a thread of its own.
fn listen() {
    let port: u16 = variable("NOTIFICATION_PORT").parse().expect("a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
}

fn answer(mut stream: TcpStream) {
    let mut chunk = vec![0; 64 * 1024];
    while stream.read(&mut chunk).is_ok_and(|length| length > 0) {
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        if stream.write_all(accepted).is_err() {
            break;
        }
    }
}

fn wait_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}

fn token_request() -> String {
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&audience={}",
        variable("CLIENT_ID"),
        variable("CLIENT_SECRET"),
        variable("AUDIENCE").replace('/', "%2F"),
    );
    format!(
        "POST /oauth/token HTTP/1.1\r\nhost: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        platform(),
        body.len()
    )
}

/// One whole response with a `content-length`.
fn read_response(stream: &mut TcpStream, rest: &mut Vec<u8>) -> String {
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(end) = find(rest, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let length: usize = head
                .to_ascii_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
                .unwrap_or(0);
            if rest.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&rest[end + 4..end + 4 + length]).into_owned();
                rest.drain(..end + 4 + length);
                return head + "\n\n" + &body;
            }
        }
        let length = stream.read(&mut chunk).expect("the platform answers");
        assert!(length > 0, "the platform closed the connection");
        rest.extend_from_slice(&chunk[..length]);
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}

fn connect() -> TcpStream {
    TcpStream::connect(platform()).expect("the platform listens")
}

#[test]
#[ignore = "a connector that other tests start"]
fn listens_and_does_nothing() {
    introduce();
    listen();
    wait_for_ever();
}

#[test]
#[ignore = "a connector that other tests start"]
#[expect(clippy::disallowed_methods, reason = "a connector ends as it likes")]
fn gives_up_at_once() {
    introduce();
    eprintln!("cannot read my configuration");
    std::process::exit(1);
}

#[test]
#[ignore = "a connector that other tests start"]
fn never_listens() {
    introduce();
    say("still starting");
    wait_for_ever();
}

#[test]
#[ignore = "a connector that other tests start"]
fn asks_for_a_token_and_waits() {
    introduce();
    listen();
    let mut stream = connect();
    stream
        .write_all(token_request().as_bytes())
        .expect("the request can be sent");
    let answer = read_response(&mut stream, &mut Vec::new());
    // What a careless connector logs.
    say(&format!("secret {}", variable("CLIENT_SECRET")));
    say(&format!("value {}", variable("NOTIFICATION_VALUE")));
    let token = answer
        .split("\"access_token\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    say(&format!("token {}", token.unwrap_or("none")));
    say("the token is here");
    wait_for_ever();
}

#[test]
#[ignore = "a connector that other tests start"]
fn floods() {
    introduce();
    listen();
    let threads: Vec<_> = (0..10)
        .map(|_| {
            std::thread::spawn(|| {
                let mut stream = connect();
                let host = platform();
                let get =
                    format!("GET /api-provider-v1/providers/x HTTP/1.1\r\nhost: {host}\r\n\r\n");
                let mut rest = Vec::new();
                // A hundred at a time without waiting for answers.
                for _ in 0..10 {
                    stream.write_all(get.repeat(100).as_bytes()).expect("sent");
                    for _ in 0..100 {
                        read_response(&mut stream, &mut rest);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("every request is answered");
    }
    say("10000 answers");
    wait_for_ever();
}

#[test]
#[ignore = "a connector that other tests start"]
fn sends_garbage() {
    introduce();
    listen();
    let samples: [&[u8]; 6] = [
        b"\x00\x01\x02\xff\xfe\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nhost: a\r\ncontent-length: many\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    for sample in samples.into_iter().cycle().take(60) {
        let mut stream = connect();
        let _ = stream.write_all(sample);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    say("garbage sent");
    wait_for_ever();
}

#[test]
#[ignore = "a connector that other tests start"]
fn closes_halfway() {
    introduce();
    listen();
    let request = token_request();
    for part in [10, request.len() / 2, request.len() - 1] {
        let mut stream = connect();
        stream
            .write_all(&request.as_bytes()[..part])
            .expect("the platform listens");
        stream.shutdown(Shutdown::Write).expect("half is closed");
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // A whole request whose sender hears but speaks no more.
    let mut stream = connect();
    stream.write_all(request.as_bytes()).expect("sent");
    stream.shutdown(Shutdown::Write).expect("half is closed");
    let answer = read_response(&mut stream, &mut Vec::new());
    say(answer.lines().next().unwrap_or_default());
    wait_for_ever();
}

#[test]
#[ignore = "a connector that other tests start"]
fn opens_many_connections() {
    introduce();
    listen();
    let open: Vec<TcpStream> = (0..2000)
        .map_while(|_| TcpStream::connect(platform()).ok())
        .collect();
    say(&format!("{} connections are open", open.len()));
    // Somebody else is served all the same.
    let mut stream = connect();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout can be set");
    stream
        .write_all(token_request().as_bytes())
        .expect("the request can be sent");
    let answer = read_response(&mut stream, &mut Vec::new());
    say(answer.lines().next().unwrap_or_default());
    wait_for_ever();
}
