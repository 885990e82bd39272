//! What is shipped inside of the binary: the collections, their plan, the mock's environment, the
//! golden snapshots. They are the files of this repository, so that `certify` works anywhere.

/// A file that is shipped: how messages call it, and its bytes.
pub struct Shipped {
    /// Its path in the repository.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($path:literal) => {
        Shipped {
            name: $path,
            text: include_str!(concat!("../../", $path)),
        }
    };
}

/// The collections, by file.
pub const COLLECTIONS: [Shipped; 3] = [
    shipped!("collections/payments-out-consumer-api.postman_collection.json"),
    shipped!("collections/payments-out-provider-api.postman_collection.json"),
    shipped!("collections/throttling.postman_collection.json"),
];

/// The plan of `certify`.
pub const PLAN: Shipped = shipped!("collections/certification.plan.toml");

/// The environment of the mock.
pub const MOCK_ENVIRONMENT: Shipped =
    shipped!("fixtures/environment/mock.postman_environment.json");

/// The golden snapshots of the shipped plan.
pub const SNAPSHOTS: [Shipped; 2] = [
    shipped!("fixtures/snapshots/backoff.snap"),
    shipped!("fixtures/snapshots/status-flow.snap"),
];

/// The folder of the golden snapshots in the repository.
pub const SNAPSHOT_FOLDER: &str = "fixtures/snapshots";

/// The name of a collection in a plan: its file name without what Postman appends.
#[must_use]
pub fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.strip_suffix(".postman_collection.json")
        .or_else(|| file.strip_suffix(".json"))
        .unwrap_or(file)
}
