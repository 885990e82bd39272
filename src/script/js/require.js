// Modules: how libraries find each other, and which of them scripts may ask for.
(function (host, internal) {
    'use strict';

    const loaded = [],
        FAKER = '@faker-js/faker/locale/en',
        process = {
            title: 'browser', browser: true, env: {}, argv: [], version: '', versions: {}, pid: 1, platform: 'browser',
            nextTick: (callback, ...rest) => { Promise.resolve().then(() => callback(...rest)); },
            cwd: () => '/', umask: () => 0, on () { return process; }, once () { return process; },
            emitWarning () {}, binding () { throw new Error('process.binding is not supported'); }
        };

    const missing = (name) => {
        const error = new Error(`Cannot find module '${name}'`);

        error.code = 'MODULE_NOT_FOUND';

        return error;
    };

    const load = (id) => {
        let module = loaded[id];

        if (module) { return module.exports; }

        module = loaded[id] = { id, exports: {} };
        try {
            host.load(id).call(module.exports, module.exports, requirer(id), module, process, globalThis);
        }
        catch (error) {
            delete loaded[id];
            throw error;
        }

        return module.exports;
    };

    const requirer = (from) => (name) => {
        // 160 modules that hardly any script needs.
        if (name === FAKER) { return internal.faker; }

        const id = host.resolve(from, name);

        if (id < 0) { throw missing(name); }

        return load(id);
    };

    internal.library = (name) => load(host.entry(name));

    // Looks like faker, and loads it at the first call.
    const sections = Object.create(null);

    internal.faker = new Proxy({}, {
        get: (target, section) => sections[section] ||= new Proxy({}, {
            get: (inner, name) => (...rest) => internal.library(FAKER)[section][name](...rest)
        })
    });

    internal.lazy(globalThis, 'Buffer', () => {
        const { Buffer } = internal.library('buffer'),
            slow = Buffer.prototype.toString;

        // UTF-8 is decoded by the host: the same result, and a large body takes no noticeable time.
        Buffer.prototype.toString = function toString (encoding, start, end) {
            const plain = encoding === undefined || /^utf-?8$/i.test(encoding);

            return plain && start === undefined && end === undefined && this.length > 256 ?
                internal.decode(this, 'utf-8') : slow.apply(this, arguments);
        };

        return Buffer;
    });

    // The buffers of responses, and under which number the host keeps each body.
    internal.bodies = new WeakMap();

    internal.lazy(internal, 'sdk', () => {
        const sdk = internal.library('postman-collection'),
            { text } = sdk.Response.prototype,
            mime = internal.library('mime');

        // It reads `RegExp.$1`, which QuickJS does not keep.
        mime.getExtension = (type) => mime._extensions[String(type).trim().split(/[;\s]/)[0].toLowerCase()] || null;

        // As above, for response bodies in UTF-8. Like iconv-lite, which decodes all others, it drops a byte order mark.
        sdk.Response.prototype.text = function () {
            const body = internal.bodies.get(this.stream);

            if (body === undefined) { return text.call(this); }

            const type = this.headers.get('content-type'),
                named = /charset\s*=\s*"?([^\s;"]+)/i.exec(type || '');

            if (named && !/^(utf-?8|us-ascii)$/i.test(named[1])) { return text.call(this); }

            const decoded = host.bodyText(body);

            return decoded.charCodeAt(0) === 0xfeff ? decoded.slice(1) : decoded;
        };

        return sdk;
    });

    // chai-postman makes a new Ajv for every `jsonSchema`, which compiles the meta-schema each time. It is given this
    // class instead: one Ajv for each set of options, renewed now and then because it keeps every schema. A schema that names itself gets a fresh one, because two
    // different schemas with one name would be an error.
    const validators = new Map(),
        KEPT_SCHEMAS = 500;
    let validated = 0;

    class SharedAjv {
        constructor (options) {
            this.options = options;
            this.errors = null;
        }

        validate (schema, data) {
            const Ajv = internal.library('ajv'),
                own = schema && typeof schema === 'object' && /"(\$id|id)":"/.test(JSON.stringify(schema)),
                plain = !this.options || Object.values(this.options).every((value) => typeof value !== 'object'),
                key = JSON.stringify(this.options) || '';
            if ((validated += 1) % KEPT_SCHEMAS === 0) { validators.clear(); }

            let ajv = own || !plain ? undefined : validators.get(key);

            if (!ajv) {
                ajv = new Ajv(this.options);
                !own && plain && validators.set(key, ajv);
            }
            this.ajv = ajv;

            const valid = ajv.validate(schema, data);

            this.errors = ajv.errors;

            return valid;
        }

        errorsText (errors, options) { return this.ajv.errorsText(errors, options); }
    }

    internal.lazy(internal, 'chai', () => {
        const chai = internal.library('chai');

        chai.use(internal.library('chai-postman')(internal.sdk, internal.library('lodash'), SharedAjv));

        return chai;
    });

    // Postman's `uuid` is a function; the package's members stand beside it.
    internal.lazy(internal, 'uuid', () => {
        const library = internal.library('uuid');

        return Object.assign(function uuid (...rest) { return library.v4(...rest); }, library);
    });

    const offered = {
        json: () => internal.library('liquid-json'),
        chai: () => internal.chai,
        'postman-collection': () => internal.sdk,
        uuid: () => internal.uuid,
        timers: () => internal.timers,
        buffer: () => (globalThis.Buffer, internal.library('buffer'))
    };

    for (const name of ['ajv', 'assert', 'atob', 'backbone', 'btoa', 'cheerio', 'crypto-js', 'csv-parse/lib/sync',
        'events', 'liquid-json', 'lodash', 'moment', 'path', 'punycode', 'querystring', 'stream', 'string_decoder',
        'tv4', 'url', 'util', 'xml2js']) {
        offered[name] = () => internal.library(name);
    }

    internal.require = function require (name) {
        if (!Object.hasOwn(offered, name)) { throw missing(name); }

        return offered[name]();
    };
})
