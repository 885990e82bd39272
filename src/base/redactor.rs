//! The one redactor through which everything that leaves the program passes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foldhash::fast::RandomState;

use super::border::{calm_place, whole_characters, widen};
use super::disguise::{Escaping, View};
use super::generations::{Built, Generations};
use super::{Secret, SecretName, inflate, keyed_sha256};

/// Shorter values are not redacted: they would be found in innocent text.
pub const SHORTEST_SECRET: usize = 6;

/// How many layers of escaping are undone: JSON in JSON in HTML is three.
const LAYERS: usize = 3;

/// How many views of one window are looked at. Real text has fewer than ten.
const VIEWS: usize = 40;

/// A secret of `n` bytes is looked for in at most `n` times this many bytes of text: an indented
/// array of byte numbers is the longest form.
const LONGEST_FORM: usize = 32;

/// Text is looked at in windows of this many bytes, or more where secrets are long.
const WINDOW: usize = 256 * 1024;

/// What became of a value that was to be learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It is redacted from now on.
    New,
    /// It was known.
    Known,
    /// It has fewer than [`SHORTEST_SECRET`] characters and stays readable.
    TooShort,
}

/// Replaces every known secret, in whatever encoding it appears, by a commitment:
/// `[secret:` and the first 12 hexadecimal digits of its HMAC-SHA-256 under the key of the run,
/// `]`. The same value gives the same commitment in every encoding, so that equality can still be
/// checked. Inside an array of byte numbers the commitment is written as byte numbers too, so that
/// JSON stays JSON.
///
/// Found are, at up to three layers: the value as it is, as UTF-16, in hexadecimal, in base64 of
/// both alphabets at all three alignments (so also as part of `user:secret`), percent- and
/// form-encoded, escaped for JSON or HTML, as an array of byte numbers; and payload and signature
/// of a JWT by themselves.
///
/// Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Redactor(Arc<Shared>);

struct Shared {
    key: [u8; 32],
    known: RwLock<Known>,
    /// What others under another key search with.
    built: Option<Built>,
}

#[derive(Default)]
struct Known {
    /// By value; wiped with the redactor.
    names: HashMap<Box<str>, usize, RandomState>,
    secrets: Vec<Entry>,
    /// For the secrets that were known when it was last asked for.
    matcher: Option<Arc<Matcher>>,
}

impl Known {
    /// The matcher, if it searches for everything that is known.
    fn ready(&self) -> Option<Arc<Matcher>> {
        let matcher = self.matcher.as_ref()?;
        (matcher.names.len() == self.secrets.len()).then(|| Arc::clone(matcher))
    }
}

struct Entry {
    name: SecretName,
    value: Secret,
    commitment: String,
}

/// Everything that is known, ready to search with.
struct Matcher {
    generations: Generations,
    names: Vec<SecretName>,
    commitments: Vec<String>,
    /// The longest form of the longest secret, in bytes.
    reach: usize,
    /// Whether a secret holds a space, so that `+` matters.
    spaces: bool,
}

/// A place where a secret was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    start: usize,
    /// The negative end: of those that start together the longest sorts first.
    before_end: std::cmp::Reverse<usize>,
    secret: usize,
    numbers: bool,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor(…)")
    }
}

