//! Credentials by their shape, wherever they stand in a text.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::{Captures, Regex, RegexSet};

use super::Rule;
use super::credential::{
    Named, is_literal_in_text, is_placeholder, looks_generated, named, rule_of,
};

/// Something in a text: its range, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) rule: Rule,
    pub(super) what: String,
    pub(super) range: Range<usize>,
}

/// A shape: its rule, its name, its pattern, of which the first group (or else the whole) is the
/// credential, and what else must hold.
struct Shape {
    rule: Rule,
    what: &'static str,
    pattern: &'static str,
    holds: fn(&str) -> bool,
}

const fn vendor(what: &'static str, pattern: &'static str) -> Shape {
    Shape {
        rule: Rule::VendorKey,
        what,
        pattern,
        holds: is_no_example,
    }
}

/// Sources: the vendors' own descriptions of the forms of their keys.
const SHAPES: [Shape; 25] = [
    Shape {
        rule: Rule::PrivateKey,
        what: "private key (PEM)",
        pattern: r"-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----[\s\S]{0,200}?([A-Za-z0-9+/]{40,})",
        holds: |_| true,
    },
    Shape {
        rule: Rule::PrivateKey,
        what: "private key (age)",
        pattern: r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
        holds: |_| true,
    },
    Shape {
        rule: Rule::SignedToken,
        what: "signed token (JWT)",
        pattern: r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}",
        holds: is_signed_token,
    },
    vendor("AWS access key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    vendor("GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    vendor("GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{60,255}\b"),
    vendor("GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    vendor(
        "Slack token",
        r"\bxox[abeoprs]-[A-Za-z0-9-]*[0-9]{6,}[A-Za-z0-9-]*",
    ),
    vendor(
        "Slack webhook",
        r"hooks\.slack\.com/services/(T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,})",
    ),
    vendor("Stripe key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b"),
    vendor("Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    vendor("Google client secret", r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    vendor("Google access token", r"\bya29\.[A-Za-z0-9_-]{30,}"),
    vendor("Postman API key", r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    vendor(
        "SendGrid key",
        r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    ),
    vendor("npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    vendor("Azure storage key", r"AccountKey=([A-Za-z0-9+/]{86}==)"),
    vendor("Shopify token", r"\bshp(?:at|ss|ca|pa)_[a-fA-F0-9]{32}\b"),
    vendor("Square token", r"\bsq0(?:atp|csp)-[A-Za-z0-9_-]{22,}"),
    vendor(
        "key of a language model's vendor",
        r"\bsk-(?:[a-z]+-)?[A-Za-z0-9_-]{32,}",
    ),
    Shape {
        rule: Rule::BasicCredentials,
        what: "name and password (Basic)",
        pattern: r"(?i)\bBasic\s+([A-Za-z0-9+/_-]{6,}={0,2})",
        holds: is_basic,
    },
    Shape {
        rule: Rule::BasicCredentials,
        what: "name and password in a URL",
        pattern: r#"\b[a-z][a-z0-9+.-]{1,20}://([^\s/:@"'`{}<>\\,;]{1,100}:[^\s/@"'`{}<>\\,;]{1,200})@"#,
        holds: is_pair,
    },
    Shape {
        rule: Rule::BasicCredentials,
        what: "name and password of curl",
        pattern: r#"\bcurl\b(?:[^\n|;]|\\\n){0,300}?\s(?:-[A-Za-z]{0,6}u\s{1,4}|--user(?:\s{1,4}|=))["']?([^\s:"'`{}<>\\]{1,100}:[^\s"'`<>\\]{1,200})"#,
        holds: is_pair,
    },
    Shape {
        rule: Rule::BearerToken,
        what: "bearer token",
        pattern: r"(?i)\bBearer\s+([A-Za-z0-9._~+/-]{16,}=*)",
        holds: |token| looks_generated(token) && !is_placeholder(token),
    },
    Shape {
        rule: Rule::NamedCredential,
        what: "",
        pattern: r#"(?i)([A-Za-z0-9_.-]{0,60}(?:secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|key|token|jwt|credentials?|authorization|client[_-]?id|assertion))(?:[_-]?[A-Za-z0-9]{1,12})?(?:\\*["'`\]]){0,3}\s{0,8}(?:=>|:=|[:=,])\s{0,8}\\*["'`]?([A-Za-z0-9+/=_.~!@#$%^*-]{8,512})"#,
        holds: |_| true,
    },
];

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .map(|shape| Regex::new(shape.pattern).expect("a constant"))
        .collect()
});

/// All of them at once: most texts have none.
static ANY: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(SHAPES.iter().map(|shape| shape.pattern)).expect("constants"));

