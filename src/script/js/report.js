// What scripts say: errors in V8's words, values as Node's console shows them.
(function (host, internal) {
    'use strict';

    const RULES = [
        [/^cannot read property '(.*)' of (undefined|null)$/s, "Cannot read properties of $2 (reading '$1')"],
        [/^cannot set property '(.*)' of (undefined|null)$/s, "Cannot set properties of $2 (setting '$1')"],
        [/^'(.*)' is read-only$/s, 'Assignment to constant variable.'],
        [/^value is not iterable$/, 'object is not iterable (cannot read property Symbol(Symbol.iterator))'],
        [/^cannot convert BigInt to number$/, 'Cannot mix BigInt and other types, use explicit conversions'],
        [/^cannot convert symbol to string$/, 'Cannot convert a Symbol value to a string'],
        [/^invalid array length$/, 'Invalid array length'],
        [/^expecting hex digit$/, 'URI malformed'],
        [/^(.*) is not initialized$/, "Cannot access '$1' before initialization"],
        [/^lexical variable '?(.*?)'? is not initialized$/, "Cannot access '$1' before initialization"]
    ];

    // QuickJS does not say what is not a function. The topmost place does, if it lies in the script: it is that of the
    // callee or of its last member.
    const callee = (stack) => {
        const [, name, line, column] = /^\s*at [^\n]*?\(([^\n]*):(\d+):(\d+)\)(?:\n|$)/.exec(stack) || [],
            text = name === host.scriptName() ? host.scriptLine(Number(line)) : undefined;

        if (text === undefined) { return undefined; }

        const before = text.slice(0, Number(column) - 1),
            owner = /(?:[\w$]+(?:\([^()]*\)|\[[^\][]*\])*\s*\??\.\s*)*[\w$]*$/.exec(before)[0],
            rest = /^\.?[\w$]*(?:\.[\w$]+|\[[^\][]*\])*/.exec(text.slice(before.length))[0],
            whole = (owner + rest).replace(/\([^()]+\)|\(\)/g, '(...)').replace(/\[(['"])(.*?)\1\]/g, '.$2')
                .replace(/\?\./g, '.');

        if (!/^[A-Za-z_$]/.test(whole)) { return undefined; }

        return /\bnew\s+$/.test(before.slice(0, before.length - owner.length)) ?
            `${whole} is not a constructor` : `${whole} is not a function`;
    };

    const wording = (message, stack) => {
        if (message === 'not a function') { return callee(stack) || message; }
        if (message === 'class constructors must be invoked with \'new\'') {
            const [, name] = /^\s*at (\S+) \(/.exec(stack) || [];

            return `Class constructor ${name} cannot be invoked without 'new'`;
        }
        for (const [pattern, words] of RULES) {
            if (pattern.test(message)) { return message.replace(pattern, words); }
        }

        return message;
    };

    // [name, message, stack] of whatever was thrown.
    internal.describe = (error) => described(error).map((text) => text.toWellFormed());

    const described = (error) => {
        if (typeof error === 'object' && error !== null && ('message' in error || error instanceof Error)) {
            const name = String(error.name || 'Error'),
                trace = typeof error.stack === 'string' ? error.stack : '',
                own = ['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'InternalError', 'URIError'].includes(name),
                message = own ? wording(String(error.message), trace) : String(error.message),
                lines = trace.trimEnd();

            return [name, message, lines.startsWith(name) ? lines : `${name}: ${message}${lines && `\n${lines}`}`];
        }

        return ['Error', typeof error === 'string' ? error : inspect(error, 0, []), ''];
    };

    const quoted = (text) => {
            const mark = !text.includes('\'') ? '\'' : (!text.includes('"') ? '"' : '`');

            return mark + text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')
                .split(mark).join(`\\${mark}`) + mark;
        },
        kind = (value) => (value.constructor && value.constructor.name) || '',
        fold = (open, items, close, depth) => {
            if (!items.length) { return open + close; }

            const flat = `${open} ${items.join(', ')} ${close}`;

            if (flat.length + depth * 2 <= 76 && !flat.includes('\n')) { return flat; }

            const inset = '  '.repeat(depth + 1);

            return `${open}\n${inset}${items.join(`,\n${inset}`)}\n${'  '.repeat(depth)}${close}`;
        };

    function inspect (value, depth, above) {
        switch (typeof value) {
            case 'string': return quoted(value);
            case 'number': return Object.is(value, -0) ? '-0' : String(value);
            case 'bigint': return `${value}n`;
            case 'function': {
                const type = kind(value) || 'Function';

                return /^class\b/.test(Function.prototype.toString.call(value)) ? `[class ${value.name || '(anonymous)'}]` :
                    `[${type}${value.name ? `: ${value.name}` : ' (anonymous)'}]`;
            }
            case 'object': break;
            default: return String(value);
        }
        if (value === null) { return 'null'; }
        if (above.includes(value)) { return '[Circular *1]'; }
        if (value instanceof Error) { return internal.describe(value)[2]; }
        if (value instanceof Date) { return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString(); }
        if (value instanceof RegExp) { return String(value); }
        if (value instanceof Promise) { return 'Promise { <pending> }'; }
        if (value instanceof WeakMap || value instanceof WeakSet) { return `${kind(value)} { <items unknown> }`; }

        const name = kind(value),
            deeper = [...above, value],
            of = (item) => inspect(item, depth + 1, deeper);

        if (depth > 2) { return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`; }
        if (Array.isArray(value)) {
            const items = value.slice(0, 100).map(of);

            if (value.length > 100) { items.push(`... ${value.length - 100} more items`); }

            return fold('[', items, ']', depth);
        }
        if (ArrayBuffer.isView(value)) {
            return fold(`${name}(${value.byteLength}) [`, Array.from(value).slice(0, 100).map(of), ']', depth);
        }
        if (value instanceof ArrayBuffer) { return `ArrayBuffer { byteLength: ${value.byteLength} }`; }
        if (value instanceof Map) {
            return fold(`Map(${value.size}) {`, [...value].map(([key, item]) => `${of(key)} => ${of(item)}`), '}', depth);
        }
        if (value instanceof Set) { return fold(`Set(${value.size}) {`, [...value].map(of), '}', depth); }

        const items = Object.keys(value).map((key) => {
            const label = /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);

            return `${label}: ${of(value[key])}`;
        });

        return fold(`${name && name !== 'Object' ? `${name} ` : ''}{`, items, '}', depth);
    }

    // Any value as JSON: what JSON has no word for is said in brackets.
    const plain = (value) => {
        const above = [];

        try {
            return JSON.stringify(value, function (key, item) {
                while (above.length && above.at(-1) !== this) { above.pop(); }
                if (typeof item === 'function') { return `[Function${item.name ? `: ${item.name}` : ''}]`; }
                if (typeof item === 'bigint' || typeof item === 'symbol') { return String(item); }
                if (typeof item === 'number' && !Number.isFinite(item)) { return String(item); }
                if (item instanceof Error) { return { name: item.name, message: internal.describe(item)[1] }; }
                if (item instanceof Map || item instanceof Set) { return [...item]; }
                if (item instanceof WeakMap || item instanceof WeakSet) { return `[${kind(item)}]`; }
                if (item instanceof ArrayBuffer) { return `[ArrayBuffer { byteLength: ${item.byteLength} }]`; }
                if (typeof item === 'object' && item !== null) {
                    if (above.includes(item)) { return '[Circular]'; }
                    above.push(item);
                }

                return item;
            });
        }
        catch { return JSON.stringify(String(value)); }
    };

    internal.console = {};
    for (const level of ['log', 'warn', 'debug', 'info', 'error', 'clear']) {
        internal.console[level] = (...values) => {
            const text = values.map((value) => (typeof value === 'string' ? value : inspect(value, 0, []))).join(' ');

            host.console(level, text.toWellFormed(), `[${values.map((value) => plain(value) ?? 'null').join(',')}]`);
        };
        Object.defineProperty(internal.console[level], 'name', { value: level });
    }
    // Libraries write to the same console.
    Object.defineProperty(globalThis, 'console', {
        value: internal.console, writable: true, enumerable: false, configurable: true
    });
})
