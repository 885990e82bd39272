//! `preflight mock`: play the platform until stopped.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use url::Url;

use crate::cli::args::{MockArgs, TimeChoice};
use crate::cli::failure::CommandFailure;
use crate::cli::files::{self, Readers};
use crate::cli::observation::{
    Credentials, OpenDoor, Setting, close_admin, courier, notification_url, open_admin, refuse,
    typed,
};
use crate::cli::printer::Printer;
use crate::cli::shipped;
use crate::cli::surroundings::Surroundings;
use crate::cli::target;
use crate::cli::workshop::{LastWill, check_certificates, stop_on_signal_after};
use crate::collection::{Compatibility, Document, Environment};
use crate::conformance::ExitStatus;
use crate::event::{End, Target};
use crate::mock::{AdminDoor, NotificationEndpoint, Tenant};
use crate::observe::{Finale, Logbook, Performance, Stage};
use crate::run::Cancellation;

/// Where the authority of the certificate goes unless told otherwise.
const CA_FILE: &str = "preflight-mock-ca.pem";

/// Serves until Ctrl-C.
pub async fn mock(
    args: &MockArgs,
    printer: Printer,
    surroundings: Surroundings,
) -> Result<ExitStatus, CommandFailure> {
    check(args)?;
    let will = LastWill::default();
    let cancellation = stop_on_signal_after(will.clone());
    let header = args.door.notification_header.as_deref();
    let setting = Setting::read(
        Arc::new(target::profile(args.platform.profile.as_deref())?),
        &args.platform,
        header,
        TimeChoice::Real,
        Credentials::Published,
        surroundings,
    )?;
    check_certificates(&args.trust)?;
    let endpoint = args
        .door
        .notify
        .as_deref()
        .map(notification_url)
        .transpose()?;
    let mut events = setting.events(args.history.as_deref(), Vec::new())?;
    events.emit(setting.start(Target::Mock, "mock", None, args.trust.insecure))?;
    let mut platform = setting.platform();
    platform.set_notification_endpoint(endpoint.as_ref().map(|url| NotificationEndpoint {
        url: url.to_string(),
        header: setting.header.name.clone(),
        value: setting.header.value.clone(),
    }));
    let stage = Stage::new(platform, None, Logbook::new(events, &setting.profile));
    let performance = Performance::new(stage, setting.clock.clone());
    let ending = performance.clone();
    will.add_words(move || ending.end(End::AbortedByUser));
    let served = serve(
        args,
        printer,
        &setting,
        &performance,
        endpoint.as_ref(),
        &cancellation,
    )
    .await;
    // The last event is written in any case.
    performance.end(match &served {
        Ok(_) => End::Complete,
        Err(_) => End::HarnessFault,
    });
    if let (Err(failure), Some(history)) = (&served, &args.history)
        && failure.exit() == ExitStatus::Usage
    {
        // Nothing was begun.
        files::discard(history);
    }
    let finale = served?;
    let requests = performance.served();
    let noun = if requests == 1 { "request" } else { "requests" };
    printer.note(&format!("stopped; {requests} {noun} served\n"));
    match (finale, performance.failure()) {
        (Finale::Unrecorded(failure), _) | (_, Some(failure)) => Err(failure.into()),
        (Finale::Ended(_) | Finale::Interrupted(()), None) => Ok(ExitStatus::Met),
    }
}

/// Refuses what would be ignored, and files where no folder is.
fn check(args: &MockArgs) -> Result<(), CommandFailure> {
    if args.door.notify.is_none() {
        let strangers = typed(&[
            (
                "--notification-header",
                args.door.notification_header.is_some(),
            ),
            ("--insecure", args.trust.insecure),
            (
                "--ssl-extra-ca-certs",
                args.trust.extra_certificates.is_some(),
            ),
        ]);
        refuse(
            &strangers,
            ("for --notify only", "leave it out, or say --notify"),
        )?;
    }
    let written = [
        Some(&args.export_environment),
        args.door.ca_file.as_ref(),
        args.history.as_ref(),
    ];
    written
        .into_iter()
        .flatten()
        .try_for_each(|path| files::check_folder(path))
}

