//! One wallet, once, completely or not at all.

use std::fs;
use std::path::PathBuf;

use types::Sensitive;

use super::*;

const PASSWORD: &str = "correct horse";

fn text(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a home"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("keys").join(name)
    }

    fn open(&self) -> KeyFolder {
        KeyFolder::open(self.path(""), NetworkKind::Practice, Strength::practice_only(2)).expect("a folder")
    }
}

#[test]
fn what_was_created_opens_again_with_its_phrase() {
    let home = Home::new();
    assert_eq!(home.open().find().expect("readable"), None);
    let created = home.open().create(&text(PASSWORD)).expect("a wallet");
    let folder = home.open();
    assert_eq!(folder.find().expect("readable"), Some(WalletFound { address: created.address() }));
    assert_eq!(folder.unlock(&text(PASSWORD)).expect("opens").address(), created.address());
    let words = folder.phrase(&text(PASSWORD)).expect("words");
    assert_eq!(words.expose().split(' ').count(), 12);
    let elsewhere = Home::new();
    let origin = Origin::from_phrase(&words, NetworkKind::Practice).expect("our own words");
    let restored = elsewhere.open().restore(origin, &text("another password")).expect("restores");
    assert_eq!(restored.address(), created.address(), "the words are all it takes");
}

#[test]
fn a_wrong_password_is_not_a_damaged_file() {
    let home = Home::new();
    let folder = home.open();
    folder.create(&text(PASSWORD)).expect("a wallet");
    assert!(matches!(folder.unlock(&text("correct house")), Err(KeyFileError::WrongPassword)));
    assert!(matches!(folder.phrase(&text("correct house")), Err(KeyFileError::WrongPassword)));
    assert!(matches!(Home::new().open().unlock(&text(PASSWORD)), Err(KeyFileError::Absent)));
}

#[test]
fn a_second_wallet_is_never_made() {
    let home = Home::new();
    let folder = home.open();
    folder.create(&text(PASSWORD)).expect("a wallet");
    let before = fs::read(home.path(WALLET)).expect("a file");
    let origin = Origin::new_phrase(NetworkKind::Practice).expect("randomness");
    assert!(matches!(folder.create(&text(PASSWORD)), Err(KeyFileError::Exists)));
    assert!(matches!(folder.restore(origin, &text(PASSWORD)), Err(KeyFileError::Exists)));
    assert_eq!(fs::read(home.path(WALLET)).expect("a file"), before);
}

#[test]
fn of_many_who_create_at_once_one_does() {
    let home = Home::new();
    let folder = home.open();
    one_of_many(&folder, &[&folder; 16]);
    // Each with a folder of its own, as processes would have: no lock of ours keeps these apart.
    let home = Home::new();
    let own: Vec<KeyFolder> = (0..16).map(|_| home.open()).collect();
    one_of_many(&own[0], &own.iter().collect::<Vec<_>>());
}

