//! The mixtures of modules that detection must tell apart can be made on our diamond.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use serde_json::{Value, json};

use super::file::{File, text};
use super::world::{BOTH, SECOND, World, add, change};

/// Which selectors share a module: 0 for none, else the order of appearance.
fn pattern(modules: impl Iterator<Item = Address>) -> Vec<usize> {
    let mut seen = BTreeMap::from([(Address::ZERO, 0)]);
    modules
        .map(|module| {
            let next = seen.len();
            *seen.entry(module).or_insert(next)
        })
        .collect()
}

async fn module(world: &World, selector: &str) -> Address {
    let data = format!("0xb763dde2{selector:0<64}");
    let call = json!({ "to": world.place("grid"), "data": data });
    Address::from_word(U256::from_be_slice(&world.ask(&call).await.expect("it answers")).into())
}

/// Routes as in a case: the modules that appear are registries whose `getWorker` is as wide as the case says.
async fn route(world: &mut World, modules: &BTreeMap<String, Address>, width: u64) {
    let kind = if width == 224 { "RegistryV1" } else { "RegistryV2" };
    let mut ours = BTreeMap::from([(Address::ZERO, Address::ZERO)]);
    for theirs in modules.values() {
        if !ours.contains_key(theirs) {
            let created = world.create(kind).await;
            ours.insert(*theirs, created);
        }
    }
    let mut cut = vec![change(2, Address::ZERO, &BOTH)];
    for (selector, theirs) in modules.iter().filter(|(_, theirs)| !theirs.is_zero()) {
        cut.push(add(ours[theirs], &[selector]));
    }
    world.cut(cut).await;
}

#[tokio::test]
async fn chain_vectors_detection_mixtures_can_be_made() {
    let file = File::read();
    let cases = file.section("detection")["cases"].as_array().expect("a list").clone();
    let mut world = World::put(file, "V1").await;
    let mut made = 0;
    for case in &cases {
        let Some(modules) = modules(case) else {
            eprintln!("{}: about the connection, not about modules", case["id"]);
            continue;
        };
        world.reset().await;
        let width = case["get_worker_len"].as_u64().expect("a width");
        route(&mut world, &modules, width).await;
        let mut found = Vec::new();
        for selector in BOTH.iter().chain(&SECOND) {
            found.push(module(&world, selector).await);
        }
        let wanted = BOTH.iter().chain(&SECOND).map(|selector| modules[*selector]);
        assert_eq!(pattern(found.into_iter()), pattern(wanted), "{}", case["id"]);
        let worker =
            world.ask(&json!({ "to": world.place("grid"), "data": format!("0xc011b1c3{:064}", 0) })).await;
        assert_eq!(worker.expect("it answers").len() as u64, width, "{}", case["id"]);
        made += 1;
    }
    assert!(made >= 7, "{made} mixtures were made");
}

/// The modules of a case, unless it is about something else.
fn modules(case: &Value) -> Option<BTreeMap<String, Address>> {
    let modules = case["module_address"].as_object()?;
    let one = |(selector, module): (&String, &Value)| {
        Some((selector.trim_start_matches("0x").to_owned(), text_of(module)?.parse().ok()?))
    };
    modules.iter().map(one).collect()
}

fn text_of(value: &Value) -> Option<&str> {
    value.is_string().then(|| text(value))
}

#[tokio::test]
async fn a_registry_with_a_ninth_field_can_be_served() {
    let mut world = World::put(File::read(), "V2").await;
    let odd = world.create("RegistryOfNineFields").await;
    world.cut(vec![change(1, odd, &["c011b1c3"])]).await;
    let worker =
        world.ask(&json!({ "to": world.place("grid"), "data": format!("0xc011b1c3{:064}", 0) })).await;
    assert_eq!(worker.expect("it answers").len(), 288);
}

#[tokio::test]
async fn short_calldata_and_the_usual_loupe_are_refused() {
    let mut world = World::put(File::read(), "V1").await;
    // Filled up with zeros, the first of the short ones would be this selector.
    let module = world.create("RegistryV1").await;
    world.cut(vec![add(module, &["5d000000"])]).await;
    for data in ["0x5d", "0x5df6", "0x5df6a6", "0x7a0ed627", "0x52ef6b2c", "0xcdffacc6", "0x1f931c1c"] {
        let refused = world.ask(&json!({ "to": world.place("grid"), "data": data })).await;
        let words = refused.expect_err("not served");
        assert!(String::from_utf8_lossy(&words).contains("Grid: function not found"), "{data}: {words}");
    }
}
