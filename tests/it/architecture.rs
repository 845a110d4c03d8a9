//! The house rules that `cargo metadata` and `git` can tell: arrows, owners, the map, the top level.

use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Which of our crates each of our crates may use. A crate without a row may not exist.
const ARROWS: &[(&str, &[&str])] = &[
    ("grid-node-types", &[]),
    ("engine-protocol", &[]),
    ("grid-node-engine", &["engine-protocol", "grid-node-types"]),
    ("engine-link", &["engine-protocol", "grid-node-types"]),
    ("keys", &["grid-node-types"]),
    ("chain", &["grid-node-types"]),
    ("ledger", &["grid-node-types"]),
    ("grid", &["grid-node-types"]),
    ("worker", &["grid-node-types"]),
    ("practice", &["grid-node-types"]),
    (
        "grid-node-app",
        &["chain", "engine-link", "grid", "grid-node-types", "keys", "ledger", "practice", "worker"],
    ),
    ("grid-node-cli", &["grid-node-app", "grid-node-types"]),
    ("grid-node", &["grid-node-app", "grid-node-types"]),
    ("xtask", &[]),
];

/// Who may use each heavy dependency. A name that ends in `*` stands for all that begin so.
const OWNERS: &[(&str, &[&str])] = &[
    ("candle*", &["grid-node-engine"]),
    ("tokenizers", &["grid-node-engine"]),
    ("alloy", &["keys", "chain", "practice"]),
    ("alloy-signer*", &["keys"]),
    ("alloy-primitives", &["grid-node-types", "practice", "keys", "chain"]),
    ("tokio-tungstenite", &["grid", "practice"]),
    ("axum", &["practice"]),
    ("reqwest", &["chain", "engine-link", "grid", "practice"]),
    ("tokio-rustls", &["chain", "engine-link", "grid", "practice"]),
    ("rustls*", &["engine-link", "grid"]),
    ("rcgen", &["practice"]),
    ("toml_edit", &["grid-node-app"]),
    ("rusqlite", &["ledger"]),
    ("tauri*", &["grid-node"]),
    ("keyring", &["keys"]),
    ("wgpu", &["hardware"]),
    ("tiktoken-rs", &["practice"]),
    ("ts-rs", &["grid-node"]),
];

/// These stay with their owner even in tests: they cost minutes of build time, or a display.
const NEVER_FOR_TESTS: &[&str] = &["candle*", "tauri*"];

/// The only names at the top level, beside dot-files and dot-folders.
const TOP_LEVEL: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "deny.toml",
    "icons",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src-tauri",
    "tauri.conf.json",
    "tests",
    "ui",
];

/// A crate of ours and what its manifest names directly.
#[derive(Debug, Clone, Default)]
struct Room {
    name: String,
    /// The folder it lies in.
    folder: String,
    /// What is built into it or its build script.
    uses: Vec<String>,
    /// What its tests use besides.
    tests_use: Vec<String>,
}

impl Room {
    fn of(package: &Package) -> Self {
        let names = |for_tests: bool| {
            let wanted = package.dependencies.iter();
            let wanted = wanted.filter(|found| (found.kind == DependencyKind::Development) == for_tests);
            wanted.map(|found| found.name.clone()).collect()
        };
        let folder = package.manifest_path.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
        Self {
            name: package.name.to_string(),
            folder: folder.to_owned(),
            uses: names(false),
            tests_use: names(true),
        }
    }
}

