use super::*;

#[test]
fn tests_are_reported_in_order_with_their_index() {
    let outcome = run(
        "pm.test('first', () => {}); pm.test.skip('second', () => { throw 1 }); \
         pm.test('third', () => pm.expect(1).to.eql(2)); pm.test('fourth'); console.log(pm.test.index());",
    );
    assert_eq!(
        lines(&outcome),
        [
            "0 first: passed",
            "1 second: skipped",
            "2 third: AssertionError: expected 1 to deeply equal 2",
            "3 fourth: passed",
        ]
    );
    assert_eq!(outcome.console[0].text, "4");
}

#[test]
fn response_assertions_have_postmans_messages() {
    let outcome = run(
        "pm.test('a', () => pm.response.to.have.status(404));
         pm.test('b', () => pm.response.to.have.status('Not Found'));
         pm.test('c', () => pm.response.to.be.error);
         pm.test('d', () => pm.response.to.have.header('X-None'));
         pm.test('e', () => pm.response.to.have.header('Content-Type', 'text/html'));
         pm.test('f', () => pm.response.to.have.jsonBody('b'));
         pm.test('g', () => pm.response.to.have.body('x'));
         pm.test('h', () => { pm.response.to.be.ok; pm.response.to.have.status(200); pm.response.to.be.json;
             pm.response.to.have.jsonBody('list[1]', 2); pm.expect(pm.response.responseTime).to.be.below(200); });",
    );
    assert_eq!(
        lines(&outcome),
        [
            "0 a: AssertionError: expected response to have status code 404 but got 200",
            "1 b: AssertionError: expected response to have status reason 'Not Found' but got 'OK'",
            "2 c: AssertionError: expected response code to be 4XX or 5XX but found 200",
            "3 d: AssertionError: expected response to have header with key 'X-None'",
            "4 e: AssertionError: expected 'Content-Type' response header to be 'text/html' but got 'application/json; charset=utf-8'",
            "5 f: AssertionError: expected { a: 1, list: [ 1, 2 ] } in response to contain property 'b'",
            "6 g: AssertionError: expected response body to equal 'x' but got '{\"a\":1,\"list\":[1,2]}'",
            "7 h: passed",
        ]
    );
}

#[test]
fn json_schemas_are_judged_with_ajvs_messages() {
    let outcome = run(
        "const schema = { type: 'object', properties: { a: { type: 'string' } } };
         pm.test('one', () => pm.response.to.have.jsonSchema(schema));
         pm.test('two', () => pm.response.to.have.jsonSchema({ required: ['a', 'list'] }));
         pm.test('three', () => pm.expect({ a: 1 }).to.have.jsonSchema({ required: ['b'] }));",
    );
    assert_eq!(
        lines(&outcome),
        [
            "0 one: AssertionError: expected data to satisfy schema but found following errors: \ndata.a should be string",
            "1 two: passed",
            "2 three: AssertionError: expected data to satisfy schema but found following errors: \ndata should have required property 'b'",
        ]
    );
}

#[test]
fn two_schemas_may_carry_the_same_id() {
    holds(
        "for (const type of ['number', 'string']) {
             pm.test(type, () => {
                 const schema = { $id: 'https://example.com/a', type };
                 pm.expect(type === 'number' ? 1 : 'x').to.have.jsonSchema(schema);
             });
         }",
    );
}

#[test]
fn the_response_can_be_read_in_every_form() {
    holds(
        "pm.test('all', () => {
             const { response } = pm;
             pm.expect(response.code).to.equal(200);
             pm.expect(response.status).to.equal('OK');
             pm.expect(response.reason()).to.equal('OK');
             pm.expect(response.text()).to.equal('{\"a\":1,\"list\":[1,2]}');
             pm.expect(response.json()).to.eql({ a: 1, list: [1, 2] });
             pm.expect(response.headers.get('content-type')).to.include('json');
             pm.expect(response.responseTime).to.equal(12);
             pm.expect(response.responseSize).to.equal(20);
             pm.expect(response.size().body).to.equal(20);
             pm.expect(response.stream.toString()).to.equal(response.text());
             pm.expect(response.dataURI()).to.match(/^data:application\\/json;base64, /);
         });",
    );
}

