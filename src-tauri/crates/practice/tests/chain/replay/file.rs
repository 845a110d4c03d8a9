//! The recording.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use alloy_primitives::{Address, Bytes, U256};
use serde_json::Value;

use super::bytes;

pub(super) struct File(Value);

/// A transaction and what came of it.
pub(super) struct Case {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) calldata: Bytes,
    pub(super) succeeds: bool,
    pub(super) returned: Bytes,
    pub(super) logs: Vec<(Address, Vec<String>, Bytes)>,
}

/// A call that changes nothing and what it returned, or reverted with.
pub(super) struct View {
    pub(super) to: Address,
    pub(super) calldata: Bytes,
    pub(super) returned: Result<Bytes, Bytes>,
}

impl File {
    pub(super) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/vectors/chain.json");
        let text = std::fs::read_to_string(path).expect("our own copy of the recording");
        Self(serde_json::from_str(&text).expect("the recording is JSON"))
    }

    pub(super) fn section(&self, name: &str) -> &Value {
        &self.0[name]
    }

    /// The names of everything recorded in a world; views with `view ` in front.
    pub(super) fn ids(&self, world: &str) -> BTreeSet<String> {
        let of = |section: &str, prefix: &str| -> Vec<String> {
            let rows = self.0[section].as_array().expect("a list");
            let ours = rows.iter().filter(|row| row["world"] == world);
            ours.map(|row| format!("{prefix}{}", text(&row["id"]))).collect()
        };
        of("tx_cases", "").into_iter().chain(of("views", "view ")).collect()
    }

    pub(super) fn account(&self, name: &str) -> Address {
        text(&self.0["accounts"][name]).parse().expect("an account")
    }

    /// A contract of a world.
    pub(super) fn place(&self, world: &str, name: &str) -> Address {
        text(&self.0["worlds"][world][name.to_lowercase()]).parse().expect("a contract's address")
    }

    /// The registry's module of a world, if it was recorded.
    pub(super) fn registry(&self, world: &str) -> Option<Address> {
        let row = self.row("views", world, "moduleAddress.registerWorker")?;
        text(&row["decoded"][0]).parse().ok()
    }

    pub(super) fn case(&self, world: &str, id: &str) -> Option<Case> {
        let row = self.row("tx_cases", world, id)?;
        let logs = row["logs"].as_array().expect("a list").iter().map(|log| {
            let topics = log["topics"].as_array().expect("a list").iter().map(|topic| text(topic).to_owned());
            (self.place(world, text(&log["address"])), topics.collect(), bytes(text(&log["data"])))
        });
        let succeeds = row["status"] == "success";
        Some(Case {
            from: self.account(text(&row["from"])),
            to: self.place(world, text(&row["to"])),
            value: text(&row["value_wei"]).parse().expect("an amount"),
            calldata: bytes(text(&row["calldata"])),
            succeeds,
            returned: bytes(text(&row[if succeeds { "return_data" } else { "revert_data" }])),
            logs: logs.collect(),
        })
    }

    pub(super) fn view(&self, world: &str, id: &str) -> Option<View> {
        let row = self.row("views", world, id)?;
        let returned = match row["return_data"].as_str() {
            Some(data) => Ok(bytes(data)),
            None => Err(bytes(text(&row["revert_data"]))),
        };
        Some(View {
            to: self.place(world, text(&row["to"])),
            calldata: bytes(text(&row["calldata"])),
            returned,
        })
    }

    pub(super) fn revert_data(&self) -> BTreeSet<String> {
        let all =
            ["tx_cases", "views"].into_iter().flat_map(|section| self.0[section].as_array().expect("a list"));
        all.filter_map(|row| row["revert_data"].as_str().map(str::to_owned)).collect()
    }

    /// Reason and exact bytes, for those that have a reason.
    pub(super) fn error_catalog(&self) -> BTreeMap<String, String> {
        let rows = self.0["error_catalog"].as_array().expect("a list").iter();
        rows.filter_map(|row| {
            Some((row["reason"].as_str()?.to_owned(), text(&row["revert_data"]).to_owned()))
        })
        .collect()
    }

    fn row(&self, section: &str, world: &str, id: &str) -> Option<&Value> {
        let rows = self.0[section].as_array().expect("a list");
        rows.iter().find(|row| row["world"] == world && row["id"] == id)
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}
