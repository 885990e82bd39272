//! An HTTP/1.1 server in threads of the test, which remembers what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::workplace::PATIENCE;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// How many came before it.
    pub number: usize,
    /// Method, target and version.
    pub line: String,
    /// The headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Incoming {
    /// The target: `/path?query`.
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).expect("a request has a target")
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.target().split('?').next().expect("a split has a part")
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Everything as one text.
    pub fn whole(&self) -> String {
        let mut whole = format!("{}\n", self.line);
        for (name, value) in &self.headers {
            whole += &format!("{name}: {value}\n");
        }
        whole + "\n" + &self.text()
    }
}

/// What the server does with a request.
pub enum Reply {
    /// Answers with these bytes, and closes the connection.
    Bytes(Vec<u8>),
    /// Never answers.
    Silence,
}

impl Reply {
    /// A whole answer.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {status} {}\r\n", reason(status)).into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        let length = body.len();
        bytes.extend(format!("Content-Length: {length}\r\nConnection: close\r\n\r\n").into_bytes());
        bytes.extend(body);
        Self::Bytes(bytes)
    }

    /// 200 with a JSON body.
    pub fn json(body: &str) -> Self {
        Self::answer(200, &[("Content-Type", "application/json")], body)
    }

    /// 200 that says in JSON what was asked.
    pub fn echo(request: &Incoming) -> Self {
        let headers: serde_json::Map<String, serde_json::Value> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().into()))
            .collect();
        let body = serde_json::json!({
            "line": request.line, "headers": headers, "body": request.text()
        });
        Self::json(&body.to_string())
    }
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .expect("the status is a number of three digits")
        .canonical_reason()
        .unwrap_or("Unknown")
}

/// A connection, perhaps inside TLS.
pub trait Connection: Read + Write {}

impl<T: Read + Write> Connection for T {}

type Handler = Arc<dyn Fn(&Incoming) -> Reply + Send + Sync>;
type Wrap = Arc<dyn Fn(TcpStream) -> Box<dyn Connection> + Send + Sync>;

/// A server on a port of its own. It stops when dropped.
pub struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Incoming>>>,
    arrivals: Receiver<Incoming>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Answers each request as `handler` says.
    pub fn new(handler: impl Fn(&Incoming) -> Reply + Send + Sync + 'static) -> Self {
        Self::wrapped(handler, Arc::new(|stream| Box::new(stream)))
    }

    /// Says each request back.
    pub fn echo() -> Self {
        Self::new(Reply::echo)
    }

    /// Speaks through what `wrap` makes of a connection.
    pub fn wrapped(
        handler: impl Fn(&Incoming) -> Reply + Send + Sync + 'static,
        wrap: Wrap,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (sender, arrivals) = channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let desk = Desk {
            handler: Arc::new(handler),
            wrap,
            log: Arc::clone(&log),
            sender,
        };
        let stop = Arc::clone(&stopped);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let desk = desk.clone();
                std::thread::spawn(move || desk.serve(stream));
            }
        });
        Self {
            address,
            log,
            arrivals,
            stopped,
        }
    }

    /// Where it listens: `127.0.0.1:port`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it was asked so far.
    pub fn log(&self) -> Vec<Incoming> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits, within bounds, for the next request that nobody waited for yet.
    pub fn wait_for_request(&self) -> Incoming {
        self.arrivals
            .recv_timeout(PATIENCE)
            .expect("a request comes before the patience ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener so that it sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

#[derive(Clone)]
struct Desk {
    handler: Handler,
    wrap: Wrap,
    log: Arc<Mutex<Vec<Incoming>>>,
    sender: Sender<Incoming>,
}

impl Desk {
    fn serve(&self, stream: TcpStream) {
        // A client that says nothing does not hold the thread for ever.
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let mut connection = (self.wrap)(stream);
        let Some(mut incoming) = receive(&mut *connection) else {
            return;
        };
        {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            incoming.number = log.len();
            log.push(incoming.clone());
        }
        let reply = (self.handler)(&incoming);
        let head_only = incoming.line.starts_with("HEAD ");
        let _ = self.sender.send(incoming);
        match reply {
            Reply::Bytes(mut bytes) => {
                if head_only {
                    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
                    bytes.truncate(end.map_or(bytes.len(), |end| end + 4));
                }
                let _ = connection.write_all(&bytes);
                let _ = connection.flush();
            }
            // Held open until the client goes away.
            Reply::Silence => {
                let _ = connection.read(&mut [0]);
            }
        }
    }
}

/// Reads one request with `Content-Length` or none; nothing where the client speaks no HTTP.
fn receive(connection: &mut dyn Connection) -> Option<Incoming> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let count = connection
            .read(&mut chunk)
            .ok()
            .filter(|count| *count > 0)?;
        bytes.extend(&chunk[..count]);
        // Not the beginning of a method: a TLS handshake, say. Answered as other servers do.
        if !bytes[0].is_ascii_uppercase() {
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let (line, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
    let headers: Vec<(String, String)> = rest
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        let count = connection
            .read(&mut chunk)
            .ok()
            .filter(|count| *count > 0)?;
        body.extend(&chunk[..count]);
    }
    Some(Incoming {
        number: 0,
        line: line.to_owned(),
        headers,
        body,
    })
}