impl Redactor {
    /// A redactor that knows nothing yet. Whoever has `key` can check whether a commitment stands
    /// for a given value; nobody can read a value from it.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(Shared {
            key,
            known: RwLock::default(),
            built: None,
        }))
    }

    /// One whose relatives are many: see [`Redactor::rekeyed`].
    #[must_use]
    pub fn ancestor() -> Self {
        Self(Arc::new(Shared {
            key: [0; 32],
            known: RwLock::default(),
            built: Some(Built::default()),
        }))
    }

    /// Another one under `key` that knows the same. What either learns from now on the other does
    /// not; but what an [`Redactor::ancestor`]'s relatives search with is shared, not made again,
    /// where they learn the same.
    #[must_use]
    pub fn rekeyed(&self, key: [u8; 32]) -> Self {
        let matcher = self.matcher();
        let known = self.read();
        let secrets: Vec<Entry> = known
            .secrets
            .iter()
            .map(|entry| Entry {
                name: entry.name.clone(),
                value: entry.value.clone(),
                commitment: commitment(&key, entry.value.expose()),
            })
            .collect();
        let generations = matcher.map(|matcher| matcher.generations.clone());
        let built = self.0.built.clone();
        let matcher =
            generations.map(|earlier| Arc::new(Matcher::new(&earlier, &secrets, built.as_ref())));
        Self(Arc::new(Shared {
            key,
            known: RwLock::new(Known {
                names: known.names.clone(),
                secrets,
                matcher,
            }),
            built,
        }))
    }

    /// Redacts `value` from now on. Of a JWT, payload and signature are learned too.
    pub fn learn(&self, name: &str, value: &str) -> Learned {
        if value.chars().count() < SHORTEST_SECRET {
            return Learned::TooShort;
        }
        if self.read().names.contains_key(value) {
            return Learned::Known;
        }
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        for (part, part_value) in std::iter::once(("", value)).chain(jwt_parts(value)) {
            if known.names.contains_key(part_value) {
                continue;
            }
            let place = known.secrets.len();
            known.names.insert(part_value.into(), place);
            known.secrets.push(Entry {
                name: format!("{name}{part}"),
                value: Secret::new(part_value),
                commitment: self.commitment(part_value),
            });
        }
        Learned::New
    }

    /// How many secrets it knows. While that stays the same, so does what it makes of a text.
    #[must_use]
    pub fn knowledge(&self) -> usize {
        self.read().secrets.len()
    }

    /// What stands for `value` in redacted text.
    #[must_use]
    pub fn commitment(&self, value: &str) -> String {
        commitment(&self.0.key, value)
    }

    /// `text` with every known secret replaced.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => text.to_owned(),
            // Whole characters are replaced, so this is UTF-8; should it ever not be, nothing is
            // shown that was hidden.
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }
    }

    /// `bytes` with every known secret replaced. Compressed bytes are not rewritten: see
    /// [`Redactor::contains_secret`].
    #[must_use]
    pub fn redact_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(matcher) = self.matcher() else {
            return Cow::Borrowed(bytes);
        };
        // Most texts are short and hold none: of them nothing is copied.
        if bytes.len() <= matcher.window() && matcher.first_secret(bytes).is_none() {
            return Cow::Borrowed(bytes);
        }
        let mut output = Vec::new();
        let mut rest = bytes;
        let mut found_any = false;
        while !rest.is_empty() {
            let (taken, found) = matcher.redact_window(rest, Ending::Final, &mut output);
            found_any |= found;
            rest = &rest[taken..];
        }
        if found_any {
            Cow::Owned(output)
        } else {
            Cow::Borrowed(bytes)
        }
    }

    /// Redacts the beginning of `buffer` into `output`, and gives back how many bytes it took:
    /// as many as cannot be part of a secret that goes on behind the end of the buffer.
    pub(super) fn redact_beginning(&self, buffer: &[u8], output: &mut Vec<u8>) -> usize {
        let Some(matcher) = self.matcher() else {
            output.extend_from_slice(buffer);
            return buffer.len();
        };
        let mut taken = 0;
        while buffer.len() - taken >= matcher.window() {
            taken += matcher
                .redact_window(&buffer[taken..], Ending::Open, output)
                .0;
        }
        taken
    }

    /// The name of a secret that stands in `bytes`, in whatever encoding; also inside compressed
    /// data: a gzip member at any place, an entry of a ZIP archive, a zlib or deflate stream at
    /// the start, inside each other up to three deep. For the last sweep over finished files.
    #[must_use]
    pub fn contains_secret(&self, bytes: &[u8]) -> Option<SecretName> {
        let matcher = self.matcher()?;
        let mut layers = vec![(Cow::Borrowed(bytes), 0)];
        while let Some((layer, depth)) = layers.pop() {
            if let Some(secret) = matcher.first_secret(&layer) {
                return Some(matcher.names[secret].clone());
            }
            if depth < LAYERS {
                for inner in inflate::streams(&layer) {
                    layers.push((Cow::Owned(inner), depth + 1));
                }
            }
        }
        None
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        // A panic elsewhere cannot leave a value half learned: the matcher is set last.
        self.0.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The matcher for what is known now; nothing while nothing is.
    fn matcher(&self) -> Option<Arc<Matcher>> {
        {
            let known = self.read();
            if known.secrets.is_empty() {
                return None;
            }
            if let Some(matcher) = known.ready() {
                return Some(matcher);
            }
        }
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.ready().is_none() {
            let earlier = known.matcher.take();
            let generations = earlier.map(|matcher| matcher.generations.clone());
            let matcher = Matcher::new(
                &generations.unwrap_or_default(),
                &known.secrets,
                self.0.built.as_ref(),
            );
            known.matcher = Some(Arc::new(matcher));
        }
        known.matcher.clone()
    }
}

/// What stands for `value` under `key`.
fn commitment(key: &[u8; 32], value: &str) -> String {
    let digest = keyed_sha256(key, value.as_bytes());
    format!("[secret:{}]", &digest.as_str()[..12])
}

/// Payload and signature of a JWT (RFC 7519 §3); nothing for anything else.
fn jwt_parts(value: &str) -> impl Iterator<Item = (&'static str, &str)> {
    let mut parts = value.split('.');
    let whole = (parts.next(), parts.next(), parts.next(), parts.next());
    let pair = match whole {
        (Some(header), Some(payload), Some(signature), None)
            if URL_SAFE_NO_PAD
                .decode(header)
                .is_ok_and(|json| json.first() == Some(&b'{')) =>
        {
            [
                Some((" (payload)", payload)),
                Some((" (signature)", signature)),
            ]
        }
        _ => [None, None],
    };
    pair.into_iter()
        .flatten()
        .filter(|(_, part)| part.len() >= SHORTEST_SECRET)
}

