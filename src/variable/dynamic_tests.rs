//! All names, their shapes, and that they repeat with their seed.

use regex::Regex;

use super::*;
use crate::base::{Clock, Seed};

fn draw(name: &str, seed: u64) -> Option<String> {
    let mut random = Random::from_seed(Seed(seed));
    Dynamic::new(&mut random, Clock::logical_start()).value(name)
}

/// The names that Postman documents, without `$`; all but the first three begin with
/// `random`.
const NAMES: &str = "guid timestamp isoTimestamp Int UUID Boolean AlphaNumeric HexColor \
    Abbreviation Semver FirstName LastName FullName NamePrefix NameSuffix UserName JobTitle \
    JobDescriptor JobArea JobType Email ExampleEmail Protocol Url DomainName DomainSuffix \
    DomainWord IP IPV6 UserAgent MACAddress Password City StreetName StreetAddress Country \
    CountryCode Latitude Longitude Locale PhoneNumber PhoneNumberExt AvatarImage ImageUrl \
    AbstractImage AnimalsImage BusinessImage CatsImage CityImage FoodImage NightlifeImage \
    FashionImage PeopleImage NatureImage SportsImage TransportImage ImageDataUri BankAccount \
    BankAccountName CreditCardMask BankAccountBic BankAccountIban TransactionType \
    CurrencyCode CurrencyName CurrencySymbol Bitcoin Price CompanyName CompanySuffix Bs \
    BsAdjective BsBuzz BsNoun CatchPhrase CatchPhraseAdjective CatchPhraseDescriptor \
    CatchPhraseNoun Color Department ProductName ProductAdjective ProductMaterial Product \
    DatabaseColumn DatabaseType DatabaseCollation DatabaseEngine DateFuture DatePast \
    DateRecent Month Weekday FileName FileType FileExt CommonFileName CommonFileType \
    CommonFileExt FilePath DirectoryPath MimeType Word Words Noun Verb Ingverb Adjective \
    Phrase LoremWord LoremWords LoremSentence LoremSentences LoremSlug LoremParagraph \
    LoremParagraphs LoremText LoremLines";

fn names() -> Vec<String> {
    NAMES
        .split_whitespace()
        .enumerate()
        .map(|(place, name)| {
            if place < 3 {
                format!("${name}")
            } else {
                format!("$random{name}")
            }
        })
        .collect()
}

#[test]
fn every_name_of_postman_is_known() {
    assert_eq!(names().len(), 118);
    for name in names() {
        for seed in 0..20 {
            let value = draw(&name, seed).unwrap_or_else(|| panic!("{name} is unknown"));
            assert!(
                !value.is_empty() && !value.contains("{{"),
                "{name}: {value}"
            );
            assert_eq!(
                draw(&name, seed),
                Some(value),
                "{name} repeats with its seed"
            );
        }
    }
    for name in ["$nope", "guid", "", "$", "$GUID"] {
        assert_eq!(draw(name, 1), None);
    }
}

#[test]
fn shapes_are_those_of_postman() {
    let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
    let date = r"^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT\+0000 \(Coord.*\)$";
    let table = [
        ("$guid", uuid),
        ("$randomUUID", uuid),
        ("$timestamp", "^1767225600$"),
        ("$isoTimestamp", r"^2026-01-01T00:00:00\.000Z$"),
        ("$randomInt", r"^(\d{1,3}|1000)$"),
        ("$randomBoolean", "^(true|false)$"),
        ("$randomAlphaNumeric", "^[0-9a-z]$"),
        ("$randomHexColor", "^#[0-9a-f]{6}$"),
        ("$randomSemver", r"^\d\.\d\.\d$"),
        ("$randomEmail", r"^\w+[._]\w+\d+@\w+\.com$"),
        ("$randomExampleEmail", r"@example\.(com|net|org)$"),
        ("$randomUrl", r"^https?://\w+\.\w+$"),
        ("$randomIP", r"^(\d{1,3}\.){3}\d{1,3}$"),
        ("$randomIPV6", "^([0-9a-f]{4}:){7}[0-9a-f]{4}$"),
        ("$randomMACAddress", "^([0-9a-f]{2}:){5}[0-9a-f]{2}$"),
        ("$randomPassword", r"^\w{15}$"),
        ("$randomPhoneNumber", r"^\d{3}-\d{3}-\d{4}$"),
        ("$randomPhoneNumberExt", r"^\d{2}-\d{3}-\d{3}-\d{4}$"),
        ("$randomLatitude", r"^-?\d{1,2}\.\d{4}$"),
        ("$randomBankAccount", r"^\d{8}$"),
        ("$randomBankAccountBic", "^[A-Z]{7}1$"),
        ("$randomCurrencyCode", "^[A-Z]{3}$"),
        ("$randomPrice", r"^\d{1,3}\.\d{2}$"),
        ("$randomBitcoin", "^[13][1-9A-HJ-NP-Za-km-z]{25,33}$"),
        ("$randomDateFuture", date),
        ("$randomDatePast", date),
        (
            "$randomDateRecent",
            r"^Wed Dec 31 2025|^Thu Jan 01 2026 00:00:00",
        ),
        ("$randomFileName", r"^\w+\.\w+$"),
        ("$randomLoremSlug", "^[a-z]+-[a-z]+-[a-z]+$"),
        ("$randomLoremSentence", r"^[A-Z][a-z]*( [a-z]+){2,9}\.$"),
    ];
    for (name, shape) in table {
        let shape = Regex::new(shape).unwrap();
        for seed in 0..20 {
            let value = draw(name, seed).unwrap();
            assert!(shape.is_match(&value), "{name}: {value}");
        }
    }
}

#[test]
fn an_iban_has_its_check_digits() {
    // The example of ISO 13616 for Germany.
    assert_eq!(iban("DE", "370400440532013000"), "DE89370400440532013000");
}

#[test]
fn the_timestamp_is_rounded_as_postman_rounds_it() {
    let mut random = Random::from_seed(Seed(1));
    let moment = Timestamp::from_millisecond(1_795_368_494_919).unwrap();
    let mut dynamic = Dynamic::new(&mut random, moment);
    assert_eq!(dynamic.value("$timestamp").unwrap(), "1795368495");
    assert_eq!(
        dynamic.value("$isoTimestamp").unwrap(),
        "2026-11-22T17:28:14.919Z"
    );
}