/// Text in quotes, in a script or in JSON.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"["'`]([A-Za-z0-9+/=_.~-]{24,512})["'`\\]"#).expect("a constant")
});

/// Base64 as it is met: of either alphabet, with or without padding, with loose ends.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// What has the shape of a credential in `text`; of several that overlap the most special.
pub(super) fn shapes(text: &str) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for index in &ANY.matches(text) {
        let shape = &SHAPES[index];
        for found in PATTERNS[index].captures_iter(text) {
            let hit = if shape.what.is_empty() {
                assignment(text, &found)
            } else {
                plain(shape, &found)
            };
            hits.extend(hit.filter(|hit| !hits.iter().any(|other| overlap(other, hit))));
        }
    }
    hits.sort_by_key(|hit| hit.range.start);
    hits
}

fn plain(shape: &Shape, found: &Captures<'_>) -> Option<Hit> {
    let value = found.get(1).or_else(|| found.get(0))?;
    (shape.holds)(value.as_str()).then(|| Hit {
        rule: shape.rule,
        what: shape.what.to_owned(),
        range: value.range(),
    })
}

/// A value behind the name of a credential: `client_secret: "…"`, `set("apiKey", "…")`.
fn assignment(text: &str, found: &Captures<'_>) -> Option<Hit> {
    let (name, value) = (found.get(1)?, found.get(2)?);
    let name = &text[name.start()..name_end(text, name.end())];
    // What calls or reaches further is code, not a value.
    if text[value.end()..].starts_with(['(', '[']) {
        return None;
    }
    let kind = named(name.rsplit('.').next().unwrap_or(name))?;
    is_literal_in_text(kind, value.as_str()).then(|| Hit {
        rule: rule_of(kind),
        what: match kind {
            Named::Generated | Named::ClientId => format!("`{name}`"),
            Named::Password => format!("password `{name}`"),
        },
        range: value.range(),
    })
}

/// Where a name ends that goes on behind its telling word: `secretKey`, `token_type`.
fn name_end(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let more = rest
        .find(|character: char| !(character.is_ascii_alphanumeric() || "_-".contains(character)));
    end + more.unwrap_or(rest.len())
}

/// Literals in `text` that look random, where nothing else was found.
pub(super) fn random_literals(text: &str, found: &[Hit]) -> Vec<Hit> {
    QUOTED
        .captures_iter(text)
        .filter_map(|captures| captures.get(1))
        .filter(|literal| super::credential::looks_random(literal.as_str()))
        .map(|literal| Hit {
            rule: Rule::RandomValue,
            what: "literal".to_owned(),
            range: literal.range(),
        })
        .filter(|hit| !found.iter().any(|other| overlap(other, hit)))
        .collect()
}

fn overlap(one: &Hit, other: &Hit) -> bool {
    one.range.start < other.range.end && other.range.start < one.range.end
}

/// Whether nobody made it up for a description, as `AKIAIOSFODNN7EXAMPLE` is.
fn is_no_example(value: &str) -> bool {
    let mut bytes: Vec<u8> = value.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len() >= 8 && !is_placeholder(value)
}

