//! Secrets are in no `{:?}`, in no error and nowhere on disk in clear.

use std::fmt::Debug;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use keys::{
    KeyFileError, Keyring, KeyringItem, KeyringTrouble, Opened, Origin, PayoutKey, RigPassphrase, UnlockedBy,
    open_rig, open_wallet,
};
use types::{NetworkKind, Sensitive};

use super::{PASSWORD, practice_folder, text};

const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const API_KEY: &str = "grid_live_c4nary";

/// Everything that was printed, to be searched in the end.
#[derive(Default)]
struct Printed(String);

impl Printed {
    fn add(&mut self, value: &dyn Debug) {
        self.0 += &format!("{value:?}\n{value:#?}\n");
    }

    fn add_error(&mut self, error: &(dyn std::error::Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.add(&error);
            self.0 += &format!("{error}\n");
            next = error.source();
        }
    }

    fn add_failed<T: Debug, E: std::error::Error + 'static>(&mut self, result: Result<T, E>) {
        self.add_error(&result.expect_err("this fails"));
    }

    #[track_caller]
    fn must_not_hold(&self, secret: &str) {
        let (all, secret) = (self.0.to_lowercase(), secret.to_lowercase());
        assert!(!all.contains(&secret), "{secret:?} was printed:\n{}", self.0);
    }
}

/// Bytes as they are, as hex, as a list of numbers, and as base64 wherever in a longer text they begin.
fn forms_of_bytes(secret: &[u8]) -> Vec<Vec<u8>> {
    let list = |between| secret.iter().map(u8::to_string).collect::<Vec<_>>().join(between).into_bytes();
    let mut forms = vec![secret.to_vec(), hex::encode(secret).into_bytes(), list(","), list(", ")];
    for before in 0..3 {
        let text = BASE64_STANDARD.encode([&vec![0; before], secret].concat());
        // The first and last digits depend on the neighbours too.
        let digits = text.trim_end_matches('=');
        let inner = &digits[(before * 8).div_ceil(6)..digits.len() - 1];
        forms.push(inner.as_bytes().to_vec());
        forms.push(inner.replace('+', "-").replace('/', "_").into_bytes());
    }
    forms
}

/// The secret as text in the usual codes, and the bytes that it may stand for as hex.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = forms_of_bytes(secret.as_bytes());
    forms.extend(hex::decode(secret).iter().flat_map(|bytes| forms_of_bytes(bytes)));
    forms.push(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms
}

/// The file below this folder that holds the secret in any form, in capitals or not.
fn file_that_holds(folder: &Path, secret: &str) -> Option<std::path::PathBuf> {
    let forms: Vec<Vec<u8>> = forms(secret).iter().map(|form| form.to_ascii_lowercase()).collect();
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).find_map(|path| {
        if path.is_dir() {
            return file_that_holds(&path, secret);
        }
        let bytes = std::fs::read(&path).expect("a file").to_ascii_lowercase();
        let holds = |form: &Vec<u8>| bytes.windows(form.len()).any(|window| window == form);
        forms.iter().any(holds).then_some(path)
    })
}

#[track_caller]
fn must_not_be_on_disk(home: &Path, secret: &str) {
    assert_eq!(file_that_holds(home, secret), None, "{secret:?}");
}

#[test]
fn a_secret_that_lies_there_would_be_found() {
    let key = hex::decode(KEY).expect("hex");
    let base64 = |before: &[u8]| BASE64_STANDARD.encode([before, &key, b"after"].concat());
    let hidden = [
        [b"before", &key[..], b"after"].concat(),
        KEY.to_uppercase().into_bytes(),
        format!("{key:?}").into_bytes(),
        serde_json::to_vec(&key).expect("JSON"),
        hex::encode(KEY).into_bytes(),
        base64(b"").into_bytes(),
        base64(b"x").into_bytes(),
        base64(b"xy").replace('+', "-").replace('/', "_").into_bytes(),
        BASE64_STANDARD.encode(KEY).into_bytes(),
    ];
    for bytes in hidden {
        let home = tempfile::tempdir().expect("a home");
        std::fs::create_dir(home.path().join("deep")).expect("a folder");
        let path = home.path().join("deep/file");
        std::fs::write(&path, &bytes).expect("writes");
        assert_eq!(file_that_holds(home.path(), KEY), Some(path), "{}", String::from_utf8_lossy(&bytes));
    }
}

/// A phrase that was published as an example, its bytes and the key of its first address.
const WORDS: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const ENTROPY: &str = "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f";

