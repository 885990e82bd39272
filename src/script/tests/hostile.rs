use super::*;

fn quick() -> EngineOptions {
    EngineOptions {
        script_timeout: Some(Duration::from_millis(300)),
        ..options()
    }
}

/// Runs a hostile script, and after it a decent one on the same engine.
fn survive(source: &str, options: EngineOptions) -> ScriptError {
    let stage = Stage {
        delay: Duration::from_secs(20),
        ..Stage::default()
    };
    let decent = "pm.test('x', () => pm.response.to.have.status(200))";
    let outcomes = run_with(options, &stage, vec![job(source), job(decent)]);
    assert_eq!(
        lines(&outcomes[1]),
        ["0 x: passed"],
        "the engine is not usable"
    );
    outcomes[0]
        .error
        .clone()
        .expect("the hostile script must fail")
}

#[test]
fn an_endless_loop_is_stopped() {
    for source in [
        "while (true) {}",
        "try { while (true) {} } catch (e) { while (true) {} } finally { while (true) {} }",
        "pm.test('x', () => { for (;;) {} })",
        "await 1; while (true) {}",
        "(function f () { Promise.resolve().then(f) })()",
        "setTimeout(() => { while (true) {} }, 1)",
        "/^(a+)+$/.test('a'.repeat(40) + '!')",
    ] {
        let error = survive(source, quick());
        assert_eq!(error.limit, Some(Limit::Time), "{source}: {error}");
        assert_eq!(
            error.message, "sandbox: synchronous script execution timeout",
            "{source}"
        );
    }
}

#[test]
fn what_was_done_before_the_end_is_kept() {
    let outcomes = run_with(
        quick(),
        &Stage::default(),
        vec![job(
            "pm.test('before', () => {}); pm.environment.set('a', 1); console.log('here'); while (true) {}",
        )],
    );
    assert_eq!(outcomes[0].assertions.len(), 1);
    assert_eq!(outcomes[0].mutations.len(), 1);
    assert_eq!(outcomes[0].console.len(), 1);
}

#[test]
fn the_limit_covers_waiting_for_a_response() {
    let error = survive("await pm.sendRequest('https://example.com/slow')", quick());
    assert_eq!(
        error.message,
        "sandbox: asynchronous script execution timeout"
    );
}

#[test]
fn the_limit_covers_logical_time() {
    let error = survive("setTimeout(() => {}, 301)", quick());
    assert_eq!(
        error.message,
        "sandbox: asynchronous script execution timeout"
    );
    let error = survive("setInterval(() => {}, 1000)", options());
    assert_eq!(
        error.message,
        "the script waited for more than 24 hours of logical time"
    );
}

#[test]
fn the_watchdog_stops_what_the_user_set_no_limit_for() {
    let options = EngineOptions {
        watchdog: Duration::from_millis(200),
        ..options()
    };
    let error = survive("while (true) {}", options);
    assert_eq!(
        error.to_string(),
        "Error: the script ran for more than 200ms and was stopped"
    );
}

#[test]
fn memory_is_limited() {
    let options = || EngineOptions {
        memory_limit: 64 * 1024 * 1024,
        ..options()
    };
    for source in [
        "const a = []; for (;;) a.push(new Array(1e5).fill(1))",
        "let s = 'x'; for (;;) s += s",
        "const a = []; for (;;) a.push(new ArrayBuffer(1e7))",
        "JSON.parse('[' + '1,'.repeat(2e7) + '1]')",
    ] {
        let error = survive(source, options());
        assert_eq!(error.limit, Some(Limit::Memory), "{source}: {error}");
    }
}

#[test]
fn depth_is_limited() {
    for source in [
        "(function f () { f() })()",
        "JSON.parse('['.repeat(1e6))",
        "const o = {}; o.toString = () => `${o}`; `${o}`",
    ] {
        let error = survive(source, options());
        assert_eq!(error.limit, Some(Limit::Stack), "{source}: {error}");
    }
}

#[test]
fn a_script_that_waits_for_nothing_is_told_so() {
    let error = survive("await new Promise(() => {})", options());
    assert_eq!(
        error.message,
        "the script waits for a promise that nothing will settle"
    );
}

#[test]
fn giving_up_a_job_stops_its_script() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut engine = Engine::start(options()).unwrap();
        let stage = Stage::default();
        for source in [
            "while (true) {}",
            "setTimeout(() => {}, 1); await pm.sendRequest('https://example.com/x')",
        ] {
            let given_up = tokio::time::timeout(Duration::from_millis(50), async {
                engine.execute(job(source), &stage).await;
                std::future::pending::<()>().await;
            });
            assert!(given_up.await.is_err());
        }
        let outcome = engine.execute(job("pm.test('x', () => {})"), &stage).await;
        assert_eq!(lines(&outcome), ["0 x: passed"]);
    });
}
