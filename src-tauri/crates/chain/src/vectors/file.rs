//! Where vectors come from and how they are read: missing sections are empty, unknown ones are printed, neither fails.

use std::path::PathBuf;

use serde_json::{Map, Value};
use types::{Address, Aipg, B256, Bytes, U256};

use crate::{Log, Mined, Revert};

pub(super) type Case = Map<String, Value>;

/// A vector file from the folder in `GRID_NODE_VECTORS`, which need not hold it, else the project's copy, which must.
pub(super) fn file(name: &str, known: &[&str]) -> Case {
    let given = std::env::var_os("GRID_NODE_VECTORS").map(PathBuf::from);
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/vectors"));
    let path = given.clone().unwrap_or_else(own).join(name);
    if !path.exists() {
        assert!(given.is_some(), "the project's own {name} is missing");
        println!("no {name} in the given folder");
        return Case::new();
    }
    let text = std::fs::read(&path).expect("readable vectors");
    let Value::Object(file) = serde_json::from_slice(&text).expect("vectors are JSON") else {
        panic!("{name} is not an object");
    };
    for section in file.keys().filter(|section| !known.contains(&section.as_str())) {
        println!("{name}: section {section} is not looked at here");
    }
    file
}

/// The objects of an array at this path.
pub(super) fn cases(file: &Case, path: &[&str]) -> Vec<Case> {
    let found = path.iter().try_fold(&Value::Object(file.clone()), |at, name| at.get(name)).cloned();
    let Some(Value::Array(cases)) = found else {
        println!("no section {path:?}");
        return Vec::new();
    };
    println!("{path:?}: {} cases", cases.len());
    cases.into_iter().filter_map(|case| case.as_object().cloned()).collect()
}

pub(super) fn id(case: &Case) -> String {
    format!("{}/{}", text(case, "world").unwrap_or_default(), text(case, "id").unwrap_or("?"))
}

pub(super) fn text<'a>(case: &'a Case, field: &str) -> Option<&'a str> {
    case.get(field).and_then(Value::as_str)
}

pub(super) fn bytes(case: &Case, field: &str) -> Option<Bytes> {
    text(case, field).map(|hex| hex.parse().expect("hex bytes"))
}

/// A number, which may be written as a decimal text.
pub(super) fn uint(value: &Value) -> Option<U256> {
    match value {
        Value::String(digits) => digits.parse().ok(),
        Value::Number(number) => number.as_u64().map(U256::from),
        _ => None,
    }
}

pub(super) fn uint_of(case: &Case, field: &str) -> Option<U256> {
    case.get(field).and_then(uint)
}

pub(super) fn aipg_of(case: &Case, field: &str) -> Option<Aipg> {
    uint_of(case, field).map(Aipg::from_base)
}

pub(super) fn address(value: &Value) -> Option<Address> {
    value.as_str()?.parse().ok()
}

/// The words of a refusal, known or not.
pub(super) fn reason_of(revert: &Revert) -> Option<&str> {
    match revert {
        Revert::Known(known) => Some(known.reason),
        Revert::Text(text) => Some(text),
        Revert::Panic(_) | Revert::Custom(_) | Revert::Empty | Revert::NotGiven => None,
    }
}

/// A receipt with these logs; names in `address` are looked up.
pub(super) fn mined(case: &Case, success: bool, name: impl Fn(&str) -> Option<Address>) -> Mined {
    let logs = case.get("logs").and_then(Value::as_array).cloned().unwrap_or_default();
    let log = |log: &Value| {
        let topics = log["topics"].as_array().expect("topics").iter();
        Log {
            address: log["address"].as_str().and_then(&name).unwrap_or_default(),
            topics: topics.map(|topic| topic.as_str().expect("hex").parse().expect("32 bytes")).collect(),
            data: log["data"].as_str().expect("hex").parse().expect("bytes"),
        }
    };
    Mined {
        block_number: 7,
        block_hash: B256::repeat_byte(7),
        success,
        gas_used: 0,
        effective_gas_price: 0,
        l1_fee: None,
        logs: logs.iter().map(log).collect(),
    }
}
