// Timers, and the calls to the host that a script waits for.
//
// A script ends when its own code has ended and nothing is left here. Every entry remembers the test in which it was
// made, so that a failure in a late callback belongs to that test.
(function (host, internal) {
    'use strict';

    // In order of `due`, then of `sequence`.
    const queue = [],
        calls = new Map();
    let sequence = 0,
        over = null;

    // The test that runs at present, and the hooks of `pm.test` (see pm.js).
    internal.test = null;
    internal.sealed = true;

    const schedule = (entry) => {
            let at = queue.length;

            while (at > 0 && queue[at - 1].due > entry.due) { at -= 1; }
            queue.splice(at, 0, entry);
        },
        add = (callback, delay, rest, kind) => {
            if (internal.sealed || typeof callback !== 'function') { return undefined; }

            const wait = kind === 'immediate' ? 0 : Math.max(1, Math.min(Number(delay) || 1, 0x7fffffff)),
                id = sequence += 1;

            internal.hold(internal.test);
            schedule({
                id, callback, rest, kind, wait,
                due: kind === 'immediate' ? 0 : host.now() + wait,
                test: internal.test
            });

            return id;
        },
        remove = (id) => {
            const at = queue.findIndex((entry) => entry.id === Number(id));

            if (at >= 0) { internal.release(queue.splice(at, 1)[0].test); }
        },
        run = (test, callback, rest) => {
            internal.test = test;
            try { callback.apply({}, rest); }
            catch (error) { internal.late(error, test); }
            // The test stays until the promises of this turn have run: what they start or throw belongs to it too.
            over = test;
        };

    const api = {
        setTimeout: (callback, delay, ...rest) => add(callback, delay, rest, 'timeout'),
        setInterval: (callback, delay, ...rest) => add(callback, delay, rest, 'interval'),
        setImmediate: (callback, ...rest) => add(callback, 0, rest, 'immediate'),
        clearTimeout: remove,
        clearInterval: remove,
        clearImmediate: remove
    };

    for (const [name, value] of Object.entries(api)) {
        Object.defineProperty(value, 'name', { value: name });
        Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    }
    internal.timers = api;

    // Asks the host for something; `answered` is called with what it says. Gives the call's number.
    internal.call = (kind, payload, answered) => {
        if (internal.sealed) { return undefined; }

        const id = host.call(kind, JSON.stringify(payload));

        internal.hold(internal.test);
        calls.set(id, { answered, test: internal.test });

        return id;
    };

    internal.answer = (id, ...rest) => {
        const call = calls.get(id);

        if (!call) { return; }
        calls.delete(id);
        run(call.test, call.answered, rest);
    };

    // A turn has ended. When is the next timer due? In milliseconds, or -1 without timers.
    internal.due = () => {
        const test = over;

        internal.test = over = null;
        internal.release(test);

        return queue.length ? queue[0].due : -1;
    };
    // Whether a script waits on purpose at present: an interval that nobody stops is not on purpose.
    internal.patient = () => queue.length > 0 && queue[0].kind === 'timeout';

    internal.fire = () => {
        const entry = queue.shift();

        if (!entry) { return; }
        if (entry.kind === 'interval') {
            internal.hold(entry.test);
            schedule({ ...entry, due: Math.max(host.now(), entry.due) + entry.wait });
        }
        run(entry.test, entry.callback, entry.rest);
    };

    internal.clearAll = () => {
        queue.length = 0;
        calls.clear();
        internal.test = over = null;
    };
})
