use super::*;

#[test]
fn urls_follow_the_standard() {
    holds(
        "pm.test('url', () => {
             const url = new URL('../b?x=1&y=%20z#h', 'https://u:p@Example.com:8443/a/c');
             pm.expect(url.href).to.equal('https://u:p@example.com:8443/b?x=1&y=%20z#h');
             pm.expect([url.protocol, url.host, url.port, url.pathname, url.hash, url.origin])
                 .to.eql(['https:', 'example.com:8443', '8443', '/b', '#h', 'https://example.com:8443']);
             pm.expect(url.searchParams.get('y')).to.equal(' z');
             url.searchParams.append('k', 'a b&ü');
             pm.expect(url.search).to.equal('?x=1&y=+z&k=a+b%26%C3%BC');
             url.pathname = '/new path';
             pm.expect(String(url)).to.include('/new%20path?');
             pm.expect(() => new URL('nowhere')).to.throw(TypeError, 'Invalid URL');
             pm.expect(URL.canParse('http://a')).to.equal(true);
             pm.expect([...new URLSearchParams({ a: 1, b: 'x y' })]).to.eql([['a', '1'], ['b', 'x y']]);
             pm.expect(new URLSearchParams('?a=1&a=2').getAll('a')).to.eql(['1', '2']);
             pm.expect(JSON.stringify({ url: new URL('http://a/b') })).to.equal('{\"url\":\"http://a/b\"}');
         });",
    );
}

#[test]
fn texts_become_bytes_and_back() {
    holds(
        "pm.test('text', () => {
             pm.expect(Array.from(new TextEncoder().encode('é€'))).to.eql([195, 169, 226, 130, 172]);
             pm.expect(new TextDecoder().decode(new Uint8Array([195, 169]))).to.equal('é');
             pm.expect(new TextDecoder('latin1').decode(new Uint8Array([233]))).to.equal('é');
             pm.expect(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))).to.throw(TypeError);
             pm.expect(() => new TextDecoder('none')).to.throw(RangeError);
             pm.expect(Buffer.from('é'.repeat(300)).toString()).to.equal('é'.repeat(300));
             pm.expect(Buffer.from('x').toString('base64')).to.equal('eA==');
         });",
    );
}

#[test]
fn values_are_cloned_deeply() {
    holds(
        "pm.test('clone', () => {
             const value = { date: new Date(5), map: new Map([[1, { a: 1 }]]), set: new Set([1]), bytes: new Uint8Array([1, 2]) };
             value.self = value;
             const copy = structuredClone(value);
             pm.expect(copy.self).to.equal(copy);
             pm.expect(copy.date.getTime()).to.equal(5);
             pm.expect(copy.map.get(1)).to.eql({ a: 1 });
             pm.expect(copy.map.get(1)).not.to.equal(value.map.get(1));
             pm.expect(Array.from(copy.bytes)).to.eql([1, 2]);
             pm.expect(() => structuredClone(() => {})).to.throw();
         });",
    );
}

#[test]
fn time_is_ours_everywhere() {
    holds(
        "pm.test('time', () => {
             pm.expect(Date.now()).to.equal(1767225600000);
             pm.expect(new Date().toISOString()).to.equal('2026-01-01T00:00:00.000Z');
             pm.expect(new Date() instanceof Date).to.equal(true);
             pm.expect(new Date(0).constructor).to.equal(Date);
             pm.expect(typeof Date()).to.equal('string');
             pm.expect(new Date(2020, 1, 2).getDate()).to.equal(2);
             pm.expect(class extends Date {}.name).to.equal('');
             pm.expect(new (class Later extends Date { twice () { return 2 * this; } })(4).twice()).to.equal(8);
             pm.expect(require('moment').utc().year()).to.equal(2026);
             pm.expect(performance.now()).to.equal(0);
         });",
    );
}

#[test]
fn numbers_and_dates_have_american_locale_output() {
    holds(
        "pm.test('locale', () => {
             pm.expect((1234567.891).toLocaleString()).to.equal('1,234,567.891');
             pm.expect((5).toLocaleString('en-US', { minimumFractionDigits: 2 })).to.equal('5.00');
             pm.expect((1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' })).to.equal('$1,234.50');
             pm.expect(new Date(0).toLocaleDateString('en-US', { timeZone: 'UTC' })).to.equal('1/1/1970');
             pm.expect(['b', 'a', 'C', 'ä', 'A', '1', '_', '10', '9'].sort((x, y) => x.localeCompare(y)).join(' '))
                 .to.equal('_ 1 10 9 a A ä b C');
             pm.expect('a10'.localeCompare('a9', undefined, { numeric: true })).to.equal(1);
             pm.expect('a'.localeCompare('Á', undefined, { sensitivity: 'base' })).to.equal(0);
             pm.expect(new Intl.NumberFormat('en-US').format(1e6)).to.equal('1,000,000');
         });",
    );
}

