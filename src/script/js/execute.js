// From a script's text to its end.
(function (host, internal) {
    'use strict';

    // A name that is not a member (`.name`, though `...name` is no member) and not the start of a string.
    const FREE = /(?<![\w$"'`]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g,
        ANY = /[A-Za-z_$][\w$]*/g,
        REFUSES_LEGACY = /^(?:"use sandbox2";|'use sandbox2';)/,
        // What the sandbox of newman 6.2.2 does not have, and Postman's of today does.
        YOUNGER = ['URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'crypto', 'structuredClone', 'queueMicrotask',
            'performance', 'Intl', 'DOMException', 'Event', 'EventTarget', 'AbortController', 'AbortSignal', 'Blob', 'File'];

    let state = null;

    internal.strict = true;

    // newman's sandbox: scripts that were written for a younger one fail in it, and are to fail here.
    const grow = (strict) => {
        if (strict || !internal.strict) { return; }
        internal.strict = false;
        // Our own code goes on with what it has.
        for (const name of YOUNGER) { delete globalThis[name]; }
    };

    // The names that a script with this text is given, besides `pm`, `require` and `console`.
    internal.names = (text, prerequest, strict) => {
        if (/\bRegExp\.(?:\$\d|lastMatch)/.test(text)) { internal.keepLastMatch(); }
        const hidden = !strict && /\bglobalThis\b/.test(text) ? ['globalThis'] : [];

        if (REFUSES_LEGACY.test(text)) { return hidden.join(','); }

        // What is evaluated may stand in any string.
        const words = new Set(text.match(/\b(?:eval|Function)\b/.test(text) ? ANY : FREE));

        return [...internal.legacyNames(prerequest).filter((name) => words.has(name)), ...hidden].join(',');
    };

    // Loads what most scripts need, so that no script's time is spent on it.
    internal.warm = () => {
        internal.chai.expect(new internal.sdk.Response({ code: 200 }));
    };

    // Runs the compiled script; `names` as above. Returns nothing: `ended` says when its own code is through.
    internal.begin = (compiled, names, prerequest, strict) => {
        internal.clearAll();
        internal.open.clear();
        internal.sealed = false;
        grow(strict);
        internal.ended = false;
        internal.skipped = false;
        state = { info: JSON.parse(host.part('info')), prerequest, before: null };

        const pm = internal.makePm(state),
            given = names ? names.split(',').map((name) => (name === 'globalThis' ? undefined : internal.legacy(state, name))) : [],
            end = () => {
                internal.ended = true;
                internal.legacyTests(state);
            },
            fault = (error) => {
                end();
                error === internal.SKIP || host.error(...internal.describe(error));
            };

        try {
            const result = compiled(pm, internal.require, internal.console, ...given);

            if (result && typeof result.then === 'function') { result.then(end, fault); }
            else { end(); }
        }
        catch (error) { fault(error); }
        internal.test = null;
    };

    // A promise was rejected and nobody listens.
    internal.rejected = (error) => {
        if (error === internal.SKIP) { return; }
        internal.fail(error, internal.test);
    };

    // Nothing is left to wait for. Gives the request as JSON if a prerequest script changed it.
    internal.finish = (stopped) => {
        internal.abandon(stopped);
        internal.sealed = true;
        internal.clearAll();

        if (!state || state.before === null) { return undefined; }

        const after = JSON.stringify(internal.touched(state.pm, 'request'));

        return after === state.before ? undefined : after;
    };
})
