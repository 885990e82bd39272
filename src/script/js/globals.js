// What Node and browsers have and QuickJS has not, and the places where time and chance come in. Runs before any
// library is loaded, so that no library keeps the machine's own `Date` or `Math.random`.
(function (host, internal) {
    'use strict';

    const define = (name, value) => Object.defineProperty(globalThis, name, {
        value, writable: true, enumerable: false, configurable: true
    });

    // A global that is made when somebody first asks for it.
    internal.lazy = (target, name, make) => Object.defineProperty(target, name, {
        configurable: true,
        enumerable: false,
        get () {
            const value = make();

            Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });

            return value;
        },
        set (value) {
            Object.defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
        }
    });

    // Time. One prototype, so that `instanceof Date` holds for every date.
    const MachineDate = Date;

    function OurDate (...parts) {
        if (!new.target) { return new MachineDate(host.now()).toString(); }

        return Reflect.construct(MachineDate, parts.length ? parts : [host.now()],
            new.target === OurDate ? MachineDate : new.target);
    }

    Object.defineProperties(OurDate, {
        name: { value: 'Date', configurable: true },
        length: { value: 7, configurable: true },
        prototype: { value: MachineDate.prototype, writable: false }
    });
    for (const [name, value] of [['now', () => host.now()], ['parse', MachineDate.parse], ['UTC', MachineDate.UTC]]) {
        Object.defineProperty(OurDate, name, { value, writable: true, configurable: true });
    }
    Object.defineProperty(MachineDate.prototype, 'constructor', {
        value: OurDate, writable: true, configurable: true
    });
    define('Date', OurDate);

    const origin = host.now();

    define('performance', {
        timeOrigin: origin,
        now: () => host.now() - origin,
        toJSON: () => ({ timeOrigin: origin })
    });

    // Chance.
    Object.defineProperty(Math, 'random', { value: () => host.random(), writable: true, configurable: true });
    define('crypto', {
        getRandomValues (view) {
            if (!ArrayBuffer.isView(view) || view instanceof Float32Array || view instanceof Float64Array) {
                throw new TypeError('The data argument must be an integer-type TypedArray');
            }
            if (view.byteLength > 65536) {
                throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
            }
            new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(new Uint8Array(host.bytes(view.byteLength)));

            return view;
        },
        randomUUID () {
            const bytes = new Uint8Array(host.bytes(16));

            bytes[6] = (bytes[6] & 0x0f) | 0x40;
            bytes[8] = (bytes[8] & 0x3f) | 0x80;

            const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

            return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
        }
    });

    // Text.
    const viewed = (input) => {
        if (input === undefined) { return new Uint8Array(0); }
        if (input instanceof ArrayBuffer) { return new Uint8Array(input); }
        if (ArrayBuffer.isView(input)) { return new Uint8Array(input.buffer, input.byteOffset, input.byteLength); }
        throw new TypeError('The "input" argument must be an instance of ArrayBuffer or ArrayBufferView.');
    };

    internal.decode = (view, label) => {
        const pieces = [];

        for (let at = 0; at < view.length; at += 8192) {
            pieces.push(String.fromCharCode.apply(null, view.subarray(at, at + 8192)));
        }

        return host.decode(pieces.join(''), label);
    };

    define('TextEncoder', class TextEncoder {
        get encoding () { return 'utf-8'; }

        encode (text = '') { return new Uint8Array(host.encode(String(text).toWellFormed())); }

        encodeInto (text, target) {
            let read = 0,
                written = 0;

            for (const sign of String(text)) {
                const bytes = this.encode(sign);

                if (written + bytes.length > target.length) { break; }
                target.set(bytes, written);
                written += bytes.length;
                read += sign.length;
            }

            return { read, written };
        }
    });
    define('TextDecoder', class TextDecoder {
        constructor (label = 'utf-8', options = {}) {
            const name = host.encodingName(String(label));

            if (name === undefined) { throw new RangeError(`The "${label}" encoding is not supported`); }
            this.encoding = name;
            this.fatal = Boolean(options.fatal);
            this.ignoreBOM = Boolean(options.ignoreBOM);
        }

        decode (input) {
            const view = viewed(input),
                text = internal.decode(view, this.encoding);

            if (this.fatal && text.includes('\ufffd') && this.encoding === 'utf-8') {
                const again = new Uint8Array(host.encode(text));

                if (again.length !== view.length || again.some((byte, at) => byte !== view[at])) {
                    const error = new TypeError('The encoded data was not valid for encoding utf-8');

                    error.code = 'ERR_ENCODING_INVALID_ENCODED_DATA';
                    throw error;
                }
            }

            return !this.ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
        }
    });

    // Copies what the structured clone algorithm copies.
    const clone = (value, seen) => {
        if (typeof value === 'function' || typeof value === 'symbol') {
            throw new DOMException(`${String(value)} could not be cloned.`, 'DataCloneError');
        }
        if (typeof value !== 'object' || value === null) { return value; }
        if (seen.has(value)) { return seen.get(value); }

        const keep = (copy) => {
            seen.set(value, copy);

            return copy;
        };

        if (value instanceof MachineDate) { return keep(new MachineDate(value.getTime())); }
        if (value instanceof RegExp) { return keep(new RegExp(value.source, value.flags)); }
        if (value instanceof Boolean || value instanceof Number || value instanceof String) {
            return keep(Object(value.valueOf()));
        }
        if (value instanceof ArrayBuffer) { return keep(value.slice(0)); }
        if (ArrayBuffer.isView(value)) {
            const buffer = clone(value.buffer, seen),
                Kind = typeof value.BYTES_PER_ELEMENT === 'number' ? globalThis[value[Symbol.toStringTag]] : DataView;

            return keep(new Kind(buffer, value.byteOffset, value.length));
        }
        if (value instanceof Map) {
            const copy = keep(new Map());

            value.forEach((item, key) => copy.set(clone(key, seen), clone(item, seen)));

            return copy;
        }
        if (value instanceof Set) {
            const copy = keep(new Set());

            value.forEach((item) => copy.add(clone(item, seen)));

            return copy;
        }
        if (value instanceof WeakMap || value instanceof WeakSet || value instanceof Promise) {
            throw new DOMException(`${Object.prototype.toString.call(value)} could not be cloned.`, 'DataCloneError');
        }
        if (value instanceof Error) {
            const Kind = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }[value.name] || Error,
                copy = keep(new Kind(value.message));

            copy.stack = value.stack;
            if ('cause' in value) { copy.cause = clone(value.cause, seen); }

            return copy;
        }

        const copy = keep(Array.isArray(value) ? new Array(value.length) : {});

        for (const key of Object.keys(value)) { copy[key] = clone(value[key], seen); }

        return copy;
    };

    define('structuredClone', (value) => clone(value, new Map()));

    // `RegExp.$1` and its kin, for scripts that mention them (QuickJS does not keep the last match).
    internal.keepLastMatch = () => {
        const { exec } = RegExp.prototype;
        let last = [];

        internal.keepLastMatch = () => {};
        RegExp.prototype.exec = function (text) {
            const found = exec.call(this, text);

            if (found) { last = found; }

            return found;
        };
        Object.defineProperty(RegExp.prototype.exec, 'name', { value: 'exec' });
        for (let at = 1; at < 10; at += 1) {
            Object.defineProperty(RegExp, `$${at}`, { configurable: true, get: () => last[at] ?? '' });
        }
        Object.defineProperty(RegExp, 'lastMatch', { configurable: true, get: () => last[0] ?? '' });
    };

    // Locale output: only American English, as newman shows it on most machines.
    const grouped = (number, options = {}) => {
        if (!Number.isFinite(number)) { return Number.isNaN(number) ? 'NaN' : (number < 0 ? '-∞' : '∞'); }

        const least = options.minimumFractionDigits ?? (options.style === 'currency' ? 2 : 0),
            most = options.maximumFractionDigits ?? Math.max(least, options.style === 'currency' ? 2 : 3),
            scaled = options.style === 'percent' ? number * 100 : number,
            digits = Math.abs(scaled).toFixed(options.style === 'percent' && options.maximumFractionDigits === undefined ?
                least : most);
        let [whole, fraction = ''] = digits.split('.');

        while (fraction.length > least && fraction.endsWith('0')) { fraction = fraction.slice(0, -1); }
        if (options.useGrouping !== false) { whole = whole.replace(/\B(?=(\d{3})+$)/g, ','); }
        if (options.minimumIntegerDigits) { whole = whole.padStart(options.minimumIntegerDigits, '0'); }

        const sign = scaled < 0 ? '-' : '',
            mark = options.style === 'currency' ?
                ({ USD: '$', EUR: '€', GBP: '£', JPY: '¥' }[options.currency] || `${options.currency} `) : '';

        return sign + mark + whole + (fraction && `.${fraction}`) + (options.style === 'percent' ? '%' : '');
    };

    const method = (target, name, value) => Object.defineProperty(target, name, {
        value, writable: true, enumerable: false, configurable: true
    });

    method(Number.prototype, 'toLocaleString', function toLocaleString (locale, options) {
        return grouped(Number(this), options);
    });
    method(BigInt.prototype, 'toLocaleString', function toLocaleString () {
        return String(this).replace(/\B(?=(\d{3})+$)/g, ',');
    });

    // Roughly the root collation of Unicode: letters before accents before case, and lower case first.
    const RANKS = [/\s/, /[_\-,;:!?.'"()[\]{}@*/\\&#%]/, /[`^+<=>|~$]/, /\p{N}/u],
        rank = (sign) => {
            const at = RANKS.findIndex((pattern) => pattern.test(sign));

            return at < 0 ? RANKS.length : at;
        },
        order = (one, other) => (one < other ? -1 : Number(one > other)),
        bases = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase(),
        collated = (one, other, numeric) => {
            const split = numeric ? /\d+|[^]/gu : /[^]/gu,
                [left, right] = [one.match(split) || [], other.match(split) || []];

            for (let at = 0; at < left.length && at < right.length; at += 1) {
                const difference = order(rank(left[at]), rank(right[at])) ||
                    (numeric && /^\d/.test(left[at]) && /^\d/.test(right[at]) ?
                        order(Number(left[at]), Number(right[at])) : order(left[at], right[at]));

                if (difference) { return difference; }
            }

            return order(left.length, right.length);
        },
        compare = (one, other, options = {}) => {
            const [left, right] = [one.normalize('NFC'), other.normalize('NFC')],
                { sensitivity = 'variant', numeric = false } = options;

            return (left === right ? 0 : collated(bases(left), bases(right), numeric)) ||
                (['accent', 'variant'].includes(sensitivity) ? order(left.toLowerCase(), right.toLowerCase()) : 0) ||
                (['case', 'variant'].includes(sensitivity) ? -order(left, right) : 0);
        };

    method(String.prototype, 'localeCompare', function localeCompare (other, locale, options) {
        return compare(String(this), String(other), options);
    });

    const utc = (options) => options && options.timeZone && /^(utc|gmt|etc\/utc)$/i.test(options.timeZone),
        day = (date, options) => utc(options) ?
            `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}` :
            `${date.getMonth() + 1}/${date.getDate()}/${date.getFullYear()}`,
        time = (date, options) => {
            const [hours, minutes, seconds] = utc(options) ?
                    [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()] :
                    [date.getHours(), date.getMinutes(), date.getSeconds()],
                two = (number) => String(number).padStart(2, '0');

            return options && options.hour12 === false ? `${two(hours)}:${two(minutes)}:${two(seconds)}` :
                `${hours % 12 || 12}:${two(minutes)}:${two(seconds)} ${hours < 12 ? 'AM' : 'PM'}`;
        },
        dated = (form) => function (locale, options) {
            return Number.isNaN(this.getTime()) ? 'Invalid Date' : form(this, options);
        };

    // V8 names the time zone; without names of zones ours is the offset.
    for (const name of ['toString', 'toTimeString']) {
        const plain = MachineDate.prototype[name];

        method(MachineDate.prototype, name, function () {
            const text = plain.call(this),
                [, offset] = / GMT([+-]\d{4})$/.exec(text) || [];

            if (!offset) { return text; }

            return `${text} (${offset === '+0000' ? 'Coordinated Universal Time' : `GMT${offset.slice(0, 3)}:${offset.slice(3)}`})`;
        });
    }
    method(MachineDate.prototype, 'toLocaleDateString', dated(day));
    method(MachineDate.prototype, 'toLocaleTimeString', dated(time));
    method(MachineDate.prototype, 'toLocaleString',
        dated((date, options) => `${day(date, options)}, ${time(date, options)}`));

    define('Intl', {
        NumberFormat: function NumberFormat (locale, options) {
            return { format: (number) => grouped(Number(number), options), resolvedOptions: () => ({ locale: 'en-US', ...options }) };
        },
        DateTimeFormat: function DateTimeFormat (locale, options) {
            return {
                format: (date) => day(date === undefined ? new Date() : new Date(date), options),
                resolvedOptions: () => ({ locale: 'en-US', calendar: 'gregory', numberingSystem: 'latn', timeZone: 'UTC', ...options })
            };
        },
        Collator: function Collator (locale, options) {
            return { compare: (one, other) => compare(String(one), String(other), options) };
        }
    });
})
