//! Reads what a provider declares (TOML).

use indexmap::IndexMap;
use jiff::civil::Date;
use toml::de::DeValue;
use url::Url;

use super::{
    Attestation, AttestationKind, Declaration, DeclaredGrowth, DeclaredJitter,
    DeclaredNotification, DeclaredRetry, Endpoints, Product, Support, Trust,
};
use crate::base::{Flaw, Found, Paper, Secret, Sheet, SheetErrors};

/// What stands before the name of a variable that holds a secret.
const FROM_VARIABLE: &str = "env:";
/// The most instances, and the most attempts, that anybody means.
const MOST: u32 = 10_000;
/// How a URL is written.
const URL: &str = r#""https://pay.example.com/…""#;

/// Gives the value of a variable of the environment; none where it is not set.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The world around a declaration, as far as its reading depends on it.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Today: nobody attests anything tomorrow.
    pub today: Date,
    /// The value of a variable, for `env:NAME`; none where secrets are of no use, and left out.
    pub variable: Option<Variables<'a>>,
}

impl Declaration {
    /// The optional features that can be declared, with what each is.
    pub const FEATURES: [(&'static str, &'static str); 5] = [
        (
            "authorise-link",
            "users authorise by a link of the provider's",
        ),
        (
            "messaging",
            "questions about vendors and bank accounts are answered",
        ),
        ("notifications", "there is a notification endpoint"),
        ("payment-files", "batches can be taken as a file"),
        ("rules", "the configuration states rules for fields"),
    ];

    /// Reads a declaration (TOML); `file` is how the user calls it. Every key may be missing.
    ///
    /// # Errors
    /// Everything that is wrong with it at once, each with its place. No message holds a value.
    pub fn read(file: &str, text: &str, around: Around<'_>) -> Result<Self, SheetErrors> {
        let paper = Paper::new(text);
        let declaration = paper.sheet().map(|sheet| read(sheet, around));
        paper.finish(file, declaration)
    }
}