fn one_of_many(folder: &KeyFolder, all: &[&KeyFolder]) {
    let created: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = all.iter().map(|one| scope.spawn(|| one.create(&text(PASSWORD)))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let winners: Vec<_> = created.iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let others = created.iter().filter(|one| matches!(one, Err(KeyFileError::Exists))).count();
    assert_eq!(others, 15, "and the others say why not");
    assert_eq!(folder.unlock(&text(PASSWORD)).expect("opens").address(), winners[0].address());
}

#[test]
fn a_file_cut_off_anywhere_is_damaged_and_never_no_wallet() {
    let home = Home::new();
    let folder = home.open();
    folder.create(&text(PASSWORD)).expect("a wallet");
    let whole = fs::read(home.path(WALLET)).expect("a file");
    for length in 0..whole.len() {
        fs::write(home.path(WALLET), &whole[..length]).expect("writes");
        assert!(matches!(folder.find(), Err(KeyFileError::Damaged(_))), "cut at {length}");
        assert!(matches!(folder.unlock(&text(PASSWORD)), Err(KeyFileError::Damaged(_))), "cut at {length}");
        assert!(matches!(folder.create(&text(PASSWORD)), Err(KeyFileError::Exists)), "cut at {length}");
    }
    fs::write(home.path(WALLET), &whole).expect("writes");
    assert!(folder.unlock(&text(PASSWORD)).is_ok());
}

#[test]
fn what_an_interrupted_write_left_is_no_wallet_and_goes_away() {
    let (home, donor) = (Home::new(), Home::new());
    donor.open().create(&text(PASSWORD)).expect("a wallet");
    let whole = fs::read(donor.path(WALLET)).expect("a file");
    home.open();
    for length in 0..=whole.len() {
        let part = home.path("wallet.json.00112233445566778899aabbccddeeff.part");
        fs::write(&part, &whole[..length]).expect("writes");
        let folder = home.open();
        assert!(!part.exists(), "cleared at the next start");
        assert_eq!(folder.find().expect("readable"), None, "cut at {length}");
    }
    assert!(home.open().create(&text(PASSWORD)).is_ok());
    let names: Vec<_> = fs::read_dir(home.path("")).expect("a folder").flatten().collect();
    assert_eq!(names.len(), 1, "nothing but the wallet is left: {names:?}");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let home = Home::new();
    let folder = home.open();
    fs::create_dir(home.path(WALLET)).expect("a folder in its place");
    assert!(matches!(folder.find(), Err(KeyFileError::Io { .. })));
    assert!(matches!(folder.create(&text(PASSWORD)), Err(KeyFileError::Exists)));
    fs::remove_dir(home.path(WALLET)).expect("removes");
    fs::write(home.path(WALLET), vec![b' '; LARGEST as usize + 1]).expect("writes");
    assert!(matches!(folder.find(), Err(KeyFileError::Damaged(_))));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_drive_that_is_missing_is_not_no_wallet() {
    let home = Home::new();
    let folder = home.open();
    std::os::unix::fs::symlink("/nowhere/wallet.json", home.path(WALLET)).expect("a link");
    assert!(matches!(folder.find(), Err(KeyFileError::Io { .. })));
    assert!(matches!(folder.create(&text(PASSWORD)), Err(KeyFileError::Exists)));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    fs::create_dir(home.path("")).expect("a folder that was there before");
    fs::set_permissions(home.path(""), PermissionsExt::from_mode(0o755)).expect("open to all");
    let folder = home.open();
    let wallet = folder.create(&text(PASSWORD)).expect("a wallet");
    folder.create_rig(wallet.rig_passphrase()).expect("a rig");
    folder.secrets(wallet.rig_passphrase()).put("grid", &text("a key")).expect("keeps");
    let mode = |name| fs::metadata(home.path(name)).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in [WALLET, RIG, secrets::FILE] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn a_practice_file_is_never_a_real_wallet() {
    let home = Home::new();
    let address = home.open().create(&text(PASSWORD)).expect("a wallet").address();
    let real = KeyFolder::open(home.path(""), NetworkKind::Base, Strength::STANDARD).expect("a folder");
    let practice = |error| matches!(error, KeyFileError::OtherNetwork { found: NetworkKind::Practice });
    assert!(practice(real.find().expect_err("another network")));
    assert!(practice(real.unlock(&text(PASSWORD)).expect_err("another network")));
    // Somebody who edits the clear text and its checksum still cannot edit what is sealed.
    let json = String::from_utf8(fs::read(home.path(WALLET)).expect("a file")).expect("text");
    let file = KeyFile::parse(json.as_bytes()).expect("ours").relabelled(NetworkKind::Base);
    fs::write(home.path(WALLET), file.to_json()).expect("writes");
    assert_eq!(real.find().expect("reads as real"), Some(WalletFound { address }));
    assert!(practice(real.unlock(&text(PASSWORD)).expect_err("another network")));
    let relabelled = fs::read(home.path(WALLET)).expect("a file");
    for file in [json.as_bytes(), &relabelled] {
        let imported = Origin::from_key_file(file, &text(PASSWORD), NetworkKind::Base);
        assert!(practice(imported.expect_err("another network")));
    }
}

#[test]
fn our_own_file_brings_its_phrase_and_its_rigs_passphrase_along() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let folder = home.open();
    let wallet = folder.create(&text(PASSWORD)).expect("a wallet");
    let rig = folder.create_rig(wallet.rig_passphrase()).expect("a rig").address();
    let taken = |file: &[u8]| Origin::from_key_file(file, &text(PASSWORD), NetworkKind::Practice);
    // The rig was copied along with the wallet, as whoever copies the folder of a home does.
    let there = elsewhere.open();
    fs::copy(home.path(RIG), elsewhere.path(RIG)).expect("copies");
    let origin = taken(&fs::read(home.path(WALLET)).expect("a file")).expect("our own");
    let restored = there.restore(origin, &text("another password")).expect("restores");
    assert_eq!(restored.address(), wallet.address());
    assert_eq!(there.unlock_rig(restored.rig_passphrase()).expect("opens").address(), rig);
    let words =
        |folder: &KeyFolder, password| folder.phrase(&text(password)).expect("words").expose().clone();
    assert_eq!(words(&there, "another password"), words(&folder, PASSWORD));
}

#[test]
fn our_own_file_is_taken_whole_and_only_a_wallets() {
    let home = Home::new();
    let folder = home.open();
    let wallet = folder.create(&text(PASSWORD)).expect("a wallet");
    folder.create_rig(wallet.rig_passphrase()).expect("a rig");
    let damaged = |file: &[u8], password: &Sensitive<String>| {
        let taken = Origin::from_key_file(file, password, NetworkKind::Practice);
        matches!(taken, Err(KeyFileError::Damaged(_)))
    };
    let mut bent = fs::read(home.path(WALLET)).expect("a file");
    assert!(!damaged(&bent, &text(PASSWORD)));
    *bent.iter_mut().rfind(|byte| byte.is_ascii_hexdigit()).expect("a checksum") ^= 1;
    assert!(damaged(&bent, &text(PASSWORD)));
    let rig = fs::read(home.path(RIG)).expect("a file");
    assert!(damaged(&rig, wallet.rig_passphrase().text()), "a rig key is no wallet");
}

#[test]
fn another_wallets_file_brings_the_key_alone() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let wallet = home.open().create(&text(PASSWORD)).expect("a wallet");
    let json = fs::read(home.path(WALLET)).expect("a file");
    let mut standard: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    standard.as_object_mut().expect("an object").remove("x-grid-node").expect("ours");
    let origin =
        Origin::from_key_file(standard.to_string().as_bytes(), &text(PASSWORD), NetworkKind::Practice);
    let there = elsewhere.open();
    let restored = there.restore(origin.expect("the standard's form"), &text(PASSWORD)).expect("restores");
    assert_eq!(restored.address(), wallet.address());
    assert!(matches!(there.phrase(&text(PASSWORD)), Err(KeyFileError::NoPhrase)));
}

#[test]
fn a_wallet_that_is_not_the_one_to_be_saved_gets_no_name() {
    let home = Home::new();
    let folder = home.open();
    let mut origin = Origin::new_phrase(NetworkKind::Practice).expect("randomness");
    origin.address = Address::repeat_byte(1);
    assert!(matches!(folder.restore(origin, &text(PASSWORD)), Err(KeyFileError::Damaged(_))));
    let left: Vec<_> = fs::read_dir(home.path("")).expect("a folder").flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(folder.create(&text(PASSWORD)).is_ok());
}

#[test]
fn secrets_that_are_kept_at_once_are_all_kept() {
    let home = Home::new();
    let folder = home.open();
    let passphrase = RigPassphrase::generate().expect("randomness");
    let name = |n: usize| format!("key {n}");
    folder.secrets(&passphrase).put("old", &text("to be removed")).expect("keeps");
    std::thread::scope(|scope| {
        for n in 0..16 {
            let (folder, passphrase) = (&folder, &passphrase);
            scope.spawn(move || folder.secrets(passphrase).put(&name(n), &text("a secret")).expect("keeps"));
        }
        scope.spawn(|| assert!(folder.secrets(&passphrase).remove("old").expect("removes")));
    });
    for n in 0..16 {
        assert!(folder.secrets(&passphrase).get(&name(n)).expect("readable").is_some(), "{n}");
    }
    assert!(folder.secrets(&passphrase).get("old").expect("readable").is_none());
}

#[test]
fn a_home_that_is_not_there_is_not_made() {
    let home = Home::new();
    let missing = home.0.path().join("drive/home/keys");
    let opened = KeyFolder::open(&missing, NetworkKind::Practice, Strength::practice_only(2));
    assert!(matches!(opened, Err(KeyFileError::Io { .. })));
    assert!(!home.0.path().join("drive").exists());
}

#[test]
fn real_keys_are_neither_weakly_sealed_nor_weakly_guarded() {
    let home = Home::new();
    let weak = KeyFolder::open(home.path(""), NetworkKind::Base, Strength::practice_only(16));
    assert!(matches!(weak, Err(KeyFileError::WeakStrength)));
    for short in ["", "1234567", "éééééüü"] {
        assert!(matches!(home.open().create(&text(short)), Err(KeyFileError::ShortPassword)), "{short}");
    }
    let practice = Origin::new_phrase(NetworkKind::Practice).expect("randomness");
    let real = KeyFolder::open(home.path(""), NetworkKind::Base, Strength::STANDARD).expect("a folder");
    assert!(matches!(real.restore(practice, &text(PASSWORD)), Err(KeyFileError::OtherNetwork { .. })));
    assert_eq!(real.find().expect("readable"), None);
}

#[test]
fn a_key_without_a_phrase_has_none_to_show() {
    let home = Home::new();
    let folder = home.open();
    let key = text("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
    let origin = Origin::from_private_key(&key, NetworkKind::Practice).expect("a key");
    let address = origin.address();
    assert_eq!(folder.restore(origin, &text(PASSWORD)).expect("restores").address(), address);
    assert!(matches!(folder.phrase(&text(PASSWORD)), Err(KeyFileError::NoPhrase)));
    // And any wallet can take the file along.
    let json = fs::read(home.path(WALLET)).expect("a file");
    let taken =
        Origin::from_key_file(&json, &text(PASSWORD), NetworkKind::Practice).expect("the standard's form");
    assert_eq!(taken.address(), address);
}

#[test]
fn a_rig_opens_with_its_passphrase_and_is_made_once() {
    let home = Home::new();
    let folder = home.open();
    let passphrase = RigPassphrase::generate().expect("randomness");
    assert_eq!(folder.find_rig().expect("readable"), None);
    let address = folder.create_rig(&passphrase).expect("a rig").address();
    assert_eq!(folder.find_rig().expect("readable"), Some(address));
    assert!(matches!(folder.create_rig(&passphrase), Err(KeyFileError::Exists)));
    assert_eq!(folder.unlock_rig(&passphrase).expect("opens").address(), address);
    let other = RigPassphrase::generate().expect("randomness");
    assert!(matches!(folder.unlock_rig(&other), Err(KeyFileError::WrongPassword)));
}

#[test]
fn a_new_wallet_knows_the_passphrase_of_the_rig_that_is_there() {
    let home = Home::new();
    let folder = home.open();
    let passphrase = RigPassphrase::generate().expect("randomness");
    folder.create_rig(&passphrase).expect("a rig");
    assert!(matches!(folder.create(&text(PASSWORD)), Err(KeyFileError::RigUnknown)));
    let new = || Origin::new_phrase(NetworkKind::Practice).expect("randomness");
    let stranger = new().with_rig(RigPassphrase::generate().expect("randomness"));
    assert!(matches!(folder.restore(stranger, &text(PASSWORD)), Err(KeyFileError::RigUnknown)));
    folder.restore(new().with_rig(passphrase.copy()), &text(PASSWORD)).expect("a wallet");
    let wallet = folder.unlock(&text(PASSWORD)).expect("opens");
    assert!(folder.unlock_rig(wallet.rig_passphrase()).is_ok());
}

#[test]
fn a_rig_that_nobody_can_open_is_set_aside_and_kept() {
    let home = Home::new();
    let folder = home.open();
    let lost = RigPassphrase::generate().expect("randomness");
    folder.create_rig(&lost).expect("a rig");
    folder.secrets(&lost).put("grid", &text("a key")).expect("keeps");
    folder.set_rig_aside().expect("renames");
    assert_eq!(folder.find_rig().expect("readable"), None);
    let aside: Vec<_> = fs::read_dir(home.path("")).expect("a folder").flatten().collect();
    assert_eq!(aside.len(), 2, "both files are still there: {aside:?}");
    assert!(folder.create(&text(PASSWORD)).is_ok(), "and a wallet can be made");
}

#[test]
fn api_keys_are_kept_until_they_are_removed() {
    let home = Home::new();
    let folder = home.open();
    let passphrase = RigPassphrase::generate().expect("randomness");
    let secrets = folder.secrets(&passphrase);
    assert!(secrets.get("grid").expect("readable").is_none());
    secrets.put("grid", &text("first")).expect("keeps");
    secrets.put("other", &text("\u{0}é\"")).expect("keeps");
    secrets.put("grid", &text("second")).expect("replaces");
    let (opened, again) = (home.open(), passphrase.copy());
    let read =
        |name| opened.secrets(&again).get(name).expect("readable").map(|secret| secret.expose().clone());
    assert_eq!(read("grid").as_deref(), Some("second"));
    assert_eq!(read("other").as_deref(), Some("\u{0}é\""));
    assert_eq!(secrets.names().expect("readable"), ["grid", "other"]);
    assert!(secrets.remove("grid").expect("removes") && !secrets.remove("grid").expect("nothing left"));
    assert_eq!(read("grid"), None);
    let other = RigPassphrase::generate().expect("randomness");
    assert!(matches!(folder.secrets(&other).get("other"), Err(KeyFileError::WrongPassword)));
    assert!(matches!(folder.secrets(&other).put("x", &text("y")), Err(KeyFileError::WrongPassword)));
    fs::write(home.path(secrets::FILE), "{}").expect("writes");
    assert!(matches!(secrets.put("x", &text("y")), Err(KeyFileError::Damaged(_))), "never begun anew");
}
