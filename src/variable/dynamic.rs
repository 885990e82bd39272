//! Variables that are made up when they are named.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};

use super::words;
use crate::base::{Random, Timestamp, uuid};

/// Makes up dynamic variables: all 118 names that Postman knows. Times come from one given moment,
/// chance from one given stream, so that a run repeats. Words are our own; their shape is the same.
pub struct Dynamic<'a> {
    random: &'a mut Random,
    now: Timestamp,
}

impl<'a> Dynamic<'a> {
    /// Draws from `random`; the present moment is `now`.
    #[must_use]
    pub fn new(random: &'a mut Random, now: Timestamp) -> Self {
        Self { random, now }
    }

    /// A fresh value for `name` (`$guid`); nothing for an unknown name.
    pub fn value(&mut self, name: &str) -> Option<String> {
        if !name.starts_with('$') {
            return None;
        }
        self.common(name)
            .or_else(|| self.person(name))
            .or_else(|| self.internet(name))
            .or_else(|| self.place(name))
            .or_else(|| self.image(name))
            .or_else(|| self.finance(name))
            .or_else(|| self.business(name))
            .or_else(|| self.database(name))
            .or_else(|| self.date(name))
            .or_else(|| self.file(name))
            .or_else(|| self.word(name))
            .or_else(|| self.lorem(name))
    }

