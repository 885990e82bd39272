//! Reads of an answer what it tells of states.

use ecow::EcoString;
use serde_json::Value;

/// What stands in the `data` of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Skimmed {
    /// The text of the member that was asked for.
    pub(super) id: Option<EcoString>,
    /// `status`.
    pub(super) status: Option<EcoString>,
    /// `defaultStatus`.
    pub(super) default: Option<EcoString>,
    /// `paymentId` and `status` of each of the `payments` that has an id.
    pub(super) payments: Vec<(EcoString, Option<EcoString>)>,
}

impl Skimmed {
    /// What `bytes` tell, with the id in the member `id`; none where they are no JSON. What has another
    /// form than it should tells nothing.
    pub(super) fn of(bytes: &[u8], id: &str) -> Option<Self> {
        let body: Value = serde_json::from_slice(bytes).ok()?;
        let text = |value: &Value| value.as_str().map(EcoString::from);
        let data = &body["data"];
        let payments = data["payments"].as_array().into_iter().flatten();
        Some(Self {
            id: text(&data[id]),
            status: text(&data["status"]),
            default: text(&data["defaultStatus"]),
            payments: payments
                .filter_map(|item| Some((text(&item["paymentId"])?, text(&item["status"]))))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_odd_tells_nothing_and_what_stands_beside_it_is_told() {
        let told = |id: Option<&str>, status: Option<&str>, payments: &[(&str, Option<&str>)]| {
            let owned = |text: Option<&str>| text.map(EcoString::from);
            Some(Skimmed {
                id: owned(id),
                status: owned(status),
                default: None,
                payments: payments
                    .iter()
                    .map(|(id, status)| (EcoString::from(*id), owned(*status)))
                    .collect(),
            })
        };
        for (body, expected) in [
            ("", None),
            ("{}x", None),
            (r#"{"data":{"status":"x"}"#, None),
            ("null", told(None, None, &[])),
            ("[1]", told(None, None, &[])),
            (r#"{"data":7}"#, told(None, None, &[])),
            (
                r#"{"data":{"batchId":"b","status":1}}"#,
                told(Some("b"), None, &[]),
            ),
            (
                r#"{"data":{"status":"x","payments":{}}}"#,
                told(None, Some("x"), &[]),
            ),
            (
                r#"{"data":{"payments":[{"paymentId":"p"},{"paymentId":1},7,{"status":"s"},[],{"paymentId":"q","status":"s"}]}}"#,
                told(None, None, &[("p", None), ("q", Some("s"))]),
            ),
        ] {
            assert_eq!(Skimmed::of(body.as_bytes(), "batchId"), expected, "{body}");
        }
    }
}
