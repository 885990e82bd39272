//! What the product does, what goes wrong meanwhile, and when a scenario is over.
//!
//! A plan is a TOML file. It is written in the words of its reader:
//!
//! ```toml
//! name = "mine"
//! description = "What it is for, in a sentence."
//!
//! [payment.rejected]                  # replaces the template of the same name
//! amount = "10.00"
//! currency = "GBP"
//! creditor = { name = "Nobody", bankAccount = { sortCode = "200000", accountNumber = "99999999" } }
//!
//! [[scenario]]
//! name = "A batch under pressure"
//! exercises = ["BK-01", "BK-02"]      # the checks for which it gives evidence
//! budget = "60s"                      # at most so long
//! quiet = "2s"                        # nothing arrives for so long before it ends
//! subscription = "new"                # or "seeded", the one that is authorised from the start
//! token_lifetime = "90s"              # of the tokens that are issued meanwhile
//! token_text = "repeated"             # the same token again while it lives; else "fresh"
//! expires_in = "absent"               # in the answer to a token request; "given", or by the profile
//!
//! [scenario.delivery]                 # of notifications
//! hold = "1s"                         # before the first attempt
//! shuffled_within = "2s"              # those of such a time leave in another order
//! lost = 1                            # so many first attempts of each never arrive
//! duplicates = 1                      # so many times each is sent again at once
//! redelivered_after = "5s"            # and once more then
//!
//! [[scenario.fault]]                  # scripted answers, from the beginning
//! operation = "PATCH {provider-api}/batchpayments/{batchId}"
//! answers = ["429 retry-after=2", "503"]
//! demand = "required"                 # or "optional": not every connector asks for the operation
//!
//! [[scenario.act]]
//! do = "submit-batch"                 # subscribe, submit-batch, send, read, set-status, revoke-tokens
//! payments = 3
//! rejected = 1
//! amounts = ["10.00", "12.50"]        # in turn; else those of the templates
//! at = "2s"                           # since the subscription can be used
//! every = "1s"
//! times = 5
//!
//! [[scenario.act]]
//! do = "send"
//! message = "creditorputs"
//! after = "500ms"                     # since everything that earlier acts asked for is done
//! [[scenario.act.fault]]              # scripted answers, from the moment of the act, each time
//! operation = "POST {provider-messaging}/creditorputs"
//! answers = ["429", "429"]
//! ```
//!
//! Payments, messages and what a subscription is asked for with come from templates, so that a
//! provider can put in what its own test system takes and rejects; `{{number}}` in a text of theirs
//! is another number each time. Everything wrong with a file is reported at once. All durations are
//! absolute: hints of the platform cannot be scaled, so the waits around them are not either.

mod built_in;
mod message_kind;
mod model;
mod problem;
mod reader;
mod sheet;
mod templates;

#[cfg(test)]
mod tests;

pub use message_kind::MessageKind;
pub use model::{Act, Cue, Deed, Demand, FaultQueue, Plan, Scenario, Venue};
pub use problem::{PlanError, PlanProblem};
pub use templates::Templates;
