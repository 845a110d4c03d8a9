//! Every answer of a keyring, against real key files.

use std::cell::Cell;

use types::NetworkKind;

use super::*;
use crate::Strength;

const PASSWORD: &str = "correct horse";

fn text(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

fn folder(home: &tempfile::TempDir) -> KeyFolder {
    let path = home.path().join("keys");
    KeyFolder::open(path, NetworkKind::Practice, Strength::practice_only(2)).expect("a folder")
}

/// Opens the wallet; tells what opened it and whether anybody was asked.
fn open(
    folder: &KeyFolder,
    kept: Option<Kept>,
    typed: Option<&str>,
) -> (Result<UnlockedBy, OpenError>, bool) {
    let asked = Cell::new(false);
    let ask = |_| {
        asked.set(true);
        typed.map(text)
    };
    let unlock = |password: Sensitive<String>| folder.unlock(&password);
    let opened = match with_keyring(kept, unlock) {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(why)) => with_password(why, ask, unlock),
        Err(error) => Err(error.into()),
    };
    (opened.map(|opened| opened.by), asked.get())
}

#[test]
fn the_keyring_opens_without_asking() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    folder.create(&text(PASSWORD)).expect("a wallet");
    let (by, asked) = open(&folder, Some(Ok(Some(text(PASSWORD)))), None);
    assert_eq!((by.expect("opens"), asked), (UnlockedBy::Keyring, false));
}

#[test]
fn whatever_is_wrong_with_the_keyring_the_password_opens() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    folder.create(&text(PASSWORD)).expect("a wallet");
    let check = |kept: Option<Kept>, why: WhyTyped| {
        let (by, asked) = open(&folder, kept, Some(PASSWORD));
        assert_eq!((by.expect("opens"), asked), (UnlockedBy::Password(why), true));
    };
    use KeyringTrouble::{Changed, Denied, Locked, Missing, TimedOut};
    check(None, WhyTyped::NotUsed);
    check(Some(Ok(None)), WhyTyped::NothingKept);
    check(Some(Ok(Some(text("another password")))), WhyTyped::Trouble(Changed));
    for trouble in [Locked, Missing, Denied, TimedOut, Changed] {
        check(Some(Err(trouble)), WhyTyped::Trouble(trouble));
    }
}

#[test]
fn an_owner_may_decline_and_may_mistype() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    folder.create(&text(PASSWORD)).expect("a wallet");
    let (declined, _) = open(&folder, Some(Err(KeyringTrouble::Locked)), None);
    let locked = WhyTyped::Trouble(KeyringTrouble::Locked);
    assert!(matches!(declined, Err(OpenError::NotGiven(why)) if why == locked));
    let (mistyped, _) = open(&folder, None, Some("correct house"));
    assert!(matches!(mistyped, Err(OpenError::File(KeyFileError::WrongPassword))));
}

#[test]
fn opening_never_makes_a_wallet_or_a_rig() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    let never = |_| -> Option<Sensitive<String>> { panic!("there is nothing to open") };
    let wallet = open_wallet(&folder, None, never);
    assert!(matches!(wallet, Err(OpenError::File(KeyFileError::Absent))));
    assert!(matches!(open_rig(&folder, None, never), Err(OpenError::File(KeyFileError::Absent))));
    assert_eq!(folder.find().expect("readable"), None);
}

#[test]
fn a_damaged_file_is_nothing_to_ask_a_password_for() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    std::fs::write(home.path().join("keys/wallet.json"), "{").expect("writes");
    let never = |_| -> Option<Sensitive<String>> { panic!("no password helps") };
    assert!(matches!(open_wallet(&folder, None, never), Err(OpenError::File(KeyFileError::Damaged(_)))));
}

#[test]
fn nobody_is_asked_for_the_password_of_a_wallet_that_is_not_there() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    folder.create_rig(&RigPassphrase::generate().expect("randomness")).expect("a rig");
    let never = |_| -> Option<Sensitive<String>> { panic!("no password helps") };
    let opened = open_rig(&folder, None, never);
    assert!(matches!(opened, Err(OpenError::NoWallet(WhyTyped::NotUsed))));
}

#[test]
fn a_rig_of_another_passphrase_than_the_wallets_is_said_to_be_one() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    folder.create(&text(PASSWORD)).expect("a wallet");
    folder.create_rig(&RigPassphrase::generate().expect("randomness")).expect("a rig");
    let opened = open_rig(&folder, None, |_| Some(text(PASSWORD)));
    assert!(matches!(opened, Err(OpenError::File(KeyFileError::RigUnknown))));
}

#[test]
fn without_a_keyring_the_owners_password_opens_the_rig() {
    let home = tempfile::tempdir().expect("a home");
    let folder = folder(&home);
    let wallet = folder.create(&text(PASSWORD)).expect("a wallet");
    let address = folder.create_rig(wallet.rig_passphrase()).expect("a rig").address();
    let opened = open_rig(&folder, None, |_| Some(text(PASSWORD))).expect("opens");
    assert_eq!(opened.key.key.address(), address);
    assert_eq!(opened.by, UnlockedBy::Password(WhyTyped::NotUsed));
    let wrong = open_rig(&folder, None, |_| Some(text("another password")));
    assert!(matches!(wrong, Err(OpenError::File(KeyFileError::WrongPassword))));
}
