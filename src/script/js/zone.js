// On the logical clock the local time is UTC: a run must give the same bytes on every machine.
(function (host) {
    'use strict';

    if (!host.logical()) { return; }

    const { prototype } = Date,
        OurDate = Date,
        set = (target, name, value) => Object.defineProperty(target, name, {
            value, writable: true, enumerable: false, configurable: true
        }),
        machineOffset = prototype.getTimezoneOffset,
        { parse } = Date,
        ZONED = /(?:Z|GMT|UTC|[+-]\d{2}:?\d{2})\s*(?:\([^)]*\))?$/i,
        DATE_ONLY = /^\s*[+-]?\d{4,6}(?:-\d{2}){0,2}\s*$/;

    // A time without zone was read as the machine's.
    const parsed = (text) => {
        const time = parse(text);

        return Number.isNaN(time) || ZONED.test(text.trim()) || DATE_ONLY.test(text) ? time :
            time - machineOffset.call(new OurDate(time)) * 60000;
    };

    for (const name of ['Date', 'Day', 'FullYear', 'Hours', 'Milliseconds', 'Minutes', 'Month', 'Seconds']) {
        set(prototype, `get${name}`, prototype[`getUTC${name}`]);
        name === 'Day' || set(prototype, `set${name}`, prototype[`setUTC${name}`]);
    }
    set(prototype, 'getTimezoneOffset', function getTimezoneOffset () { return Number.isNaN(this.getTime()) ? NaN : 0; });

    // `Thu, 01 Jan 1970 00:00:00 GMT` holds all that is needed.
    const words = (date) => /^(\w+), (\d+) (\w+) (-?\d+) ([\d:]+)/.exec(date.toUTCString()),
        told = (form) => function () { return Number.isNaN(this.getTime()) ? 'Invalid Date' : form(words(this)); },
        day = ([, weekday, number, month, year]) => `${weekday} ${month} ${number} ${year}`,
        time = (parts) => `${parts[5]} GMT+0000 (Coordinated Universal Time)`;

    set(prototype, 'toString', told((parts) => `${day(parts)} ${time(parts)}`));
    set(prototype, 'toDateString', told(day));
    set(prototype, 'toTimeString', told(time));

    const Zoned = function (...parts) {
        if (!new.target) { return new OurDate().toString(); }
        if (parts.length > 1) { parts = [OurDate.UTC(...parts)]; }
        else if (typeof parts[0] === 'string') { parts = [parsed(parts[0])]; }

        return Reflect.construct(OurDate, parts, new.target === Zoned ? OurDate : new.target);
    };

    Object.defineProperties(Zoned, {
        name: { value: 'Date', configurable: true },
        length: { value: 7, configurable: true },
        prototype: { value: prototype, writable: false }
    });
    set(Zoned, 'now', OurDate.now);
    set(Zoned, 'parse', (text) => parsed(String(text)));
    set(Zoned, 'UTC', OurDate.UTC);
    set(prototype, 'constructor', Zoned);
    set(globalThis, 'Date', Zoned);
})
