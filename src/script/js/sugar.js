// Sugar, which Postman's sandbox puts on the prototypes of the language: `responseBody.has('x')`.
//
// It is large and hardly any script needs it, so each of its names is a door that loads it all when it is first used.
// Where the language has a method of its own by now (`map`, `find`, `endsWith`), that one stays.
(function (host, internal) {
    'use strict';

    const NAMES = [
        [Array,
            'create AlphanumericSortOrder AlphanumericSortIgnoreCase AlphanumericSortEquivalents'],
        [Array.prototype,
            'findAll count removeAt include exclude clone unique flatten union intersect subtract first ' +
            'last from to min max least most sum average inGroups inGroupsOf isEmpty sortBy randomize zip ' +
            'sample each add remove compact groupBy none all any insert'],
        [String,
            'Inflector'],
        [String.prototype,
            'escapeRegExp escapeURL unescapeURL escapeHTML unescapeHTML encodeBase64 decodeBase64 each ' +
            'shift codes chars words lines paragraphs isBlank has add remove reverse compact from to ' +
            'dasherize underscore camelize spacify stripTags removeTags truncate pad padLeft padRight ' +
            'first last toNumber capitalize assign insert pluralize singularize humanize titleize ' +
            'parameterize hankaku zenkaku hiragana katakana isArabic hasArabic isCyrillic hasCyrillic ' +
            'isDevanagari hasDevanagari isGreek hasGreek isHangul hasHangul isHan hasHan isKanji hasKanji ' +
            'isHebrew hasHebrew isHiragana hasHiragana isKana hasKana isKatakana hasKatakana isLatin ' +
            'hasLatin isThai hasThai'],
        [Number,
            'random'],
        [Number.prototype,
            'duration year years yearBefore yearsBefore yearAgo yearsAgo yearAfter yearsAfter yearFromNow ' +
            'yearsFromNow month months monthBefore monthsBefore monthAgo monthsAgo monthAfter monthsAfter ' +
            'monthFromNow monthsFromNow week weeks weekBefore weeksBefore weekAgo weeksAgo weekAfter ' +
            'weeksAfter weekFromNow weeksFromNow day days dayBefore daysBefore dayAgo daysAgo dayAfter ' +
            'daysAfter dayFromNow daysFromNow hour hours hourBefore hoursBefore hourAgo hoursAgo ' +
            'hourAfter hoursAfter hourFromNow hoursFromNow minute minutes minuteBefore minutesBefore ' +
            'minuteAgo minutesAgo minuteAfter minutesAfter minuteFromNow minutesFromNow second seconds ' +
            'secondBefore secondsBefore secondAgo secondsAgo secondAfter secondsAfter secondFromNow ' +
            'secondsFromNow millisecond milliseconds millisecondBefore millisecondsBefore millisecondAgo ' +
            'millisecondsAgo millisecondAfter millisecondsAfter millisecondFromNow millisecondsFromNow ' +
            'log abbr metric bytes isInteger isOdd isEven isMultipleOf format hex upto downto times chr ' +
            'pad ordinalize toNumber round floor ceil abs pow sin asin cos acos tan atan exp sqrt'],
        [Function.prototype,
            'lazy delay throttle debounce cancel after once fill'],
        [Date,
            'create past future addLocale setLocale getLocale addFormat utc RFC1123 RFC1036 ISO8601_DATE ' +
            'ISO8601_DATETIME range'],
        [Date.prototype,
            'set setWeekday setISOWeek getISOWeek getUTCOffset utc isUTC advance rewind isValid isAfter ' +
            'isBefore isBetween isLeapYear daysInMonth format relative is reset clone iso getWeekday ' +
            'getUTCWeekday yearsAgo yearsUntil yearsSince yearsFromNow addYears isLastYear isThisYear ' +
            'isNextYear beginningOfYear endOfYear monthsAgo monthsUntil monthsSince monthsFromNow ' +
            'addMonths isLastMonth isThisMonth isNextMonth beginningOfMonth endOfMonth weeksAgo ' +
            'weeksUntil weeksSince weeksFromNow addWeeks isLastWeek isThisWeek isNextWeek beginningOfWeek ' +
            'endOfWeek daysAgo daysUntil daysSince daysFromNow addDays beginningOfDay endOfDay hoursAgo ' +
            'hoursUntil hoursSince hoursFromNow addHours minutesAgo minutesUntil minutesSince ' +
            'minutesFromNow addMinutes secondsAgo secondsUntil secondsSince secondsFromNow addSeconds ' +
            'millisecondsAgo millisecondsUntil millisecondsSince millisecondsFromNow addMilliseconds ' +
            'short long full isToday isYesterday isTomorrow isWeekday isWeekend isFuture isPast isSunday ' +
            'isMonday isTuesday isWednesday isThursday isFriday isSaturday isJanuary isFebruary isMarch ' +
            'isApril isMay isJune isJuly isAugust isSeptember isOctober isNovember isDecember'],
        [RegExp,
            'escape'],
        [RegExp.prototype,
            'getFlags setFlags addFlag removeFlag'],
        [Object,
            'map reduce each size any all none count find findAll isEmpty sum average min max least most ' +
            'watch isObject isNaN equal extended merge clone fromQueryString toQueryString tap has select ' +
            'reject isArray isBoolean isDate isFunction isNumber isString isRegExp']
    ].map(([target, names]) => [target, names.split(' ')]);

    let doors = new Set();

    const everything = () => [...new Set(NAMES.map(([target]) => target))].map((target) => [target, Object.getOwnPropertyDescriptors(target)]);

    const open = () => {
        for (const [target, names] of NAMES) {
            for (const name of names) {
                const door = Object.getOwnPropertyDescriptor(target, name);

                // A script may have put something of its own in its place.
                if (door && doors.has(door.get)) { delete target[name]; }
            }
        }
        doors = new Set();

        const before = everything();

        internal.library('sugar');
        for (const [target, descriptors] of before) { Object.defineProperties(target, descriptors); }
    };

    for (const [target, names] of NAMES) {
        for (const name of names) {
            if (Object.hasOwn(target, name)) { continue; }

            const door = () => {
                if (doors.has(door)) { open(); }

                return target[name];
            };

            doors.add(door);
            Object.defineProperty(target, name, {
                configurable: true,
                enumerable: false,
                get: door,
                // As if it were an ordinary member: what is assigned to one object stays there.
                set (value) {
                    if (Object(this) !== this) { return; }
                    Object.defineProperty(this, name, {
                        value, writable: true, enumerable: this !== target, configurable: true
                    });
                }
            });
        }
    }
})