fn read(mut sheet: Sheet<'_, '_>, around: Around<'_>) -> Declaration {
    let provider = sheet.text("provider", r#""Example Payments Ltd""#);
    let key_delivery = sheet.text("key-delivery", r#""by the platform's secure mail""#);
    let token_skew = sheet.duration("token-skew", r#""60s""#);
    let latency_target = sheet.duration("latency-target", r#""5s""#);
    let instances = sheet.count("instances", MOST);
    let product = sheet.sheet("product").and_then(product);
    let authorisation_endpoint = sheet
        .sheet("authorisation-endpoint")
        .map(|mut sheet| {
            let endpoints = endpoints(&mut sheet);
            sheet.finish();
            endpoints
        })
        .unwrap_or_default();
    let features = sheet.sheet("features").map(features).unwrap_or_default();
    let notification = sheet.sheet("notification").map(|sheet| {
        let start = sheet.start();
        let unsupported = features.get("notifications") == Some(&Support::Unsupported);
        if unsupported {
            sheet.problem(
                start,
                Flaw::Contradiction,
                "`notification` describes what `features.notifications` says there is not",
                "remove one of them",
            );
        }
        notification(sheet, around)
    });
    let retry = sheet.sheet("retry").and_then(retry);
    let attestations = sheet
        .sheet("attestation")
        .map(|sheet| attestations(sheet, around.today))
        .unwrap_or_default();
    sheet.finish();
    Declaration {
        provider: Found::value(provider),
        product,
        authorisation_endpoint,
        notification,
        retry,
        token_skew: Found::value(token_skew),
        latency_target: Found::value(latency_target),
        instances: Found::value(instances),
        features,
        key_delivery: Found::value(key_delivery),
        attestations,
    }
}

fn product(mut sheet: Sheet<'_, '_>) -> Option<Product> {
    sheet.need("name", r#""payments-connector""#);
    sheet.need("version", r#""4.2.0""#);
    let name = sheet.text("name", r#""payments-connector""#);
    let version = sheet.text("version", r#""4.2.0""#);
    let digest = sheet.read(
        "digest",
        "`sha256:` and 64 hexadecimal digits in lower case",
        r#""sha256:9f86d0…""#,
        |value| {
            let text = value.as_str()?;
            let digits = text.strip_prefix("sha256:")?;
            let lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
            (digits.len() == 64 && digits.bytes().all(lower)).then(|| text.to_owned())
        },
    );
    sheet.finish();
    Some(Product {
        name: name?.value,
        version: version?.value,
        digest: Found::value(digest),
    })
}

/// The URLs of both environments.
fn endpoints(sheet: &mut Sheet<'_, '_>) -> Endpoints {
    let sandbox = url(sheet, "sandbox");
    let production = url(sheet, "production");
    for (key, found) in [("sandbox", &sandbox), ("production", &production)] {
        let Some(found) = found else { continue };
        let local = is_local(&found.value);
        let key = sheet.key(key);
        if found.value.scheme() == "http" && !(local && key.ends_with("sandbox")) {
            sheet.problem(
                found.start,
                Flaw::InClear,
                format!("`{key}` is an http URL: what is sent there can be read on its way"),
                "write an https URL; http is for a sandbox on this machine only",
            );
        } else if local && key.ends_with("production") {
            sheet.problem(
                found.start,
                Flaw::Contradiction,
                format!("`{key}` names this machine"),
                "write the URL that the platform is to reach",
            );
        }
    }
    if let (Some(sandbox), Some(production)) = (&sandbox, &production)
        && sandbox.value == production.value
    {
        sheet.problem(
            production.start,
            Flaw::Contradiction,
            format!(
                "`{}` is the URL of the sandbox too",
                sheet.key("production")
            ),
            "write a URL of its own for each environment",
        );
    }
    Endpoints {
        sandbox: Found::value(sandbox).map(String::from),
        production: Found::value(production).map(String::from),
    }
}

fn url(sheet: &mut Sheet<'_, '_>, key: &str) -> Option<Found<Url>> {
    let expected = "an absolute http(s) URL without user, password and fragment";
    sheet.read(key, expected, URL, |value| absolute(value.as_str()?))
}

fn absolute(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    (plain && web).then_some(url)
}

/// Whether a URL names this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn notification(mut sheet: Sheet<'_, '_>, around: Around<'_>) -> DeclaredNotification {
    let has_endpoint = sheet.has("sandbox") || sheet.has("production");
    let (has_header, has_value) = (sheet.has("header"), sheet.has("value"));
    let endpoint = endpoints(&mut sheet);
    let header = sheet.read(
        "header",
        "the name of a header that is yours to choose",
        r#""x-example-notification-key""#,
        |value| {
            let name = value.as_str()?;
            let parsed = http::HeaderName::from_bytes(name.as_bytes()).ok()?;
            (parsed != http::header::AUTHORIZATION).then(|| name.to_owned())
        },
    );
    let value = secret(&mut sheet, around);
    if has_value && !has_header {
        sheet.problem(
            sheet.start(),
            Flaw::Contradiction,
            "`notification.value` has no `notification.header` to stand in",
            "name the header, or remove the value",
        );
    }
    if has_header && !has_endpoint {
        sheet.problem(
            sheet.start(),
            Flaw::Contradiction,
            "`notification.header` has no endpoint that could require it",
            format!("write `sandbox = {URL}` beside it, or remove the header"),
        );
    }
    let read_back = sheet.read(
        "read-back",
        "a URL in which `{id}` stands for the id of a resource",
        r#""https://pay.example.com/batches/{id}""#,
        |value| {
            let text = value.as_str().filter(|text| text.contains("{id}"))?;
            absolute(&text.replace("{id}", "id")).map(|url| (text.to_owned(), url))
        },
    );
    if let Some(found) = &read_back
        && found.value.1.scheme() == "http"
        && !is_local(&found.value.1)
    {
        sheet.problem(
            found.start,
            Flaw::InClear,
            "`notification.read-back` is an http URL",
            "write an https URL; http is for this machine only",
        );
    }
    let test_issuer = sheet.word(
        "test-issuer",
        &[("trusted", Trust::Trusted), ("untrusted", Trust::Untrusted)],
    );
    sheet.finish();
    DeclaredNotification {
        endpoint,
        header: Found::value(header),
        value,
        read_back: Found::value(read_back).map(|(text, _)| text),
        test_issuer: Found::value(test_issuer).unwrap_or_default(),
    }
}

/// The value of the header, or of the variable that it names.
fn secret(sheet: &mut Sheet<'_, '_>, around: Around<'_>) -> Option<Secret> {
    let example = r#""env:NOTIFICATION_KEY""#;
    let written = sheet.text("value", example)?;
    let value = match written.value.strip_prefix(FROM_VARIABLE) {
        None => Secret::new(written.value),
        Some(name) => {
            let Some(value) = (around.variable?)(name) else {
                // Whoever misread the manual has written the secret itself.
                let plain = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
                let name = if name.bytes().all(plain) {
                    format!(" {name}")
                } else {
                    String::new()
                };
                sheet.problem(
                    written.start,
                    Flaw::Missing,
                    format!("`notification.value` names a variable{name} that is not set"),
                    "set it in the environment of preflight",
                );
                return None;
            };
            Secret::new(value)
        }
    };
    if value.expose().is_empty() || http::HeaderValue::from_str(value.expose()).is_err() {
        sheet.problem(
            written.start,
            Flaw::WrongValue,
            "`notification.value` cannot be sent in a header",
            "use visible ASCII characters only",
        );
        return None;
    }
    Some(value)
}

fn retry(mut sheet: Sheet<'_, '_>) -> Option<DeclaredRetry> {
    #[derive(Clone, Copy, PartialEq)]
    enum Growth {
        Fixed,
        Linear,
        Exponential,
    }
    sheet.need("growth", r#""exponential""#);
    sheet.need("base", r#""1s""#);
    sheet.need("cap", r#""60s""#);
    let growth = sheet.word(
        "growth",
        &[
            ("exponential", Growth::Exponential),
            ("linear", Growth::Linear),
            ("fixed", Growth::Fixed),
        ],
    );
    let factor = sheet.number("factor", 1.01, 100.0);
    if let (Some(growth), Some(factor)) = (&growth, &factor)
        && growth.value != Growth::Exponential
    {
        sheet.problem(
            factor.start,
            Flaw::Contradiction,
            "`retry.factor` says by how much the wait grows, and only exponential growth has one",
            "remove it, or write `growth = \"exponential\"`",
        );
    }
    let base = sheet.duration("base", r#""1s""#);
    let cap = sheet.duration("cap", r#""60s""#);
    if let Some(base) = base.as_ref().filter(|base| base.value.is_zero()) {
        sheet.problem(
            base.start,
            Flaw::Contradiction,
            "`retry.base` is nothing: that is no backing off",
            "write the first wait, for example `base = \"1s\"`",
        );
    }
    if let (Some(base), Some(cap)) = (&base, &cap)
        && base.value > cap.value
    {
        sheet.problem(
            base.start,
            Flaw::Contradiction,
            "`retry.base` is longer than `retry.cap`, the longest wait",
            "write the first wait as base and the longest as cap",
        );
    }
    let jitter = jitter(&mut sheet);
    let attempts = sheet.count("attempts", MOST);
    sheet.finish();
    let growth = match growth?.value {
        Growth::Fixed => DeclaredGrowth::Fixed,
        Growth::Linear => DeclaredGrowth::Linear,
        Growth::Exponential => DeclaredGrowth::Exponential(factor.map_or(2.0, |it| it.value)),
    };
    Some(DeclaredRetry {
        growth,
        base: base?.value,
        cap: cap?.value,
        jitter: jitter.unwrap_or(DeclaredJitter::None),
        attempts: Found::value(attempts),
    })
}

/// A word, or a table with how much.
fn jitter(sheet: &mut Sheet<'_, '_>) -> Option<DeclaredJitter> {
    let expected = "\"none\", \"equal\", \"full\", \"decorrelated\", { proportional = 0.0 to 1.0 } or \
                    { additive = a duration }";
    let found = sheet.read("jitter", expected, r#""full""#, |value| {
        if let Some(word) = value.as_str() {
            return match word {
                "none" => Some(DeclaredJitter::None),
                "equal" => Some(DeclaredJitter::Equal),
                "full" => Some(DeclaredJitter::Full),
                "decorrelated" => Some(DeclaredJitter::Decorrelated),
                _ => None,
            };
        }
        let table = value.as_table().filter(|table| table.len() == 1)?;
        let (kind, amount) = table.iter().next()?;
        match (kind.get_ref().as_ref(), amount.get_ref()) {
            ("proportional", DeValue::Float(number)) => {
                let share: f64 = number.as_str().parse().ok()?;
                let possible = (0.0..=1.0).contains(&share);
                possible.then_some(DeclaredJitter::Proportional(share))
            }
            ("additive", DeValue::String(text)) => {
                let most: jiff::SignedDuration = text.parse().ok()?;
                Some(DeclaredJitter::Additive(most.try_into().ok()?))
            }
            _ => None,
        }
    });
    Found::value(found)
}

fn features(mut sheet: Sheet<'_, '_>) -> IndexMap<String, Support> {
    let there = sheet.keys();
    let mut features = IndexMap::new();
    for (name, _) in Declaration::FEATURES {
        let words = [
            ("supported", Support::Supported),
            ("unsupported", Support::Unsupported),
        ];
        if let Some(support) = sheet.word(name, &words) {
            features.insert(name.to_owned(), support.value);
        }
    }
    sheet.finish();
    features.sort_by_cached_key(|name, _| there.iter().position(|key| key == name));
    features
}

fn attestations(mut sheet: Sheet<'_, '_>, today: Date) -> IndexMap<AttestationKind, Attestation> {
    let mut attestations = IndexMap::new();
    for kind in AttestationKind::ALL {
        if let Some(sheet) = sheet.sheet(kind.name())
            && let Some(attestation) = attestation(sheet, today)
        {
            attestations.insert(kind, attestation);
        }
    }
    sheet.finish();
    attestations
}

fn attestation(mut sheet: Sheet<'_, '_>, today: Date) -> Option<Attestation> {
    const STATEMENT: &str = r#""Keys are kept in a vault.""#;
    const NAME: &str = r#""Jo Smith, CISO""#;
    sheet.need("statement", STATEMENT);
    sheet.need("name", NAME);
    sheet.need("date", "2026-03-31");
    let statement = sheet.text("statement", STATEMENT);
    let name = sheet.text("name", NAME);
    let date = sheet.date("date");
    if let Some(date) = date.as_ref().filter(|date| date.value > today) {
        sheet.problem(
            date.start,
            Flaw::Contradiction,
            format!(
                "`{}` lies in the future: today is {today}",
                sheet.key("date")
            ),
            "write the day on which it was attested",
        );
    }
    sheet.finish();
    Some(Attestation {
        statement: statement?.value,
        name: name?.value,
        date: date?.value,
    })
}
