// `pm.test`, and which failure belongs to which test.
//
// Leniently (as newman does) a test has ended when its function has returned. Strictly it has ended when its promise
// has settled and everything that it started has come back, and what goes wrong in between fails the test.
(function (host, internal) {
    'use strict';

    const PASSED = 0,
        FAILED = 1,
        SKIPPED = 2,
        // newman says nothing of what was thrown that is no error.
        told = (error, record) => (internal.strict || Object(error) instanceof Error || (error && error.message) ?
            internal.describe(error) : ['AssertionError', record.name, '']),
        report = (record, outcome, error) => {
            const [name, message, stack] = outcome === FAILED ? told(error, record) : ['', '', ''];

            record.reported = true;
            internal.open.delete(record);
            host.assertion(record.name.toWellFormed(), record.index, outcome, record.asynchronous, name, message, stack);
        },
        settle = (record) => {
            if (record.reported) { return; }
            report(record, record.failed ? FAILED : PASSED, record.error);
        };

    internal.open = new Set();

    internal.hold = (record) => {
        if (record) { record.held += 1; }
    };

    internal.release = (record) => {
        if (!record) { return; }
        record.held -= 1;
        if (record.held === 0 && !record.callback) { settle(record); }
    };

    // Something was thrown where no test function was running any more.
    internal.fail = (error, record) => {
        if (!record || record.reported) {
            host.error(...internal.describe(error));

            return;
        }
        record.failed = true;
        record.error = error;
        record.asynchronous = true;
        settle(record);
    };

    // A callback threw. newman tells nobody of what a callback throws; leniently the console does.
    internal.late = (error, record) => {
        if (error === internal.SKIP) { return; }
        if (internal.strict) { internal.fail(error, record); }
        else { internal.console.error(error); }
    };

    // The script has ended. A test that has not ended by now never will.
    internal.abandon = (stopped) => {
        for (const record of internal.open) {
            if (!internal.strict || record.reported) { continue; }
            record.failed = true;
            if (stopped) { record.error = new Error('the script was stopped before the test had ended'); }
            else if (record.callback) { record.error = new Error('the test never called its callback'); }
            else { record.error = new Error('the test waits for something that never came'); }
            record.error.stack = '';
            settle(record);
        }
        internal.open.clear();
    };

    internal.makeTest = (pm) => {
        let index = 0;

        const begin = (name) => {
            const record = {
                name: String(name), index, asynchronous: false, callback: false, held: 1, failed: false, error: null,
                reported: false
            };

            index += 1;

            return record;
        };

        const broke = (record, outer, error) => {
            if (error === internal.SKIP) {
                internal.test = outer;
                internal.open.delete(record);
                throw error;
            }
            record.failed = true;
            record.error = error;
            settle(record);
        };

        const test = (name, assert) => {
            const record = begin(name),
                outer = internal.test;

            if (typeof assert !== 'function') {
                report(record, PASSED);

                return pm;
            }

            internal.open.add(record);
            internal.test = internal.strict ? record : null;
            if (assert.length) {
                record.asynchronous = true;
                record.callback = true;
                try {
                    assert((error) => {
                        if (error) {
                            record.failed = true;
                            record.error = error;
                        }
                        settle(record);
                    });
                }
                catch (error) { broke(record, outer, error); }
            }
            else {
                try {
                    const result = assert();

                    if (internal.strict && result && typeof result.then === 'function') {
                        record.asynchronous = true;
                        internal.hold(record);
                        result.then(() => internal.release(record), (error) => {
                            record.failed = true;
                            record.error = error;
                            settle(record);
                        });
                    }
                    else if (internal.strict && record.held > 1) { record.asynchronous = true; }
                }
                catch (error) { broke(record, outer, error); }
                if (!internal.strict) { settle(record); }
            }
            internal.test = outer;
            internal.release(record);

            return pm;
        };

        test.skip = (name) => {
            report(begin(name), SKIPPED);

            return pm;
        };
        test.index = () => index;

        return test;
    };
})
