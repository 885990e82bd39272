use super::*;

#[test]
fn entries_of_tests_come_after_all_of_pm_test() {
    let outcome = run(
        "tests['body'] = responseBody.includes('a'); tests['code'] = responseCode.code === 500; pm.test('new', () => {})",
    );
    assert_eq!(
        lines(&outcome),
        [
            "0 new: passed",
            "1 body: passed",
            "2 code: AssertionError: expected false to be truthy"
        ]
    );
}

#[test]
fn the_old_names_are_there() {
    holds(
        "pm.test('x', () => {
             pm.expect(responseBody).to.equal(pm.response.text());
             pm.expect(responseCode.code).to.equal(200);
             pm.expect(responseCode.name).to.equal('OK');
             pm.expect(responseHeaders['Content-Type']).to.include('json');
             pm.expect(responseTime).to.equal(12);
             pm.expect(iteration).to.equal(2);
             pm.expect(environment.base).to.equal('https://example.com');
             pm.expect(globals.world).to.equal('earth');
             pm.expect(request.method).to.equal('POST');
             pm.expect(request.headers['X-One'] || request.headers['x-one']).to.equal('1');
             pm.expect(request.data).to.equal('{\"amount\":5}');
             pm.expect(responseCookies.count()).to.equal(1);
             pm.expect(postman.getResponseHeader('content-type')).to.include('json');
             pm.expect(postman.getResponseCookie('session').value).to.equal('42');
             pm.expect(_.VERSION).to.equal('3.10.2');
             pm.expect(CryptoJS.MD5('a').toString()).to.equal('0cc175b9c0f1b6a831c399e269772661');
             pm.expect(tv4.validate({}, { type: 'object' })).to.equal(true);
             pm.expect(xml2Json('<a><b>1</b></a>')).to.eql({ a: { b: '1' } });
             pm.expect(cheerio.load('<p>x</p>')('p').text()).to.equal('x');
             pm.expect(Backbone.VERSION).to.equal('1.6.0');
             pm.expect(atob(btoa('x'))).to.equal('x');
         });",
    );
}

#[test]
fn old_setters_write_texts() {
    let outcome = run(
        "postman.setEnvironmentVariable('a', 1); postman.setGlobalVariable('b', { toString: () => 'x' }); \
         postman.clearEnvironmentVariable('base'); console.log(environment.a === '1', postman.getEnvironmentVariable('a'));",
    );
    let changes: Vec<_> = outcome
        .mutations
        .iter()
        .map(|m| (m.scope, m.key.as_str(), m.change.clone()))
        .collect();
    let set = |value: &str| Change::Set {
        value: value.into(),
        kind: None,
    };
    assert_eq!(
        changes,
        [
            (Scope::Environment, "a", set("1")),
            (Scope::Globals, "b", set("x")),
            (Scope::Environment, "base", Change::Unset),
        ]
    );
    assert!(
        outcome
            .console
            .iter()
            .any(|message| message.text == "true 1")
    );
}

#[test]
fn the_first_use_of_an_old_name_is_warned_of_once() {
    let outcome = run("tests['a'] = true; tests['b'] = true;");
    let warnings: Vec<_> = outcome
        .console
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(
        warnings,
        ["Using \"tests\" is deprecated. Use \"pm.test()\" instead."]
    );
}

#[test]
fn json_speaks_as_postmans_does() {
    let outcome = run("pm.test('x', () => JSON.parse('{a'))");
    assert!(
        lines(&outcome)[0].starts_with("0 x: JSONError: "),
        "{:?}",
        lines(&outcome)
    );
}

#[test]
fn a_script_can_refuse_the_old_names() {
    let outcome = run(
        "\"use sandbox2\";\npm.test('x', () => pm.expect(typeof responseBody).to.equal('undefined'))",
    );
    assert_eq!(lines(&outcome), ["0 x: passed"]);
}

#[test]
fn response_names_do_not_exist_before_the_request() {
    assert_eq!(
        lines(&run_job(before("responseBody"))),
        ["error ReferenceError: responseBody is not defined"]
    );
}

#[test]
fn sugar_is_on_the_prototypes() {
    holds(
        "pm.test('x', () => {
             pm.expect(responseBody.has('amount') || !responseBody.has('nothing')).to.equal(true);
             pm.expect('a-beta'.camelize()).to.equal('ABeta');
             pm.expect([1, 2, 3].average()).to.equal(2);
             pm.expect(['a', 'b'].none('c')).to.equal(true);
             pm.expect((56789.1).format()).to.equal('56,789.1');
             pm.expect((56).ordinalize()).to.equal('56th');
             pm.expect(Object.isString('x')).to.equal(true);
             pm.expect(Date.create('2020-01-02').format('{yyyy}/{MM}/{dd}')).to.equal('2020/01/02');
         });",
    );
}

#[test]
fn sugar_changes_nothing_that_the_language_has() {
    holds(
        "const own = [Array.prototype.map, Array.prototype.find, String.prototype.endsWith, Object.keys, Object.values];
         const list = [3, 1];
         list.first = 'mine';
         String.prototype.titleize = () => 'mine';
         pm.test('x', () => {
             pm.expect(Object.keys(list)).to.eql(['0', '1', 'first']);
             for (const name in []) { pm.expect(name).to.equal(''); }
             pm.expect([7, 8].last()).to.equal(8);
             pm.expect([Array.prototype.map, Array.prototype.find, String.prototype.endsWith, Object.keys, Object.values])
                 .to.eql(own);
             pm.expect(list.first).to.equal('mine');
             pm.expect('a'.titleize()).to.equal('mine');
             for (const name in 'a') { pm.expect(name).to.equal('0'); }
         });",
    );
}

#[test]
fn sugar_is_not_loaded_for_scripts_that_do_not_use_it() {
    holds(
        "pm.test('x', () => {
             pm.expect({ a: [1, { b: 'x' }] }).to.eql({ a: [1, { b: 'x' }] });
             pm.response.to.have.status(200);
             pm.expect(_.map([{ a: 1 }], 'a')).to.include(1);
             require('moment')('2020-01-02').format();
             new (require('ajv'))().validate({ type: 'object' }, {});
             pm.expect(xml2Json('<a><b>1</b></a>').a.b).to.equal('1');
             pm.expect(require('lodash').cloneDeep([new Date(0), 'x', /x/])).to.have.length(3);
             for (const [target, name] of [[String.prototype, 'has'], [Array.prototype, 'none'], [Object, 'each']]) {
                 pm.expect(Object.getOwnPropertyDescriptor(target, name).get, name).to.be.a('function');
             }
         });",
    );
}
