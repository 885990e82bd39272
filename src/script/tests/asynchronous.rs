use super::*;

#[test]
fn a_callback_test_ends_when_its_callback_is_called() {
    let outcome = run(
        "pm.test('late', (done) => { setTimeout(() => { pm.expect(1).to.equal(1); done(); }, 50); });
         pm.test('told', (done) => { setTimeout(() => done(new Error('no')), 10); });
         pm.test('sync', (done) => { throw new Error('at once'); });",
    );
    assert_eq!(
        lines(&outcome),
        [
            "2 sync: Error: at once",
            "1 told: Error: no",
            "0 late: passed"
        ]
    );
    assert!(
        outcome
            .assertions
            .iter()
            .all(|assertion| assertion.asynchronous)
    );
}

#[test]
fn strictly_a_returned_promise_is_awaited() {
    let outcome = run(
        "pm.test('good', async () => { await 1; pm.expect(1).to.equal(1); });
         pm.test('bad', async () => { await 1; pm.expect(1).to.equal(2); });",
    );
    assert_eq!(
        lines(&outcome),
        [
            "0 good: passed",
            "1 bad: AssertionError: expected 1 to equal 2"
        ]
    );
}

#[test]
fn what_a_callback_throws_fails_the_script_unless_newman_is_copied() {
    let source = "setTimeout(() => { null.x; }, 5)";
    assert_eq!(run(source).error.unwrap().kind, "TypeError");
    let lenient = run_leniently(source);
    assert_eq!(lenient.error, None);
    assert!(lenient.console[0].text.starts_with("TypeError: "));
}

#[test]
fn a_callback_may_skip_the_request() {
    let outcome = run_job(ScriptJob {
        event: Listen::Prerequest,
        ..job("setTimeout(() => { pm.execution.skipRequest(); }, 5)")
    });
    assert!(outcome.skip_request);
    assert_eq!(outcome.error, None);
}

#[test]
fn leniently_a_promise_is_not_awaited_and_its_failure_is_an_error() {
    let outcome =
        run_leniently("pm.test('bad', async () => { await 1; pm.expect(1).to.equal(2); });");
    assert_eq!(
        lines(&outcome),
        [
            "0 bad: passed",
            "error AssertionError: expected 1 to equal 2"
        ]
    );
}

#[test]
fn strictly_a_failure_in_a_late_callback_fails_its_test() {
    let source = "pm.test('sent', () => {
            pm.sendRequest('https://example.com/x', (error, response) => { pm.expect(response.code).to.equal(200); });
        });
        pm.test('timed', () => { setTimeout(() => { pm.expect(1).to.equal(2); }, 5); });
        pm.test('chained', () => { pm.sendRequest('https://example.com/y').then((r) => pm.expect(r.code).to.equal(1)); });
        pm.test('fine', () => { setTimeout(() => {}, 5); });";
    let mut strict = lines(&run(source));
    strict.sort();
    assert_eq!(
        strict,
        [
            "0 sent: AssertionError: expected 201 to equal 200",
            "1 timed: AssertionError: expected 1 to equal 2",
            "2 chained: AssertionError: expected 201 to equal 1",
            "3 fine: passed",
        ]
    );
    // newman gives no promise to chain on.
    assert_eq!(
        lines(&run_leniently(source)),
        [
            "0 sent: passed",
            "1 timed: passed",
            "2 chained: TypeError: pm.sendRequest(...).then is not a function",
            "3 fine: passed"
        ]
    );
}

#[test]
fn strictly_a_test_that_never_ends_fails() {
    let source =
        "pm.test('callback', (done) => {}); pm.test('promise', () => new Promise(() => {}));";
    assert_eq!(
        lines(&run(source)),
        [
            "0 callback: Error: the test never called its callback",
            "1 promise: Error: the test waits for something that never came",
        ]
    );
    assert_eq!(lines(&run_leniently(source)), ["1 promise: passed"]);
}