fn row<'a>(table: &[(&str, &'a [&'a str])], name: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(of, _)| *of == name).map(|(_, allowed)| *allowed)
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// Every arrow between our crates that the table does not allow.
fn wrong_arrows(rooms: &[Room]) -> Vec<String> {
    let is_ours = |name: &str| rooms.iter().any(|room| room.name == name);
    let mut faults = Vec::new();
    for room in rooms {
        let Some(allowed) = row(ARROWS, &room.name) else {
            faults.push(format!("{} has no row in ARROWS", room.name));
            continue;
        };
        let wrong = room.uses.iter().filter(|used| is_ours(used) && !allowed.contains(&used.as_str()));
        faults.extend(wrong.map(|used| format!("{} must not use {used}", room.name)));
    }
    faults
}

/// Every heavy dependency outside its owner.
fn strayed_dependencies(rooms: &[Room]) -> Vec<String> {
    let mut faults = Vec::new();
    for room in rooms {
        for (pattern, owners) in OWNERS {
            let strict = NEVER_FOR_TESTS.contains(pattern);
            let used = room.uses.iter().chain(room.tests_use.iter().filter(|_| strict));
            let strayed = used.filter(|used| matches(pattern, used) && !owners.contains(&room.name.as_str()));
            faults.extend(
                strayed.map(|used| format!("{} must not use {used}: it belongs to {owners:?}", room.name)),
            );
        }
    }
    faults
}

/// Every crate that the map does not name.
fn unmapped(rooms: &[Room], map: &str) -> Vec<String> {
    let is_named = |name: &str| map.contains(&format!("`{name}`")) || map.contains(&format!("`{name}/`"));
    let forgotten = rooms.iter().filter(|room| !is_named(&room.name) && !is_named(&room.folder));
    forgotten.map(|room| format!("ARCHITECTURE.md does not name `{}`", room.name)).collect()
}

/// Every first part of these paths that has no place at the top level.
fn strangers_at_the_top<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let tops = paths.filter_map(|path| path.split('/').next());
    let mut strangers: Vec<String> =
        tops.filter(|top| !top.starts_with('.') && !TOP_LEVEL.contains(top)).map(str::to_owned).collect();
    strangers.dedup();
    strangers
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn our_rooms() -> Vec<Room> {
    let manifest = root().join("Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata answers");
    metadata.packages.iter().map(Room::of).collect()
}

#[test]
fn arrows_point_one_way() {
    let rooms = our_rooms();
    assert!(rooms.len() > 5, "the workspace must be seen at all");
    assert_eq!(
        wrong_arrows(&rooms),
        [""; 0],
        "the direction of dependency is the one rule that keeps rooms apart"
    );
}

#[test]
fn heavy_dependencies_stay_with_their_owners() {
    assert_eq!(strayed_dependencies(&our_rooms()), [""; 0]);
}

#[test]
fn the_map_names_every_crate() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    assert_eq!(unmapped(&our_rooms(), &map), [""; 0]);
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let mut git = Command::new("git");
    // The clone may belong to someone else than the one who tests.
    git.args(["-c", "safe.directory=*", "ls-files"]).current_dir(root());
    let listed = git.output().expect("git is there");
    let listed = String::from_utf8_lossy(&listed.stdout);
    assert!(listed.lines().any(|path| path == "Cargo.toml"), "git must list the repository");
    assert_eq!(strangers_at_the_top(listed.lines()), [""; 0]);
}

mod the_checks_themselves {
    use super::*;

    fn room(name: &str, uses: &[&str], tests_use: &[&str]) -> Room {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Room {
            name: name.to_owned(),
            folder: name.to_owned(),
            uses: owned(uses),
            tests_use: owned(tests_use),
        }
    }

    #[test]
    fn a_wrong_arrow_is_found_and_a_right_one_is_not() {
        let good = [room("keys", &["grid-node-types", "alloy"], &["practice"]), room("practice", &[], &[])];
        assert_eq!(wrong_arrows(&good), [""; 0], "what only tests use is free");
        let bad = [room("keys", &["grid"], &[]), room("grid", &["grid-node-types"], &[])];
        assert_eq!(wrong_arrows(&bad), ["keys must not use grid"]);
        assert_eq!(wrong_arrows(&[room("new", &[], &[])]), ["new has no row in ARROWS"]);
    }

    #[test]
    fn a_strayed_dependency_is_found() {
        let check = |room: Room, faults: usize| assert_eq!(strayed_dependencies(&[room]).len(), faults);
        check(room("worker", &["rusqlite", "tokio"], &[]), 1);
        check(room("worker", &["tauri-plugin-http", "alloy-signer-local"], &[]), 2);
        check(room("worker", &[], &["rusqlite"]), 0);
        check(room("worker", &[], &["candle-core"]), 1);
        check(room("grid-node", &["tauri", "tauri-build"], &[]), 0);
        check(room("grid-node-types", &["alloy-primitives"], &[]), 0);
        check(room("grid-node-types", &["alloy"], &[]), 1);
    }

    #[test]
    fn a_forgotten_crate_is_found() {
        let rooms = [room("keys", &[], &[]), room("grid", &[], &[])];
        assert_eq!(
            unmapped(&rooms, "- `keys` signs. The grid is electric."),
            ["ARCHITECTURE.md does not name `grid`"]
        );
    }

    #[test]
    fn a_stranger_at_the_top_is_found() {
        let paths = ["Cargo.toml", ".ci/run", "ui/index.html", "docs/a.md", "docs/b.md", "notes.txt"];
        assert_eq!(strangers_at_the_top(paths.into_iter()), ["docs", "notes.txt"]);
    }
}