/// From opening the door to closing it.
async fn serve(
    args: &MockArgs,
    printer: Printer,
    setting: &Setting,
    performance: &Performance,
    endpoint: Option<&Url>,
    cancellation: &Cancellation,
) -> Result<Finale<()>, CommandFailure> {
    let door = OpenDoor::open(
        Arc::new(performance.clone()),
        &setting.clock,
        args.listen,
        &args.door,
        Path::new(CA_FILE),
    )?;
    export(&args.export_environment, &door.origin())?;
    let admin = open_admin(performance, &args.door, args.history.as_deref())?;
    let admin_url = admin.as_ref().map(AdminDoor::url);
    printer.data(&introduction(args, setting, &door, admin_url));
    let courier = courier(setting, target::trust(&args.trust)?, endpoint, None)?;
    let finale = performance
        .play(Arc::new(courier), cancellation.cancelled())
        .await;
    close_admin(admin).await;
    door.close().await;
    Ok(finale)
}

/// The environment of the mock with the addresses of this one.
fn export(path: &Path, origin: &str) -> Result<(), CommandFailure> {
    let shipped = &shipped::MOCK_ENVIRONMENT;
    let document = Document::parse(shipped.name, shipped.text.as_bytes())?;
    let mut environment = Environment::read(&document, Compatibility::Strict)?;
    for name in ["baseUrl", "tokenBaseUrl"] {
        environment.set(name, Value::from(origin));
    }
    let mut text = serde_json::to_string_pretty(&environment.to_value("environment"))
        .expect("an environment has text keys");
    text.push('\n');
    // Every value in it is published.
    files::write(path, text.as_bytes(), Readers::Everybody)
}

/// What a person needs to know to use it.
fn introduction(
    args: &MockArgs,
    setting: &Setting,
    door: &OpenDoor,
    admin: Option<String>,
) -> String {
    let origin = door.origin();
    let tenant = Tenant::seeded();
    let mut rows = vec![
        (
            "Provider API",
            format!("{origin}{}", setting.profile.paths.provider_api.value),
        ),
        (
            "messaging",
            format!("{origin}{}", setting.profile.paths.provider_messaging.value),
        ),
        (
            "Consumer API",
            format!("{origin}{}", setting.profile.paths.consumer_api.value),
        ),
        (
            "token",
            format!("{origin}{}", setting.profile.paths.token.value),
        ),
    ];
    rows.extend(admin.map(|url| ("admin", url)));
    rows.extend(
        door.ca_file()
            .map(|path| ("CA file", path.display().to_string())),
    );
    if let Some(url) = &args.door.notify {
        let profile = &setting.profile;
        rows.push(("notifications", url.clone()));
        rows.push(("", format!("header        {}", setting.header.introduce())));
        rows.push(("", format!("token issuer  {}", profile.token.issuer.value)));
        rows.push((
            "",
            format!("keys          {origin}{}", profile.paths.key_set.value),
        ));
    }
    rows.push((
        "environment",
        format!(
            "{} (import it into Postman, or name it with newman's -e)",
            args.export_environment.display()
        ),
    ));
    for (who, credential) in [("provider", tenant.provider), ("product", tenant.product)] {
        rows.push((who, format!("client id     {}", credential.client_id)));
        rows.push(("", format!("client secret {}", credential.client_secret)));
        rows.push(("", format!("audience      {}", credential.audience)));
        rows.push(("", format!("API key       {}", credential.api_key)));
    }
    rows.push(("provider id", tenant.provider_id.to_string()));
    rows.push(("organisation", tenant.organisation_id.to_string()));
    rows.iter().fold(
        "The platform is played until Ctrl-C. Its credentials are published and open nothing else.\n"
            .to_owned(),
        |text, (name, value)| text + &format!("  {name:<14}{value}\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_environment_is_the_mocks_with_its_own_addresses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.json");
        export(&path, "http://127.0.0.1:8080").unwrap();
        let text = std::fs::read(&path).unwrap();
        let document = Document::parse("e.json", &text).unwrap();
        let exported = Environment::read(&document, Compatibility::Strict).unwrap();
        let shipped = Document::parse("s", shipped::MOCK_ENVIRONMENT.text.as_bytes()).unwrap();
        let mut expected = Environment::read(&shipped, Compatibility::Strict).unwrap();
        assert_eq!(exported.text("baseUrl"), Some("http://127.0.0.1:8080"));
        expected.set("baseUrl", Value::from("http://127.0.0.1:8080"));
        expected.set("tokenBaseUrl", Value::from("http://127.0.0.1:8080"));
        assert_eq!(exported, expected);
    }
}
