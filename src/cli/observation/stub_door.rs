//! Stands in until the door that knows connections is there.

use std::net::TcpListener;
use std::sync::Arc;

use futures::FutureExt as _;
use wiremock::{Mock, MockServer, Request as Incoming, Respond, ResponseTemplate};

use crate::base::Clock;
use crate::exchange::{
    Body, Connection, Exchange, Failure, FailureKind, Headers, Outcome, Request, Timing, Vantage,
};
use crate::mock::{Arrival, Attendant, Reply};

/// A door without cuts, delays and TLS.
pub struct StubDoor(MockServer);

struct Desk<A>(Arc<A>, Clock);

impl StubDoor {
    pub async fn open(attendant: Arc<impl Attendant>, clock: Clock, listener: TcpListener) -> Self {
        let server = MockServer::builder()
            .listener(listener)
            .disable_request_recording()
            .start()
            .await;
        Mock::given(wiremock::matchers::any())
            .respond_with(Desk(attendant, clock))
            .mount(&server)
            .await;
        Self(server)
    }

    pub async fn close(self) {
        drop(self.0);
    }
}

impl<A: Attendant> Respond for Desk<A> {
    fn respond(&self, incoming: &Incoming) -> ResponseTemplate {
        let now = self.1.now();
        let connection = Connection {
            number: 1,
            peer: "127.0.0.1:1".into(),
        };
        let request = Request {
            method: incoming.method.as_str().to_owned(),
            url: incoming.url.to_string(),
            headers: incoming
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
                .collect::<Headers>(),
            body: Body::from(incoming.body.clone()),
        };
        let arrival = Arrival {
            first: now,
            last: now,
            connection: connection.clone(),
        };
        let reply = self.0.answer(&arrival, &request).now_or_never();
        let (template, outcome) = match reply {
            Some(Reply::Answer(answer)) => {
                let mut template = ResponseTemplate::new(answer.response.status);
                for (name, value) in answer.response.headers.iter() {
                    template = template.append_header(name, value);
                }
                let body = answer.response.body.bytes().to_vec();
                (
                    template.set_body_bytes(body),
                    Outcome::Response(answer.response),
                )
            }
            Some(Reply::Cut { .. }) | None => (
                ResponseTemplate::new(500),
                Outcome::Failure(Failure {
                    kind: FailureKind::Cut,
                    message: "cut".into(),
                }),
            ),
        };
        let then = self.1.now();
        self.0.done(Exchange {
            request,
            outcome,
            timing: Timing {
                request_first: now,
                request_last: now,
                response_first: then,
                response_last: then,
            },
            vantage: Vantage::Mock,
            connection: Some(connection),
        });
        template
    }
}
