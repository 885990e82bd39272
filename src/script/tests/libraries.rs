use super::*;

#[test]
fn every_name_that_scripts_may_require_loads() {
    for (name, check) in [
        ("ajv", "new library({}).validate({ type: 'number' }, 1)"),
        ("assert", "library.equal(1, 1) === undefined"),
        ("atob", "library('YQ==') === 'a'"),
        ("backbone", "typeof library.Model === 'function'"),
        ("btoa", "library('a') === 'YQ=='"),
        ("buffer", "library.Buffer.from('é').length === 2"),
        ("chai", "typeof library.expect === 'function'"),
        ("cheerio", "library.load('<b>x</b>')('b').text() === 'x'"),
        (
            "crypto-js",
            "library.HmacSHA256('a', 'b').toString().length === 64 && library.AES.decrypt(library.AES.encrypt('x', 'k'), 'k').toString(library.enc.Utf8) === 'x'",
        ),
        (
            "csv-parse/lib/sync",
            "library('a,b\\n1,2', { columns: true })[0].b === '2'",
        ),
        ("events", "new library().listenerCount('x') === 0"),
        ("json", "library.parse('[1]')[0] === 1"),
        ("lodash", "library.chunk([1, 2, 3], 2).length === 2"),
        (
            "moment",
            "library.utc(0).format('YYYY-MM-DD') === '1970-01-01'",
        ),
        ("path", "library.join('a', '..', 'b') === 'b'"),
        (
            "postman-collection",
            "new library.Url('http://a/b').getPath() === '/b'",
        ),
        ("punycode", "library.encode('ü') === 'tda'"),
        ("querystring", "library.parse('a=1').a === '1'"),
        ("stream", "typeof library.Readable === 'function'"),
        (
            "string_decoder",
            "typeof library.StringDecoder === 'function'",
        ),
        ("timers", "typeof library.setTimeout === 'function'"),
        ("tv4", "library.validate(1, { type: 'number' })"),
        ("url", "library.parse('http://a:1/b').port === '1'"),
        ("util", "library.format('%s', 1) === '1'"),
        (
            "uuid",
            "/^[0-9a-f-]{36}$/.test(library()) && /^[0-9a-f-]{36}$/.test(library.v4())",
        ),
        ("xml2js", "typeof library.parseString === 'function'"),
    ] {
        let outcome = run(&format!(
            "const library = require('{name}'); pm.test('{name}', () => pm.expect({check}).to.equal(true));"
        ));
        assert_eq!(lines(&outcome), [format!("0 {name}: passed")]);
    }
}

#[test]
fn other_names_are_not_found() {
    assert_eq!(
        lines(&run("require('fs')")),
        ["error Error: Cannot find module 'fs'"]
    );
}

#[test]
fn a_library_is_loaded_once() {
    holds("pm.test('x', () => pm.expect(require('lodash')).to.equal(require('lodash')))");
}

#[test]
fn dynamic_variables_are_seeded() {
    let source = "console.log(pm.variables.replaceIn('{{$guid}} {{$randomInt}} {{$randomFirstName}} {{$timestamp}} {{$randomUUID}} {{$isoTimestamp}}'), \
                  require('uuid').v4(), Math.random(), crypto.randomUUID(), require('crypto-js').lib.WordArray.random(8).toString())";
    let one = logged(source);
    assert_eq!(one, logged(source));
    assert!(one[0].contains(" 1767225600 "), "{}", one[0]);
    assert!(one[0].contains("2026-01-01T00:00:00.000Z"), "{}", one[0]);
    assert!(!one[0].contains("{{"), "{}", one[0]);
}

#[test]
fn the_same_seed_gives_the_same_script_twice_and_another_does_not() {
    let draw = |seed: u64| {
        let options = EngineOptions {
            random: Random::from_seed(Seed(seed)),
            ..options()
        };
        let source = "console.log(Math.random(), crypto.getRandomValues(new Uint8Array(8)))";
        run_with(options, &Stage::default(), vec![job(source)])
            .remove(0)
            .console
    };
    assert_eq!(draw(3), draw(3));
    assert_ne!(draw(3), draw(4));
}
