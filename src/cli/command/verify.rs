//! `preflight verify`: whether a bundle holds together, offline.

use super::key::public_key;
use crate::cli::declared::latest_today;
use crate::cli::evidence_args::VerifyArgs;
use crate::cli::failure::CommandFailure;
use crate::cli::files;
use crate::cli::printer::Printer;
use crate::cli::reviewing::{review_text, worth};
use crate::conformance::ExitStatus;
use crate::evidence::{Changed, PublicKey, Review, Signer, Trust, rejudge, verify as verified};

/// Verifies the bundle and says what that proves.
///
/// # Errors
/// If it cannot be read, or something in it is not what preflight put there.
pub fn verify(args: &VerifyArgs, printer: Printer) -> Result<ExitStatus, CommandFailure> {
    let maker = args.trust.as_deref().map(public_key).transpose()?;
    if args.rejudge {
        return judged_again(args, maker.as_ref(), printer);
    }
    let reviewer = args.trust_reviewer.as_deref().map(public_key).transpose()?;
    let bytes = files::read(&args.bundle)?;
    let trust = Trust {
        maker: maker.as_ref(),
        reviewer: reviewer.as_ref(),
    };
    let found =
        verified(&bytes, trust, latest_today()).map_err(|source| CommandFailure::Bundle {
            path: args.bundle.clone(),
            source,
        })?;
    let heading = worth(&found.signer);
    let proof = match &found.signer {
        Signer::Trusted(_) => {
            "Nothing was changed since its holder signed it, and the verdict follows from the record."
        }
        Signer::Unknown(_) => {
            "The verdict follows from the record, and anybody can have made both. Ask the provider for \
             its public key, and say --trust FILE."
        }
        Signer::Nobody => "The verdict follows from the record, and anybody can have made both.",
    };
    let note = if found.told {
        ""
    } else {
        "note: it was made of a history alone; how the run compared with golden transcripts and what \
         stood in its way beside the findings is not known\n"
    };
    printer.note(note);
    printer.data(&format!(
        "{heading}\nmanifest  {}\n{}verdict   {}\ngate      {}: {} (exit {})\n{}\n\
         {proof} That the traffic happened it does not prove: hold its interaction ids against the \
         platform's own log.\n",
        found.manifest,
        found
            .attempt
            .as_ref()
            .map_or_else(String::new, |attempt| format!("attempt   {attempt}\n")),
        found.verdict.headline.text,
        found.outcome.gate,
        found.outcome.exit.meaning(),
        found.outcome.exit.code(),
        found.review.as_ref().map_or_else(String::new, told),
    ));
    Ok(ExitStatus::Met)
}

/// Judges the bundle by the rules of this preflight, and says what differs.
fn judged_again(
    args: &VerifyArgs,
    maker: Option<&PublicKey>,
    printer: Printer,
) -> Result<ExitStatus, CommandFailure> {
    let bytes = files::read(&args.bundle)?;
    let again =
        rejudge(&bytes, maker, latest_today()).map_err(|source| CommandFailure::Bundle {
            path: args.bundle.clone(),
            source,
        })?;
    let mut text = format!(
        "{}\nmanifest  {}\nmade by preflight {}, judged again by {}\n",
        worth(&again.signer),
        again.manifest,
        again.harness,
        env!("CARGO_PKG_VERSION")
    );
    for Changed {
        check,
        subject,
        sealed,
        now,
    } in &again.changes
    {
        let [sealed, now] = [sealed, now].map(|it| it.as_deref().unwrap_or("not asked"));
        text += &format!("{check} ({subject}): {sealed}, now {now}\n");
    }
    if again.is_same() {
        text += "every outcome is the same\n";
    }
    let (sealed, now) = &again.gate;
    text += &format!(
        "gate      {}: {} (exit {}), now {} (exit {})\n",
        now.name, sealed.meaning, sealed.exit, now.meaning, now.exit
    );
    printer.data(&text);
    Ok(if again.is_same() {
        ExitStatus::Met
    } else {
        ExitStatus::Mismatch
    })
}

/// Who decided what, and what the verdict comes to with that.
fn told(review: &Review) -> String {
    let signer = match &review.signer {
        Signer::Trusted(key) => format!("signed with the trusted key {key}"),
        Signer::Unknown(key) => format!(
            "reviewer unknown: signed with the key {key}\n  \
             (ask for the public key, and say --trust-reviewer FILE)"
        ),
        Signer::Nobody => "signed by nobody".to_owned(),
    };
    format!(
        "review    {}, at {}, {signer}\n  {}",
        review.decisions.by(),
        review.at,
        review_text(&review.decisions, &review.outcome)
    )
}
