//! The compiled contracts, as `contracts/compile.mjs` wrote them.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct Artifact {
    bytecode: String,
    #[serde(default)]
    runtime: String,
}

static ALL: LazyLock<HashMap<String, Artifact>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../contracts/artifacts.json"))
        .expect("BUG: the embedded artefacts are JSON")
});

/// What creates a contract. Its constructor's arguments go behind.
pub(crate) fn bytecode(name: &str) -> Vec<u8> {
    bytes(&named(name).bytecode)
}

/// The code of a contract that is placed, not created.
pub(super) fn runtime(name: &str) -> Vec<u8> {
    bytes(&named(name).runtime)
}

fn named(name: &str) -> &'static Artifact {
    ALL.get(name).expect("BUG: a contract of this name is embedded")
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("BUG: the embedded artefacts are hexadecimal")
}