    fn common(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$guid" | "$randomUUID" => uuid(self.random).to_string(),
            // Postman: Math.round(Date.now() / 1000).
            "$timestamp" => (self.now.as_millisecond() + 500)
                .div_euclid(1000)
                .to_string(),
            "$isoTimestamp" => self.now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            "$randomInt" => self.number(0, 1000),
            "$randomBoolean" => (self.random.between(0, 1) == 1).to_string(),
            "$randomAlphaNumeric" => self.characters(b"0123456789abcdefghijklmnopqrstuvwxyz", 1),
            "$randomHexColor" => format!("#{}", self.hexadecimal(6)),
            "$randomAbbreviation" => self.pick(words::ABBREVIATIONS).to_owned(),
            "$randomSemver" => {
                let parts = [self.number(0, 9), self.number(0, 9), self.number(0, 9)];
                parts.join(".")
            }
            _ => return None,
        })
    }

    fn person(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomFirstName" => self.pick(words::FIRST_NAMES).to_owned(),
            "$randomLastName" => self.pick(words::LAST_NAMES).to_owned(),
            "$randomFullName" => self.joined(&[words::FIRST_NAMES, words::LAST_NAMES]),
            "$randomNamePrefix" => self.pick(words::NAME_PREFIXES).to_owned(),
            "$randomNameSuffix" => self.pick(words::NAME_SUFFIXES).to_owned(),
            "$randomUserName" => self.user_name(),
            "$randomJobTitle" => {
                self.joined(&[words::JOB_DESCRIPTORS, words::JOB_AREAS, words::JOB_TYPES])
            }
            "$randomJobDescriptor" => self.pick(words::JOB_DESCRIPTORS).to_owned(),
            "$randomJobArea" => self.pick(words::JOB_AREAS).to_owned(),
            "$randomJobType" => self.pick(words::JOB_TYPES).to_owned(),
            _ => return None,
        })
    }

    fn internet(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomEmail" => format!("{}@{}", self.user_name(), self.pick(words::MAIL_HOSTS)),
            "$randomExampleEmail" => {
                format!("{}@{}", self.user_name(), self.pick(words::EXAMPLE_HOSTS))
            }
            "$randomProtocol" => self.pick(&["http", "https"]).to_owned(),
            "$randomUrl" => {
                format!("{}://{}", self.pick(&["http", "https"]), self.domain())
            }
            "$randomDomainName" => self.domain(),
            "$randomDomainSuffix" => self.pick(words::DOMAIN_SUFFIXES).to_owned(),
            "$randomDomainWord" => self.pick(words::FIRST_NAMES).to_lowercase(),
            "$randomIP" => {
                let parts: Vec<String> = (0..4).map(|_| self.number(0, 255)).collect();
                parts.join(".")
            }
            "$randomIPV6" => {
                let parts: Vec<String> = (0..8).map(|_| self.hexadecimal(4)).collect();
                parts.join(":")
            }
            "$randomMACAddress" => {
                let parts: Vec<String> = (0..6).map(|_| self.hexadecimal(2)).collect();
                parts.join(":")
            }
            "$randomUserAgent" => format!(
                "Mozilla/5.0 (Windows NT 6.{}; Win64; x64; rv:{version}.0) Gecko/20100101 \
                 Firefox/{version}.0",
                self.random.between(0, 3),
                version = self.random.between(5, 15),
            ),
            "$randomPassword" => self.characters(
                b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
                15,
            ),
            _ => return None,
        })
    }

    fn place(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomCity" => self.pick(words::CITIES).to_owned(),
            "$randomStreetName" => self.street(),
            "$randomStreetAddress" => format!("{} {}", self.number(100, 99_999), self.street()),
            "$randomCountry" => self.pick(words::COUNTRIES).0.to_owned(),
            "$randomCountryCode" => self.pick(words::COUNTRIES).1.to_owned(),
            "$randomLatitude" => self.degrees(90),
            "$randomLongitude" => self.degrees(180),
            "$randomLocale" => self.pick(words::LOCALES).to_owned(),
            "$randomPhoneNumber" => self.phone(),
            "$randomPhoneNumberExt" => format!("{}-{}", self.number(10, 99), self.phone()),
            _ => return None,
        })
    }

    fn image(&mut self, name: &str) -> Option<String> {
        const SIZE: &str = "http://placeimg.com/640/480";
        if let Some((_, topic)) = words::IMAGE_TOPICS.iter().find(|(key, _)| *key == name) {
            return Some(format!("{SIZE}/{topic}"));
        }
        Some(match name {
            "$randomAvatarImage" => format!(
                "https://cdn.fakercloud.com/avatars/{}_128.jpg",
                self.pick(words::LAST_NAMES).to_lowercase()
            ),
            "$randomImageUrl" => SIZE.to_owned(),
            "$randomImageDataUri" => "data:image/svg+xml;charset=UTF-8,%3Csvg%20xmlns%3D%22http\
                %3A%2F%2Fwww.w3.org%2F2000%2Fsvg%22%20width%3D%22640%22%20height%3D%22480%22%2F%3E"
                .to_owned(),
            _ => return None,
        })
    }

    fn finance(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomBankAccount" => self.digits(8),
            "$randomBankAccountName" => self.pick(words::ACCOUNT_NAMES).to_owned(),
            "$randomCreditCardMask" => self.digits(4),
            "$randomBankAccountBic" => {
                let bank = self.characters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4);
                let country = self.pick(words::COUNTRIES).1;
                format!(
                    "{bank}{country}{}1",
                    self.characters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1)
                )
            }
            "$randomBankAccountIban" => {
                let (country, length) = self.pick(words::IBANS);
                iban(country, &self.digits(length))
            }
            "$randomTransactionType" => self.pick(words::TRANSACTION_TYPES).to_owned(),
            "$randomCurrencyCode" => self.pick(words::CURRENCIES).0.to_owned(),
            "$randomCurrencyName" => self.pick(words::CURRENCIES).1.to_owned(),
            "$randomCurrencySymbol" => self.pick(words::CURRENCIES).2.to_owned(),
            "$randomBitcoin" => {
                let length = self.random.between(25, 33);
                let first = self.pick(&["1", "3"]);
                let rest = self.characters(
                    b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
                    length,
                );
                format!("{first}{rest}")
            }
            "$randomPrice" => format!("{}.{}", self.number(0, 999), self.digits(2)),
            _ => return None,
        })
    }

    fn business(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomCompanyName" => self.joined(&[words::LAST_NAMES, words::COMPANY_SUFFIXES]),
            "$randomCompanySuffix" => self.pick(words::COMPANY_SUFFIXES).to_owned(),
            "$randomBs" => self.joined(&[
                words::BUSINESS_VERBS,
                words::BUSINESS_ADJECTIVES,
                words::BUSINESS_NOUNS,
            ]),
            "$randomBsAdjective" => self.pick(words::BUSINESS_ADJECTIVES).to_owned(),
            "$randomBsBuzz" => self.pick(words::BUSINESS_VERBS).to_owned(),
            "$randomBsNoun" => self.pick(words::BUSINESS_NOUNS).to_owned(),
            "$randomCatchPhrase" => self.joined(&[
                words::CATCH_ADJECTIVES,
                words::CATCH_DESCRIPTORS,
                words::CATCH_NOUNS,
            ]),
            "$randomCatchPhraseAdjective" => self.pick(words::CATCH_ADJECTIVES).to_owned(),
            "$randomCatchPhraseDescriptor" => self.pick(words::CATCH_DESCRIPTORS).to_owned(),
            "$randomCatchPhraseNoun" => self.pick(words::CATCH_NOUNS).to_owned(),
            "$randomColor" => self.pick(words::COLORS).to_owned(),
            "$randomDepartment" => self.pick(words::DEPARTMENTS).to_owned(),
            "$randomProductName" => self.joined(&[
                words::PRODUCT_ADJECTIVES,
                words::PRODUCT_MATERIALS,
                words::PRODUCTS,
            ]),
            "$randomProductAdjective" => self.pick(words::PRODUCT_ADJECTIVES).to_owned(),
            "$randomProductMaterial" => self.pick(words::PRODUCT_MATERIALS).to_owned(),
            "$randomProduct" => self.pick(words::PRODUCTS).to_owned(),
            _ => return None,
        })
    }

    fn database(&mut self, name: &str) -> Option<String> {
        let words = match name {
            "$randomDatabaseColumn" => words::DATABASE_COLUMNS,
            "$randomDatabaseType" => words::DATABASE_TYPES,
            "$randomDatabaseCollation" => words::DATABASE_COLLATIONS,
            "$randomDatabaseEngine" => words::DATABASE_ENGINES,
            _ => return None,
        };
        Some(self.pick(words).to_owned())
    }

    fn date(&mut self, name: &str) -> Option<String> {
        const YEAR: i64 = 365 * 24 * 60 * 60;
        Some(match name {
            "$randomDateFuture" => self.moment(1, YEAR),
            "$randomDatePast" => self.moment(-YEAR, -1),
            "$randomDateRecent" => self.moment(-24 * 60 * 60, -1),
            "$randomMonth" => self.pick(words::MONTHS).to_owned(),
            "$randomWeekday" => self.pick(words::WEEKDAYS).to_owned(),
            _ => return None,
        })
    }

    fn file(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomFileName" => self.file_name(words::FILE_EXTENSIONS),
            "$randomFileType" => self.pick(words::FILE_TYPES).to_owned(),
            "$randomFileExt" => self.pick(words::FILE_EXTENSIONS).to_owned(),
            "$randomCommonFileName" => self.file_name(words::COMMON_FILE_EXTENSIONS),
            "$randomCommonFileType" => self.pick(words::COMMON_FILE_TYPES).to_owned(),
            "$randomCommonFileExt" => self.pick(words::COMMON_FILE_EXTENSIONS).to_owned(),
            "$randomFilePath" => {
                let directory = self.pick(words::DIRECTORIES);
                format!("{directory}/{}", self.file_name(words::FILE_EXTENSIONS))
            }
            "$randomDirectoryPath" => self.pick(words::DIRECTORIES).to_owned(),
            "$randomMimeType" => self.pick(words::MIME_TYPES).to_owned(),
            _ => return None,
        })
    }

    fn word(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomWord" => self.pick(words::CATCH_NOUNS).to_owned(),
            "$randomWords" => self.joined(&[words::ADJECTIVES, words::NOUNS, words::NOUNS]),
            "$randomNoun" => self.pick(words::NOUNS).to_owned(),
            "$randomVerb" => self.pick(words::VERBS).to_owned(),
            "$randomIngverb" => self.pick(words::GERUNDS).to_owned(),
            "$randomAdjective" => self.pick(words::ADJECTIVES).to_owned(),
            "$randomPhrase" => format!(
                "Use the {} {} {}, then you can {} the {} {}!",
                self.pick(words::ADJECTIVES),
                self.pick(words::ABBREVIATIONS),
                self.pick(words::NOUNS),
                self.pick(words::VERBS),
                self.pick(words::ADJECTIVES),
                self.pick(words::NOUNS),
            ),
            _ => return None,
        })
    }

    fn lorem(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "$randomLoremWord" => self.pick(words::LATIN).to_owned(),
            "$randomLoremWords" => self.joined(&[words::LATIN; 3]),
            "$randomLoremSlug" => self.joined(&[words::LATIN; 3]).replace(' ', "-"),
            "$randomLoremSentence" | "$randomLoremText" => self.sentence(),
            "$randomLoremSentences" => self.sentences(2, 6, " "),
            "$randomLoremParagraph" => self.sentences(3, 6, " "),
            "$randomLoremParagraphs" => {
                let paragraphs: Vec<String> = (0..3).map(|_| self.sentences(3, 6, " ")).collect();
                paragraphs.join("\n \r")
            }
            "$randomLoremLines" => self.sentences(1, 5, "\n"),
            _ => return None,
        })
    }

    fn pick<T: Copy>(&mut self, words: &[T]) -> T {
        words[self.index(words.len())]
    }

    fn index(&mut self, length: usize) -> usize {
        let last = u64::try_from(length.saturating_sub(1)).expect("a table fits in 64 bits");
        usize::try_from(self.random.between(0, last)).expect("an index of a table")
    }

    fn joined(&mut self, tables: &[&[&str]]) -> String {
        let words: Vec<&str> = tables.iter().map(|table| self.pick(table)).collect();
        words.join(" ")
    }

    fn number(&mut self, low: u64, high: u64) -> String {
        self.random.between(low, high).to_string()
    }

    fn characters(&mut self, alphabet: &[u8], count: u64) -> String {
        (0..count)
            .map(|_| char::from(self.pick(alphabet)))
            .collect()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(self.pick(b"0123456789")))
            .collect()
    }

    fn hexadecimal(&mut self, count: u64) -> String {
        self.characters(b"0123456789abcdef", count)
    }

    fn user_name(&mut self) -> String {
        let first = self.pick(words::FIRST_NAMES);
        let last = self.pick(words::LAST_NAMES);
        let separator = self.pick(&[".", "_"]);
        format!("{first}{separator}{last}{}", self.number(0, 99))
    }

    fn domain(&mut self) -> String {
        let word = self.pick(words::FIRST_NAMES).to_lowercase();
        format!("{word}.{}", self.pick(words::DOMAIN_SUFFIXES))
    }

    fn street(&mut self) -> String {
        self.joined(&[words::LAST_NAMES, words::STREET_SUFFIXES])
    }

    fn phone(&mut self) -> String {
        let groups = [
            self.number(200, 999),
            self.number(200, 999),
            self.number(1000, 9999),
        ];
        groups.join("-")
    }

    fn degrees(&mut self, limit: u64) -> String {
        let sign = self.pick(&["", "-"]);
        format!("{sign}{}.{}", self.number(0, limit - 1), self.digits(4))
    }

    /// A moment between so many seconds from now, as JavaScript writes a `Date`.
    fn moment(&mut self, earliest: i64, latest: i64) -> String {
        let span = u64::try_from(latest - earliest).unwrap_or_default();
        let drawn = i64::try_from(self.random.between(0, span)).unwrap_or_default();
        let moment = self
            .now
            .checked_add(SignedDuration::from_secs(earliest + drawn))
            .unwrap_or(self.now);
        Zoned::new(moment, TimeZone::UTC)
            .strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)")
            .to_string()
    }

    fn file_name(&mut self, extensions: &[&str]) -> String {
        let stem = self.joined(&[words::ADJECTIVES, words::NOUNS]);
        let stem = stem.replace([' ', '-'], "_");
        format!("{stem}.{}", self.pick(extensions))
    }

    fn sentence(&mut self) -> String {
        let count = self.random.between(3, 10);
        let words: Vec<&str> = (0..count).map(|_| self.pick(words::LATIN)).collect();
        let mut sentence = words.join(" ");
        sentence[..1].make_ascii_uppercase();
        sentence + "."
    }

    fn sentences(&mut self, low: u64, high: u64, between: &str) -> String {
        let count = self.random.between(low, high);
        let sentences: Vec<String> = (0..count).map(|_| self.sentence()).collect();
        sentences.join(between)
    }
}

/// An IBAN with its check digits (ISO 13616, ISO 7064 MOD 97-10).
fn iban(country: &str, account: &str) -> String {
    let remainder =
        format!("{account}{country}00")
            .bytes()
            .fold(0_u32, |remainder, byte| match byte {
                b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
                letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
            });
    format!("{country}{:02}{account}", 98 - remainder)
}

#[cfg(test)]
#[path = "dynamic_tests.rs"]
mod tests;