#[test]
fn a_broken_body_gives_postmans_json_error() {
    let mut job = job("pm.test('json', () => pm.response.json())");
    job.response.as_mut().unwrap().body = "<html>".into();
    assert_eq!(
        lines(&run_job(job)),
        ["0 json: JSONError: Unexpected token '<' at 1:1\n<html>\n^"]
    );
}

#[test]
fn other_charsets_are_decoded() {
    let mut job = job("pm.test('text', () => pm.expect(pm.response.text()).to.equal('é'))");
    let response = job.response.as_mut().unwrap();
    response.headers = vec![(
        "Content-Type".to_owned(),
        "text/plain; charset=iso-8859-1".to_owned(),
    )];
    response.body = vec![0xe9].into();
    assert_eq!(lines(&run_job(job)), ["0 text: passed"]);
}

#[test]
fn a_response_that_never_came_is_an_empty_one() {
    let mut job = job("pm.test('x', () => pm.expect(pm.response.code).to.equal(200))");
    job.response = None;
    assert_eq!(
        lines(&run_job(job)),
        ["0 x: AssertionError: expected undefined to equal 200"]
    );
}

#[test]
fn the_request_can_be_read() {
    holds(
        "pm.test('all', () => {
             pm.expect(pm.request.method).to.equal('POST');
             pm.expect(pm.request.url.toString()).to.equal('https://example.com/pay?q=1');
             pm.expect(pm.request.headers.get('x-one')).to.equal('1');
             pm.expect(pm.request.body.raw).to.equal('{\"amount\":5}');
             pm.expect(pm.request.url.getQueryString()).to.equal('q=1');
             pm.expect(pm.request.to.be).to.be.an('object');
         });",
    );
}

#[test]
fn a_prerequest_script_changes_the_request() {
    let outcome = run_job(before(
        "pm.request.headers.upsert({ key: 'X-One', value: '2' }); pm.request.method = 'PUT'; \
         pm.request.url.addQueryParams('r=3');",
    ));
    let request = outcome.request.unwrap();
    assert_eq!(request["method"], "PUT");
    assert_eq!(request["header"][0]["value"], "2");
    assert_eq!(request["url"]["query"][1]["key"], "r");
}

#[test]
fn a_request_that_was_only_read_is_not_given_back() {
    let outcome = run_job(before(
        "pm.request.url.toString(); pm.request.headers.get('X-One')",
    ));
    assert_eq!(outcome.request, None);
    assert_eq!(lines(&outcome), [""; 0]);
}

#[test]
fn a_script_knows_where_it_stands() {
    holds(
        "pm.test('info', () => {
             const { eventName, iteration, iterationCount, requestName, requestId } = pm.info;
             pm.expect([eventName, iteration, iterationCount, requestName, requestId]).to.eql(['test', 2, 5, 'Pay out', 'id-1']);
             pm.expect(pm.execution.location).to.eql(['Collection', 'Folder', 'Pay out']);
             pm.expect(pm.execution.location.current).to.equal('Pay out');
             pm.expect(pm.environment.name).to.equal('Sandbox');
         });",
    );
}

#[test]
fn the_next_request_is_named_or_refused() {
    let next = |source: &str| run(source).next_request;
    assert_eq!(
        next("pm.execution.setNextRequest('B')"),
        Some(NextRequest::Name("B".to_owned()))
    );
    assert_eq!(
        next("postman.setNextRequest(null)"),
        Some(NextRequest::Stop)
    );
    assert_eq!(next("1"), None);
}

#[test]
fn skipping_the_request_ends_the_prerequest_script() {
    let outcome = run_job(before(
        "pm.execution.skipRequest(); pm.environment.set('a', 1)",
    ));
    assert!(outcome.skip_request);
    assert!(outcome.mutations.is_empty());
    assert_eq!(outcome.error, None);
    let outcome = run("pm.execution.skipRequest()");
    assert_eq!(
        lines(&outcome),
        ["error TypeError: pm.execution.skipRequest is not a function"]
    );
}