#[test]
fn requests_are_sent_with_callbacks_and_promises() {
    let stage = Stage::default();
    let outcomes = run_with(
        options(),
        &stage,
        vec![job(
            "pm.sendRequest('https://example.com/one?a=1', (error, response, history) => {
                 console.log(error, response.code, response.json().path[0], history.cookies.count());
             });
             const [two, three] = await Promise.all([
                 pm.sendRequest({ url: 'https://example.com/two', method: 'POST', header: { 'X-A': 'b' },
                     body: { mode: 'raw', raw: 'text' } }),
                 pm.sendRequest('https://example.com/three')]);
             console.log(two.json().path[0], three.status, typeof three.to);
             pm.sendRequest('https://example.com/refused', (error, response) => console.log(error.code, error.message, response));
             try { await pm.sendRequest('https://example.com/refused'); } catch (error) { console.log('caught', error.message); }",
        )],
    );
    let text: Vec<_> = outcomes[0]
        .console
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(outcomes[0].error, None);
    assert_eq!(
        text,
        [
            "null 201 one 0",
            "two Created undefined",
            "ECONNREFUSED connect ECONNREFUSED 127.0.0.1:1 undefined",
            "caught connect ECONNREFUSED 127.0.0.1:1",
        ]
    );
    let sent = stage.sent.borrow();
    assert_eq!(sent[0]["url"]["query"][0]["key"], "a");
    assert_eq!(sent[1]["method"], "POST");
    assert_eq!(sent[1]["header"][0]["key"], "X-A");
    assert_eq!(sent[1]["body"]["raw"], "text");
}

#[test]
fn the_script_may_await_at_its_top() {
    holds(
        "const response = await pm.sendRequest('https://example.com/x'); pm.test('x', () => pm.expect(response.code).to.equal(201));",
    );
}

#[test]
fn timers_move_the_logical_clock_and_take_no_time() {
    let options = options();
    let clock = options.clock.clone();
    let outcomes = run_with(
        options,
        &Stage::default(),
        vec![job(
            "const start = Date.now(), seen = [];
             setTimeout(() => seen.push('hour'), 3600000);
             setTimeout(() => seen.push('second'), 1000);
             setImmediate(() => seen.push('at once'));
             let count = 0; const every = setInterval(() => { seen.push('tick'); if (++count === 2) clearInterval(every); }, 400);
             clearTimeout(setTimeout(() => seen.push('never'), 1));
             setTimeout(() => { console.log(seen.join(), Date.now() - start, performance.now()); }, 3600001);",
        )],
    );
    assert_eq!(outcomes[0].error, None);
    assert_eq!(
        outcomes[0].console[0].text,
        "at once,tick,tick,second,hour 3600001 3600001"
    );
    assert_eq!(clock.now().to_string(), "2026-01-01T01:00:00.001Z");
}

#[test]
fn logical_time_stands_still_while_a_script_works() {
    for rounds in [0, 300_000] {
        let options = options();
        let stage = Stage {
            clock: Some(options.clock.clone()),
            ..Stage::default()
        };
        let script = format!(
            "const start = Date.now(), seen = [];
             const work = () => {{ for (let i = 0; i < {rounds}; i++); seen.push(Date.now() - start); }};
             for (let i = 0; i < 3; i++) pm.sendRequest('https://example.com/x', work);
             work();
             setTimeout(() => console.log(seen.join()), 1000);"
        );
        let outcomes = run_with(options, &stage, vec![job(&script)]);
        assert_eq!(outcomes[0].error, None);
        assert_eq!(outcomes[0].console[0].text, "0,44,88,132", "{rounds}");
    }
}

#[test]
fn errors_in_callbacks_do_not_hide_each_other() {
    let outcome = run(
        "setTimeout(() => { throw new Error('one') }, 1); Promise.reject(new Error('two')); throw new Error('three')",
    );
    let mut all = lines(&outcome);
    all.sort();
    assert_eq!(
        all,
        ["error Error: one", "error Error: three", "error Error: two"]
    );
}

#[test]
fn a_rejection_that_is_caught_later_is_no_error() {
    assert_eq!(
        lines(&run(
            "const p = Promise.reject(new Error('x')); p.catch(() => {});"
        )),
        [""; 0]
    );
}

#[test]
fn the_system_clock_really_waits() {
    let options = EngineOptions::new(Clock::system(), Random::from_seed(Seed(1)));
    let outcomes = run_with(
        options,
        &Stage::default(),
        vec![job(
            "const start = Date.now(); setTimeout(() => console.log(Date.now() - start >= 29), 30);",
        )],
    );
    assert_eq!(outcomes[0].console[0].text, "true");
}
