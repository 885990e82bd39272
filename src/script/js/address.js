// `URL` and `URLSearchParams` over the host's URL parser (the WHATWG rules).
(function (host, internal) {
    'use strict';

    const decodePlus = (text) => {
            const bytes = [];

            // Bytes first: a broken escape stays as it is, broken UTF-8 becomes the replacement character.
            for (const byte of new Uint8Array(host.encode(text.replace(/\+/g, ' ').toWellFormed()))) { bytes.push(byte); }

            const plain = [];

            for (let at = 0; at < bytes.length; at += 1) {
                const pair = bytes[at] === 0x25 ? String.fromCharCode(bytes[at + 1], bytes[at + 2]) : '';

                if (/^[0-9a-f]{2}$/i.test(pair)) {
                    plain.push(parseInt(pair, 16));
                    at += 2;
                }
                else { plain.push(bytes[at]); }
            }

            return internal.decode(Uint8Array.from(plain), 'utf-8');
        },
        encodePlus = (text) => encodeURIComponent(String(text).toWellFormed())
            .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
            .replace(/%20/g, '+');

    class URLSearchParams {
        #pairs = [];
        #changed = null;

        constructor (init = '', changed = null) {
            this.#changed = typeof changed === 'function' ? changed : null;
            if (typeof init === 'object' && init !== null) {
                const pairs = typeof init[Symbol.iterator] === 'function' ? [...init] : Object.entries(init);

                for (const pair of pairs) {
                    const [key, value] = [...pair];

                    this.#pairs.push([String(key), String(value)]);
                }
            }
            else { this.#read(String(init)); }
        }

        #read (text) {
            this.#pairs = text.replace(/^\?/, '').split('&').filter(Boolean).map((pair) => {
                const at = pair.indexOf('=');

                return at < 0 ? [decodePlus(pair), ''] : [decodePlus(pair.slice(0, at)), decodePlus(pair.slice(at + 1))];
            });
        }

        #tell () { this.#changed && this.#changed(this.toString()); }

        get size () { return this.#pairs.length; }

        append (key, value) {
            this.#pairs.push([String(key), String(value)]);
            this.#tell();
        }

        delete (key, value) {
            this.#pairs = this.#pairs.filter((pair) =>
                pair[0] !== String(key) || (value !== undefined && pair[1] !== String(value)));
            this.#tell();
        }

        get (key) {
            const found = this.#pairs.find((pair) => pair[0] === String(key));

            return found ? found[1] : null;
        }

        getAll (key) { return this.#pairs.filter((pair) => pair[0] === String(key)).map((pair) => pair[1]); }

        has (key, value) {
            return this.#pairs.some((pair) => pair[0] === String(key) && (value === undefined || pair[1] === String(value)));
        }

        set (key, value) {
            const found = this.#pairs.find((pair) => pair[0] === String(key));

            if (found) {
                found[1] = String(value);
                this.#pairs = this.#pairs.filter((pair) => pair === found || pair[0] !== String(key));
            }
            else { this.#pairs.push([String(key), String(value)]); }
            this.#tell();
        }

        sort () {
            this.#pairs.sort((one, other) => (one[0] < other[0] ? -1 : Number(one[0] > other[0])));
            this.#tell();
        }

        forEach (visit, self) { this.#pairs.forEach(([key, value]) => visit.call(self, value, key, this)); }

        keys () { return this.#pairs.map((pair) => pair[0])[Symbol.iterator](); }

        values () { return this.#pairs.map((pair) => pair[1])[Symbol.iterator](); }

        entries () { return this.#pairs.map((pair) => [...pair])[Symbol.iterator](); }

        [Symbol.iterator] () { return this.entries(); }

        toString () { return this.#pairs.map(([key, value]) => `${encodePlus(key)}=${encodePlus(value)}`).join('&'); }

        get [Symbol.toStringTag] () { return 'URLSearchParams'; }
    }

    const PARTS = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash',
        'origin'];

    let part,
        change;

    class URL {
        #parts = {};
        #query = null;

        constructor (address, base) {
            const parsed = host.url(String(address).toWellFormed(), base === undefined ? undefined : String(base));

            if (parsed === undefined) {
                const error = new TypeError('Invalid URL');

                error.code = 'ERR_INVALID_URL';
                error.input = String(address);
                throw error;
            }
            this.#read(parsed);
        }

        #read (parsed) { JSON.parse(parsed).forEach((value, at) => { this.#parts[PARTS[at]] = value; }); }

        static canParse (address, base) {
            return host.url(String(address).toWellFormed(), base === undefined ? undefined : String(base)) !== undefined;
        }

        static parse (address, base) { return URL.canParse(address, base) ? new URL(address, base) : null; }

        static {
            part = (url, name) => url.#parts[name];
            change = (url, name, value) => {
                const parsed = host.urlWith(url.#parts.href, name, String(value));

                if (parsed === undefined) {
                    if (name === 'href') { throw new TypeError('Invalid URL'); }

                    return;
                }
                url.#read(parsed);
                url.#query = null;
            };
        }

        get searchParams () {
            return this.#query ||= new URLSearchParams(this.#parts.search, (text) => {
                const query = this.#query;

                change(this, 'search', text);
                this.#query = query;
            });
        }

        toString () { return this.#parts.href; }

        toJSON () { return this.#parts.href; }

        get [Symbol.toStringTag] () { return 'URL'; }
    }

    for (const name of PARTS) {
        Object.defineProperty(URL.prototype, name, {
            enumerable: true,
            configurable: true,
            get () { return part(this, name); },
            set: name === 'origin' ? undefined : function (value) { change(this, name, value); }
        });
    }
    for (const [name, value] of [['URL', URL], ['URLSearchParams', URLSearchParams]]) {
        Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    }
})