#[test]
fn cookies_of_the_url_are_at_hand() {
    holds(
        "pm.test('cookies', () => {
             pm.expect(pm.cookies.get('session')).to.equal('42');
             pm.expect(pm.cookies.has('other')).to.equal(false);
             pm.expect(pm.cookies.toObject()).to.eql({ session: '42' });
         });",
    );
}

#[test]
fn the_jar_answers_callbacks_and_promises() {
    let stage = Stage::default();
    let outcomes = run_with(
        options(),
        &stage,
        vec![job(
            "const jar = pm.cookies.jar(), url = 'https://example.com/x';
             jar.get(url, 'session', (error, value) => console.log(error, value));
             console.log(await jar.get(url, 'none'), (await jar.getAll(url)).count());
             await jar.set(url, 'n', 'v');
             await jar.set(url, { name: 'o', value: 'w', path: '/p', httpOnly: true });
             await jar.unset(url, 'session');
             await jar.clear(url);
             try { await jar.set('https://forbidden.example', 'n', 'v'); } catch (error) { console.log(error.message); }
             pm.test('url', () => { jar.get(1, 'x', () => {}); });",
        )],
    );
    let text: Vec<_> = outcomes[0]
        .console
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(
        text,
        [
            "null 42",
            "null 1",
            "CookieStore: programmatic access to \"forbidden.example\" is denied"
        ]
    );
    assert_eq!(
        lines(&outcomes[0]),
        ["0 url: TypeError: CookieJar.get() requires a valid url"]
    );
    let url = || "https://example.com/x".to_owned();
    let jar = stage.jar.borrow();
    assert_eq!(
        jar[3],
        CookieCall::Set {
            url: url(),
            cookie: "n=v".to_owned()
        }
    );
    assert_eq!(
        jar[4],
        CookieCall::Set {
            url: url(),
            cookie: "o=w; Path=/p; HttpOnly".to_owned()
        }
    );
    assert_eq!(jar[6], CookieCall::Clear { url: url() });
}

#[test]
fn the_vault_keeps_its_promises() {
    holds(
        "pm.test('vault', async () => {
             pm.expect(await pm.vault.get('key')).to.equal('from the vault');
             pm.expect(await pm.vault.get('none')).to.equal(undefined);
             await pm.vault.set('none', 'x');
             pm.expect(await pm.vault.get('none')).to.equal('x');
             await pm.vault.unset('none');
             pm.expect(await pm.vault.get('none')).to.equal(undefined);
         });",
    );
}

#[test]
fn the_visualizer_is_accepted() {
    let outcome = run(
        "pm.visualizer.set('<p>{{a}}</p>', { a: 1 }); pm.visualizer.clear(); pm.visualizer.set(1)",
    );
    assert_eq!(
        lines(&outcome),
        ["error Error: Invalid template. Template must be of type string, found number"]
    );
}

#[test]
fn the_console_prints_as_node_does() {
    assert_eq!(
        logged(
            "console.log('a', 1, { a: 'x', list: [1, 2] }, null, undefined); console.info([new Date(0)]); \
             console.warn(new Map([[1, { a: 1 }]]), new Set(['x']), () => {}); const a = {}; a.a = a; console.error(a);"
        ),
        [
            "a 1 { a: 'x', list: [ 1, 2 ] } null undefined",
            "[ 1970-01-01T00:00:00.000Z ]",
            "Map(1) { 1 => { a: 1 } } Set(1) { 'x' } [Function (anonymous)]",
            "{ a: [Circular *1] }",
        ]
    );
    let outcome = run("console.warn({ a: [1] }, undefined)");
    assert_eq!(outcome.console[0].level, ConsoleLevel::Warn);
    assert_eq!(
        outcome.console[0].arguments,
        [json!({ "a": [1] }), Value::Null]
    );
}

