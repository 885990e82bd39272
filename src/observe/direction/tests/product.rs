//! The product as a client: what it is called, how it proves who it is, how it copes.

use super::theatre::{Habit, Theatre};
use crate::event::EventKind;
use crate::exchange::{Exchange, Request};

/// A plan of one scenario of 600 s.
fn plan(acts: &str) -> String {
    format!("name = 'p'\ndescription = 'd'\n[[scenario]]\nname = 's'\nbudget = '600s'\n{acts}")
}

const BATCH: &str = "[[scenario.act]]\ndo = 'submit-batch'\n";

fn exchanges(theatre: &Theatre) -> impl Iterator<Item = &Exchange> {
    theatre.events.iter().filter_map(|event| match event {
        EventKind::Exchange { exchange, .. } => Some(&**exchange),
        _ => None,
    })
}

fn batches(theatre: &Theatre) -> usize {
    let made = |line: &&String| line.ends_with("/batchpayments 201");
    theatre.product().iter().filter(made).count()
}

#[test]
fn it_proves_who_it_is_in_the_way_of_the_profile() {
    for (way, basic) in [("body", false), ("either", false), ("basic", true)] {
        let profile = format!("token.client-authentication = '{way}'");
        let theatre = Theatre::with(&profile, &plan(BATCH), Habit::Ignores).play();
        assert_eq!(batches(&theatre), 1, "{way}");
        let first: &Request = &exchanges(&theatre).next().unwrap().request;
        let header = first.headers.get("authorization").unwrap_or_default();
        assert_eq!(header.starts_with("Basic "), basic, "{way}");
        let body = first.body.json().unwrap();
        assert_eq!(body["client_secret"].is_null(), basic, "{way}");
    }
}

#[test]
fn it_keeps_a_token_of_which_nobody_says_how_long_it_lives() {
    let theatre = Theatre::with(
        "rate = 1\nburst = 1\ntoken.expires-in = 'optional'\nthrottle.token-endpoint = 'throttled'\n\
         throttle.scope = ['credential', 'endpoint-group']",
        &plan(&BATCH.repeat(3)),
        Habit::Ignores,
    )
    .play();
    assert_eq!(batches(&theatre), 3);
    let tokens = theatre.product();
    let tokens = tokens.iter().filter(|line| line.contains("/token")).count();
    assert_eq!(tokens, 1);
}

#[test]
fn it_waits_ever_longer_where_several_scopes_throttle_and_none_says_how_long() {
    let theatre = Theatre::with(
        "rate = 0.05\nburst = 1\nthrottle.token-endpoint = 'throttled'\n\
         throttle.retry-after = 'absent'\n\
         throttle.scope = ['credential', 'provider', 'address', 'endpoint-group']",
        &plan(&format!(
            "{BATCH}[[scenario.act]]\ndo = 'revoke-tokens'\nat = '1s'\n{BATCH}at = '2s'\n"
        )),
        Habit::Ignores,
    )
    .play();
    assert_eq!(batches(&theatre), 2, "{:?}", theatre.product());
    let fetches = theatre.product();
    let throttled = fetches.iter().filter(|line| line.ends_with(" 429")).count();
    assert!((4..20).contains(&throttled), "{fetches:?}");
}

#[test]
fn it_gives_a_token_up_after_ten_times_and_says_so_once() {
    let mut theatre = Theatre::with(
        "rate = 0.0001\nburst = 1\nthrottle.token-endpoint = 'throttled'\n\
         throttle.retry-after = 'absent'",
        &plan(&format!(
            "[[scenario.act]]\ndo = 'revoke-tokens'\n{}",
            BATCH.repeat(2)
        )),
        Habit::Ignores,
    );
    // The only request of the next hours.
    theatre.exhaust();
    let theatre = theatre.play();
    let missing = &theatre.ended()[0].1;
    let told = missing
        .iter()
        .filter(|it| it.contains("gives the product no token"));
    assert_eq!(told.count(), 1, "{missing:?}");
    let asked = theatre.product().len();
    assert_eq!(asked, 20, "ten times for each batch");
}

#[test]
fn what_a_profile_says_of_its_name_alone_holds_for_it() {
    let profile = "
[application.'sage.x3'.headers]
api-key = 'x-their-key'
[application.'sage.x3'.flows.subscription]
initial = ['Received']
terminal = ['Suspended']
edges = [
  { from = 'Received', to = ['Authorised'] },
  { from = 'Authorised', to = ['Suspended'], by = 'product' },
]
";
    let acts = "[[scenario.act]]\ndo = 'set-status'\nstatus = 'Suspended'\n\
                [[scenario.act]]\ndo = 'send'\nmessage = 'creditorputs'\n";
    for (name, suspended) in [("sage.intacct", false), ("sage.x3", true)] {
        let mut theatre = Theatre::with(profile, &plan(acts), Habit::Ignores);
        theatre.director = theatre.director.with_application(name);
        let theatre = theatre.play();
        let subscriptions = theatre.platform.store().subscriptions.values();
        let count = subscriptions.filter(|it| it.status == "Suspended").count();
        assert_eq!(count > 0, suspended, "{name}");
        let message = exchanges(&theatre).last().unwrap();
        assert_eq!(message.status(), Some(202), "{name}");
        assert_eq!(message.request.headers.get("x-application"), Some(name));
        let key = message.request.headers.get("x-their-key");
        assert_eq!(key.is_some(), suspended, "{name}");
    }
}
