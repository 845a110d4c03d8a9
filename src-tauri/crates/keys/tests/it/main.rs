//! The room from outside: files on a disk, processes that are killed, the system's own password store.

use std::path::PathBuf;
use std::process::Command;

use keys::{KeyFolder, Strength};
use types::{NetworkKind, Sensitive};

mod canary;
#[cfg(target_os = "linux")]
mod keyring;
mod kill;
mod vectors;

const PASSWORD: &str = "correct horse";

fn text(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

fn practice_folder(path: impl Into<PathBuf>) -> KeyFolder {
    KeyFolder::open(path, NetworkKind::Practice, Strength::practice_only(2)).expect("a folder")
}

/// Tells a test that it is running inside a process which it started itself, and which part of it is wanted.
const PART: &str = "KEYS_TEST_PART";
const HOME: &str = "KEYS_TEST_HOME";

fn part() -> Option<String> {
    std::env::var(PART).ok()
}

fn given_home() -> PathBuf {
    std::env::var_os(HOME).map(PathBuf::from).expect("the outer half of the test names a home")
}

/// The arguments with which this executable runs one test and nothing else.
fn just(test: &str) -> [String; 3] {
    ["--exact".to_owned(), test.to_owned(), "--nocapture".to_owned()]
}

fn this_test(test: &str, part: &str, home: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("an executable"));
    command.args(just(test)).env(PART, part).env(HOME, home);
    command
}

#[test]
fn a_real_wallet_is_made_saved_and_opened_at_full_strength() {
    let home = tempfile::tempdir().expect("a home");
    let folder =
        KeyFolder::open(home.path().join("keys"), NetworkKind::Base, Strength::STANDARD).expect("a folder");
    let address = folder.create(&text(PASSWORD)).expect("a wallet").address();
    let wallet = folder.unlock(&text(PASSWORD)).expect("opens");
    assert_eq!((wallet.address(), wallet.network_kind()), (address, NetworkKind::Base));
    let json = std::fs::read_to_string(home.path().join("keys/wallet.json")).expect("a file");
    assert_eq!(json.matches("131072").count(), 2, "both parts are sealed with N = 2^17");
}
