//! An endpoint that is probed over HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use url::Url;

use super::Introduction;
use crate::cli::failure::CommandFailure;
use crate::cli::observation::Setting;
use crate::event::{End, EventKind, Events, Subject, Target as Whereto};
use crate::observe::Logbook;
use crate::observe::probe::{Forge, Guest, Probing, Reach, Stamina, Target, TestIssuer, Visit};
use crate::run::Cancellation;
use crate::specimen::{Host, HostOptions, Policy};
use crate::transport::{Client, ClientOptions, Route, TargetMap, Trust, Verbatim};

/// Probes the endpoint that was introduced. The first and the last event are written in any case.
///
/// # Errors
/// If the issuer cannot listen, or the record cannot be written.
pub async fn visit_endpoint(
    setting: &Setting,
    events: Events,
    introduction: Introduction,
    (trust, stamina): (Trust, Stamina),
    cancellation: &Cancellation,
) -> Result<End, CommandFailure> {
    let forge = Arc::new(Forge::new());
    let issuer = open(
        setting,
        introduction.issuer_listen,
        introduction.issuer.clone(),
        &forge,
    )?;
    let origin = issuer.origin().to_owned();
    let target = Target {
        reach: match introduction.url.scheme() {
            "https" => Reach::Tls,
            _ => Reach::Plain,
        },
        url: introduction.url.to_string(),
        header: introduction.header,
        test_issuer: introduction.trust,
        issuer: introduction.issuer.unwrap_or_else(|| format!("{origin}/")),
        audience: introduction.audience,
        subject: setting.profile.token.platform_subject.value.clone(),
        scope: setting.profile.token_scope.value.clone(),
        other_issuer: Target::production_issuer(&setting.profile),
        issuer_origin: origin,
        read_back: introduction.read_back,
        stamina,
    };
    let road = Road {
        target,
        trust,
        forge,
        issuer,
        whereto: Whereto::Sandbox,
    };
    travel(setting, events, road, cancellation).await
}

/// Probes a specimen that is served on this machine. The first and the last event are written in any
/// case.
///
/// # Errors
/// If a socket cannot be opened, or the record cannot be written.
pub async fn visit_specimen(
    setting: &Setting,
    events: Events,
    policy: Policy,
    stamina: Stamina,
    cancellation: &Cancellation,
) -> Result<End, CommandFailure> {
    let forge = Arc::new(Forge::new());
    let somewhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let issuer = open(setting, somewhere, None, &forge)?;
    let origin = issuer.origin().to_owned();
    let guest = Guest {
        header: (setting.header.name.clone(), setting.header.value.clone()),
        issuer: format!("{origin}/"),
        origin,
    };
    let host = Host::start(
        guest.settings(&setting.profile),
        Guest::policy(policy, &setting.profile),
        setting.chance.fork("specimen"),
        HostOptions::default(),
        setting.clock.clone(),
    )
    .map_err(CommandFailure::Listen)?;
    let url = host.notification_url();
    let target = guest.target(url, &setting.profile, Reach::Plain, stamina);
    let road = Road {
        target,
        trust: Trust::default(),
        forge,
        issuer,
        whereto: Whereto::Mock,
    };
    let travelled = travel(setting, events, road, cancellation).await;
    host.stop().await;
    travelled
}

/// What leads to an endpoint.
struct Road {
    target: Target,
    trust: Trust,
    forge: Arc<Forge>,
    issuer: TestIssuer,
    whereto: Whereto,
}

fn open(
    setting: &Setting,
    address: SocketAddr,
    issuer: Option<String>,
    forge: &Arc<Forge>,
) -> Result<TestIssuer, CommandFailure> {
    let profile = Arc::clone(&setting.profile);
    let clock = setting.clock.clone();
    TestIssuer::open(address, issuer, Arc::clone(forge), profile, clock)
        .map_err(|error| CommandFailure::Listen(error.source))
}

async fn travel(
    setting: &Setting,
    mut events: Events,
    road: Road,
    cancellation: &Cancellation,
) -> Result<End, CommandFailure> {
    for secret in road.target.disguises() {
        setting.redactor.learn("notification header", &secret);
    }
    let start = setting.start_of(
        Subject::Endpoint,
        road.whereto,
        "probe",
        None,
        road.trust.anybody,
    );
    events.emit(start)?;
    let mut logbook = Logbook::new(events, &setting.profile);
    let timeout = setting.profile.notifications.timeout.value;
    let visit = Visit {
        client: Client::new(
            setting.clock.clone(),
            routes(&road.target),
            ClientOptions {
                trust: road.trust.clone(),
                timeout: Some(timeout),
            },
        ),
        verbatim: Verbatim::new(setting.clock.clone(), road.trust),
        issuer: road.issuer,
        clock: setting.clock.clone(),
        timeout,
    };
    let probing = Probing::new(
        road.target,
        Arc::clone(&setting.profile),
        road.forge,
        setting.chance.fork("probing"),
    );
    let made = visit
        .make(probing, &mut logbook, &|| cancellation.is_cancelled())
        .await;
    let end = match &made {
        Ok(end) => *end,
        Err(_) => End::HarnessFault,
    };
    let closed = logbook.emit(EventKind::RunEnded { end });
    let end = made?;
    closed?;
    Ok(end)
}

/// An endpoint on this machine is reached without the proxies of its user.
fn routes(target: &Target) -> TargetMap {
    let mut map = TargetMap::direct();
    let urls = std::iter::once(&target.url).chain(&target.read_back);
    for url in urls {
        let address = Url::parse(url).ok().and_then(|url| {
            let host: IpAddr = url.host_str()?.trim_matches(['[', ']']).parse().ok()?;
            let address = SocketAddr::new(host, url.port_or_known_default()?);
            (url.scheme() == "http" && host.is_loopback()).then_some(address)
        });
        if let Some(address) = address {
            // It was a URL a moment ago.
            let _added = map.add(url, Route::Mock(address));
        }
    }
    map
}
