//! Where a host really lives, and which hosts may be spoken to at all.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::exchange::{Failure, FailureKind};

/// Where the requests for one origin go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the embedded mock, which is told the original host.
    Mock(SocketAddr),
    /// To another origin, `https://host:port`, which is told its own host.
    Origin(String),
    /// Where the URL says.
    Direct,
}

/// What becomes of an origin that no entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    Direct,
    Refused,
}

/// The routes of a run, by origin (`scheme://host[:port]`, in lower case).
#[derive(Clone, Debug)]
pub struct TargetMap {
    routes: BTreeMap<String, Route>,
    others: Others,
}

/// `--map` cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// There is no `=`.
    #[error("«{0}» should be URL=mock, URL=sandbox or URL=URL")]
    Shape(String),
    /// A side is no http(s) URL.
    #[error("«{0}» is not an http or https URL")]
    Url(String),
}

impl TargetMap {
    /// Every request goes where its URL says.
    #[must_use]
    pub fn direct() -> Self {
        Self {
            routes: BTreeMap::new(),
            others: Others::Direct,
        }
    }

    /// Only origins that are added may be spoken to.
    #[must_use]
    pub fn closed() -> Self {
        Self {
            routes: BTreeMap::new(),
            others: Others::Refused,
        }
    }

    /// Adds the route of the origin of `url`. An origin that has one keeps it.
    pub fn add(&mut self, url: &str, route: Route) -> Result<(), MapError> {
        let origin = origin(url).ok_or_else(|| MapError::Url(url.to_owned()))?;
        self.routes.entry(origin).or_insert(route);
        Ok(())
    }

    /// Understands `--map URL=mock|sandbox|URL`; `mock` is where the embedded mock listens.
    pub fn add_argument(
        &mut self,
        argument: &str,
        mock: Option<SocketAddr>,
    ) -> Result<(), MapError> {
        // The URL on the left may have a query with `=`, so the sign is looked for from the right
        // where the right side is a word, and before its scheme where it is a URL.
        let (url, to) = ["=http://", "=https://"]
            .iter()
            .filter_map(|sign| argument.rfind(sign))
            .max()
            .or_else(|| argument.rfind('='))
            .map(|place| (&argument[..place], &argument[place + 1..]))
            .ok_or_else(|| MapError::Shape(argument.to_owned()))?;
        let route = match (to, mock) {
            ("mock", Some(address)) => Route::Mock(address),
            ("sandbox", _) => Route::Direct,
            ("mock", None) => return Err(MapError::Shape(argument.to_owned())),
            (other, _) => {
                Route::Origin(origin(other).ok_or_else(|| MapError::Url(other.to_owned()))?)
            }
        };
        self.add(url, route)
    }

    /// The routes, by origin.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Route)> {
        self.routes
            .iter()
            .map(|(origin, route)| (origin.as_str(), route))
    }

    /// The route of `url`, or why nothing is sent there.
    pub fn route(&self, url: &url::Url) -> Result<Route, Failure> {
        let key = key(url);
        match (self.routes.get(&key), self.others) {
            (Some(route), _) => Ok(route.clone()),
            (None, Others::Direct) => Ok(Route::Direct),
            (None, Others::Refused) => Err(Failure {
                kind: FailureKind::Refused,
                message: format!(
                    "{key} is named neither by the environment nor by --map, so nothing is sent there"
                ),
            }),
        }
    }
}

/// The origin of an http(s) URL.
fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| key(&url))
}

fn key(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mock() -> SocketAddr {
        "127.0.0.1:9".parse().unwrap()
    }

    fn route(map: &TargetMap, url: &str) -> Result<Route, Failure> {
        map.route(&url::Url::parse(url).unwrap())
    }

    #[test]
    fn a_closed_map_refuses_what_nobody_named() {
        let mut map = TargetMap::closed();
        map.add("https://A.example/base?x=1", Route::Mock(mock()))
            .unwrap();
        assert_eq!(
            route(&map, "https://a.example:443/other").unwrap(),
            Route::Mock(mock())
        );
        let refused = route(&map, "https://b.example/").unwrap_err();
        assert_eq!(refused.kind, FailureKind::Refused);
        assert!(refused.message.contains("https://b.example"));
    }

    #[test]
    fn arguments_say_where_a_url_goes() {
        let mut map = TargetMap::closed();
        for argument in [
            "https://a.example/x?q=1=mock",
            "https://b.example=https://c.example:8443/y",
            "http://d.example=sandbox",
        ] {
            map.add_argument(argument, Some(mock())).unwrap();
        }
        let shown: Vec<_> = map
            .iter()
            .map(|(origin, route)| format!("{origin} {route:?}"))
            .collect();
        assert_eq!(
            shown,
            [
                "http://d.example Direct",
                "https://a.example Mock(127.0.0.1:9)",
                "https://b.example Origin(\"https://c.example:8443\")",
            ]
        );
        for wrong in [
            "https://a.example",
            "ftp://a=mock",
            "https://a.example=ftp://b",
        ] {
            assert!(
                TargetMap::closed()
                    .add_argument(wrong, Some(mock()))
                    .is_err(),
                "{wrong}"
            );
        }
    }
}
