// The `pm` object. Every member is made when it is first touched: most scripts use three of them.
(function (host, internal) {
    'use strict';

    // Numbers of Linux for what can go wrong with a connection.
    const ERRNO = { ECONNREFUSED: -111, ECONNRESET: -104, EHOSTUNREACH: -113, ENETUNREACH: -101, ETIMEDOUT: -110 };

    // Members that newman's sandbox does not have.
    const YOUNGER = new Set(['vault', 'require']);

    const part = (name) => JSON.parse(host.part(name)),
        readonly = (target, values) => {
            for (const [name, value] of Object.entries(values)) {
                value !== undefined && Object.defineProperty(target, name, { value });
            }

            return target;
        };

    // A scope of the SDK that tells the host of each change.
    const scope = (name, entries, title) => {
        const made = new internal.sdk.VariableScope({ name: title, values: entries }),
            { set } = made;
        let kind;

        made._postman_enableTracking = true;
        Object.defineProperty(made, '_postman_enableTracking', { enumerable: false });
        Object.defineProperty(made, 'mutations', {
            value: {
                track (instruction, key, value) {
                    host.mutation(name, instruction, String(key),
                        instruction === 'set' ? JSON.stringify(value) : undefined, kind);
                }
            }
        });
        // The SDK does not hand the type on to `track`.
        Object.defineProperty(made, 'set', {
            value (key, value, options) {
                kind = typeof options === 'string' ? options : (options && options.type);
                try { return set.call(this, key, value, options); }
                finally { kind = undefined; }
            }
        });

        return made;
    };

    const chaiOn = (target) => Object.defineProperty(target, 'to', {
        configurable: true,
        get () { return internal.chai.expect(this).to; }
    });

    // The response to the call of this number; 0 is the request's own.
    const response = (json, call) => {
        const stream = globalThis.Buffer.from(host.body(call));

        internal.bodies.set(stream, call);

        return new internal.sdk.Response({ ...json, stream });
    };

    // An object that has a callback form and a promise form.
    const either = (start, callback) => {
        if (typeof callback === 'function') {
            start((error, ...rest) => callback(error || null, ...rest));

            return undefined;
        }

        return new Promise((resolve, reject) => {
            start((error, value) => (error ? reject(error) : resolve(value)));
        });
    };

    const failure = (json) => {
        const { message, ...rest } = JSON.parse(json);

        return Object.assign(new Error(message), rest);
    };

    // An error of the wire as newman hands it to a script: without its message.
    const bare = (json) => {
        const { message, code } = JSON.parse(json),
            [, syscall, address, port] = /^(connect) E[A-Z]+ (.*):(\d+)$/.exec(message) || [],
            [, hostname] = /^getaddrinfo ENOTFOUND (\S+?):?(?: |$)/.exec(message) || [];

        if (syscall) { return { errno: ERRNO[code], code, syscall, address, port: Number(port) }; }
        if (hostname) { return { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname }; }
        if (message === 'ESOCKETTIMEDOUT') { return { code: message, connect: false }; }

        return { code: message === 'socket hang up' ? 'ECONNRESET' : code };
    };

    const address = (url, method) => {
            const { Url } = internal.sdk;

            if (Url.isUrl(url)) { return url.toString(true); }
            if (url && typeof url === 'string') { return new Url(url).toString(true); }
            throw new TypeError(`CookieJar.${method}() requires a valid url`);
        },
        named = (name, method) => {
            if (typeof name !== 'string') { throw new TypeError(`CookieJar.${method}() requires cookie name to be a string`); }

            return name;
        },
        ask = (call, read) => (done) => internal.call('cookies', call, (refused, json) => {
            refused === null ? done(null, read(JSON.parse(json))) : done(failure(refused));
        }),
        setCookie = (cookie) => {
            const attributes = [`${cookie.name ?? cookie.key}=${cookie.value ?? ''}`],
                dated = (when) => (when instanceof Date ? when : new Date(when)).toUTCString();

            cookie.domain && attributes.push(`Domain=${cookie.domain}`);
            cookie.path && attributes.push(`Path=${cookie.path}`);
            cookie.expires && attributes.push(`Expires=${dated(cookie.expires)}`);
            cookie.maxAge !== undefined && cookie.maxAge !== null && attributes.push(`Max-Age=${cookie.maxAge}`);
            cookie.secure && attributes.push('Secure');
            cookie.httpOnly && attributes.push('HttpOnly');

            return attributes.join('; ');
        };

    class CookieJar {
        get (url, name, callback) {
            const call = { call: 'find', url: address(url, 'get'), name: named(name, 'get') };

            return either(ask(call, (cookies) => (cookies[0] ? cookies[0].value : null)), callback);
        }

        getAll (url, options, callback) {
            const call = { call: 'all', url: address(url, 'getAll') };

            return either(ask(call, (cookies) => new internal.sdk.CookieList(null, cookies)),
                typeof options === 'function' ? options : callback);
        }

        set (url, name, value, callback) {
            const given = typeof value === 'function' && !callback ? [null, value] : [value, callback];
            let text;

            if (name && given[0] && typeof name === 'string') { text = setCookie({ name, value: given[0] }); }
            else if (typeof name === 'object' && name) { text = setCookie(name); }
            else if (typeof name === 'string') { text = name; }
            else { throw new TypeError('CookieJar.set() requires a valid set cookie arguments'); }

            const call = { call: 'set', url: address(url, 'set'), cookie: text };

            return either(ask(call, (cookies) => cookies[0] && new internal.sdk.Cookie(cookies[0])), given[1]);
        }

        unset (url, name, callback) {
            return either(ask({ call: 'unset', url: address(url, 'unset'), name: named(name, 'unset') }, () => undefined),
                callback);
        }

        clear (url, callback) {
            return either(ask({ call: 'clear', url: address(url, 'clear') }, () => undefined), callback);
        }
    }

    // Under the name of each member: how to make it.
    const MEMBERS = {
        info: ({ info, prerequest }) => readonly({}, {
            eventName: prerequest ? 'prerequest' : 'test',
            iteration: info.iteration,
            iterationCount: info.iteration_count,
            requestName: info.request_name,
            requestId: info.request_id
        }),
        environment: () => scope('environment', part('environment'), host.part('environment_name')),
        globals: () => scope('globals', part('globals')),
        collectionVariables: () => scope('collection', part('collection_variables')),
        iterationData () {
            const made = new internal.sdk.VariableScope();

            made.syncVariablesFrom(part('iteration_data'));

            return made;
        },
        variables (state) {
            const made = scope('local', part('local')),
                { pm } = state;

            for (const layer of [pm.iterationData, pm.environment, pm.collectionVariables, pm.globals]) {
                made.addLayer(layer.values);
            }

            return made;
        },
        request (state) {
            const made = chaiOn(new internal.sdk.Request(part('request')));

            if (state.prerequest) { state.before = JSON.stringify(made); }

            return made;
        },
        response (state) {
            if (state.prerequest) { return undefined; }

            const json = part('response');

            return chaiOn(json ? response(json, 0) : new internal.sdk.Response({}));
        },
        cookies () {
            const made = new internal.sdk.CookieList(null, part('cookies'));

            made.jar = () => new CookieJar();

            return made;
        },
        test: ({ pm }) => internal.makeTest(pm),
        expect: () => internal.chai.expect,
        sendRequest: ({ pm }) => function sendRequest (request, callback) {
            const start = (done) => {
                if (!request) {
                    done(new Error('sendrequest: nothing to request'));

                    return;
                }

                const { Request, CookieList } = internal.sdk,
                    made = Request.isRequest(request) ? request : new Request(request);

                const call = internal.call('send', made.toJSON(), (refused, json) => {
                    if (refused !== null) {
                        if (internal.strict) { done(failure(refused)); }
                        else { done(bare(refused), new internal.sdk.Response({}), {}); }

                        return;
                    }

                    const answer = response(JSON.parse(json), call);

                    done(null, answer, { cookies: new CookieList({}, JSON.parse(json).cookie) });
                });
            };

            if (typeof callback === 'function') {
                start((error, answer, history) => callback.call(pm, error, answer, history));

                return pm;
            }
            // newman gives no promise.
            if (!internal.strict) {
                start(() => {});

                return pm;
            }

            return new Promise((resolve, reject) => {
                start((error, answer) => (error ? reject(error) : resolve(answer)));
            });
        },
        execution: (state) => readonly({}, {
            setNextRequest (request) { host.next(JSON.stringify(request)); },
            skipRequest () {
                if (!state.prerequest) { throw new TypeError('pm.execution.skipRequest is not a function'); }
                host.skip();
                internal.skipped = true;
                throw internal.SKIP;
            },
            location: Object.defineProperty(state.info.path.slice(), 'current', { value: state.info.path.at(-1) })
        }),
        visualizer: () => ({
            set (template, data, options) {
                if (typeof template !== 'string') {
                    throw new Error(`Invalid template. Template must be of type string, found ${typeof template}`);
                }
                if (data && typeof data !== 'object') {
                    throw new Error(`Invalid data. Data must be an object, found ${typeof data}`);
                }
                if (options && typeof options !== 'object') {
                    throw new Error(`Invalid options. Options must be an object, found ${typeof options}`);
                }
            },
            clear () {}
        }),
        vault () {
            // What a script writes is seen by the rest of that run, and never kept.
            const written = internal.vault ||= new Map(),
                start = (name) => (done) => {
                    if (written.has(name)) {
                        done(null, written.get(name));

                        return;
                    }
                    internal.call('vault', { name }, (refused, json) => done(null, JSON.parse(json) ?? undefined));
                };

            return {
                get: (name) => either(start(String(name))),
                set: (name, value) => Promise.resolve(void written.set(String(name), value)),
                unset: (name) => Promise.resolve(void written.set(String(name), undefined))
            };
        },
        require: () => (name) => {
            throw new Error(`pm.require: the package "${name}" is not available here; only require() of built-in names is`);
        }
    };

    class Postman {
        #made = Object.create(null);
        #state;

        constructor (state) { this.#state = state; }

        static {
            for (const [name, make] of Object.entries(MEMBERS)) {
                Object.defineProperty(Postman.prototype, name, {
                    enumerable: true,
                    get () {
                        const made = this.#made;

                        if (!internal.strict && YOUNGER.has(name)) { return undefined; }

                        return name in made ? made[name] : (made[name] = make(this.#state));
                    }
                });
            }
            internal.touched = (pm, name) => pm.#made[name];
        }
    }

    // `skipRequest` leaves the script by throwing this; nobody is told.
    internal.SKIP = Object.freeze({ toString: () => 'the request is skipped' });

    internal.makePm = (state) => {
        state.pm = new Postman(state);

        return state.pm;
    };
})