#[test]
fn errors_say_where_they_are_and_speak_as_v8_does() {
    let error = run("const a = 1;\nlet b;\n  b.foo.bar;").error.unwrap();
    assert_eq!(
        error.to_string(),
        "TypeError: Cannot read properties of undefined (reading 'foo')"
    );
    assert_eq!((error.line, error.limit), (Some(3), None));
    let said = |source: &str| run(source).error.unwrap().to_string();
    assert_eq!(said("a.b = 1"), "ReferenceError: a is not defined");
    assert_eq!(
        said("null.b = 1"),
        "TypeError: Cannot set properties of null (setting 'b')"
    );
    assert_eq!(
        said("const c = 1; c = 2"),
        "TypeError: Assignment to constant variable."
    );
    assert_eq!(
        said("pm.nothing()"),
        "TypeError: pm.nothing is not a function"
    );
    assert_eq!(
        said("const f = 1;\n   f(2)"),
        "TypeError: f is not a function"
    );
    assert_eq!(
        said("x; let x = 1"),
        "ReferenceError: Cannot access 'x' before initialization"
    );
    assert_eq!(
        said("new pm.Foo()"),
        "TypeError: pm.Foo is not a constructor"
    );
    assert_eq!(
        said("let o = {};\n o.a\n  .b('x')"),
        "TypeError: Cannot read properties of undefined (reading 'b')"
    );
    assert_eq!(said("foo bar"), "SyntaxError: Unexpected identifier 'bar'");
    assert_eq!(said("}"), "SyntaxError: Unexpected token '}'");
    assert_eq!(said("if ("), "SyntaxError: Unexpected end of input");
    let error = run("let a = ;").error.unwrap();
    assert_eq!((error.kind.as_str(), error.line), ("SyntaxError", Some(1)));
}

#[test]
fn thrown_values_of_any_kind_fail_a_test() {
    let outcome = run(
        "pm.test('a', () => { throw 'text' }); pm.test('b', () => { throw { a: 1 } }); \
         pm.test('c', () => { throw undefined }); pm.test('d', () => false);",
    );
    assert_eq!(outcome.assertions.len(), 4);
    assert!(lines(&outcome)[0].ends_with("text"));
    assert_eq!(lines(&outcome)[3], "3 d: passed");
    assert!(
        outcome.assertions[..3]
            .iter()
            .all(|a| matches!(a.outcome, AssertionOutcome::Failed(_)))
    );
}

#[test]
fn implicit_globals_reach_later_scripts_and_declarations_do_not() {
    let jobs = [
        "helper = () => 'shared'; const own = 1; var also = 2;",
        "const own = 1; pm.test('x', () => \
        pm.expect([helper(), typeof also]).to.eql(['shared', 'undefined']))",
    ];
    let outcomes = run_with(options(), &Stage::default(), jobs.map(job).to_vec());
    assert_eq!(lines(&outcomes[1]), ["0 x: passed"]);
}

#[test]
fn a_script_may_declare_the_names_that_it_is_given() {
    holds(
        "const _ = require('lodash'), pm2 = pm; let tests = 1; pm2.test('x', () => pm.expect(_.head([tests])).to.equal(1))",
    );
}

#[test]
fn scripts_see_neither_the_host_nor_node() {
    holds(
        "pm.test('x', () => pm.expect([typeof process, typeof host, typeof internal, typeof module, typeof fetch, \
         typeof window]).to.eql(Array(6).fill('undefined')))",
    );
}

#[test]
fn what_a_skipped_script_leaves_behind_does_not_reach_the_next() {
    let outcomes = run_with(
        options(),
        &Stage::default(),
        vec![
            before(
                "Promise.resolve().then(() => {}).then(() => { pm.environment.set('late', 1); throw new Error('late') }); \
                 setTimeout(() => pm.environment.set('later', 1), 1); pm.execution.skipRequest();",
            ),
            job("pm.test('x', () => {})"),
        ],
    );
    assert!(outcomes[0].skip_request);
    assert_eq!(lines(&outcomes[1]), ["0 x: passed"]);
    assert!(outcomes[1].mutations.is_empty());
}
