//! A menu as it comes over the bus: a tree of numbers, properties and children.

use std::collections::HashMap;

use zbus::Message;
use zbus::zvariant::{OwnedValue, Structure};

/// One line that can be read.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: i32,
    pub(super) label: String,
    pub(super) enabled: bool,
}

/// One node of the tree.
type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// The visible entries in order; a menu of ours has no menus inside.
pub(super) fn entries(layout: &Message) -> Vec<Entry> {
    let (_, (_, _, children)): (u32, Node) = layout.body().deserialize().expect("a menu");
    children.into_iter().filter_map(|child| entry(&Structure::try_from(child).ok()?)).collect()
}

fn entry(node: &Structure<'_>) -> Option<Entry> {
    let [id, properties, ..] = node.fields() else { return None };
    let properties: HashMap<String, OwnedValue> = properties.try_clone().ok()?.try_into().ok()?;
    let says = |name: &str| properties.get(name).and_then(|value| bool::try_from(value).ok()).unwrap_or(true);
    let label = String::try_from(properties.get("label")?.try_clone().ok()?).ok()?;
    // An underscore marks the letter that works as a key; two stand for one.
    let label = label.replace("__", "\0").replace('_', "").replace('\0', "_");
    says("visible").then_some(Entry { id: id.try_into().ok()?, label, enabled: says("enabled") })
}
