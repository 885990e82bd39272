//! A connector that speaks to the real sandbox through us.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{OpenDoor, Setting, noise};
use crate::cli::args::ObserveArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::printer::Printer;
use crate::cli::target;
use crate::cli::workshop::LastWill;
use crate::event::{End, Events, NoiseMoment};
use crate::observe::{Finale, Logbook, Proxy, Upstream};
use crate::run::Cancellation;
use crate::transport::{Client, ClientOptions, Route, TargetMap};

/// How long the sandbox may take to answer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Where requests are forwarded to: what was typed, checked against the production hosts.
///
/// # Errors
/// If it is no URL, or production without leave.
pub fn upstream(
    api: &str,
    args: &ObserveArgs,
    setting: &Setting,
) -> Result<Upstream, CommandFailure> {
    let api = base(api)?;
    let token = match &args.proxy_token {
        Some(token) => base(token)?,
        None => api.clone(),
    };
    let named = BTreeSet::from([api.clone(), token.clone()]);
    let production = target::production_hosts(&named, &setting.profile);
    if !production.is_empty() && !args.allow_production {
        return Err(CommandFailure::Usage {
            message: format!("--proxy names production: {}", production.join(", ")),
            remedy: "use the sandbox's URL, or say --allow-production".into(),
        });
    }
    Ok(Upstream {
        api,
        token,
        token_path: setting.profile.paths.token.value.clone(),
    })
}

/// A base URL without a slash at its end.
fn base(url: &str) -> Result<String, CommandFailure> {
    Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .filter(|url| url.query().is_none() && url.username().is_empty())
        .map(|url| url.as_str().trim_end_matches('/').to_owned())
        .ok_or_else(|| CommandFailure::Usage {
            message: "--proxy: this is no http or https URL".into(),
            remedy: "name the sandbox's base URL: https://sandbox.example".into(),
        })
}

/// Forwards until somebody stops it or its time is over. The last event is written in any case.
///
/// # Errors
/// If the door cannot be opened, or the record cannot be written.
pub async fn forward(
    upstream: Upstream,
    args: &ObserveArgs,
    setting: &Setting,
    events: Events,
    printer: Printer,
    (cancellation, will): (&Cancellation, &LastWill),
) -> Result<(), CommandFailure> {
    let mut map = TargetMap::direct();
    for url in [&upstream.api, &upstream.token] {
        if let Some(address) = plain_loopback(url) {
            map.add(url, Route::Mock(address))?;
        }
    }
    let options = ClientOptions {
        trust: target::trust(&args.trust)?,
        timeout: Some(TIMEOUT),
    };
    let client = Client::new(setting.clock.clone(), map, options);
    let logbook = Logbook::new(events, &setting.profile);
    let proxy = Proxy::new(upstream.clone(), client, logbook);
    let ending = proxy.clone();
    will.add_words(move || {
        // Whether it could be written down, nobody asks any more.
        let _ = ending.end(End::AbortedByUser);
    });
    let opened = OpenDoor::open(
        Arc::new(proxy.clone()),
        &setting.clock,
        args.meeting.listen(),
        &args.meeting.door,
        &args.evidence.join("ca.pem"),
    );
    let door = match opened {
        Ok(door) => door,
        Err(failure) => {
            proxy.end(End::HarnessFault)?;
            return Err(failure);
        }
    };
    let tls = args.meeting.door.tls;
    proxy.note(noise(setting, tls, NoiseMoment::Before, cancellation).await);
    printer.note(&format!(
        "{} forwards to {}; tokens are asked for at {}{}. Notifications go from the sandbox to your \
         connector directly and are not seen.\n",
        door.origin(),
        upstream.api,
        door.origin(),
        upstream.token_path,
    ));
    let time_is_over = async {
        match args.for_time {
            Some(time) => setting.clock.sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let finale = proxy
        .play(async {
            tokio::select! {
                () = cancellation.cancelled() => {}
                () = time_is_over => {}
            }
        })
        .await;
    door.close().await;
    proxy.note(noise(setting, tls, NoiseMoment::After, cancellation).await);
    let ended = proxy.end(proxy.outcome());
    if let Finale::Unrecorded(failure) = finale {
        return Err(failure.into());
    }
    let forwarded = ended?;
    let noun = if forwarded == 1 {
        "request"
    } else {
        "requests"
    };
    printer.note(&format!("stopped; {forwarded} {noun} forwarded\n"));
    Ok(())
}

/// The address of a plain HTTP URL on this machine: it is spoken to without proxies.
fn plain_loopback(url: &str) -> Option<SocketAddr> {
    let url = Url::parse(url).ok()?;
    let address: IpAddr = url.host_str()?.parse().ok()?;
    (url.scheme() == "http" && address.is_loopback())
        .then(|| SocketAddr::new(address, url.port_or_known_default().unwrap_or(80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_has_neither_slash_nor_credentials() {
        assert_eq!(base("https://a.example/b/").unwrap(), "https://a.example/b");
        assert_eq!(base("https://a.example").unwrap(), "https://a.example");
        for wrong in [
            "a.example",
            "ftp://a",
            "https://u:hunter2@a",
            "https://a?b=c",
        ] {
            let error = base(wrong).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
