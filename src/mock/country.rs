//! The countries of ISO 3166-1, by their alpha-2 codes.

/// All codes that are officially assigned, by letter.
const ALPHA_2: [&str; 26] = [
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ",
    "BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ",
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ",
    "DE DJ DK DM DO DZ",
    "EC EE EG EH ER ES ET",
    "FI FJ FK FM FO FR",
    "GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY",
    "HK HM HN HR HT HU",
    "ID IE IL IM IN IO IQ IR IS IT",
    "JE JM JO JP",
    "KE KG KH KI KM KN KP KR KW KY KZ",
    "LA LB LC LI LK LR LS LT LU LV LY",
    "MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ",
    "NA NC NE NF NG NI NL NO NP NR NU NZ",
    "OM",
    "PA PE PF PG PH PK PL PM PN PR PS PT PW PY",
    "QA",
    "RE RO RS RU RW",
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ",
    "TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ",
    "UA UG UM US UY UZ",
    "VA VC VE VG VI VN VU",
    "WF WS",
    "",
    "YE YT",
    "ZA ZM ZW",
];

/// Whether `code` is a country.
pub(super) fn is_country(code: &str) -> bool {
    ALPHA_2
        .iter()
        .flat_map(|letter| letter.split_ascii_whitespace())
        .any(|known| known == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_249_countries_each_under_its_letter() {
        let count: usize = ALPHA_2
            .iter()
            .zip('A'..='Z')
            .map(|(codes, letter)| {
                let codes: Vec<_> = codes.split_ascii_whitespace().collect();
                assert!(codes.iter().all(|code| code.starts_with(letter)));
                assert!(codes.is_sorted());
                codes.len()
            })
            .sum();
        assert_eq!(count, 249);
    }

    #[test]
    fn a_code_is_two_capitals_that_are_assigned() {
        for (code, expected) in [("GB", true), ("gb", false), ("UK", false), ("", false)] {
            assert_eq!(is_country(code), expected, "{code}");
        }
    }
}