#[test]
fn the_last_match_is_kept_for_scripts_that_ask_for_it() {
    holds(
        "pm.test('match', () => {
             pm.expect(/b(.)d/.test('abcd') && RegExp.$1).to.equal('c');
             'x=1'.replace(/(\\w)=(\\d)/, '');
             pm.expect([RegExp.$1, RegExp.$2, RegExp.$3]).to.eql(['x', '1', '']);
         });",
    );
}

#[test]
fn a_long_run_does_not_grow() {
    let source = "pm.test('x', () => { pm.response.to.have.status(200); pm.response.to.have.jsonSchema({ \
                  title: pm.variables.replaceIn('{{$guid}}') }); }); pm.environment.set('a', 'x'.repeat(1e4));";
    let options = EngineOptions {
        memory_limit: 24 * 1024 * 1024,
        ..options()
    };
    let outcomes = run_with(options, &Stage::default(), vec![job(source); 1200]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| lines(outcome) == ["0 x: passed"])
    );
}

#[test]
fn on_the_logical_clock_local_time_is_utc() {
    holds(
        "pm.test('zone', () => {
             pm.expect(String(new Date())).to.equal('Thu Jan 01 2026 00:00:00 GMT+0000 (Coordinated Universal Time)');
             pm.expect(new Date().toDateString()).to.equal('Thu Jan 01 2026');
             pm.expect(new Date().getTimezoneOffset()).to.equal(0);
             pm.expect(new Date(2026, 5, 1, 12).toISOString()).to.equal('2026-06-01T12:00:00.000Z');
             pm.expect(new Date('2026-06-01T12:00:00').toISOString()).to.equal('2026-06-01T12:00:00.000Z');
             pm.expect(new Date('2026-06-01').getHours()).to.equal(0);
             pm.expect(Date.parse('2026-06-01T12:00:00+02:00')).to.equal(Date.UTC(2026, 5, 1, 10));
             pm.expect(new Date('1 June 2026 12:00').getUTCHours()).to.equal(12);
             const date = new Date(0); date.setHours(5);
             pm.expect(date.toISOString()).to.equal('1970-01-01T05:00:00.000Z');
             pm.expect(require('moment')().format()).to.equal('2026-01-01T00:00:00+00:00');
             pm.expect(new Date(date)).to.eql(date);
             pm.expect(String(new Date(NaN))).to.equal('Invalid Date');
         });",
    );
}

#[test]
fn newmans_sandbox_is_an_older_one() {
    let source = "for (const name of ['URL', 'crypto', 'structuredClone', 'Intl', 'globalThis', 'TextEncoder']) {
             pm.test(name + ' ' + eval('typeof ' + name), () => {});
         }
         pm.test(typeof pm.vault + ' ' + typeof pm.sendRequest('http://h/').then, () => {});
         pm.test('thrown', () => { throw 'text'; });";
    assert_eq!(
        lines(&run_leniently(source)),
        [
            "0 URL undefined: passed",
            "1 crypto undefined: passed",
            "2 structuredClone undefined: passed",
            "3 Intl undefined: passed",
            "4 globalThis undefined: passed",
            "5 TextEncoder undefined: passed",
            "6 undefined undefined: passed",
            "7 thrown: AssertionError: thrown",
        ]
    );
    let strict = lines(&run(source));
    assert_eq!(strict[0], "0 URL function: passed");
    assert_eq!(strict[7], "7 thrown: Error: text");
}

#[test]
fn newmans_scripts_do_not_wait_at_their_top_level() {
    let source = "const answer = await Promise.resolve(1); pm.test('x', () => {});";
    let error = run_leniently(source).error.unwrap();
    assert_eq!(error.kind, "SyntaxError");
    assert!(
        error.message.starts_with("await is only valid"),
        "{}",
        error.message
    );
    assert_eq!(lines(&run(source)), ["0 x: passed"]);
    let inside = "(async () => { await 1; pm.test('inside', () => {}); })();";
    assert_eq!(lines(&run_leniently(inside)), ["0 inside: passed"]);
}