/// What comes after a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Nothing but what is given.
    Final,
    /// Perhaps more.
    Open,
}

impl Matcher {
    fn new(earlier: &Generations, secrets: &[Entry], built: Option<&Built>) -> Self {
        let mut longest = 0;
        let mut spaces = false;
        for entry in secrets {
            let value = entry.value.expose();
            longest = longest.max(value.len());
            spaces |= value.contains(' ');
        }
        Self {
            generations: earlier.grown(
                secrets.len(),
                |secret| secrets[secret].value.expose(),
                built,
            ),
            names: secrets.iter().map(|entry| entry.name.clone()).collect(),
            commitments: secrets
                .iter()
                .map(|entry| entry.commitment.clone())
                .collect(),
            reach: longest * LONGEST_FORM + 64,
            spaces,
        }
    }

    fn window(&self) -> usize {
        WINDOW.max(self.reach * 4)
    }

    /// Redacts the first window of `text` into `output`; gives back how many bytes were taken and
    /// whether anything was replaced. A window that is not the last leaves the bytes at its end
    /// that may begin a secret.
    fn redact_window(&self, text: &[u8], ending: Ending, output: &mut Vec<u8>) -> (usize, bool) {
        let window = self.window();
        let (text, cut) = if text.len() <= window && ending == Ending::Final {
            (text, text.len())
        } else {
            let text = &text[..text.len().min(window)];
            (
                text,
                calm_place(text, text.len().saturating_sub(self.reach)),
            )
        };
        let mut found = self.search(text);
        found.sort_unstable();
        let mut at = 0;
        let mut replaced = false;
        for place in found {
            let end = place.before_end.0;
            if place.start >= cut || end <= at {
                continue;
            }
            output.extend_from_slice(&text[at..place.start.max(at)]);
            let commitment = &self.commitments[place.secret];
            if place.numbers {
                let numbers: Vec<String> = commitment.bytes().map(|b| b.to_string()).collect();
                output.extend_from_slice(numbers.join(",").as_bytes());
            } else {
                output.extend_from_slice(commitment.as_bytes());
            }
            at = end;
            replaced = true;
        }
        let taken = cut.max(at);
        output.extend_from_slice(&text[at..taken]);
        (taken, replaced)
    }

    fn search(&self, text: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        self.for_each_view(text, |view, path, numbers| {
            let generations = self.generations.iter();
            for hit in generations.flat_map(|generation| generation.hits(view)) {
                let mut range = widen(view, hit.range, hit.edges);
                for layer in path.iter().rev() {
                    range = layer.source(range);
                }
                let range = whole_characters(text, range);
                found.push(Found {
                    start: range.start,
                    before_end: std::cmp::Reverse(range.end),
                    secret: hit.secret,
                    numbers,
                });
            }
            true
        });
        found
    }

    /// Whether any secret stands in `text`, and which.
    fn first_secret(&self, text: &[u8]) -> Option<usize> {
        let mut secret = None;
        let mut at = 0;
        while at < text.len() && secret.is_none() {
            let window = &text[at..text.len().min(at + self.window())];
            self.for_each_view(window, |view, _, _| {
                secret = self
                    .generations
                    .iter()
                    .find_map(|generation| generation.hits(view).next())
                    .map(|hit| hit.secret);
                secret.is_none()
            });
            if at + window.len() == text.len() {
                break;
            }
            at += calm_place(window, window.len() - self.reach);
        }
        secret
    }

    /// Shows `look` the text and every way to undo escapes in it, with the views that lead there;
    /// stops when it says `false`.
    fn for_each_view(&self, text: &[u8], mut look: impl FnMut(&[u8], &[View], bool) -> bool) {
        let mut budget = VIEWS;
        if look(text, &[], false) {
            self.descend(text, &mut Vec::new(), false, &mut budget, &mut look);
        }
    }

    fn descend(
        &self,
        text: &[u8],
        path: &mut Vec<View>,
        numbers: bool,
        budget: &mut usize,
        look: &mut impl FnMut(&[u8], &[View], bool) -> bool,
    ) -> bool {
        if path.len() == LAYERS {
            return true;
        }
        for escaping in [
            Escaping::Json,
            Escaping::Percent,
            Escaping::Form,
            Escaping::Html,
            Escaping::Numbers,
        ] {
            if escaping == Escaping::Form && !self.spaces {
                continue;
            }
            let source = path.last().map_or(text, |view| view.bytes.as_slice());
            let Some(view) = View::of(source, escaping) else {
                continue;
            };
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            let numbers = numbers || escaping == Escaping::Numbers;
            path.push(view);
            let bytes = &path[path.len() - 1].bytes;
            let go_on =
                look(bytes, path, numbers) && self.descend(text, path, numbers, budget, look);
            path.pop();
            if !go_on {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
#[path = "redactor_tests.rs"]
mod tests;
