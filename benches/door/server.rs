//! The two servers that are compared, each in a process of its own.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use preflight::base::{Clock, Random, Redactor, Seed};
use preflight::event::Events;
use preflight::history::{BackgroundRecorder, Knowledge, Redaction};
use preflight::mock::{Defects, DoorOptions, HyperDoor, Platform, Tenant};
use preflight::observe::{Discretion, Logbook, Performance, Stage, conceal_tokens};
use preflight::profile::Profile;

use crate::generator;

/// No request is throttled.
const PROFILE: &str = "
rate = 1e9
burst = 1000000000
";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// hyper and a constant answer.
    Bare,
    /// The door with platform, logbook and history.
    Door,
}

/// A server that runs.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub token: String,
}

impl Server {
    /// Starts one that writes its history, if any, to `file`.
    pub fn start(kind: Kind, file: &Path) -> Self {
        let role = match kind {
            Kind::Bare => "serve-bare",
            Kind::Door => "serve-door",
        };
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .arg(role)
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started");
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it says its address");
        let address = line.trim().parse().expect("an address");
        let token = match kind {
            Kind::Bare => "x".repeat(600),
            Kind::Door => generator::token(address),
        };
        Self {
            child,
            address,
            token,
        }
    }

    /// How much time of processors it has used.
    pub fn processor_time(&self) -> Duration {
        let stat = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(stat).unwrap_or_default();
        // The name, which may hold anything, ends with the last parenthesis; ticks are hundredths
        // of a second.
        let fields = stat.rsplit_once(')').map_or("", |parts| parts.1);
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Its resident memory.
    pub fn megabytes(&self) -> f64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap_or_default();
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|size| size.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input is what it waits for.
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// Serves until the end of the input.
pub fn serve(kind: Kind, file: &Path) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _guard = runtime.enter();
    let mut door = None;
    let address = match kind {
        Kind::Bare => bare(),
        Kind::Door => {
            let open = platform(file);
            let address = open.address();
            door = Some(open);
            address
        }
    };
    println!("{address}");
    std::io::stdout().flush().expect("somebody listens");
    let mut nothing = Vec::new();
    let _ended = std::io::stdin().read_to_end(&mut nothing);
    drop(door);
    ExitCode::SUCCESS
}

fn platform(file: &Path) -> HyperDoor {
    let profile = Arc::new(Profile::with_override(PROFILE, "bench.toml").expect("a profile"));
    let clock = Clock::system();
    let redactor = Redactor::new([7; 32]);
    let tenant = Tenant::seeded();
    for secret in [
        tenant.provider.client_secret,
        tenant.provider.api_key,
        tenant.product.client_secret,
        tenant.product.api_key,
    ] {
        redactor.learn("secret", secret);
    }
    let (redacting, knowing) = (redactor.clone(), redactor.clone());
    let redaction: Redaction = Arc::new(move |text| {
        let concealed = conceal_tokens(&redacting, text.as_bytes());
        redacting.redact(&String::from_utf8_lossy(&concealed))
    });
    let knowledge: Knowledge = Arc::new(move || knowing.knowledge());
    let recorder = BackgroundRecorder::create(file, redaction, knowledge).expect("a history");
    let discretion = Discretion::new(redactor, "x-api-key", vec![Box::new(recorder)]);
    let events = Events::new(clock.clone(), vec![Box::new(discretion)]);
    let platform = Platform::new(
        Arc::clone(&profile),
        Random::from_seed(Seed(1)),
        Defects::none(),
    );
    let stage = Stage::new(platform, None, Logbook::new(events, &profile));
    let performance = Performance::new(stage, clock.clone());
    HyperDoor::open(Arc::new(performance), clock, DoorOptions::default()).expect("a free port")
}

fn bare() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("a bound socket");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a runtime");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _slower = stream.set_nodelay(true);
            tokio::spawn(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer_constantly)),
            );
        }
    });
    address
}

async fn answer_constantly(
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Constant>, Infallible> {
    let mut body = request.into_body();
    while std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context))
        .await
        .is_some()
    {}
    Ok(hyper::Response::builder()
        .header("content-type", "application/json; charset=utf-8")
        .body(Constant(Some(Bytes::from_static(&[b'x'; 900]))))
        .expect("a constant"))
}

/// A constant body.
struct Constant(Option<Bytes>);

impl hyper::body::Body for Constant {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        let data = self.0.take();
        std::task::Poll::Ready(data.map(|data| Ok(hyper::body::Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}
