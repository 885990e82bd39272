//! Sends prepared requests over raw keep-alive connections.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use preflight::mock::Tenant;

use crate::server::Server;

/// How many connections send at once.
const CONNECTIONS: usize = 64;

/// How long answers gather.
const GATHERING: Duration = Duration::from_micros(50);

/// How many threads send at a fixed rate; each sends every thirty-second request.
const THREADS: u32 = 32;

/// The place of the interaction id in a request.
const ID: &str = "00000000-0000-4000-8000-000000000000";

/// What one connection sends: a read and an update in turn, each with an interaction id of its own.
#[derive(Clone)]
struct Script {
    requests: [Vec<u8>; 2],
    places: [usize; 2],
    /// Different on each connection.
    connection: u32,
    turn: u32,
}

impl Script {
    fn new(token: &str, connection: u32) -> Self {
        let tenant = Tenant::seeded();
        let path = format!("/api-provider-v1/batchpayments/{}", tenant.batch_id);
        let body = r#"{"data":{"defaultStatus":"Processing"}}"#;
        let head = format!(
            "host: api.mock.invalid\r\nauthorization: Bearer {token}\r\nx-api-key: {}\r\nx-application: bench\r\nx-fapi-interaction-id: {ID}\r\naccept: application/json\r\nuser-agent: bench\r\n",
            tenant.provider.api_key
        );
        let requests = [
            format!("GET {path} HTTP/1.1\r\n{head}\r\n"),
            format!(
                "PATCH {path} HTTP/1.1\r\n{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
        ];
        let places = [0, 1].map(|index: usize| requests[index].find(ID).expect("it has an id"));
        Self {
            requests: requests.map(String::into_bytes),
            places,
            connection,
            turn: 0,
        }
    }

    /// The next request.
    fn next(&mut self) -> &[u8] {
        let index = (self.turn % 2) as usize;
        let place = self.places[index];
        let request = &mut self.requests[index];
        let id = format!(
            "{:08x}-0000-4000-8000-0000{:08x}",
            self.connection, self.turn
        );
        request[place..place + id.len()].copy_from_slice(id.as_bytes());
        self.turn += 1;
        request
    }
}

/// How long the answer at the beginning of `bytes` is, if its head is whole.
fn answer_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head is text");
    let status = &text[9..12];
    assert!(status == "200" || status == "204", "{text}");
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().expect("a number"));
    Some(head + body)
}

/// A token of the provider.
pub fn token(address: SocketAddr) -> String {
    let provider = Tenant::seeded().provider;
    let body = format!(
        r#"{{"grant_type":"client_credentials","client_id":"{}","client_secret":"{}","audience":"{}"}}"#,
        provider.client_id, provider.client_secret, provider.audience
    );
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: id.mock.invalid\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .expect("it takes requests");
    let answer = read_answer(&mut stream, &mut Vec::new());
    let answer = String::from_utf8(answer).expect("an answer is text");
    let (_, rest) = answer
        .split_once(r#""access_token":""#)
        .expect("it has a token");
    rest.split('"').next().expect("it ends").to_owned()
}

/// The next answer on a blocking stream; `rest` is what was read beyond.
fn read_answer(stream: &mut TcpStream, rest: &mut Vec<u8>) -> Vec<u8> {
    let mut chunk = [0; 8_192];
    loop {
        if let Some(length) = answer_length(rest)
            && rest.len() >= length
        {
            let behind = rest.split_off(length);
            return std::mem::replace(rest, behind);
        }
        let read = stream.read(&mut chunk).expect("the connection holds");
        assert!(read > 0, "the connection ended");
        rest.extend_from_slice(&chunk[..read]);
    }
}

/// As much as a server can bear.
pub struct Load {
    address: SocketAddr,
    token: String,
}

impl Load {
    pub fn new(server: &Server) -> Self {
        Self {
            address: server.address,
            token: server.token.clone(),
        }
    }

    /// How many requests were answered in `time`.
    pub fn run_for(&self, time: Duration) -> u64 {
        let end = Instant::now() + time;
        self.run(|_| Instant::now() < end)
    }

    /// Has `count` requests answered.
    pub fn run_count(&self, count: u64) -> u64 {
        self.run(|answered| answered < count)
    }

    /// Sends on all connections while `goes_on` says so; how many requests were answered.
    fn run(&self, goes_on: impl Fn(u64) -> bool) -> u64 {
        let epoll = Epoll::new(EpollCreateFlags::empty()).expect("an epoll");
        let mut lines: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let script = Script::new(&self.token, u32::try_from(number).expect("small"));
                let line = Line::open(self.address, script);
                let event = EpollEvent::new(EpollFlags::EPOLLIN, number as u64);
                epoll.add(&line.stream, event).expect("a new socket");
                line
            })
            .collect();
        for line in &mut lines {
            line.send();
        }
        let mut answered = 0;
        let mut in_flight = lines.len();
        let mut events = vec![EpollEvent::empty(); CONNECTIONS];
        while in_flight > 0 {
            // Answers gather meanwhile: waking for each would cost the servers' cores more than
            // sending does, the more the slower the server is.
            std::thread::sleep(GATHERING);
            let ready = epoll
                .wait(&mut events, EpollTimeout::NONE)
                .expect("answers come");
            for event in &events[..ready] {
                let number = usize::try_from(event.data()).expect("a small number");
                if !lines[number].receive() {
                    continue;
                }
                answered += 1;
                if goes_on(answered + in_flight as u64 - 1) {
                    lines[number].send();
                } else {
                    in_flight -= 1;
                }
            }
        }
        answered
    }
}

/// One connection, on which one request at a time is sent.
struct Line {
    stream: TcpStream,
    script: Script,
    buffer: Vec<u8>,
}

impl Line {
    fn open(address: SocketAddr, script: Script) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            stream,
            script,
            buffer: Vec::new(),
        }
    }

    fn send(&mut self) {
        self.stream
            .write_all(self.script.next())
            .expect("the connection holds");
    }

    /// Reads what is there; whether the answer is whole.
    fn receive(&mut self) -> bool {
        let mut chunk = [0; 8_192];
        let read = self.stream.read(&mut chunk).expect("the connection holds");
        assert!(read > 0, "the connection ended");
        self.buffer.extend_from_slice(&chunk[..read]);
        let is_whole =
            answer_length(&self.buffer).is_some_and(|length| self.buffer.len() >= length);
        if is_whole {
            self.buffer.clear();
        }
        is_whole
    }
}

/// Sends `rate` requests a second for `time`, each at its own moment whether or not others were
/// answered, as far as there are threads; how long each took from the moment at which it was to be
/// sent.
pub fn open_loop(server: &Server, rate: u32, time: Duration) -> Vec<Duration> {
    let count = rate * u32::try_from(time.as_secs()).expect("a short time");
    let gap = Duration::from_secs(1) / rate;
    let start = Instant::now() + Duration::from_millis(200);
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let mut script = Script::new(&server.token, thread);
            let address = server.address;
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).expect("the server listens");
                stream.set_nodelay(true).expect("a socket");
                let mut rest = Vec::new();
                let mut latencies = Vec::new();
                for number in (thread..count).step_by(THREADS as usize) {
                    let moment = start + gap * number;
                    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
                    stream.write_all(script.next()).expect("it holds");
                    read_answer(&mut stream, &mut rest);
                    latencies.push(moment.elapsed());
                }
                latencies
            })
        })
        .collect();
    threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("no thread failed"))
        .collect()
}