#[test]
fn neither_key_nor_phrase_lies_on_disk_in_any_form() {
    let kind = NetworkKind::Practice;
    let home = tempfile::tempdir().expect("a home");
    let restore = |name: &str, origin: Origin| {
        let home = home.path().join(name);
        std::fs::create_dir(&home).expect("a home");
        let folder = practice_folder(home.join("keys"));
        let wallet = folder.restore(origin, &text(PASSWORD)).expect("restores");
        folder.create_rig(wallet.rig_passphrase()).expect("a rig");
        folder.secrets(wallet.rig_passphrase()).put("grid", &text(API_KEY)).expect("keeps");
        wallet.rig_passphrase().text().expose().clone()
    };
    let from_key = restore("key", Origin::from_private_key(&text(KEY), kind).expect("a key"));
    let from_words = restore("words", Origin::from_phrase(&text(WORDS), kind).expect("words"));
    let key_of_words = {
        use alloy::signers::local::{MnemonicBuilder, coins_bip39::English};
        let builder = MnemonicBuilder::<English>::default().phrase(WORDS);
        hex::encode(builder.build().expect("a key").to_bytes())
    };
    let entropy = hex::decode(ENTROPY).expect("hex");
    assert_eq!(entropy.len() * 2, ENTROPY.len());
    let mut secrets = vec![KEY, WORDS, ENTROPY, &key_of_words, &from_key, &from_words, PASSWORD, API_KEY];
    let pairs = pairs_of_words(WORDS);
    secrets.extend(pairs.iter().map(String::as_str));
    for secret in secrets {
        must_not_be_on_disk(home.path(), secret);
    }
}

#[test]
fn no_secret_is_printed_or_lies_on_disk_in_clear() {
    let mut printed = Printed::default();
    let home = tempfile::tempdir().expect("a home");
    let folder = practice_folder(home.path().join("keys"));
    let origin = Origin::new_phrase(NetworkKind::Practice).expect("randomness");
    printed.add(&origin);
    let wallet = folder.restore(origin, &text(PASSWORD)).expect("a wallet");
    let words = folder.phrase(&text(PASSWORD)).expect("words");
    let rig = folder.create_rig(wallet.rig_passphrase()).expect("a rig");
    let secrets = folder.secrets(wallet.rig_passphrase());
    secrets.put("grid", &text(API_KEY)).expect("keeps");
    let from_key = Origin::from_private_key(&text(KEY), NetworkKind::Practice).expect("a key");
    let values: [&dyn Debug; 9] = [
        &folder,
        &wallet,
        &words,
        &rig,
        &secrets,
        &from_key,
        &wallet.rig_passphrase(),
        &secrets.get("grid"),
        &PayoutKey::generate().expect("a key"),
    ];
    values.into_iter().for_each(|value| printed.add(value));
    printed.add(&folder.find());
    printed.add(&Keyring::new(NetworkKind::Base));
    printed.add(&KeyringItem::Wallet(wallet.address()));
    printed.add(&Opened { key: folder.unlock(&text(PASSWORD)).expect("opens"), by: UnlockedBy::Keyring });
    printed.add(&open_rig(&folder, None, |_| Some(text(PASSWORD))).expect("opens"));
    printed.add_error(&KeyringTrouble::Changed);
    add_errors(&mut printed, &words);
    printed.add_failed(folder.unlock(&text("wrong c4nary password")));
    printed.add_failed(folder.create(&text(PASSWORD)));
    printed.add_failed(folder.secrets(&RigPassphrase::generate().expect("randomness")).get("grid"));
    printed.add_failed(folder.restore(from_key, &text("c4nary")));
    printed.add_failed(open_wallet(&folder, None, |_| None));

    let pairs: Vec<String> = pairs_of_words(words.expose());
    let passphrase = wallet.rig_passphrase().text().expose().clone();
    let mut canaries = vec![PASSWORD, KEY, API_KEY, &passphrase, "c4nary"];
    canaries.extend(pairs.iter().map(String::as_str));
    for secret in canaries {
        printed.must_not_hold(secret);
        must_not_be_on_disk(home.path(), secret);
    }
}

fn pairs_of_words(words: &str) -> Vec<String> {
    let words: Vec<&str> = words.split(' ').collect();
    words.windows(2).map(|pair| pair.join(" ")).collect()
}

/// Errors about what an owner typed must not repeat it.
fn add_errors(printed: &mut Printed, words: &Sensitive<String>) {
    let kind = NetworkKind::Base;
    let misspelt = format!("{} c4nary", words.expose());
    let eleven = words.expose().rsplit_once(' ').expect("words").0.to_owned();
    let wrong_order = words.expose().split(' ').rev().collect::<Vec<_>>().join(" ");
    for typed in [misspelt, eleven + " c4nary", wrong_order] {
        if let Err(error) = Origin::from_phrase(&Sensitive::new(typed), kind) {
            printed.add_error(&error);
        }
    }
    printed.add_failed(Origin::from_private_key(&text(&format!("{KEY}00")), kind));
    let file = format!("{{\"crypto\":\"{KEY}\"}}");
    let read: Result<_, KeyFileError> = Origin::from_key_file(file.as_bytes(), &text(PASSWORD), kind);
    printed.add_failed(read);
}