/// Whether the first part is the header of a token (RFC 7515 §4.1), and it is not the token that
/// jwt.io shows to everybody.
fn is_signed_token(token: &str) -> bool {
    let mut parts = token.split('.');
    let header = parts.next().unwrap_or_default();
    let engine = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let header = engine.decode(header).unwrap_or_default();
    let header: Option<serde_json::Value> = serde_json::from_slice(&header).ok();
    let signature = parts.nth(1).unwrap_or_default();
    header.is_some_and(|header| header.get("alg").is_some())
        && !signature.starts_with("SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
        && !signature.starts_with("TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ")
}

/// Whether the base64 is that of a name and a password (RFC 7617 §2).
fn is_basic(encoded: &str) -> bool {
    let standard = encoded.replace('-', "+").replace('_', "/");
    let engine = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    engine
        .decode(standard)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .is_some_and(|pair| !pair.contains(char::is_control) && is_pair(&pair))
}

/// Whether it is a name and a password that mean something.
fn is_pair(pair: &str) -> bool {
    pair.split_once(':').is_some_and(|(user, password)| {
        !user.is_empty()
            && !password.is_empty()
            && !is_placeholder(pair)
            && !is_placeholder(password)
            && user != "user"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Rule, &str)> {
        let hits = shapes(text);
        hits.into_iter()
            .map(|hit| (hit.rule, &text[hit.range]))
            .collect()
    }

    /// Put together here, so that no file has them whole.
    fn token() -> String {
        [
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9",
            "eyJzdWIiOiJ0aGUgcHJvdmlkZXIifQ",
            "c2lnbmVkLWJ5LXRoZS1wbGF0Zm9ybQ",
        ]
        .join(".")
    }

    #[test]
    fn every_shape_is_found_inside_of_other_text() {
        let aws = ["AKIA", "J5GQ2XW7RVNEKD3L"].concat();
        let github = ["ghp", "_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let postman = format!(
            "PMAK-{}-{}",
            "5f1c9d2ab3e4f5a6b7c8d9e0", "1a2b3c4d5e6f708192a3b4c5d6e7f80912"
        );
        let pem = format!(
            "-----BEGIN RSA PRIVATE {}-----\nMIIEowIBAAKCAQEAx1k9Jz7Qm3n2v8c4b5t6y7u8i9o0pA\n",
            "KEY"
        );
        let table = [
            (
                format!("Authorization: Bearer {}", token()),
                Rule::SignedToken,
            ),
            (format!("curl -u x '{aws}'"), Rule::VendorKey),
            (format!("token={github}"), Rule::VendorKey),
            (format!("\"{postman}\""), Rule::VendorKey),
            (pem, Rule::PrivateKey),
            (
                "Authorization: Basic c2FnZTpodW50ZXIy".into(),
                Rule::BasicCredentials,
            ),
            (
                "postgres://sage:hunter2@db.example.org/x".into(),
                Rule::BasicCredentials,
            ),
            (
                "curl -s -X POST -u sage:hunter2 https://id.example.org".into(),
                Rule::BasicCredentials,
            ),
            (
                "curl -X POST \\\n  'https://id.example.org/?a=1&b=2' \\\n  -sSu sage:hunter2"
                    .into(),
                Rule::BasicCredentials,
            ),
            (
                "curl --user 'sage:hunter2' https://id.example.org".into(),
                Rule::BasicCredentials,
            ),
            (
                "authorization: bearer 8f3kD92mXz71QpLw".into(),
                Rule::BearerToken,
            ),
            (
                r#"{\"client_secret\":\"vK3nQ8xZ2mB7pL5tR9wY4cF6\"}"#.into(),
                Rule::NamedCredential,
            ),
            (
                r#"pm.environment.set("apiKey", "9f86d081884c7d65");"#.into(),
                Rule::NamedCredential,
            ),
            (
                "CLIENT_SECRET_PROD=vK3nQ8xZ2mB7pL5tR9wY4cF6".into(),
                Rule::NamedCredential,
            ),
            ("client_id=vK3nQ8xZ2mB7pL5tR9wY4cF6".into(), Rule::ClientId),
            ("password: Tr0ub4dor".into(), Rule::NamedCredential),
        ];
        for (text, rule) in table {
            let found = found(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].0, rule, "{text}");
        }
    }

    #[test]
    fn what_only_resembles_a_credential_is_left_alone() {
        for text in [
            "Authorization: Bearer {{accessToken}}",
            "Authorization: Basic {{basic}}",
            "Basic authentication is not supported by this server",
            "Bearer authentication-is-needed-for-this",
            "https://user:password@host/",
            "curl -u user:password https://host/",
            "curl --user-agent=Mozilla:5.0Abc77x https://host/",
            "curl -useful:thing9Q https://host/",
            "curl -u {{user}}:{{password}} https://host/",
            "curl -u $USER:$PASSWORD https://host/",
            "https://{{user}}:{{password}}@host/",
            "AKIAIOSFODNN7EXAMPLE",
            "client_secret={{clientSecret}}",
            "const token = pm.environment.get('access_token_value_2a1b3c')",
            "token_type: 9f86d081884c7d659f86d081884c7d65",
            "\"accessTokenUrl\": \"https://id.example.com/oauth2/v1/token\"",
            "pm.response.json().access_token",
            "\"nextPageToken\": \"9f86d081884c7d659f86d081884c7d65\"",
            "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEAx1k9Jz7Qm3n2v8c4b5t6y7u8i9o0pA\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
