//! What the product asked, and what the provider said.

use crate::base::Timestamp;
use crate::conformance::Evidence;
use crate::history::Call;
use crate::profile::Profile;

/// The operation at which a product asks, and that at which the provider answers
/// (`/payments-out/guides/consumer/understand-consumer-messaging-webhooks`, `…/provider/…`).
const PAIRS: [(&str, &str); 6] = [
    ("debtoraccountputs", "debtoraccountputs"),
    (
        "debtoraccountlistqueries",
        "debtoraccountlistqueryresponses",
    ),
    ("debtoraccountdeletes", "debtoraccountdeletes"),
    ("creditorputs", "creditorputs"),
    ("creditorlistqueries", "creditorlistqueryresponses"),
    ("creditordeletes", "creditordeletes"),
];

/// What a provider may say without being asked: that an account or a vendor exists or has changed,
/// and that there is news.
const NEWS: [&str; 3] = ["debtoraccountputs", "creditorputs", "notifications"];

/// A question of the product, and its answer.
pub(super) struct Question<'e> {
    pub(super) asked: &'e Call<'e>,
    /// The operation at which it was asked.
    pub(super) name: &'static str,
    /// The operation at which it is to be answered.
    pub(super) expects: &'static str,
    pub(super) subscription: String,
    /// How often it reached the provider, who said that he had it.
    pub(super) deliveries: usize,
    /// When he first had.
    pub(super) delivered: Option<Timestamp>,
    pub(super) answer: Option<&'e Call<'e>>,
}

/// A message of the provider: one operation, however often it was tried.
pub(super) struct Statement<'e> {
    pub(super) call: &'e Call<'e>,
    /// The last segment of its path.
    pub(super) name: &'e str,
    pub(super) subscription: Option<String>,
}

impl Statement<'_> {
    /// Whether a provider may say so without being asked.
    pub(super) fn is_news(&self) -> bool {
        NEWS.contains(&self.name)
    }

    /// Whether it is said at an operation of the messaging API.
    pub(super) fn is_known(&self) -> bool {
        self.is_news() || PAIRS.iter().any(|(_, answer)| *answer == self.name)
    }
}

/// All questions with their answers, and what was said beside.
pub(super) struct Conversation<'e> {
    pub(super) questions: Vec<Question<'e>>,
    /// Messages of the provider that answer no question.
    pub(super) beside: Vec<Statement<'e>>,
    /// When the history ends.
    end: Timestamp,
}

impl<'e> Conversation<'e> {
    /// The conversation of a history.
    pub(super) fn of(evidence: &'e Evidence<'_>, profile: &'e Profile) -> Self {
        let mut questions = questions(evidence, profile);
        let mut beside = Vec::new();
        for statement in statements(evidence, profile) {
            let question = questions.iter_mut().find(|question| {
                question.answer.is_none()
                    && statement.call.succeeded()
                    && question.expects == statement.name
                    && statement.subscription.as_ref() == Some(&question.subscription)
                    && question.asked.began() <= statement.call.began()
            });
            match question {
                Some(question) => question.answer = Some(statement.call),
                None => beside.push(statement),
            }
        }
        Self {
            questions,
            beside,
            end: evidence
                .events()
                .last()
                .map_or(Timestamp::MIN, |event| event.at),
        }
    }

    /// The questions that the provider has and did not answer, although there was time to.
    pub(super) fn open(&self, profile: &Profile) -> impl Iterator<Item = &Question<'e>> {
        let patience = profile.backoff.cap.value;
        self.questions.iter().filter(move |question| {
            question.answer.is_none()
                && question.deliveries > 0
                && crate::exchange::between(question.asked.began(), self.end) > patience
        })
    }

    /// What was said beside that looks like the answer to `question` at another operation.
    pub(super) fn mistaken(&self, question: &Question<'_>) -> Option<&Statement<'e>> {
        // Of creditors, or of debtor accounts.
        let of = |name: &str| name.starts_with("creditor");
        self.beside.iter().find(|statement| {
            statement.name != question.expects
                && statement.name != "notifications"
                && of(statement.name) == of(question.name)
                && statement.subscription.as_ref() == Some(&question.subscription)
                && statement.call.began() >= question.asked.began()
        })
    }

    /// What was said beside at the right operation, of a subscription that nobody asked about there.
    pub(super) fn astray(&self, question: &Question<'_>) -> Option<&Statement<'e>> {
        self.beside.iter().find(|statement| {
            statement.name == question.expects
                && statement.subscription.as_ref() != Some(&question.subscription)
                && statement.call.began() >= question.asked.began()
        })
    }
}

/// The last segment of the path of a message under `base`.
fn name_under<'c>(call: &'c Call<'_>, base: &str) -> Option<&'c str> {
    // The operation begins with the method, and is at hand.
    if !call.endpoint.operation.starts_with("POST ") {
        return None;
    }
    let rest = call.path().strip_prefix(base)?.strip_prefix('/')?;
    (!rest.contains('/')).then_some(rest)
}

fn subscription(call: &Call<'_>) -> Option<String> {
    let body = call.exchange.request.body.json()?;
    body["subscriptionId"].as_str().map(str::to_owned)
}

fn questions<'e>(evidence: &'e Evidence<'_>, profile: &Profile) -> Vec<Question<'e>> {
    let base = &profile.paths.consumer_messaging.value;
    let mut questions = Vec::new();
    for asked in evidence
        .product_calls()
        .iter()
        .filter(|call| call.succeeded())
    {
        let Some(name) = name_under(asked, base) else {
            continue;
        };
        let Some((name, expects)) = PAIRS.iter().find(|(question, _)| *question == name) else {
            continue;
        };
        let Some(subscription) = subscription(asked) else {
            continue;
        };
        let data = asked.exchange.request.body.json().unwrap_or_default()["data"].take();
        let deliveries: Vec<Timestamp> = evidence
            .notifications()
            .iter()
            .filter(|sent| {
                sent.succeeded()
                    && sent.began() >= asked.began()
                    && sent.exchange.request.body.json().is_some_and(|body| {
                        let text = body.to_string();
                        text.contains(*name) && text.contains(&subscription) && holds(&body, &data)
                    })
            })
            .map(Call::ended)
            .collect();
        questions.push(Question {
            asked,
            name,
            expects,
            subscription,
            deliveries: deliveries.len(),
            delivered: deliveries.into_iter().min(),
            answer: None,
        });
    }
    questions
}

/// Whether `part` stands somewhere in `whole`.
fn holds(whole: &serde_json::Value, part: &serde_json::Value) -> bool {
    whole == part
        || match whole {
            serde_json::Value::Array(items) => items.iter().any(|item| holds(item, part)),
            serde_json::Value::Object(members) => {
                members.values().any(|member| holds(member, part))
            }
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => false,
        }
}

/// What the provider said: the last attempt of each operation.
fn statements<'e>(
    evidence: &'e Evidence<'_>,
    profile: &'e Profile,
) -> impl Iterator<Item = Statement<'e>> {
    let base = &profile.paths.provider_messaging.value;
    let mut last: indexmap::IndexMap<u64, &Call<'_>> = indexmap::IndexMap::new();
    for call in evidence.provider_calls() {
        if name_under(call, base).is_some() && call.provokes.is_empty() {
            last.insert(call.attempt.group, call);
        }
    }
    last.into_values().filter_map(move |call| {
        Some(Statement {
            call,
            name: name_under(call, base)?,
            subscription: subscription(call),
        })
    })
}
