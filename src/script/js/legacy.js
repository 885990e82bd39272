// The interface that Postman had before `pm`. A script gets those names that its text mentions.
(function (host, internal) {
    'use strict';

    const part = (name) => JSON.parse(host.part(name)),
        INSTEAD = {
            tests: 'pm.test()',
            globals: 'pm.globals',
            environment: 'pm.environment',
            data: 'pm.iterationData',
            request: 'pm.request',
            responseCookies: 'pm.cookies',
            responseHeaders: 'pm.response.headers',
            responseCode: 'pm.response.code',
            _: 'require(\'lodash\')',
            CryptoJS: 'require(\'crypto-js\')',
            atob: 'require(\'atob\')',
            btoa: 'require(\'btoa\')',
            tv4: 'require(\'ajv\')',
            xml2Json: 'require(\'xml2js\')',
            Backbone: 'require(\'backbone\')',
            cheerio: 'require(\'cheerio\')',
            postman: 'pm.execution.setNextRequest()'
        };

    // Warns at the first use of each name, once a script.
    const watched = (state, key, value) => {
        if (!value || (typeof value !== 'object' && typeof value !== 'function')) { return value; }

        const warn = () => {
            if (state.ended || state.warned.has(key)) { return; }
            state.warned.add(key);
            internal.console.warn(`Using "${key === 'postman' ? 'postman.setNextRequest' : key}" is deprecated. Use "${INSTEAD[key]}" instead.`);
        };

        return new Proxy(value, {
            get (target, name) {
                warn();

                return target[name];
            },
            set (target, name, item) {
                warn();
                target[name] = item;

                return true;
            },
            apply (target, self, rest) {
                warn();

                return target.apply(self, rest);
            }
        });
    };

    const text = (value) => ((value === false || value) && typeof value.toString === 'function' ? value.toString() : value),
        collected = (list) => {
            const all = {};

            for (const { key, value, disabled } of list) {
                if (disabled) { continue; }
                if (!all[key]) { all[key] = value; }
                else if (Array.isArray(all[key])) { all[key].push(value); }
                else { all[key] = [all[key], value]; }
            }

            return all;
        },
        bodyOf = ({ body }) => {
            if (!body || body.isEmpty()) { return {}; }
            switch (body.mode) {
                case 'raw': return body.raw || {};
                case 'urlencoded': return collected(body.urlencoded.all());
                case 'formdata': return collected(body.formdata.all());
                case 'file': return (body.file && body.file.content) || {};
                default: return {};
            }
        };

    const xml2Json = (xml) => {
        let read = {};

        internal.library('xml2js').parseString(xml, {
            explicitArray: false, async: false, trim: true, mergeAttrs: false
        }, (error, result) => { read = result; });

        return read;
    };

    // The plain objects are shared between `environment` and `postman.setEnvironmentVariable`.
    const once = (state, key, make) => (key in state.plain ? state.plain[key] : (state.plain[key] = make()));

    const variables = (state, name, plainName) => ({
        set (key, value) {
            const plain = text(value);

            once(state, plainName, () => state.pm[name].syncVariablesTo())[key] = plain;

            return state.pm[name].set(key, plain);
        },
        get: (key) => state.pm[name].get(key),
        unset (key) {
            delete once(state, plainName, () => state.pm[name].syncVariablesTo())[key];

            return state.pm[name].unset(key);
        },
        clear () {
            const plain = once(state, plainName, () => state.pm[name].syncVariablesTo());

            for (const key of Object.keys(plain)) { delete plain[key]; }

            return state.pm[name].clear();
        }
    });

    const postman = (state) => {
        const environment = variables(state, 'environment', 'environment'),
            globals = variables(state, 'globals', 'globals'),
            made = {
                setEnvironmentVariable: environment.set,
                getEnvironmentVariable: environment.get,
                clearEnvironmentVariable: environment.unset,
                clearEnvironmentVariables: environment.clear,
                setGlobalVariable: globals.set,
                getGlobalVariable: globals.get,
                clearGlobalVariable: globals.unset,
                clearGlobalVariables: globals.clear,
                setNextRequest: (request) => { host.next(JSON.stringify(request)); }
            };

        if (!state.prerequest) {
            made.getResponseHeader = (name) => {
                const header = state.pm.response.headers.one(name);

                return header ? header.value : undefined;
            };
            made.getResponseCookie = (name) => state.pm.cookies.one(String(name));
        }

        return made;
    };

    const NAMES = {
        JSON: () => internal.library('liquid-json'),
        _: () => internal.library('lodash3'),
        CryptoJS: () => internal.library('crypto-js'),
        atob: () => internal.library('atob'),
        btoa: () => internal.library('btoa'),
        tv4: () => internal.library('tv4'),
        xml2Json: () => xml2Json,
        Backbone: () => internal.library('backbone'),
        cheerio: () => internal.library('cheerio'),
        tests: (state) => once(state, 'tests', () => ({})),
        globals: (state) => once(state, 'globals', () => state.pm.globals.syncVariablesTo()),
        environment: (state) => once(state, 'environment', () => state.pm.environment.syncVariablesTo()),
        data: () => part('iteration_data'),
        iteration: (state) => state.info.iteration,
        postman,
        request (state) {
            const { request } = state.pm;

            return {
                id: state.info.request_id,
                name: state.info.request_name,
                description: request.description ? request.description.toString() : undefined,
                headers: request.headers.toObject(true, false, true, true),
                method: request.method,
                url: request.url.toString(),
                data: bodyOf(request)
            };
        }
    };

    const AFTER = {
        responseCookies: ({ pm }) => pm.cookies,
        responseHeaders ({ pm }) {
            const headers = {};

            pm.response.headers.each((header) => { if (header && !header.disabled) { headers[header.key] = header.value; } });

            return headers;
        },
        responseTime: ({ pm }) => pm.response.responseTime,
        responseCode: ({ pm }) => ({ ...pm.response.details() }),
        responseBody: ({ pm }) => pm.response.text()
    };

    // The names for scripts of each event.
    internal.legacyNames = (prerequest) => (prerequest ? Object.keys(NAMES) : [...Object.keys(NAMES), ...Object.keys(AFTER)]);

    internal.legacy = (state, name) => {
        state.plain ||= {};
        state.warned ||= new Set();

        const value = (NAMES[name] || AFTER[name])(state);

        return name in INSTEAD ? watched(state, name, value) : value;
    };

    // `tests[…]` count after all of `pm.test`.
    internal.legacyTests = (state) => {
        state.ended = true;

        const tests = state.plain && state.plain.tests;

        if (!tests) { return; }

        let index = state.pm.test.index();

        for (const name of Object.keys(tests)) {
            const value = tests[name],
                message = `expected ${String(value).toWellFormed()} to be truthy`;

            host.assertion(name.toWellFormed(), index, value ? 0 : 1, false, value ? '' : 'AssertionError',
                value ? '' : message, value ? '' : `AssertionError: ${message}`);
            index += 1;
        }
    };
})
